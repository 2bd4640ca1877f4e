// What the host's KVM says about its MMU. The kit asks the kernel itself: whether a machine is rightly
// refused depends on what the host can do, not on what the implementation under test says it can do.
#pragma once

#include <string>
#include <variant>

#include "model/machines/configuration.h"

namespace hptck::qemu {

/// The host as seen through /dev/kvm, or why it cannot be asked.
std::variant<machines::Host, std::string> host_mmu(machines::Accelerator accelerator);

}  // namespace hptck::qemu
