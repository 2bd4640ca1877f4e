// The words of those who write guests: calls, places, draws. For the files of this folder only; who issues
// calls needs none of it.
#pragma once

#include <algorithm>
#include <bit>
#include <cassert>
#include <initializer_list>
#include <span>
#include <utility>
#include <vector>

#include "generators/contents.h"

namespace hptck::content_calls {

using hashing::HPTE_LARGE, hashing::HPTE_SECONDARY;
using Entry = hashing::Entry<Concrete>;
using VirtualPage = hashing::Page<Concrete>;
using W8 = Concrete::Word<8>;
using W64 = Concrete::Word<64>;

inline constexpr std::uint64_t one = 1;
// WIMG 0010.
inline constexpr std::uint64_t memory_coherent = 0x10;
inline constexpr std::uint64_t avpn_argument = ~0x7full;  // what the AVPN flag compares of doubleword 0
inline constexpr unsigned largest_tried = 26;             // copying 64 MiB over and over teaches nothing new

inline W8 size_of(unsigned shift) { return W8(static_cast<std::uint8_t>(shift)); }
inline std::uint64_t hptes_of(unsigned shift) {
  assert(shift >= min_shift && shift <= max_shift);
  return one << (shift - 4);
}
inline std::uint64_t last_hpteg(unsigned shift) { return raw(hashing::last_hpteg(size_of(shift))); }
inline Entry entry_of(const Held& held) { return {W64(held.high), W64(held.low)}; }
inline bool is_bolted(const Held& held) { return holds(hashing::is_bolted(entry_of(held))); }
inline unsigned base_shift_of(const PageKind& kind) {
  return kind.encoding ? hashing::page_encodings[*kind.encoding].base_shift : hashing::base_shifts[0];
}
inline std::uint64_t rehashed(const Held& held, unsigned shift) {
  return raw(hashing::rehashed_ptex(entry_of(held), W64(held.ptex), size_of(shift)));
}
// Where what is gone would stand if a resize brought it back.
inline void append_places(std::vector<std::uint64_t>& places, std::span<const Held> gone, unsigned shift) {
  for (const auto& h : gone) {
    places.push_back(h.ptex);
    places.push_back(rehashed(h, shift));
  }
}

inline Call enter(std::uint64_t flags, const Placed& what) {
  return {token::H_ENTER, {flags, what.ptex, what.high, what.low}};
}
inline Call enter_exactly(const Placed& what) { return enter(H_EXACT, what); }
inline Call remove(std::uint64_t flags, std::uint64_t ptex, std::uint64_t avpn = 0) {
  return {token::H_REMOVE, {flags, ptex, avpn}};
}
inline Call protect(std::uint64_t flags, std::uint64_t ptex, std::uint64_t avpn = 0) {
  return {token::H_PROTECT, {flags, ptex, avpn}};
}
inline Call read_four(std::uint64_t ptex) { return {token::H_READ, {H_READ_4, ptex}}; }

// A translation specifier.
struct Removal {
  std::uint64_t high = bulk::end, low = 0;
};
inline Removal removal(std::uint64_t ptex, std::uint64_t flags = 0, std::uint64_t avpn = 0) {
  return {bulk::request | flags | (ptex & bulk::ptex), avpn};
}
inline Call bulk_remove(std::span<const Removal> removals) {
  Call call{token::H_BULK_REMOVE, {}};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto specifier = i < removals.size() ? removals[i] : Removal{};
    call.args[2 * i] = specifier.high;
    call.args[2 * i + 1] = specifier.low;
  }
  return call;
}
inline Call bulk_remove(std::initializer_list<Removal> removals) {
  return bulk_remove(std::span(removals.begin(), removals.size()));
}

// Draws. RapidCheck's distributions grow with a size that means nothing here. No expression draws twice but
// in braces, where the order is fixed: every compiler makes the same plans.
class Dice {
 public:
  explicit Dice(rc::Random random) : random_(random) {}
  std::uint64_t word() { return random_.next(); }
  std::uint64_t below(std::uint64_t bound) {
    assert(bound != 0);
    return random_.next() % bound;
  }
  unsigned number(unsigned from, unsigned to) { return from + static_cast<unsigned>(below(to - from + 1)); }
  bool one_in(unsigned n) { return below(n) == 0; }
  template <class Range>
  auto& pick(Range& range) {
    return range[below(std::size(range))];
  }
  template <class T>
  T weighted(std::initializer_list<std::pair<unsigned, T>> choices) {
    std::uint64_t sum = 0;
    for (const auto& choice : choices) sum += choice.first;
    auto at = below(sum);
    for (const auto& choice : choices) {
      if (at < choice.first) return choice.second;
      at -= choice.first;
    }
    return choices.begin()->second;
  }

 private:
  rc::Random random_;
};

// PTEXs beyond the table: the first one, then some that a cut makes `ptex`, as if the register were narrower.
inline std::vector<std::uint64_t> beyond(unsigned shift, std::uint64_t ptex) {
  const auto hptes = hptes_of(shift);
  std::vector<std::uint64_t> ptexs{hptes, hptes | ptex, hptes << 1 | ptex, one << 32 | ptex,
                                   one << 55 | ptex};
  std::erase_if(ptexs, [&](std::uint64_t p) { return p < hptes; });
  return ptexs;
}

// A bit of doubleword 0 for the andcond mask. Whether the low seven count is left open (ambiguity A17).
inline std::uint64_t highest_telling_bit(std::uint64_t high) {
  const auto telling = high & avpn_argument;
  return telling == 0 ? 0 : std::bit_floor(telling);
}

}  // namespace hptck::content_calls
