#include "model/machines/environment.h"

#include <fmt/format.h>

#include <algorithm>

namespace hptck::machines {

Environment sorted(Environment environment) {
  for (auto& segment : environment.segments) std::sort(segment.sizes.begin(), segment.sizes.end());
  std::sort(environment.segments.begin(), environment.segments.end());
  return environment;
}

std::vector<std::uint32_t> cells_of(const Environment& environment) {
  std::vector<std::uint32_t> cells;
  for (const auto& segment : environment.segments) {
    cells.insert(cells.end(),
                 {segment.shift, segment.slb_encoding, static_cast<std::uint32_t>(segment.sizes.size())});
    for (const auto& size : segment.sizes) cells.insert(cells.end(), {size.shift, size.encoding});
  }
  return cells;
}

ReadProperty environment_in(std::span<const std::uint32_t> cells) {
  if (cells.empty()) return {std::nullopt, "there is no ibm,segment-page-sizes, or an empty one"};
  Environment environment;
  for (std::size_t at = 0; at < cells.size();) {
    if (cells.size() - at < 3)
      return {std::nullopt, fmt::format("{} cells are left over at cell {}", cells.size() - at, at)};
    SegmentPageSizes segment{cells[at], cells[at + 1], {}};
    const auto count = cells[at + 2];
    if (count == 0)
      return {std::nullopt,
              fmt::format("the descriptor at cell {} (base size 2^{}) has no page sizes", at, segment.shift)};
    at += 3;
    if (count > (cells.size() - at) / 2)
      return {std::nullopt,
              fmt::format("the descriptor of base size 2^{} promises {} pairs, and {} cells follow",
                          segment.shift, count, cells.size() - at)};
    for (std::uint32_t i = 0; i < count; ++i, at += 2) segment.sizes.push_back({cells[at], cells[at + 1]});
    for (const auto& other : environment.segments)
      if (other.shift == segment.shift)
        return {std::nullopt, fmt::format("base size 2^{} stands twice", segment.shift)};
    environment.segments.push_back(std::move(segment));
  }
  return {std::move(environment), ""};
}

std::string text_of(const Environment& environment) {
  std::string text;
  for (const auto& segment : environment.segments) {
    text += fmt::format("{}{}/{:x}:", text.empty() ? "" : ";", segment.shift, segment.slb_encoding);
    for (const auto& size : segment.sizes)
      text += fmt::format("{}{}/{:x}", text.back() == ':' ? "" : "+", size.shift, size.encoding);
  }
  return text.empty() ? "none" : text;
}

std::vector<PageEncoding> every_page_encoding() {
  std::vector<PageEncoding> all{{false, 0}};
  for (unsigned lp = 0; lp < 256; ++lp) all.push_back({true, static_cast<std::uint8_t>(lp)});
  return all;
}

std::optional<std::uint32_t> page_shift_of(const Environment& environment, PageEncoding encoding) {
  for (const auto& segment : environment.segments) {
    for (const auto& size : segment.sizes) {
      const bool large = size.shift != 12;
      const std::uint32_t mask = size.shift < 20 ? (1u << (size.shift - 12)) - 1 : 0xff;
      if (large == encoding.large && (!large || (encoding.lp & mask) == (size.encoding & mask)))
        return size.shift;
    }
  }
  return std::nullopt;
}

}  // namespace hptck::machines
