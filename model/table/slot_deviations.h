// Deviations of what calls do to one slot, as edits of the slot rows: what model/resize/deviations.h is to the rows
// of the resize hypercalls. Those that concern the table as a whole are in model/table/contents_deviations.cpp.
#pragma once

#include "model/table/slot_rows.h"
#include "spec/deviations.h"

namespace hptck {

/// The slot rows of a hypervisor with these deviations; those that concern something else change nothing.
SlotRules<Concrete> slot_rules_under(const Deviations& deviations);

}  // namespace hptck
