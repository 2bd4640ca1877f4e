#include "model/table/slot_deviations.h"

namespace hptck {

template class DecisionList<Concrete, Slot<Concrete>, SlotCall<Concrete>>;
template SlotRules<Concrete> slot_specification<Concrete>();
template SlotRules<Concrete> slot_rules<Concrete>(const Deviations&);

}  // namespace hptck
