// The registration of adapters: one line each.
#include "conformance/adapter_choice.h"
#include "conformance/builtin/builtin_adapter.h"
#include "conformance/plugin/plugin_adapter.h"
#include "conformance/qemu/qemu_adapter.h"
#include "conformance/stdio/stdio_adapter.h"

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
