// The content oracle: goes along with a shadow of the partition's hash page table (model/table/shadow.h), and
// says of each answer whether the specification allows it, given all that was asked and answered. It is the
// state-set oracle's idea (model/oracle.h) once more, slot by slot.
//
// A fresh table, and a rebooted guest's, holds nothing (ambiguity A9 has the exception). COMMIT's H_SUCCESS
// moves everything to where it belongs; any other answer of COMMIT leaves every slot as it was. What becomes
// of an HPTE then stands in model/table/table_rows.h, what calls do to a slot in model/table/slot_rows.h.
//
// The guest has duties, too: an HPTE that stands in none of its page's HPTEGs has no right place in another
// table. Of such a guest nothing is judged any more from its next COMMIT on (ambiguity A12).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/framework/clause_set.h"
#include "model/table/contents_rules.h"
#include "model/table/resizing.h"
#include "model/table/shadow.h"

namespace hptck {

class Contents {
 public:
  /// Why an answer is refused.
  struct Refused {
    std::vector<Clause> clauses;  ///< as in hptck::Refusal
    Clause row = Clause::read_contents;
    std::string detail;       ///< names the kind of violation; no blanks
    std::string explanation;  ///< what may stand there, and what the answer says
  };
  /// The shift of the current HPT before and after the call; 0 where it is not known. And of a Pending HPT
  /// that there may be before the call; 0 where there is none.
  struct Sizes {
    unsigned before, after, pending;
    unsigned least = before, greatest = before;  ///< that the current HPT's shift before may be
  };
  /// What answers have shown of how many HPTEs the current HPT has: more than `within`, no more than
  /// `beyond`.
  struct Extent {
    std::optional<std::uint64_t> within = std::nullopt, beyond = std::nullopt;
  };
  using Rigour = hptck::Rigour;

  explicit Contents(const Deviations& deviations = {}, Rigour rigour = Rigour::as_far_as_known);

  /// A fresh partition.
  void restart();
  /// Takes the answer into account. False: it is not allowed, and nothing has changed. `why`, when given,
  /// gets the reason.
  bool step(const Call& call, const Response& response, Sizes sizes, Refused* why = nullptr);
  /// From now on nothing is known of any slot; after an answer that was not allowed. Until a reset.
  void forget();

  /// Whether the answer needs step(); the others say nothing of contents as things are.
  bool concerns(const Call& call, const Response& response) const {
    if (call.token == token::reset) return true;
    if (forfeited_) return false;
    switch (call.token) {
      case token::H_READ:
        // Of an empty table only what is in it is news.
        return !table_.groups.empty() || (call.args[0] & H_READ_4) != 0 ||
               (response.out[0] & HPTE_VALID) != 0;
      case token::H_ENTER:
      case token::H_REMOVE:
      case token::H_PROTECT:
      case token::H_BULK_REMOVE:
        return true;
      case token::H_RESIZE_HPT_PREPARE:
      case token::H_RESIZE_HPT_COMMIT:
        return !table_.groups.empty() || !since_.undone.empty();
      default:
        return false;
    }
  }
  /// The clauses that the last step showed at work.
  ClauseSet exercised() const { return exercised_; }
  /// What the last step showed of the table's extent, where that was not known.
  const Extent& extent() const { return extent_; }
  /// Whether the guest has entered an HPTE where it does not belong.
  bool hostile() const { return hostile_; }
  /// Whether contents are judged no more.
  bool forfeited() const { return forfeited_; }
  /// Whether that is because a deviation leaves contents open (ContentRules::leaves_open).
  bool unknown_by_deviation() const { return forfeited_ && left_open_; }

  /// What may be in the table, in the order of PTEX.
  std::vector<Held> held() const { return table_.held(); }
  /// What may stand in the slot.
  const Possible& at(std::uint64_t ptex) const { return table_.at(ptex); }

 private:
  struct Change {
    std::uint64_t ptex;
    Possible to;
    std::optional<Clause> row = std::nullopt;  // that answered; none where nothing was known of the slot
    bool within = true, beyond = true;         // where the answer leaves it possible that the slot lies
  };
  using Changes = std::vector<Change>;
  struct Asked {
    const SlotList<Concrete>* list;
    std::int64_t status;
    SlotCall<Concrete> call;
    bool maybe_beyond = false;  // as far as is known the slot lies within the table, or beyond it
  };
  struct Outcome {
    bool allowed = false;
    Possible to;
    Clause row = Clause::read_contents;   // that answered, or that refused
    bool within = false, beyond = false;  // where the slot may lie
  };

  bool judge_call(const Call& call, const Response& response, Sizes sizes, Refused* why);
  static bool refuse(Refused* why, Clause clause, const char* detail, const std::string& explanation);

  // One slot (model/table/one_slot.cpp).
  Outcome judge(const Possible& slot, const Asked& asked) const;
  bool take_slot(std::uint64_t ptex, const Asked& asked, Changes& changes, Refused* why) const;
  void take_unknown(std::uint64_t ptex, const Asked& asked, Changes& changes) const;
  const Possible& at(std::uint64_t ptex, const Changes& changes) const;
  Refused blame(const Possible& slot, std::uint64_t ptex, Clause row, const std::string& what) const;
  void note_seen(const Possible& slot);

  // Calls to slots (model/table/slot_calls.cpp).
  bool enter(const Call& call, const Response& response, const Sizes& sizes, Refused* why);
  bool read(const Call& call, const Response& response, unsigned shift, Refused* why);
  bool shows_expected(std::uint64_t first, unsigned count, const Response& response, unsigned shift);
  bool remove_or_protect(const Call& call, const Response& response, const Sizes& sizes, Refused* why);
  bool bulk_remove(const Call& call, const Response& response, const Sizes& sizes, Refused* why);
  void apply(Changes& changes);
  void carry_out(Changes& changes);

  // Calls to the table (model/table/contents.cpp).
  bool prepare(const Call& call, const Response& response, unsigned shift, Refused* why);
  bool commit(const Call& call, const Response& response, Sizes sizes, Refused* why);
  void keep_after_failure(std::int64_t answer, unsigned shift);
  bool move_to(unsigned from, unsigned to, std::int64_t answer, Refused* why);
  void reset(Sizes sizes);
  bool may_collide(unsigned to) const;
  bool collision_possible(unsigned asked, unsigned current) const;

  ContentRules rules_;
  bool shows_as_is_ = true;  // H_READ; so equal words need no row

  Shadow table_;
  SincePrepare since_;
  std::uint32_t now_ = 0, failed_commit_ = 0;  // calls; the last COMMIT that left the table
  bool hostile_ = false, forfeited_ = false, left_open_ = false;
  bool platforms_own_ = false;  // an HPTE was seen that is the platform's (ambiguity A9)
  ClauseSet exercised_;
  Extent extent_;
};

}  // namespace hptck
