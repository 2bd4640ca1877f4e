// What the host's KVM says of its MMU. Asked by the kit itself, because what a machine is refused for has to
// be judged by what the host can do and not by what the implementation under test says that it can.
#pragma once

#include <string>
#include <variant>

#include "model/machines/configuration.h"

namespace hptck::qemu {

/// The host as seen through /dev/kvm, or why it cannot be asked.
std::variant<machines::Host, std::string> host_mmu(machines::Accelerator accelerator);

}  // namespace hptck::qemu
