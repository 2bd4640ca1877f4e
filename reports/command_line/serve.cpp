// hptck serve: the built-in hypervisor at the other end of the stdio adapter's protocol.
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "conformance/adapters/builtin/builtin_adapter.h"
#include "conformance/adapters/stdio/server.h"
#include "reports/command_line/subcommands.h"

namespace hptck::command_line {

Action serve(CLI::App& command, AdapterOption&) {
  const auto served = std::make_shared<AdapterChoice>(builtin_adapter());
  served->add_options(command);
  return [served] {
    stdio::serve(*served->make(), STDIN_FILENO, STDOUT_FILENO);
    return 0;
  };
}

}  // namespace hptck::command_line
