// Where a page table entry belongs: the hash of a virtual page, and the rehash of an entry into a table of
// another size. Written once for every value domain, like the rows: the oracle reads machine words, the
// lemmas of model/proofs/hashing_obligations.cpp read terms.
//
// Facts, and where they are from. Power ISA 2.07, book III-S, on virtual to real translation:
// - A virtual address has 78 bits. A 256 MiB segment has a VSID of 50 bits and an offset of 28, a 1 TiB
//   segment 38 and 40. A base page of 2^b bytes cuts the offset into a page index and b bits within the page.
// - The hash has 39 bits: VSID xor page index; in a 1 TiB segment VSID xor (VSID << 25) xor page index.
// - The table has 2^shift bytes, so 2^(shift - 7) HPTEGs of 8 entries of 16 bytes. The primary HPTEG is the
//   low shift - 7 bits of the hash, the secondary one their complement. (LoPAR: shift is 18 to 46, so the
//   largest table uses the hash in full.)
// - Doubleword 0, bits counted from the most significant: B 0:1 (0: 256 MiB, 1: 1 TiB, others reserved), AVPN
//   2:56 (the virtual address without its low 23 bits), software 57:60, L 61, H 62, V 63. Bits of AVPN below
//   the base page, which exist from 16 MiB on, take no part in the search. LP is bits 44:51 of doubleword 1.
//   LoPAR's H_ENTER takes this format, also where later processors have moved B.
// LoPAR, `ibm,segment-page-sizes`: what LP says of the base page depends on the processor; the encodings
// below are those that POWER7 and POWER8 list.
//
// So of a base page below 8 MiB the entry lacks the low bits of the page index: 11 for 4 KiB, 7 for 64 KiB.
// They are recovered from the HPTEG in which the entry stands, whose index is the low part of the hash. The
// rehash is written as just that: recover the page, hash it again. Putting the HPTEG's low bits straight into
// a hash computed without them comes to the same and was rejected, because the page is worth having by
// itself. The rehash does not ask for the size of the table that the entry stands in: it needs only the bits
// that the least table has, which is what makes 18 the least shift (`eighteen_is_the_least_shift`).
//
// An entry in a wrong place is rehashed too, to where the page that its place suggests belongs. What comes of
// that is in the lemmas.
#pragma once

#include <array>
#include <cstdint>

#include "model/framework/domain.h"
#include "model/hypercall.h"

