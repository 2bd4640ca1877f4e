// How a rehash gets at the hash. A page's hash is made of its virtual segment id and its page number within
// the segment, but an entry holds the virtual address only down to bit 23 from the right: for pages smaller
// than 8 MiB the low bits of the page number are missing. They are not lost. The entry stands in an HPTEG
// whose number is the low part of the hash (complemented, for a secondary entry), and the missing bits are
// never more than 11, while the smallest legal table has 11 bits of HPTEG number. So the low bits of the hash
// are those of the HPTEG number, the others are computed from the entry, and nothing needs to be undone.
#include "conformance/adapters/builtin/hpt.h"

#include <algorithm>
#include <optional>

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
  unsigned base_shift, actual_shift;
};
constexpr std::array page_encodings{
    PageEncoding{0x0f, 0x01, 16, 16},  // 64 KiB
    PageEncoding{0x0f, 0x07, 12, 16},  // 64 KiB in a segment of 4 KiB pages
    PageEncoding{0xff, 0x38, 12, 24},  // 16 MiB in a segment of 4 KiB pages
    PageEncoding{0xff, 0x08, 16, 24},  // 16 MiB in a segment of 64 KiB pages
    PageEncoding{0xff, 0x00, 24, 24},  // 16 MiB
    PageEncoding{0xff, 0x03, 34, 34},  // 16 GiB
};

// Nothing where no listed encoding applies.
std::optional<PageEncoding> encoding_of(Hpte hpte) {
  if ((hpte.high & large) == 0) return PageEncoding{0, 0, 12, 12};
  const auto lp = (hpte.low >> 12) & 0xff;
  for (const auto& encoding : page_encodings)
    if ((lp & encoding.lp_mask) == encoding.lp) return encoding;
  return std::nullopt;
}

// H_ENTER accepts only encodings that are listed. If a table holds another one all the same, any size will do
// as long as nothing breaks.
unsigned base_page_shift(Hpte hpte, const Deviations& deviations) {
  const auto encoding = encoding_of(hpte);
  if (!encoding || deviations.has(Deviation::rehash_base_is_4k)) return 12;
  return deviations.has(Deviation::rehash_base_is_actual) ? encoding->actual_shift : encoding->base_shift;
}

// Whether a deviant rehash passes over the entry.
bool is_lost(Hpte hpte, std::uint64_t ptex, const Hpt& from, const Deviations& deviations) {
  const auto has = [&deviations](Deviation deviation) { return deviations.has(deviation); };
  const auto hpteg = ptex / 8;
  return (has(Deviation::rehash_loses_last_slot) && ptex % 8 == 7) ||
         (has(Deviation::rehash_loses_first_hpteg) && hpteg == 0) ||
         (has(Deviation::rehash_loses_last_hpteg) && hpteg == from.hpteg_count() - 1) ||
         (has(Deviation::rehash_loses_secondary) && (hpte.high & secondary) != 0) ||
         (has(Deviation::rehash_loses_large) && (hpte.high & large) != 0) ||
         (has(Deviation::rehash_loses_1t) && hpte.high >> 62 == 1);
}

}  // namespace

bool is_valid(Hpte hpte) { return (hpte.high & HPTE_VALID) != 0; }

bool is_bolted(Hpte hpte) { return is_valid(hpte) && (hpte.high & HPTE_BOLTED) != 0; }

bool has_known_sizes(Hpte hpte) { return hpte.high >> 62 <= 1 && encoding_of(hpte).has_value(); }

Hpte Hpt::at(std::uint64_t ptex) const {
  if (hptegs_.empty()) return {};
  const auto found = hptegs_.find(ptex / 8);
  return found == hptegs_.end() ? Hpte{} : found->second[ptex % 8];
}

void Hpt::put(std::uint64_t ptex, Hpte hpte) { hptegs_[ptex / 8][ptex % 8] = hpte; }

