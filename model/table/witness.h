// HPTEs in special relations: what a resize rarely meets, and drawn pages almost never. Two of them need one
// slot of a table and of no larger one; one goes astray under a single mistake and under no other; one stands
// in the very first or last HPTEG, there and here.
//
// The relations are written once for every value domain, like the rows. Read as terms they are questions to
// Z3, which finds HPTEs that fulfil them or says that there are none (model/proofs/witnesses.h); read as
// machine words they check what was found. So whoever uses a witness needs no solver: those asked for are
// kept in generators/witnesses.inc. Searching at random was rejected, since it cannot tell rare from
// impossible.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "model/table/hashing.h"

namespace hptck {

enum class Relation : std::uint8_t {
  collision,  ///< both bolted; they need one slot in a table of shift `to`, none of shift `to` + 1
  mistake,    ///< rehashed to `to`, the mistake shows, and no other does but `shared`, if that is one
  shows,      ///< the mistake shows, whatever others do
  // With `small` and `large` the lesser and the greater of `from` and `to`:
  first,   ///< in the first HPTEG of both
  last,    ///< in the last HPTEG of both
  beyond,  ///< in the first HPTEG of `small`, in the first of `large` that `small` does not have
  bound,   ///< in the last HPTEG of `small`, in the one of the same index of `large`
};

/// What a pair of HPTEs, or one, is a witness of. They stand in right places of a table of shift `from`.
struct Relationship {
  Relation relation = Relation::collision;
  hashing::Mistake mistake = hashing::Mistake::none, shared = hashing::Mistake::none;
  std::uint8_t from = 0, to = 0;
  bool pair = false;  ///< it takes two
  bool operator==(const Relationship&) const = default;
};

/// An HPTE and where it stands.
template <class Domain>
struct PlacedEntry {
  hashing::Entry<Domain> e;
  typename Domain::template Word<64> ptex;
};

struct Witness {
  Relationship of;
  struct Words {
    std::uint64_t ptex, high, low;
    PlacedEntry<Concrete> placed() const {
      using W = Concrete::Word<64>;
      return {{W(high), W(low)}, W(ptex)};
    }
    bool operator==(const Words&) const = default;
  } a, b;  ///< without a pair `b` is zero
  bool operator==(const Witness&) const = default;
};

/// All but Mistake::none.
inline constexpr auto all_mistakes = [] {
  std::array<hashing::Mistake, static_cast<std::size_t>(hashing::Mistake::bolted_ignored)> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<hashing::Mistake>(i + 1);
  return all;
}();

/// Whether a resize with the mistake puts one of them where it does not belong, or finds a collision where
/// there is none, or none where there is one.
template <class Domain>
auto mistake_shows(hashing::Mistake mistake, bool pair, const PlacedEntry<Domain>& a,
                   const PlacedEntry<Domain>& b, std::uint8_t to) {
  const auto size = constant(resized<8>(a.ptex), lit(to));
  const auto moved = [&](const PlacedEntry<Domain>& x) {
    return negate(
        eq(hashing::rehashed_ptex(x.e, x.ptex, size, mistake), hashing::rehashed_ptex(x.e, x.ptex, size)));
  };
  if (!pair) return moved(a);
  const auto now = hashing::collide(a.e, a.ptex, b.e, b.ptex, size, mistake);
  const auto right = hashing::collide(a.e, a.ptex, b.e, b.ptex, size);
  const auto otherwise = either(both(now, negate(right)), both(right, negate(now)));
  return either(otherwise, either(moved(a), moved(b)));
}

/// Whether they are a witness. Without a pair `b` is not looked at.
template <class Domain>
auto fulfils(const Relationship& of, const PlacedEntry<Domain>& a, const PlacedEntry<Domain>& b) {
  using hashing::hpteg_at, hashing::hpteg_shift;
  const auto size = [&](unsigned shift) { return constant(resized<8>(a.ptex), lit(shift)); };
  const auto from = size(of.from), to = size(of.to);
  const auto right = [&](const PlacedEntry<Domain>& x) {
    return both(both(hashing::stands_right(x.e, x.ptex, from), any_bit(x.e.high, lit(HPTE_VALID))),
                negate(ult(hashing::last_hpteg(from), hpteg_at(x.ptex))));
  };
  auto given = right(a);
  if (of.pair) given = both(given, both(right(b), negate(eq(a.ptex, b.ptex))));
  const auto new_hpteg = hpteg_at(hashing::rehashed_ptex(a.e, a.ptex, to));
  const std::uint64_t small_count = std::uint64_t{1} << (std::min(of.from, of.to) - hpteg_shift);
  const std::uint64_t large_count = std::uint64_t{1} << (std::max(of.from, of.to) - hpteg_shift);
  const auto at = [&](std::uint64_t in_small, std::uint64_t in_large) {
    const bool grows = of.from < of.to;
    return both(given, both(eq(hpteg_at(a.ptex), lit(grows ? in_small : in_large)),
                            eq(new_hpteg, lit(grows ? in_large : in_small))));
  };
  switch (of.relation) {
    case Relation::collision:
      return both(given, both(hashing::collide(a.e, a.ptex, b.e, b.ptex, to),
                              negate(hashing::collide(a.e, a.ptex, b.e, b.ptex, size(of.to + 1u)))));
    case Relation::mistake:
      for (const auto mistake : all_mistakes) {
        const auto shows = mistake_shows(mistake, of.pair, a, b, of.to);
        const bool wanted = mistake == of.mistake || mistake == of.shared;
        given = both(given, wanted ? shows : negate(shows));
      }
      return given;
    case Relation::shows:
      return both(given, mistake_shows(of.mistake, of.pair, a, b, of.to));
    case Relation::first:
      return at(0, 0);
    case Relation::last:
      return at(small_count - 1, large_count - 1);
    case Relation::beyond:
      return at(0, small_count);
    case Relation::bound:
      return at(small_count - 1, small_count - 1);
  }
  return given;
}

}  // namespace hptck
