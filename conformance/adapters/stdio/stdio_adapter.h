// The adapter to any hypervisor that speaks JSON-RPC 2.0 over its standard input and output, one message a
// line: docs/adapter-protocol.md. A shared library was rejected: it ties the hypervisor to our language and
// lets it crash the kit. A socket was rejected: it needs a name, and somebody who starts and ends what
// listens.
//
// The thread that calls restart() or describe() has to live as long as the adapter: see process.h.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "conformance/adapters/adapter_choice.h"

namespace hptck {

struct StdioOptions {
  std::vector<std::string> command;
  std::chrono::milliseconds deadline{10'000};        ///< without the answer to a message for this long: hung
  std::chrono::milliseconds start_deadline{30'000};  ///< from start to the answer to describe
};

std::unique_ptr<Adapter> make_stdio_adapter(StdioOptions options);

AdapterChoice stdio_adapter();

}  // namespace hptck
