// Every adapter that this build has.
#pragma once

#include <vector>

#include "conformance/adapters/adapter_choice.h"

namespace hptck {

std::vector<AdapterChoice> adapter_choices();

}  // namespace hptck
