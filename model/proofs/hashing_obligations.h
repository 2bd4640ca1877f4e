// The proof obligations about hashing: where entries belong, and where a rehash takes them. They are about
// single entries and pairs of them, not about states and calls, so no row occurs in them; what is wrong in a
// seed is the rehash (hashing::Mistake). Otherwise they are obligations like all others.
#pragma once

#include <vector>

#include "model/proofs/obligations.h"

namespace hptck {

std::vector<Obligation> hashing_obligations();

}  // namespace hptck
