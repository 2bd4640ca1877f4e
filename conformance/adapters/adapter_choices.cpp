// The registration of adapters: one line each.
#include "conformance/adapters/adapter_choices.h"

#include "conformance/adapters/builtin/builtin_adapter.h"
#include "conformance/adapters/plugin/plugin_adapter.h"
#include "conformance/adapters/qemu/qemu_adapter.h"
#include "conformance/adapters/stdio/stdio_adapter.h"

namespace hptck {

std::vector<AdapterChoice> adapter_choices() {
  return {
      builtin_adapter(),
      qemu_adapter(),
      plugin_adapter(),
      stdio_adapter(),
  };
}

}  // namespace hptck
