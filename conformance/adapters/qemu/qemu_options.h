// What the user can choose about the QEMU under test.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hptck {

struct QemuOptions {
  std::string program = "qemu-system-ppc64";
  std::string machine = "pseries";  ///< may go on with ",property=value"; resize-hpt has its own option
  std::string cpu = "POWER8";
  std::string memory = "256M";                 ///< as -m takes it
  std::string resize_hpt = "enabled";          ///< disabled, enabled or required
  std::chrono::milliseconds deadline{10'000};  ///< without an answer to the next call for this long: hung
  std::chrono::milliseconds start_deadline{30'000};  ///< from start to the guest's first sign of life
};

/// The bytes of RAM at start that "256M", "512" (MiB) or "1G,slots=2,maxmem=4G" asks for.
std::optional<std::uint64_t> ram_bytes(std::string_view memory);

}  // namespace hptck
