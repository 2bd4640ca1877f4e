// What the partition can be booted with: raw images for address 0, built from the assembler sources here and
// embedded, so that the kit runs from anywhere and never loads an agent of another build.
#pragma once

#include <span>

namespace hptck::qemu {

std::span<const unsigned char> agent_image();    ///< agent.S
std::span<const unsigned char> nothing_image();  ///< nothing.S, for benchmarks

}  // namespace hptck::qemu
