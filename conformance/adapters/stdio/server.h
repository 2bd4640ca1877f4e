// The other end of the protocol of docs/adapter-protocol.md: makes any adapter's implementation one that is
// reached over standard input and output. `hptck serve` does so with the built-in hypervisor, which gives
// the stdio adapter something right, something wrong and something fast to be tested with.
#pragma once

#include "conformance/adapters/adapter.h"

namespace hptck::stdio {

/// Answers requests until shutdown, or the end of the input. When the adapter reports a Fault, this process
/// does the same: it dies, hangs, or writes a line that is no answer. Throws EnvironmentError.
void serve(Adapter& adapter, int input, int output);

}  // namespace hptck::stdio