namespace hptck::hashing {

// Units: bits, and shifts (logarithms to base 2 of bytes).
inline constexpr unsigned avpn_low_bit = 23, avpn_bits = 55;
inline constexpr unsigned small_segment = 28, large_segment = 40;  ///< 256 MiB, 1 TiB
inline constexpr unsigned hash_bits = 39;
inline constexpr unsigned hpteg_shift = 7, slot_bits = 3;
inline constexpr std::uint64_t HPTE_LARGE = 0x4, HPTE_SECONDARY = 0x2;  ///< doubleword 0

inline constexpr std::array base_shifts{12u, 16u, 24u, 34u};  ///< of base pages; 34 in 1 TiB segments only

/// What LP says under `mask` when L is set. The other bits of LP belong to the real page number.
struct PageEncoding {
  std::uint8_t mask, lp;
  std::uint8_t base_shift, actual_shift;
};
inline constexpr std::array page_encodings{
    PageEncoding{0x0f, 0x01, 16, 16}, PageEncoding{0x0f, 0x07, 12, 16}, PageEncoding{0xff, 0x38, 12, 24},
    PageEncoding{0xff, 0x08, 16, 24}, PageEncoding{0xff, 0x00, 24, 24}, PageEncoding{0xff, 0x03, 34, 34}};

/// Ways to get a rehash wrong, for proofs and tests that have to fail on them.
enum class Mistake : std::uint8_t {
  none,
  secondary_ignored,                ///< a secondary entry is rehashed as a primary one
  secondary_bits_not_complemented,  ///< low bits are recovered from a secondary HPTEG as if it were primary
  terabyte_as_256m,
  terabyte_vsid_not_spread,   ///< without VSID << 25
  segment_size_left_in_avpn,  ///< B is taken for the high bits of the VSID
  base_page_is_4k,
  base_page_is_the_actual_page,
  one_bit_too_few_recovered,
  one_bit_too_many_recovered,
  hpteg_kept,      ///< the low bits of the HPTEG's index, however many the table asks for
  slot_not_kept,   ///< the first slot
  slot_ignored,    ///< collisions are looked for in HPTEGs
  bolted_ignored,  ///< entries collide that nobody has to carry over
};

/// One page table entry, as the two doublewords that the guest sees.
template <class Domain>
struct Entry {
  typename Domain::template Word<64> high, low;
};

/// A virtual page, by its place in its segment.
template <class Domain>
struct Page {
  typename Domain::Bool terabyte;            ///< else 256 MiB
  typename Domain::template Word<64> vsid;   ///< 50 bits; 38 of a 1 TiB segment
  typename Domain::template Word<64> index;  ///< within the segment, in base pages
  typename Domain::template Word<8> base_shift;
};

constexpr Literal low_bits(unsigned count) { return {(std::uint64_t{1} << count) - 1}; }

// --- Fields of an entry.

template <class Domain>
auto is_secondary(const Entry<Domain>& e) {
  return any_bit(e.high, lit(HPTE_SECONDARY));
}
/// Reserved values of B are read as 256 MiB; is_page() refuses them.
template <class Domain>
auto is_terabyte(const Entry<Domain>& e) {
  return eq(shifted_right(e.high, lit(62)), lit(1));
}
/// What a resize has to carry over.
template <class Domain>
auto is_bolted(const Entry<Domain>& e) {
  return both(any_bit(e.high, lit(HPTE_BOLTED)), any_bit(e.high, lit(HPTE_VALID)));
}
template <class Domain>
auto avpn_of(const Entry<Domain>& e, Mistake wrong = Mistake::none) {
  const auto field = shifted_right(e.high, lit(7));
  return wrong == Mistake::segment_size_left_in_avpn ? field : only_bits(field, low_bits(avpn_bits));
}
/// Zero where no listed encoding applies.
template <class Domain>
auto base_shift_of(const Entry<Domain>& e, Mistake wrong = Mistake::none) {
  const auto lp = resized<8>(shifted_right(e.low, lit(12)));
  auto shift = constant(lp, lit(0));
  for (const auto& encoding : page_encodings) {
    const auto means = wrong == Mistake::base_page_is_4k                ? 12u
                       : wrong == Mistake::base_page_is_the_actual_page ? encoding.actual_shift
                                                                        : encoding.base_shift;
    shift = ite(eq(only_bits(lp, lit(encoding.mask)), lit(encoding.lp)), constant(lp, lit(means)), shift);
  }
  return ite(any_bit(e.high, lit(HPTE_LARGE)), shift, constant(lp, lit(12)));
}

// --- Pages.

/// A word that depends on the sizes of segment and base page: of(segment shift, base page shift). Base pages
/// that do not exist count as 4 KiB ones, so that whatever a guest enters has a meaning.
template <class Bool, class Word8, class Of>
auto by_sizes(const Bool& terabyte, const Word8& base_shift, const Of& of) {
  const auto in_segment = [&](unsigned segment_shift) {
    auto word = of(segment_shift, base_shifts[0]);
    for (const auto shift : base_shifts)
      if (shift < segment_shift) word = ite(eq(base_shift, lit(shift)), of(segment_shift, shift), word);
    return word;
  };
  return ite(terabyte, in_segment(large_segment), in_segment(small_segment));
}

/// Words in range, and a size of base page that exists in such a segment.
template <class Domain>
auto is_page(const Page<Domain>& page) {
  const auto is_base = [&](unsigned shift) { return eq(page.base_shift, lit(shift)); };
  const auto small = either(either(is_base(12), is_base(16)), is_base(24));
  const auto size = either(small, both(is_base(34), page.terabyte));
  const auto vsid_bound = ite(page.terabyte, constant(page.vsid, lit(std::uint64_t{1} << 38)),
                              constant(page.vsid, lit(std::uint64_t{1} << 50)));
  const auto index_bound = by_sizes(page.terabyte, page.base_shift, [&](unsigned segment, unsigned base) {
    return constant(page.index, lit(std::uint64_t{1} << (segment - base)));
  });
  return both(size, both(ult(page.vsid, vsid_bound), ult(page.index, index_bound)));
}

/// VSID, in a 1 TiB segment with itself 25 bits higher.
template <class Word64>
auto spread_vsid(const Word64& vsid, unsigned segment_shift) {
  return segment_shift == large_segment ? xor_bits(vsid, shifted_left(vsid, lit(25))) : vsid;
}

template <class Domain>
auto hash_of(const Page<Domain>& page) {
  const auto spread =
      ite(page.terabyte, spread_vsid(page.vsid, large_segment), spread_vsid(page.vsid, small_segment));
  return only_bits(xor_bits(spread, page.index), low_bits(hash_bits));
}

/// The index of the last HPTEG, which is the mask for hashes too.
template <class Word8>
auto last_hpteg(const Word8& shift) {
  return minus(power_of_two(minus(resized<64>(shift), lit(hpteg_shift))), lit(1));
}

/// The HPTEG of a hash in a table of that shift.
template <class Word64, class Bool, class Word8>
auto hpteg_of(const Word64& hash, const Bool& secondary, const Word8& shift) {
  return and_bits(ite(secondary, complement(hash), hash), last_hpteg(shift));
}

template <class Word64>
auto hpteg_at(const Word64& ptex) {
  return shifted_right(ptex, lit(slot_bits));
}
template <class Word64>
auto slot_at(const Word64& ptex) {
  return only_bits(ptex, low_bits(slot_bits));
}

/// Whether a search for the page in a table of that shift passes this PTEX: the right places of its entry.
template <class Domain, class Bool, class Word64, class Word8>
auto stands_right(const Page<Domain>& page, const Bool& secondary, const Word64& ptex, const Word8& shift) {
  return eq(hpteg_at(ptex), hpteg_of(hash_of(page), secondary, shift));
}

/// Whether the entry can be one of the page, as far as the entry tells.
template <class Domain>
auto maps(const Entry<Domain>& e, const Page<Domain>& page) {
  const auto difference = by_sizes(page.terabyte, page.base_shift, [&](unsigned segment, unsigned base) {
    const auto vsid = shifted_left(page.vsid, lit(segment - avpn_low_bit));
    if (base < avpn_low_bit)
      return xor_bits(avpn_of(e), or_bits(vsid, shifted_right(page.index, lit(avpn_low_bit - base))));
    const auto index = shifted_left(page.index, lit(base - avpn_low_bit));
    return shifted_right(xor_bits(avpn_of(e), or_bits(vsid, index)), lit(base - avpn_low_bit));
  });
  const auto b = shifted_right(e.high, lit(62));
  return both(both(eq(base_shift_of(e), page.base_shift), eq(difference, lit(0))),
              both(negate(both(page.terabyte, negate(eq(b, lit(1))))),
                   negate(both(negate(page.terabyte), negate(eq(b, lit(0)))))));
}

// --- The rehash.

/// The hash's low part as the entry's place gives it: the HPTEG's index, complemented for a secondary entry.
template <class Domain, class Word64>
auto hash_at(const Entry<Domain>& e, const Word64& hpteg, Mistake wrong = Mistake::none) {
  if (wrong == Mistake::secondary_ignored || wrong == Mistake::secondary_bits_not_complemented) return hpteg;
  return ite(is_secondary(e), complement(hpteg), hpteg);
}

/// The page that the entry maps if it stands in a right place. In a wrong place it is another page, of which
/// the entry says the same.
template <class Domain, class Word64>
Page<Domain> recovered_page(const Entry<Domain>& e, const Word64& hpteg, Mistake wrong = Mistake::none) {
  const auto avpn = avpn_of(e, wrong);
  const auto terabyte =
      wrong == Mistake::terabyte_as_256m ? eq(constant(avpn, lit(1)), lit(0)) : is_terabyte(e);
  const auto base_shift = base_shift_of(e, wrong);
  const auto vsid_in = [&](unsigned segment) { return shifted_right(avpn, lit(segment - avpn_low_bit)); };
  const auto vsid = ite(terabyte, vsid_in(large_segment), vsid_in(small_segment));
  const auto index = by_sizes(terabyte, base_shift, [&](unsigned segment, unsigned base) {
    const auto held = only_bits(avpn, low_bits(segment - avpn_low_bit));
    if (base >= avpn_low_bit) return shifted_right(held, lit(base - avpn_low_bit));
    const unsigned missing = avpn_low_bit - base;
    const unsigned taken = wrong == Mistake::one_bit_too_few_recovered    ? missing - 1
                           : wrong == Mistake::one_bit_too_many_recovered ? missing + 1
                                                                          : missing;
    const auto spread = wrong == Mistake::terabyte_vsid_not_spread ? vsid_in(segment)
                                                                   : spread_vsid(vsid_in(segment), segment);
    const auto recovered = only_bits(xor_bits(hash_at(e, hpteg, wrong), spread), low_bits(taken));
    const auto kept = only_bits(shifted_left(held, lit(missing)), lit(~low_bits(taken).value));
    return or_bits(kept, recovered);
  });
  return {terabyte, vsid, index, base_shift};
}

/// The index of the HPTEG in which an entry belongs in a table of shift `to`, when it stands in HPTEG `hpteg`
/// of a table of any legal shift.
template <class Domain, class Word64, class Word8>
auto rehashed_hpteg(const Entry<Domain>& e, const Word64& hpteg, const Word8& to,
                    Mistake wrong = Mistake::none) {
  if (wrong == Mistake::hpteg_kept) return and_bits(hpteg, last_hpteg(to));
  const auto page = recovered_page(e, hpteg, wrong);
  auto hash = hash_of(page);
  if (wrong == Mistake::terabyte_vsid_not_spread)
    hash = only_bits(xor_bits(page.vsid, page.index), low_bits(hash_bits));
  if (wrong == Mistake::secondary_ignored) return and_bits(hash, last_hpteg(to));
  return hpteg_of(hash, is_secondary(e), to);
}

/// The same for a PTEX. The slot stays.
template <class Domain, class Word64, class Word8>
auto rehashed_ptex(const Entry<Domain>& e, const Word64& ptex, const Word8& to,
                   Mistake wrong = Mistake::none) {
  const auto first = shifted_left(rehashed_hpteg(e, hpteg_at(ptex), to, wrong), lit(slot_bits));
  return wrong == Mistake::slot_not_kept ? first : or_bits(first, slot_at(ptex));
}

/// Whether the entry stands in a right place, for some page that it may map: a rehash within the same table
/// would leave it where it is. `right_places_are_where_a_rehash_stays` proves that this is the same.
template <class Domain, class Word64, class Word8>
auto stands_right(const Entry<Domain>& e, const Word64& ptex, const Word8& shift) {
  return both(maps(e, recovered_page(e, hpteg_at(ptex))),
              both(is_page(recovered_page(e, hpteg_at(ptex))),
                   eq(rehashed_hpteg(e, hpteg_at(ptex), shift), hpteg_at(ptex))));
}

/// Whether two entries that stand in different places need one slot in a table of shift `to`.
template <class Domain, class Word64, class Word8>
auto collide(const Entry<Domain>& a, const Word64& a_ptex, const Entry<Domain>& b, const Word64& b_ptex,
             const Word8& to, Mistake wrong = Mistake::none) {
  const auto a_new = rehashed_ptex(a, a_ptex, to, wrong), b_new = rehashed_ptex(b, b_ptex, to, wrong);
  const auto same = wrong == Mistake::slot_ignored ? eq(hpteg_at(a_new), hpteg_at(b_new)) : eq(a_new, b_new);
  return wrong == Mistake::bolted_ignored ? same : both(same, both(is_bolted(a), is_bolted(b)));
}

}  // namespace hptck::hashing
