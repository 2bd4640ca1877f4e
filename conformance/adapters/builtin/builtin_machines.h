// The fake host as the built-in adapter's machines. It offers everything that can be configured, including
// the three accelerators and hosts that lack something, so that campaigns over configurations run, and are
// tested, without QEMU and without a POWER host.
#pragma once

#include <memory>

#include "conformance/adapters/machines.h"
#include "spec/deviations.h"

namespace hptck {

std::unique_ptr<Machines> make_builtin_machines(const Deviations& deviations);

}  // namespace hptck
