// The content oracle: a shadow of the partition's hash page table. Of each slot it holds every HPTE that may
// stand there, given all that was asked and answered, and says of each answer whether the specification
// allows it. It is the state-set oracle's idea (model/oracle.h) once more, slot by slot: most slots have one
// possibility ("must be there", "must not be there"); one that is not bolted and went through a COMMIT has
// two. One set of tables was rejected, since the possibilities of independent slots multiply.
//
// A fresh table, and a rebooted guest's, holds nothing (ambiguity A9 has the exception). COMMIT's H_SUCCESS
// moves everything to where it belongs (model/table/hashing.h); any other answer of COMMIT leaves every slot
// as it was. What calls do to a slot stands in model/table/slot_rows.h.
//
// The guest has duties, too: an HPTE that stands in none of its page's HPTEGs has no right place in another
// table. Of such a guest nothing is judged any more from its next COMMIT on (ambiguity A12).
//
// When a slot turns out not to be what it must be, the mistake lies with whoever last had to do with it. So
// each slot remembers the clause that made it what it is, until H_READ has confirmed it.
#pragma once

#include <array>
#include <cstdint>
#include <forward_list>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/framework/clause_set.h"
#include "model/table/slot_rules.h"
#include "spec/deviations.h"

namespace hptck {

/// The two doublewords of an HPTE.
struct HpteWords {
  std::uint64_t high = 0, low = 0;
  bool operator==(const HpteWords&) const = default;
};

/// What may stand in a slot. Small, because a table's worth of them is what a resize has to go through.
struct Possible {
  std::forward_list<HpteWords> more;       ///< valid HPTEs, beyond the first
  HpteWords first;                         ///< the first valid HPTE, if `some`
  std::uint32_t since = 0;                 ///< when this became known; a count of calls
  Clause because = Clause::read_contents;  ///< what made it so
  bool some : 1 = false;                   ///< a valid HPTE may stand here
  bool none : 1 = true;                    ///< nothing valid may stand here
  bool anything : 1 = false;               ///< nothing is known
  bool confirmed : 1 = true;               ///< H_READ has shown it since

  /// Exactly this HPTE stands there.
  bool must() const { return some && !none && !anything && more.empty(); }
};

static_assert(sizeof(Possible) <= 32);

/// An HPTE that the guest has reason to think is in the table.
struct Held {
  std::uint64_t ptex = 0;
  std::uint64_t high = 0, low = 0;  ///< doublewords 0 and 1
  bool certain = true;              ///< it must be there; else it may be
  bool operator==(const Held&) const = default;
};

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
  };

  /// What some deviations of the resize hypercalls do to contents depends on the hypervisor's scheme. As far
  /// as known: nothing is judged behind them. As specified: as if they did nothing.
  enum class Rigour : std::uint8_t { as_far_as_known, as_specified };

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
        return !groups_.empty() || (call.args[0] & H_READ_4) != 0 || (response.out[0] & HPTE_VALID) != 0;
      case token::H_ENTER:
      case token::H_REMOVE:
      case token::H_PROTECT:
      case token::H_BULK_REMOVE:
        return true;
      case token::H_RESIZE_HPT_PREPARE:
      case token::H_RESIZE_HPT_COMMIT:
        return !groups_.empty() || !undone_.empty();
      default:
        return false;
    }
  }
  /// The clauses that the last step showed at work.
  ClauseSet exercised() const { return exercised_; }
  /// Whether the guest has entered an HPTE where it does not belong.
  bool hostile() const { return hostile_; }
  /// Whether contents are judged no more.
  bool forfeited() const { return forfeited_; }
  /// Whether that is because of a deviation of which it is not known what it does to contents.
  bool unknown_by_deviation() const { return forfeited_ && unknown_by_deviation_; }

  /// What may be in the table, in the order of PTEX.
  std::vector<Held> held() const;
  /// What may stand in the slot.
  const Possible& at(std::uint64_t ptex) const;

 private:
  using Group = std::array<Possible, 8>;
  struct Change {
    std::uint64_t ptex;
    Possible to;
    std::optional<Clause> row = std::nullopt;  // that answered; none where nothing was known of the slot
  };
  struct Outcome {
    bool allowed = false;
    Possible to;
    Clause row = Clause::read_contents;  ///< that answered, or that refused
  };
  struct Asked {
    const SlotList<Concrete>* list;
    std::int64_t status;
    SlotCall<Concrete> call;
  };

  Outcome judge(const Possible& slot, const Asked& asked) const;
  bool take_slot(std::uint64_t ptex, const Asked& asked, std::vector<Change>& changes, Refused* why) const;
  const Possible& at(std::uint64_t ptex, const std::vector<Change>& changes) const;
  void apply(std::vector<Change>& changes);
  Possible& slot(std::uint64_t ptex);
  void forget_group(std::uint64_t hpteg);
  void refuse(Refused* why, const Possible& slot, std::uint64_t ptex, Clause row,
              const std::string& what) const;

  bool enter(const Call& call, const Response& response, unsigned shift, Refused* why);
  void note_seen(const Possible& slot);
  void note_answered(const std::vector<Change>& changes);
  bool shows_expected(std::uint64_t first, unsigned count, const Response& response, unsigned shift);
  bool read(const Call& call, const Response& response, unsigned shift, Refused* why);
  bool remove(const Call& call, const Response& response, unsigned shift, Refused* why);
  bool protect(const Call& call, const Response& response, unsigned shift, Refused* why);
  bool bulk_remove(const Call& call, const Response& response, unsigned shift, Refused* why);
  bool prepare(const Call& call, const Response& response, unsigned shift, Refused* why);
  bool commit(const Call& call, const Response& response, Sizes sizes, Refused* why);

  void reset(Sizes sizes);

  bool switches_on(std::int64_t answer) const;
  bool leaves_unknown(std::int64_t answer, unsigned size, Sizes sizes) const;
  bool may_collide(unsigned to) const;
  bool note_collision(const std::vector<Change>& changes);
  bool move_to(unsigned from, unsigned to, std::int64_t answer, Refused* why);
  bool carried(const Held& hpte, unsigned from, unsigned to, std::vector<Held>& all) const;
  bool has(Deviation deviation) const { return deviations_.has(deviation); }

  Deviations deviations_;
  Rigour rigour_;
  SlotRules<Concrete> rules_;
  bool pending_unsure_ = false;  // a deviation is on that concerns what is pending
  bool rehashes_wrong_ = false;  // a deviation is on that takes HPTEs to wrong places
  bool exact_ = true;            // false: a deviation is on of which it is not known what it does to contents

  std::unordered_map<std::uint64_t, Group> groups_;  // by HPTEG
  Possible background_;                              // of every other slot
  std::uint32_t now_ = 0, failed_commit_ = 0;        // calls; the last COMMIT that left the table
  bool hostile_ = false, forfeited_ = false, unknown_by_deviation_ = false;
  bool platforms_own_ = false;  // an HPTE was seen that is the platform's (ambiguity A9)
  unsigned pending_ = 0;        // the shift last asked for by PREPARE
  bool collided_ = false;       // since then two bolted HPTEs may have needed one slot
  ClauseSet exercised_;
  // Of deviations that undo what happened since PREPARE: when that was, and what was in the way since.
  std::uint32_t prepared_ = 0;
  std::vector<Held> undone_;
};

}  // namespace hptck
