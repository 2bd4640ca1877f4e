// The fake host as machines beneath the built-in adapter: everything that there is to configure, the three
// accelerators and hosts that lack something included, so that campaigns over configurations can be had, and
// tested, without QEMU and without a POWER host.
#pragma once

#include <memory>

#include "conformance/adapters/machines.h"
#include "spec/deviations.h"

namespace hptck {

std::unique_ptr<Machines> make_builtin_machines(const Deviations& deviations);

}  // namespace hptck
