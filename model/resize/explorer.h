// The explorer (model/framework/explorer.h) of the resize hypercalls, and the calls and partitions with which
// it looks for differences. What SMT says can be reached is asked of explore() too (model/proofs/): two
// methods that share only the rows.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/framework/explorer.h"
#include "model/resize/interface.h"
#include "model/trace.h"
#include "spec/deviations.h"

namespace hptck {

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
