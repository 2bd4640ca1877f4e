// The proof obligations about one slot of the table: what the page table hypercalls answer of it, and leave
// there (model/table/slot_rows.h). Their wrong rows are edits of World::slots.
#pragma once

#include <vector>

#include "model/proofs/obligations.h"

namespace hptck {

std::vector<Obligation> slot_obligations();

}  // namespace hptck
