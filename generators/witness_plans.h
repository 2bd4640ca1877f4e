// Plans that enter the HPTEs of witnesses (model/table/witness.h), resize, and look. What a rehash gets wrong
// hangs on single bits and on pairs, which a guest that draws pages meets seldom, and some of it never; a
// witness meets it at once. They were found beforehand (witnesses.inc), since a campaign has no solver.
//
// A legal guest's, as in generators/contents.h: each HPTE is entered where it belongs in the table of that
// moment, and all of one plan are of different TiB of virtual addresses, or of different pages of a segment.
#pragma once

#include <span>
#include <vector>

#include "generators/contents.h"
#include "model/table/witness.h"

namespace hptck {

/// All of them, in the order of their sizes.
std::span<const Witness> witnesses();

/// For each size to start from and each to resize to, what fits the situation: first all that can be in one
/// table, then each pair by itself. A plan begins with a resize to the size to start from, where that is
/// another, and ends with one back; sizes beyond situation.limit are left out, as are pages that the
/// partition may not use. To be issued one after the other in a partition whose table is empty; each leaves
/// it so, and takes for granted that COMMITs succeed or not as LoPAR demands, as those of content_tour() do.
/// Always the same for a situation and pages.
std::vector<Plan> witness_plans(const Situation& at, Pages pages);

/// The same of the witnesses that there are in tables of 8 GiB and of 64 TiB only. Apart for the reason that
/// vast_content_tour() is.
std::vector<Plan> vast_witness_plans(const Situation& at, Pages pages);

}  // namespace hptck
