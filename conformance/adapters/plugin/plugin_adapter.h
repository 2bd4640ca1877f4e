// The adapter of plugins: a hypervisor in a shared library (hptck_plugin.h), at the speed of memory. The
// library runs in a child of the kit's, so that it may crash and hang as it likes. To load it into the kit
// itself was rejected although it is twice as fast: a crash is a finding, and the kit has to be there to
// report it.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "conformance/adapters/adapter.h"
#include "conformance/adapters/adapter_choice.h"

namespace hptck {

struct PluginOptions {
  std::string library;                               ///< path of the shared library
  std::string options;                               ///< text handed to the plugin as it is
  std::chrono::milliseconds deadline{5'000};         ///< a hypercall not answered for so long is a hang
  std::chrono::milliseconds start_deadline{30'000};  ///< for loading, and for a fresh partition
};

std::unique_ptr<Adapter> make_plugin_adapter(PluginOptions options);

AdapterChoice plugin_adapter();

}  // namespace hptck
