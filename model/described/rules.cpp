#include "model/described/described.h"
#include "model/resize/rows.h"

namespace hptck {

template Rules<Described> specification<Described>();

}  // namespace hptck
