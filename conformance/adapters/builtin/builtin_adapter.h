// The adapter of the built-in hypervisors: the implementation under test is a value in this process. The
// faults that no hypercall can answer (to die, to hang, to overwrite the guest's memory) are acted here,
// where a real adapter would observe them, so that the kit's handling of them is tested without a process to
// kill.
#pragma once

#include <cstdint>
#include <memory>

#include "conformance/adapters/adapter.h"
#include "conformance/adapters/adapter_choice.h"
#include "conformance/adapters/builtin/hypervisor.h"
#include "spec/deviations.h"

namespace hptck {

struct BuiltinOptions {
  Scheme scheme = Scheme::a;
  unsigned initial_shift = 24;  ///< the HPT at start
  unsigned max_shift = 30;      ///< the largest HPT permitted, and declared; at least initial_shift
  enum class Resize : std::uint8_t { enabled, disabled, absent } resize = Resize::enabled;
  Permissions permissions;
  Deviations deviations;
};

std::unique_ptr<Adapter> make_builtin_adapter(const BuiltinOptions& options);

AdapterChoice builtin_adapter();

}  // namespace hptck
