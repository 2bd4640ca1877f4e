// The adapter to a real QEMU pseries: a guest agent of our own issues the hypercalls, a mailbox in shared
// guest RAM carries whole batches of them. Serial lines, virtio and gdbstub were rejected as channels: each
// is a device of the implementation under test, and each costs more than the hypercall it carries.
//
// The thread that calls restart() or describe() has to live as long as the adapter: see process.h.
#pragma once

#include <memory>

#include "conformance/adapters/adapter_choice.h"
#include "conformance/adapters/qemu/qemu_options.h"

namespace hptck {

AdapterChoice qemu_adapter();

std::unique_ptr<Adapter> make_qemu_adapter(QemuOptions options);

}  // namespace hptck
