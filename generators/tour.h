// The tour: every rule of the two hypercalls met once from each side, in the order of what is cheapest to
// see. A few hundred calls, always the same for a situation, before anything is left to chance. Random plans
// and exhaustive sequences go on where it ends: they find what nobody thought of.
#pragma once

#include <vector>

#include "generators/plan.h"

namespace hptck {

/// Plans to be issued one after the other in a fresh partition in this situation.
std::vector<Plan> tour(const Situation& at);

/// Plans in which the guest is rebooted, in every state in which that may leave something behind. Each is
/// made for a partition as it is at its start, with nothing in its table, and leaves it so.
std::vector<Plan> reset_tour(const Situation& at);

/// The same for a partition that may not resize its HPT, or is not offered the option: every answer is the
/// same there.
std::vector<Plan> forbidden_tour(const Situation& at);

}  // namespace hptck
