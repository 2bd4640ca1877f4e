// The state-set oracle: holds every state that the partition may be in, given all that was asked and
// answered, and says of each answer whether the specification allows it.
//
// The set is closed over hidden steps before each call, never collapsed to one guess and never capped: what a
// platform is allowed to do unseen (finish preparing, drop the Pending HPT) is kept as an alternative until
// an answer rules it out. When no state allows the answer, that is a violation; explain() then names each
// live state and the row that refused. Tracking a set was chosen over searching for one accepted history
// afterwards because the set stays small and the verdict is there at the call that broke the rule.
//
// What is in the table is judged beside that, by a shadow of it (model/table/contents.h). An answer has to suit
// both.
//
// Campaigns meet the same few sets over and over, so steps between sets are remembered in a direct-mapped
// table: a lazy determinization of the model. Calls that no row can tell apart (every flags but zero, every
// shift beyond 46) share an entry; a property test holds that sharing against the rows.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "model/framework/clause_set.h"
#include "model/table/contents.h"
#include "model/framework/decision_list.h"
#include "model/hypercall.h"
#include "model/trace.h"
#include "spec/deviations.h"

namespace hptck {

/// Why no state allows an answer.
struct Refusal {
  /// The broken clause: of an effect that was not done, where one explains the answer, else of the row that
  /// refused. Several when the live states disagree and the evidence fits any one of them.
  std::vector<Clause> clauses;
  ClauseSet rows;            ///< the rows that refused, as observed
  std::string key;           ///< names this kind of violation, equal in every run
  std::string headline;      ///< one line
  std::string explanation;   ///< each live state, and the row that refused in it
  bool by_contents = false;  ///< what is in the table refuses a status that some live state allows
};

class Oracle {
 public:
  /// With deviations: an oracle for a hypervisor that keeps the specification but for those.
  explicit Oracle(const Statement& statement = {}, const Deviations& deviations = {},
                  Contents::Rigour rigour = Contents::Rigour::as_far_as_known);
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  /// A fresh partition of which the statement is declared.
  void restart(const Statement& statement);

  /// Takes the answer into account. False: no live state allows it, and the set is left as it was.
  bool step(const Call& call, const Response& response);

  /// Whether step() would accept the answer. Changes nothing.
  bool allows(const Call& call, const Response& response) const;

  /// The clauses that the last accepted step showed at work, under its simplest explanation: one in which the
  /// platform did not drop the Pending HPT, where there is such a one.
  ClauseSet exercised() const { return exercised_; }

  /// Why the answer is refused in the present set. Without a response: which clauses were in play.
  Refusal explain(const Call& call, const Response* response) const;

  /// Goes on after a refused answer: every state that the partition might be in if the call did the right
  /// thing, nothing, or what its answer suggests. Wide on purpose, so that one violation does not raise
  /// another.
  void resync(const Call& call, const Response& response);

  /// What may be in the table, and whether the guest keeps its side of the rules.
  const Contents& contents() const { return contents_; }

  /// The live states before hidden steps, in no particular order.
  std::span<const ConcreteState> states() const { return states_->first; }

 private:
  using States = std::vector<ConcreteState>;
  struct Order {
    bool operator()(const States& a, const States& b) const;
  };
  struct Candidate {
    ConcreteState state;
    ClauseSet path;  // the hidden steps that lead there
  };
  // What is known of a set: its number, from 1, and everything that hidden steps make of it, once that was
  // asked for.
  struct About {
    std::uint32_t number = 0;
    unsigned current = 0;  // shift of the current HPT, where all live states agree
    unsigned pending = 0;  // the least that a Pending HPT may have
    mutable std::vector<Candidate> closed = {};
  };
  using Set = std::pair<const States, About>;
  // A step: which set was left by which class of call and which answer, and what came of it. Small, because
  // the table is what the speed of a campaign's oracle hangs on.
  struct Remembered {
    std::uint64_t key = 0;  // 0: an empty slot
    const Set* to = nullptr;
    ClauseSet exercised;
  };

  struct Next {
    States states;
    ClauseSet exercised;
    bool known = true;  // false: a hypercall without rows, of which nothing is said
  };

  bool step_states(const Call& call, const Response& response);
  std::optional<Refusal> explain_contents(const Call& call, const Response& response) const;
  void make_room();
  Next next_states(const Call& call, std::int64_t code) const;
  void become(States states);
  void remember_more();
  Remembered& slot_of(std::uint64_t key);

  Rules<Concrete> rules_;
  bool deviates_;
  Contents contents_;

  std::map<States, About, Order> sets_;  // nodes never move
  const Set* states_ = nullptr;
  bool standing_declared_ = false;
  unsigned start_shift_ = 0;            // declared for every start of the guest; 0: it is not
  std::vector<Remembered> remembered_;  // as many as a power of two
  int slot_bits_ = 0;
  std::size_t misses_ = 0;
  ClauseSet exercised_;
};

/// A number below 2^24 that two calls share only when no row can tell them apart; `fine`: nor any row of any
/// deviation.
std::uint64_t call_class_of(const Call& call, bool fine = false);

/// The statement's initial states: all that it leaves open.
std::vector<ConcreteState> initial_states(const Statement& statement);

/// Every clause that some row names: for the check that rows and catalogue agree.
ClauseSet clauses_with_rows();

}  // namespace hptck
