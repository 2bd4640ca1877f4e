#include "model/framework/symbolic.h"
#include "model/machines/deviations.h"
#include "model/resize/deviations.h"
#include "model/table/slot_deviations.h"

namespace hptck {

template class DecisionList<Symbolic, State<Symbolic>, Arguments<Symbolic>>;
template Rules<Symbolic> specification<Symbolic>();
template Rules<Symbolic> rules<Symbolic>(const Deviations&);
template SlotRules<Symbolic> slot_specification<Symbolic>();
template SlotRules<Symbolic> slot_rules<Symbolic>(const Deviations&);

namespace machines {

template PageSizeRules<Symbolic> page_size_specification<Symbolic>();
template PageSizeRules<Symbolic> page_size_rules<Symbolic>(const Deviations&);

}  // namespace machines
}  // namespace hptck
