// Exhaustive enumeration: every sequence of abstract calls up to a length. Random plans find what is likely,
// this finds what is short; most defects are. The alphabet is abstract in that one value stands for each
// class of arguments that the rules treat alike.
#pragma once

#include <functional>
#include <vector>

#include "generators/plan.h"

namespace hptck {

/// The letters for a partition whose HPT has this shift: each rule of the two hypercalls met from each side.
/// Every letter is a plan of one call.
std::vector<PlannedCall> alphabet(unsigned initial_shift, unsigned limit);

/// Calls visit with every sequence of 1 to `length` letters, shortest first, until it returns false.
/// Returns the number of sequences visited.
std::uint64_t for_each_sequence(const std::vector<PlannedCall>& letters, unsigned length,
                                const std::function<bool(const Plan&)>& visit);

}  // namespace hptck
