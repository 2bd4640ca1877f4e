// What a guest sees of page sizes: the content of `ibm,segment-page-sizes`, and which page-size encodings
// H_ENTER takes. A value, compared with ==; the order of base sizes and of actual sizes within one is kept as
// seen, so compare sorted() ones where LoPAR gives no order.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hptck::machines {

/// One pte-lp-encoding: an actual page size and what is put into the low bits of the real page number for it.
struct PageSize {
  std::uint32_t shift;     ///< log2 of bytes
  std::uint32_t encoding;  ///< before it is shifted left 12 bits
  auto operator<=>(const PageSize&) const = default;
};

/// One segment-page-size-descriptor.
struct SegmentPageSizes {
  std::uint32_t shift;         ///< of the base page, log2 of bytes
  std::uint32_t slb_encoding;  ///< as it is OR'ed into RS of slbmte: 0x100 is L, 0x10 and 0x20 are LP
  std::vector<PageSize> sizes;
  auto operator<=>(const SegmentPageSizes&) const = default;
};

struct Environment {
  std::vector<SegmentPageSizes> segments;
  auto operator<=>(const Environment&) const = default;
};

Environment sorted(Environment environment);

/// The cells of the property, in host byte order (the tree has them big-endian).
std::vector<std::uint32_t> cells_of(const Environment& environment);
struct ReadProperty {
  std::optional<Environment> environment;
  std::string fault;  ///< why there is none
};
/// LoPAR, app_pa_processor_binding, ibm,segment-page-sizes: (X, Y, Z) followed by Z pairs, again and again.
ReadProperty environment_in(std::span<const std::uint32_t> cells);

/// `12/0:12/0+24/38;16/110:16/1`: base shift / SLB encoding, then shift / encoding of each size; encodings
/// hexadecimal. `none` when empty.
std::string text_of(const Environment& environment);

/// A page size as H_ENTER is told it: doubleword 0's L, and LP (bits 44 to 51 of doubleword 1). Without L
/// there is no LP, and the byte is zero.
struct PageEncoding {
  bool large;
  std::uint8_t lp;
  auto operator<=>(const PageEncoding&) const = default;
};
/// Every one there is: without L, and with L all 256 values of LP.
std::vector<PageEncoding> every_page_encoding();
/// The actual page size (log2 of bytes) that the environment gives the encoding; nothing if it has none. Of
/// 64 KiB pages only the low four bits of LP are looked at, of 1 MiB and larger ones all.
std::optional<std::uint32_t> page_shift_of(const Environment& environment, PageEncoding encoding);

}  // namespace hptck::machines
