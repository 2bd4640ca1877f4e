#include "model/resize/deviations.h"

namespace hptck {

template class DecisionList<Concrete, State<Concrete>, Arguments<Concrete>>;
template Rules<Concrete> specification<Concrete>();
template Rules<Concrete> rules<Concrete>(const Deviations&);

}  // namespace hptck
