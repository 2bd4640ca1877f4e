#include "model/machines/deviations.h"

namespace hptck::machines {

template PageSizeRules<Concrete> page_size_specification<Concrete>();
template PageSizeRules<Concrete> page_size_rules<Concrete>(const Deviations&);

}  // namespace hptck::machines
