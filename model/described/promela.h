// The control model as a Promela program, for Spin: the same rows, explored by somebody else's explorer.
//
// Each call of the bound, with its arguments put in, is walked once over the described rows. Every row that
// may answer becomes one guarded step whose guard says "this row matches and no earlier must row does", with
// the effects in mid-list already worked in; hidden steps are guarded steps as they stand. A step is one
// d_step, so that no state between a call and its answer is stored, and the number of states that Spin stores
// is the number of states of the model. A row's answers differ in nothing but their number, so they are one
// step, as they are for the explorer (model/resize/explorer.h).
//
// Promela has no 64-bit words. With constant arguments nothing wider than a byte is left of the rows of the
// two resize hypercalls and H_ENTER; where something is, as for H_READ, std::domain_error is thrown rather
// than a model written that means something else. Spin's embedded C was rejected because it would hide the
// guards from Spin.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/described/described.h"
#include "model/resize/interface.h"

namespace hptck {

/// A row that may answer, and when: "this row matches and no earlier must row does".
struct DescribedOutcome {
  const ResizeRow<Described>* row;
  described::Bool guard;
  DescribedState next;
};

/// Every row of the list that may answer from this state.
std::vector<DescribedOutcome> outcomes(const ResizeList<Described>& list, DescribedState s,
                                       const DescribedArguments& arguments);

/// What is explored: from these states, with these calls.
struct Bound {
  std::vector<ConcreteState> initial;
  std::vector<Call> calls;
};

/// One partition: enabled, its HPT of shift 24, at most `max_shift`. Flags 0 and 1; shifts 0, 17, 18 to
/// max_shift, and 47; H_ENTER of a bolted HPTE.
Bound one_partition(unsigned max_shift);

/// The same calls, for every partition whose HPT starts with a shift from 18 to 46 and may get one of 18
/// to 46.
Bound every_partition();

/// A tree in Promela. Throws std::domain_error where 31 bits do not suffice.
std::string as_promela(const described::Tree& tree);

/// The program. With more than one initial state the choice among them is a step of its own, from a state
/// that Spin counts and the model does not have. Throws std::domain_error.
std::string promela_model(const Rules<Described>& rules, const Bound& bound);

/// How many states Spin stores beyond those of the model.
inline std::uint64_t extra_states(const Bound& bound) { return bound.initial.size() == 1 ? 0 : 1; }

}  // namespace hptck
