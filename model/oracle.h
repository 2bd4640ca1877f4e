// The oracle of a partition: the states that it may be in (model/framework/state_set.h, over the interface of
// the resize hypercalls) and beside that what may be in its table (model/table/contents.h). An answer has to
// suit both; neither knows the other, but that contents are told the sizes of the table.
#pragma once

#include <span>

#include "model/framework/refusal.h"
#include "model/resize/interface.h"
#include "model/table/contents.h"
#include "spec/deviations.h"

namespace hptck {

class Oracle {
 public:
  /// With deviations: an oracle for a hypervisor that keeps the specification but for those.
  explicit Oracle(const Statement& statement = {}, const Deviations& deviations = {},
                  Rigour rigour = Rigour::as_far_as_known);
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
  std::span<const ConcreteState> states() const { return states_.states(); }

 private:
  Contents::Sizes sizes(unsigned before, unsigned after, unsigned pending) const;
  void learn_size();
  bool suits_contents(const Call& call, const Response& response, const StateSet<ResizeCalls>::Next& next,
                      Contents::Refused* why) const;

  StateSet<ResizeCalls> states_;
  Contents contents_;
  bool standing_declared_ = false;
  ClauseSet exercised_;
};

/// Every clause that some row names: for the check that rows and catalogue agree.
ClauseSet clauses_with_rows();

}  // namespace hptck
