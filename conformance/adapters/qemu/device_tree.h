// What the flattened device tree that QEMU handed to the guest says about the partition. libfdt does the
// parsing; it is given a private, fully checked copy, because the tree lies in RAM that the guest can write.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace hptck::qemu {

struct DeviceTreeFacts {
  /// The second cell of ibm,pft-size of the first CPU that has one; 0: there is none, or it is absurd.
  std::uint8_t hpt_shift = 0;
  bool offers_resize = false;  ///< ibm,hypertas-functions has hcall-hpt-resize
  /// ibm,segment-page-sizes of that CPU, as Statement::pages; sizes not known there are left out.
  std::optional<std::uint8_t> pages;
};

/// Nothing if there is no sound tree at `address` in `ram`.
std::optional<DeviceTreeFacts> read_device_tree(std::span<const unsigned char> ram, std::uint64_t address);

/// The cells of ibm,segment-page-sizes in the node of the first CPU, at most 1024 of them; of bytes left over
/// at the end one more is made. Empty: there is no such property. Nothing: there is no sound tree with a CPU.
std::optional<std::vector<std::uint32_t>> read_segment_page_sizes(std::span<const unsigned char> ram,
                                                                  std::uint64_t address);

}  // namespace hptck::qemu
