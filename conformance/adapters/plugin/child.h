// What runs in the child that the kit forks for a plugin: it loads the library and carries out one request
// after the other, for ever. Nothing in here throws or allocates on behalf of the kit. A program of its own,
// started by exec, was rejected: it would have to be installed and found, and the kit has no threads, so that
// fork alone is sound.
#pragma once

#include <string>

#include "conformance/adapters/plugin/shared_memory.h"

namespace hptck::plugin {

/// The descriptor that the child is left with beside input and output: what wakes the kit.
inline constexpr int wake_number = 3;

/// Serves the plugin in `library`. The request of the first ticket is to load it.
[[noreturn]] void serve(SharedMemory& memory, const std::string& library,
                        const std::string& options) noexcept;

}  // namespace hptck::plugin
