#include "conformance/adapters/qemu/device_tree.h"

#include <libfdt.h>

#include <vector>

#include "model/hypercall.h"
#include "model/table/hashing.h"

namespace hptck::qemu {
namespace {

// QEMU's own limit is 1 MiB.
constexpr std::size_t largest_tree = 4 << 20;

// LoPAR, ibm,segment-page-sizes: for each base page size its shift, the SLB's encoding and a count, then as
// many pairs of an actual page's shift and the encoding in the HPTE.
std::optional<std::uint8_t> pages_of(const void* tree, int node) {
  int length = 0;
  const auto* cells = static_cast<const fdt32_t*>(fdt_getprop(tree, node, "ibm,segment-page-sizes", &length));
  if (cells == nullptr) return std::nullopt;
  const auto count = static_cast<std::size_t>(length) / sizeof(fdt32_t);
  std::uint8_t pages = 0;
  for (std::size_t at = 0; at + 3 <= count;) {
    const auto base = fdt32_ld(cells + at), pairs = fdt32_ld(cells + at + 2);
    at += 3;
    for (std::uint32_t i = 0; i < pairs && at + 2 <= count; ++i, at += 2) {
      const auto actual = fdt32_ld(cells + at), encoding = fdt32_ld(cells + at + 1);
      for (std::size_t k = 0; k < hashing::page_encodings.size(); ++k) {
        const auto& known = hashing::page_encodings[k];
        if (known.base_shift == base && known.actual_shift == actual && known.lp == encoding)
          pages = static_cast<std::uint8_t>(pages | 1u << k);
      }
    }
  }
  return pages;
}

// A private copy of the tree, found sound by libfdt; empty when there is none.
std::vector<unsigned char> sound_tree(std::span<const unsigned char> ram, std::uint64_t address) {
  if (address >= ram.size() || ram.size() - address < sizeof(fdt_header)) return {};
  const auto rest = ram.subspan(address);
  const auto size = fdt_totalsize(rest.data());
  if (size < sizeof(fdt_header) || size > rest.size() || size > largest_tree) return {};
  std::vector<unsigned char> copy(rest.begin(), rest.begin() + size);
  if (fdt_check_full(copy.data(), copy.size()) != 0) return {};
  return copy;
}

// The next CPU's node after `node`, -1 for the first; negative when there is none.
int next_cpu(const void* tree, int node) {
  static constexpr char cpu[] = "cpu";
  return fdt_node_offset_by_prop_value(tree, node, "device_type", cpu, sizeof cpu);
}

}  // namespace

std::optional<DeviceTreeFacts> read_device_tree(std::span<const unsigned char> ram, std::uint64_t address) {
  const auto copy = sound_tree(ram, address);
  if (copy.empty()) return std::nullopt;
  const void* tree = copy.data();

  DeviceTreeFacts facts;
  const int rtas = fdt_path_offset(tree, "/rtas");
  facts.offers_resize =
      rtas >= 0 && fdt_stringlist_search(tree, rtas, "ibm,hypertas-functions", "hcall-hpt-resize") >= 0;
  for (int node = next_cpu(tree, -1); node >= 0; node = next_cpu(tree, node)) {
    int length = 0;
    const auto* cells = static_cast<const fdt32_t*>(fdt_getprop(tree, node, "ibm,pft-size", &length));
    if (cells == nullptr || length != 2 * sizeof(fdt32_t)) continue;
    const auto shift = fdt32_ld(cells + 1);
    if (shift >= min_shift && shift <= max_shift) facts.hpt_shift = static_cast<std::uint8_t>(shift);
    facts.pages = pages_of(tree, node);
    break;
  }
  return facts;
}

std::optional<std::vector<std::uint32_t>> read_segment_page_sizes(std::span<const unsigned char> ram,
                                                                  std::uint64_t address) {
  constexpr std::size_t most_cells = 1024;
  const auto copy = sound_tree(ram, address);
  if (copy.empty()) return std::nullopt;
  const int node = next_cpu(copy.data(), -1);
  if (node < 0) return std::nullopt;
  int length = 0;
  const auto* bytes =
      static_cast<const unsigned char*>(fdt_getprop(copy.data(), node, "ibm,segment-page-sizes", &length));
  std::vector<std::uint32_t> cells;
  if (bytes == nullptr) return cells;
  for (std::size_t at = 0; at < static_cast<std::size_t>(length) && cells.size() < most_cells; at += 4) {
    std::uint32_t cell = 0;
    for (std::size_t i = at; i < at + 4; ++i)
      cell = cell << 8 | (i < static_cast<std::size_t>(length) ? bytes[i] : 0u);
    cells.push_back(cell);
  }
  return cells;
}

}  // namespace hptck::qemu