std::vector<std::pair<std::uint64_t, Hpte>> Hpt::entries() const {
  std::vector<std::pair<std::uint64_t, const std::array<Hpte, 8>*>> in_order;
  in_order.reserve(hptegs_.size());
  for (const auto& [hpteg, hptes] : hptegs_) in_order.emplace_back(hpteg, &hptes);
  std::ranges::sort(in_order);
  std::vector<std::pair<std::uint64_t, Hpte>> list;
  list.reserve(hptegs_.size());
  for (const auto& [hpteg, hptes] : in_order)
    for (std::uint64_t slot = 0; slot < hptes->size(); ++slot)
      if ((*hptes)[slot] != Hpte{}) list.emplace_back(hpteg * 8 + slot, (*hptes)[slot]);
  return list;
}

// The hash of a 4 KiB page lacks as many bits as the smallest table's HPTEG index has. A deviation that takes
// one bit more from the index gets zero: the index is complemented only within the bits that it has.
std::uint64_t hash_of(Hpte hpte, std::uint64_t ptex, const Hpt& from, const Deviations& deviations) {
  const auto has = [&deviations](Deviation deviation) { return deviations.has(deviation); };
  auto hpteg = ptex / 8;
  if ((hpte.high & secondary) != 0 && !has(Deviation::rehash_forgets_secondary))
    hpteg = ~hpteg & (from.hpteg_count() - 1);

  const auto b_left = has(Deviation::rehash_b_in_avpn) ? 0 : std::uint64_t{3} << 62;
  const auto avpn = (hpte.high & ~b_left) >> 7;
  const bool terabyte_segment = (hpte.high >> 62) == 1 && !has(Deviation::rehash_forgets_1t);
  const unsigned segment_bits = (terabyte_segment ? 40 : 28) - avpn_low_bit;
  const auto vsid = avpn >> segment_bits;
  auto hash = vsid;
  if (terabyte_segment && !has(Deviation::rehash_1t_not_spread)) hash ^= vsid << 25;

  const auto within_segment = avpn & low_bits(segment_bits);
  const auto page_shift = base_page_shift(hpte, deviations);
  if (page_shift >= avpn_low_bit) return hash ^ (within_segment >> (page_shift - avpn_low_bit));
  const auto missing = avpn_low_bit - page_shift;
  hash ^= within_segment << missing;
  auto recovered = missing;
  if (has(Deviation::rehash_one_bit_short)) --recovered;
  if (has(Deviation::rehash_one_bit_over)) ++recovered;
  return (hash & ~low_bits(recovered)) | (hpteg & low_bits(recovered));
}

std::uint64_t rehashed_ptex(Hpte hpte, std::uint64_t ptex, const Hpt& from, const Hpt& to,
                            const Deviations& deviations) {
  auto hash = hash_of(hpte, ptex, from, deviations);
  if ((hpte.high & secondary) != 0) hash = ~hash;
  if (deviations.has(Deviation::rehash_keeps_hpteg)) hash = ptex / 8;
  return (hash & (to.hpteg_count() - 1)) * 8 + ptex % 8;
}

Rehashed rehash_entry(Hpte hpte, std::uint64_t ptex, const Hpt& from, Hpt& to, const Deviations& deviations) {
  using enum Rehashed::Outcome;
  if (!is_valid(hpte) || is_lost(hpte, ptex, from, deviations)) return {left_out, 0};
  auto place = rehashed_ptex(hpte, ptex, from, to, deviations);
  if (deviations.has(Deviation::rehash_takes_first_slot))
    for (place -= ptex % 8; place % 8 != 7 && is_valid(to.at(place));) ++place;
  const auto there = to.at(place);
  if (!is_bolted(hpte) && is_valid(there)) return {left_out, 0};
  if (is_bolted(there) && !deviations.has(Deviation::commit_overwrites_on_collision)) return {collided, 0};
  to.put(place, hpte);
  return {entered, place};
}

// Entries that stand where their hash puts them cannot collide in a table that is not smaller: they would
// have needed one slot already. A collision in such a table means that the guest put an entry in a place
// where no walk of the table finds it; the entry that comes first stays, and the other is lost.
bool rehash_bolted(const Hpt& from, Hpt& to, const Deviations& deviations) {
  for (const auto& [ptex, hpte] : from.entries()) {
    if (!is_bolted(hpte)) continue;
    const auto outcome = rehash_entry(hpte, ptex, from, to, deviations).outcome;
    if (outcome == Rehashed::Outcome::collided && to.shift() < from.shift()) return false;
  }
  return true;
}

}  // namespace hptck
