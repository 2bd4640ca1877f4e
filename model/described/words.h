// The rules in words: what stands in docs/specification.md.
//
//   "phase is preparing, and flags are zero, and shift is pending"
//   "phase becomes cancelled; pending becomes 0; gone becomes discarding"
//
// A condition is brought into a normal form first: negations at the leaves, nested lists flattened, and what
// is said of one enumerated word joined into the set of values that it may have. Then "not (preparing or
// prepared or collided)" reads "phase is idle or cancelled", and a condition that repeats itself says it
// once.
#pragma once

#include <string>

#include "model/described/described.h"

namespace hptck {

std::string in_words(const described::Bool& condition);

/// What `next` changes of named_state(); "nothing" where it changes nothing.
std::string changes_in_words(const DescribedState& next);

/// "H_LONG_BUSY_*", "H_FUNCTION or H_NOT_AVAILABLE", "any answer".
std::string in_words(const Answers& answers);

/// "a", "a or b", "a, b or c"
std::string joined(const std::vector<std::string>& parts, std::string_view last);

}  // namespace hptck
