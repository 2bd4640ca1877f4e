// The explicit-state explorer: breadth-first search over the states that the rows allow, state by state.
//
// It answers two kinds of question. explore() says which states and rows can be reached at all, which SMT is
// asked too (model/proofs/): two methods that share only the rows. shortest_difference() searches the product
// of two hypervisors, one by its states, the other by the sets of states it may be in, for the first answer
// that one may give and the other may not; breadth first, so the sequence is the shortest over its alphabet.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/framework/decision_list.h"
#include "model/trace.h"
#include "spec/deviations.h"

namespace hptck {

struct Explored {
  std::uint64_t states = 0;       ///< different ones, the initial ones included
  std::uint64_t transitions = 0;  ///< hidden steps and answered calls, those to known states included
  std::vector<bool> prepare, commit, read, enter, reset,
      hidden;  ///< per row of each list, whether it was taken
};

/// Everything that can be reached from `initial` with these calls. `visit` sees each state once.
/// `start_shift` as for for_each_rule().
Explored explore(const Rules<Concrete>& rules, std::span<const ConcreteState> initial,
                 std::span<const Call> calls,
                 const std::function<void(const ConcreteState&)>& visit = nullptr, unsigned start_shift = 0);

/// One call for each class of arguments that rows or deviations tell apart, for a partition of these shifts.
std::vector<Call> telling_calls(unsigned initial_shift, unsigned limit);

/// The partitions in which differences are looked for: one that may resize, one that may not, one that is not
/// offered the option. HPT of shift 24, at most 30.
std::vector<Statement> telling_statements();

struct Difference {
  std::optional<Trace> trace;  ///< its last answer is the one that `right` does not allow
  bool exhausted = false;      ///< there is none over this alphabet: the whole product was searched
  std::size_t nodes = 0;       ///< of the product
};

/// The shortest sequence of calls and answers that a hypervisor with the deviations `wrong` may show and one
/// with the deviations `right` may not. Gives up after `most_nodes`.
Difference shortest_difference(const Deviations& wrong, const Deviations& right,
                               std::span<const Statement> statements, std::size_t most_nodes = 400'000);

}  // namespace hptck
