// The state-set oracle: holds every state that the partition may be in, given all that was asked and
// answered, and says of each answer whether the specification allows it.
//
// The set is closed over hidden steps before each call, never collapsed to one guess and never capped: what a
// platform is allowed to do unseen (finish preparing, drop the Pending HPT) is kept as an alternative until
// an answer rules it out. When no state allows the answer, that is a violation; explain() then names each
// live state and the row that refused. Tracking a set was chosen over searching for one accepted history
// afterwards because the set stays small and the verdict is there at the call that broke the rule.
//
// Campaigns meet the same few sets over and over, so steps between sets are remembered in a direct-mapped
// table: a lazy determinization of the model. Calls that no row can tell apart (every flags but zero, every
// shift beyond 46) share an entry; a property test holds that sharing against the rows.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "model/clause_set.h"
#include "model/hypercall.h"
#include "model/state.h"
#include "model/trace.h"

namespace hptck {

/// Why no state allows an answer.
struct Refusal {
  /// The broken clause: of an effect that was not done, where one explains the answer, else of the row that
  /// refused. Several when the live states disagree and the evidence fits any one of them.
  std::vector<Clause> clauses;
  ClauseSet rows;           ///< the rows that refused, as observed
  std::string key;          ///< names this kind of violation, equal in every run
  std::string headline;     ///< one line
  std::string explanation;  ///< each live state, and the row that refused in it
};

class Oracle {
 public:
  explicit Oracle(const Statement& statement = {}) { restart(statement); }
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

  /// The live states before hidden steps, in no particular order.
  std::span<const ConcreteState> states() const { return states_->first; }

 private:
  using States = std::vector<ConcreteState>;
  struct Order {
    bool operator()(const States& a, const States& b) const;
  };
  // A step: which set was left by which class of call and which answer, and what came of it. Small, because
  // the table is what the speed of a campaign's oracle hangs on.
  struct Remembered {
    std::uint64_t key = 0;  // 0: an empty slot
    const std::pair<const States, std::uint32_t>* to = nullptr;
    ClauseSet exercised;
  };

  void become(States states);

  std::map<States, std::uint32_t, Order> sets_;  // numbered from 1; nodes never move
  const std::pair<const States, std::uint32_t>* states_ = nullptr;
  bool standing_declared_ = false;
  std::vector<Remembered> remembered_;
  ClauseSet exercised_;
};

/// A number below 2^20 that two calls share only when no row can tell them apart.
std::uint64_t call_class_of(const Call& call);

/// The statement's initial states: all that it leaves open.
std::vector<ConcreteState> initial_states(const Statement& statement);

/// Every clause that some row names: for the check that rows and catalogue agree.
ClauseSet clauses_with_rows();

}  // namespace hptck
