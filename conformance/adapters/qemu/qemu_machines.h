// Real machines of any configuration: one QEMU process each, started, looked at through the guest agent, and
// killed. The device tree is the guest's own copy in its RAM, and so it is what a guest sees and not what
// dumpdtb says that it would see; dumpdtb was rejected also because it writes by way of a second file beside
// the one named, so that nothing but a named file in a directory will do, and because it costs a start of its
// own beside the one that H_ENTER needs.
#pragma once

#include <memory>

#include "conformance/adapters/machines.h"
#include "conformance/adapters/qemu/qemu_options.h"

namespace hptck {

/// Of the options only program and deadlines are looked at: the rest is what configurations are about.
std::unique_ptr<Machines> make_qemu_machines(QemuOptions options);

}  // namespace hptck
