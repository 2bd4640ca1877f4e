// How a rehash gets at the hash. A page's hash is made of its virtual segment id and its page number within
// the segment, but an entry holds the virtual address only down to bit 23 from the right: for pages smaller
// than 8 MiB the low bits of the page number are missing. They are not lost. The entry stands in an HPTEG
// whose number is the low part of the hash (complemented, for a secondary entry), and the missing bits are
// never more than 11, while the smallest legal table has 11 bits of HPTEG number. So the low bits of the hash
// are those of the HPTEG number, the others are computed from the entry, and nothing needs to be undone.
#include "conformance/builtin/hpt.h"

#include <array>

#include "model/hypercall.h"

namespace hptck {
namespace {

constexpr std::uint64_t large = 0x4, secondary = 0x2;
constexpr unsigned avpn_low_bit = 23;  // the lowest virtual address bit that doubleword 0 holds

constexpr std::uint64_t low_bits(unsigned count) { return (std::uint64_t{1} << count) - 1; }

// How a large page's doubleword 1 tells its base page size, which is what the hash counts in. The encodings
// are those that POWER7 and POWER8 list in ibm,segment-page-sizes. The mask keeps to bits of LP that are not
// part of the real page number.
struct PageEncoding {
  std::uint64_t lp_mask, lp;
  unsigned base_shift;
};
constexpr std::array page_encodings{
    PageEncoding{0x0f, 0x01, 16},  // 64 KiB
    PageEncoding{0x0f, 0x07, 12},  // 64 KiB in a segment of 4 KiB pages
    PageEncoding{0xff, 0x38, 12},  // 16 MiB in a segment of 4 KiB pages
    PageEncoding{0xff, 0x08, 16},  // 16 MiB in a segment of 64 KiB pages
    PageEncoding{0xff, 0x00, 24},  // 16 MiB
    PageEncoding{0xff, 0x03, 34},  // 16 GiB
};

// An encoding that is not listed is an error of the guest; any size will do as long as nothing breaks.
unsigned base_page_shift(Hpte hpte) {
  if ((hpte.high & large) == 0) return 12;
  const auto lp = (hpte.low >> 12) & 0xff;
  for (const auto& encoding : page_encodings)
    if ((lp & encoding.lp_mask) == encoding.lp) return encoding.base_shift;
  return 12;
}

}  // namespace

bool is_bolted(Hpte hpte) { return (hpte.high & HPTE_VALID) != 0 && (hpte.high & HPTE_BOLTED) != 0; }

Hpte Hpt::at(std::uint64_t ptex) const {
  if (entries_.empty()) return {};
  const auto found = entries_.find(ptex);
  return found == entries_.end() ? Hpte{} : found->second;
}

std::uint64_t hash_of(Hpte hpte, std::uint64_t ptex, const Deviations& deviations) {
  auto hpteg = ptex / 8;
  if ((hpte.high & secondary) != 0 && !deviations.has(Deviation::rehash_forgets_secondary)) hpteg = ~hpteg;

  const auto avpn = (hpte.high & ~(std::uint64_t{3} << 62)) >> 7;
  const bool terabyte_segment = (hpte.high >> 62) == 1 && !deviations.has(Deviation::rehash_forgets_1t);
  const unsigned segment_bits = (terabyte_segment ? 40 : 28) - avpn_low_bit;
  const auto vsid = avpn >> segment_bits;
  auto hash = terabyte_segment ? vsid ^ (vsid << 25) : vsid;

  const auto within_segment = avpn & low_bits(segment_bits);
  const auto page_shift = base_page_shift(hpte);
  if (page_shift >= avpn_low_bit) return hash ^ (within_segment >> (page_shift - avpn_low_bit));
  const auto missing = avpn_low_bit - page_shift;
  hash ^= within_segment << missing;
  return (hash & ~low_bits(missing)) | (hpteg & low_bits(missing));
}

bool rehash_entry(Hpte hpte, std::uint64_t ptex, Hpt& to, const Deviations& deviations) {
  if ((hpte.high & HPTE_VALID) == 0) return true;
  auto hash = hash_of(hpte, ptex, deviations);
  if ((hpte.high & secondary) != 0) hash = ~hash;
  auto place = (hash & (to.hpteg_count() - 1)) * 8 + ptex % 8;
  if (deviations.has(Deviation::rehash_takes_first_slot))
    for (place -= ptex % 8; place % 8 != 7 && (to.at(place).high & HPTE_VALID) != 0;) ++place;
  const auto there = to.at(place);
  if (!is_bolted(hpte) && (there.high & HPTE_VALID) != 0) return true;
  if (is_bolted(there) && !deviations.has(Deviation::commit_overwrites_on_collision)) return false;
  to.put(place, hpte);
  return true;
}

// Entries that stand where their hash puts them cannot collide in a table that is not smaller: they would
// have stood in one slot already. A collision there means that the guest entered one where no walk finds it,
// and the first to come stays.
bool rehash_bolted(const Hpt& from, Hpt& to, const Deviations& deviations) {
  for (const auto& [ptex, hpte] : from.entries()) {
    if (!is_bolted(hpte) || rehash_entry(hpte, ptex, to, deviations)) continue;
    if (to.shift() < from.shift()) return false;
  }
  return true;
}

}  // namespace hptck
