// Everything is quantified over in full: both doublewords, the page, the PTEX, the shifts. Statements about
// one page are split by segment size, base page size and hash, which keeps each query to one formula of the
// ISA's; statements about pairs are not split, since there would be a case for each pair of cases, and speak
// of entries in right places by themselves, which the third obligation says is the same.
//
// That an entry stands in a right place is never said with the rehash under proof: a wrong one must not make
// a hypothesis empty.
#include "model/proofs/hashing_obligations.h"

#include "model/proofs/claims.h"

namespace hptck {
namespace {

using namespace hashing;
using symbolic::Bool;
using C = Clause;
using E = Entry<Symbolic>;
using P = Page<Symbolic>;
using W8 = symbolic::Word<8>;
using W64 = symbolic::Word<64>;
using Queries = std::vector<Query>;

E entry(const World& w, const std::string& name) {
  return {w.word<64>(name + ".high"), w.word<64>(name + ".low")};
}
Bool same(const P& a, const P& b) {
  return all(iff(a.terabyte, b.terabyte), eq(a.vsid, b.vsid), eq(a.index, b.index),
             eq(a.base_shift, b.base_shift));
}
Bool between(unsigned least, const W8& shift, unsigned most) {
  return both(ult(lit(least - 1), shift), ult(shift, lit(most + 1)));
}
Bool legal(const W8& shift) { return between(min_shift, shift, max_shift); }
Bool at_most(const W8& a, const W8& b) { return negate(ult(b, a)); }
Bool in_table(const W64& ptex, const W8& shift) { return negate(ult(last_hpteg(shift), hpteg_at(ptex))); }
/// That two words differ in none of the mask's bits.
Bool agree(const W64& a, const W64& b, const W64& mask) { return eq(and_bits(xor_bits(a, b), mask), lit(0)); }

// A page, an entry of it, and a place of that entry. The sizes and the hash are fixed.
struct Case {
  std::string name;
  P page;
  E e;
  W64 ptex;
  W8 from, to;
  Bool given;  ///< nothing of the place and the shifts
  unsigned base_shift;

  Bool right_at(const W64& place, const W8& shift) const {
    return stands_right(page, is_secondary(e), place, shift);
  }
};

std::vector<Case> cases(const World& w) {
  std::vector<Case> list;
  const auto shift = w.word<8>("from");
  for (const bool terabyte : {false, true})
    for (const auto base : base_shifts)
      for (const bool secondary : {false, true}) {
        if (base >= (terabyte ? large_segment : small_segment)) continue;
        const P page{w.truth(terabyte), w.word<64>("page.vsid"), w.word<64>("page.index"),
                     constant(shift, lit(base))};
        const auto e = entry(w, "entry");
        list.push_back({fmt::format("{}, base pages of 2^{}, {}", terabyte ? "1 TiB" : "256 MiB", base,
                                    secondary ? "secondary" : "primary"),
                        page, e, w.word<64>("ptex"), shift, w.word<8>("to"),
                        all(is_page(page), maps(e, page), iff(is_secondary(e), w.truth(secondary))), base});
      }
  return list;
}

Queries a_rehash_finds_the_right_hpteg(World& w) {
  Queries queries;
  for (const auto& c : cases(w)) {
    const auto given = all(c.given, legal(c.from), legal(c.to), c.right_at(c.ptex, c.from));
    const auto place = rehashed_ptex(c.e, c.ptex, c.to, w.mistake);
    queries.push_back(
        claim(c.name, given, both(c.right_at(place, c.to), eq(slot_at(place), slot_at(c.ptex)))));
    // Not of the rehash, so asked once.
    if (w.mistake == Mistake::none) queries.push_back(witness(c.name + ": there is such an entry", given));
  }
  return queries;
}

// The least shift for base pages of which the entry lacks bits. For each page there is a twin: its entry and,
// in a table that is too small, its places are the same, but in no table that is large enough. So no rehash
// whatsoever can be right for both.
Queries eighteen_is_the_least_shift(World& w) {
  Queries queries;
  for (const auto& c : cases(w)) {
    if (c.base_shift >= avpn_low_bit) continue;
    const unsigned missing = avpn_low_bit - c.base_shift, least = hpteg_shift + missing;
    const auto place = rehashed_ptex(c.e, c.ptex, c.to, w.mistake);
    const auto right = c.right_at(place, c.to);
    const auto any_to = between(hpteg_shift + 1, c.to, max_shift);
    const auto larger = both(c.given, between(least, c.to, max_shift));
    const auto at = [&](unsigned shift) {
      const auto from = constant(c.from, lit(shift));
      return both(eq(c.from, from), c.right_at(c.ptex, from));
    };
    queries.push_back(claim(fmt::format("{}: from {} to any shift", c.name, least),
                            all(c.given, any_to, at(least)), right));
    queries.push_back(witness(fmt::format("{}: not from {}", c.name, least - 1),
                              all(larger, at(least - 1), negate(right))));
    auto twin = c;
    twin.page.index = xor_bits(c.page.index, constant(c.page.index, lit(std::uint64_t{1} << (missing - 1))));
    const auto secondary = is_secondary(c.e);
    const auto of_twin = both(is_page(twin.page), maps(c.e, twin.page));
    const auto differ =
        negate(eq(hpteg_of(hash_of(c.page), secondary, c.to), hpteg_of(hash_of(twin.page), secondary, c.to)));
    queries.push_back(claim(fmt::format("{}: from {} no rehash could be right", c.name, least - 1),
                            both(larger, at(least - 1)),
                            all(of_twin, twin.right_at(c.ptex, constant(c.from, lit(least - 1))), differ)));
  }
  return queries;
}

// Right or wrong places, and entries of no page.
struct Anywhere {
  E e;
  W64 ptex;
  W8 from, to;
  Bool given;
  Bool of_a_page;  ///< the entry has a page somewhere, its encodings and reserved values being in order

  explicit Anywhere(World& w)
      : e(entry(w, "entry")),
        ptex(w.word<64>("ptex")),
        from(w.word<8>("from")),
        to(w.word<8>("to")),
        given(all(legal(from), legal(to), in_table(ptex, from))),
        of_a_page(
            both(is_page(recovered_page(e, hpteg_at(ptex))), maps(e, recovered_page(e, hpteg_at(ptex))))) {}
};

Queries right_places_are_where_a_rehash_stays(World& w) {
  Queries queries;
  for (const auto& c : cases(w)) {
    queries.push_back(claim(c.name + ": in a right place the page is recovered",
                            all(c.given, legal(c.from), c.right_at(c.ptex, c.from)),
                            both(same(recovered_page(c.e, hpteg_at(c.ptex), w.mistake), c.page),
                                 stands_right(c.e, c.ptex, c.from))));
  }
  const Anywhere x(w);
  const auto page = recovered_page(x.e, hpteg_at(x.ptex));
  queries.push_back(
      claim("where a rehash stays, a page of the entry belongs",
            all(x.given, x.of_a_page, eq(rehashed_ptex(x.e, x.ptex, x.from, w.mistake), x.ptex)),
            stands_right(page, is_secondary(x.e), x.ptex, x.from)));
  return queries;
}

Queries a_rehash_ends_in_a_right_place(World& w) {
  const Anywhere x(w);
  const auto place = rehashed_ptex(x.e, x.ptex, x.to, w.mistake);
  Queries queries;
  queries.push_back(claim("the place is in the table", x.given, in_table(place, x.to)));
  queries.push_back(claim("the slot is kept", x.given, eq(slot_at(place), slot_at(x.ptex))));
  queries.push_back(
      claim("the place is a right one", both(x.given, x.of_a_page), stands_right(x.e, place, x.to)));
  for (const auto base : base_shifts) {
    if (base >= avpn_low_bit) continue;
    const auto mask = constant(x.ptex, low_bits(avpn_low_bit - base));
    queries.push_back(claim(
        fmt::format("base pages of 2^{}: {} low bits are kept", base, avpn_low_bit - base),
        both(x.given, eq(base_shift_of(x.e), lit(base))), agree(hpteg_at(place), hpteg_at(x.ptex), mask)));
  }
  const auto third = w.word<8>("third");
  queries.push_back(
      claim("two rehashes are as one", both(x.given, legal(third)),
            eq(rehashed_ptex(x.e, place, third, w.mistake), rehashed_ptex(x.e, x.ptex, third, w.mistake))));
  queries.push_back(witness("from a wrong place too",
                            all(x.given, x.of_a_page, negate(stands_right(x.e, x.ptex, x.from)))));
  return queries;
}

Queries there_and_back_is_the_identity(World& w) {
  const Anywhere x(w);
  const auto back = rehashed_ptex(x.e, rehashed_ptex(x.e, x.ptex, x.to, w.mistake), x.from, w.mistake);
  const auto right = stands_right(x.e, x.ptex, x.from);
  return {
      claim("larger and back, from a right place", all(x.given, right, at_most(x.from, x.to)),
            eq(back, x.ptex)),
      claim("smaller and back, from a right place", all(x.given, right, at_most(x.to, x.from)),
            eq(back, x.ptex)),
      claim("from a wrong place, never", all(x.given, x.of_a_page, negate(right)), negate(eq(back, x.ptex))),
      claim("from anywhere, to where a rehash within the table would go", x.given,
            eq(back, rehashed_ptex(x.e, x.ptex, x.from)))};
}

// Two entries in one table, in different places.
struct Pair {
  E a, b;
  W64 a_ptex, b_ptex;
  W8 from, to;
  Bool given, a_right, b_right, both_bolted, collided;

  explicit Pair(World& w)
      : a(entry(w, "a")),
        b(entry(w, "b")),
        a_ptex(w.word<64>("a.ptex")),
        b_ptex(w.word<64>("b.ptex")),
        from(w.word<8>("from")),
        to(w.word<8>("to")),
        given(all(legal(from), legal(to), in_table(a_ptex, from), in_table(b_ptex, from),
                  negate(eq(a_ptex, b_ptex)))),
        a_right(stands_right(a, a_ptex, from)),
        b_right(stands_right(b, b_ptex, from)),
        both_bolted(both(is_bolted(a), is_bolted(b))),
        collided(collide(a, a_ptex, b, b_ptex, to, w.mistake)) {}

  /// The slots, and the bits of the HPTEGs' indices that the new table has.
  Bool low_parts_agree() const {
    return both(eq(slot_at(a_ptex), slot_at(b_ptex)),
                agree(hpteg_at(a_ptex), hpteg_at(b_ptex), last_hpteg(to)));
  }
};

Queries growing_never_collides(World& w) {
  const Pair x(w);
  const auto given = both(x.given, at_most(x.from, x.to));
  const auto place = rehashed_ptex(x.a, x.a_ptex, x.to, w.mistake);
  return {claim("two entries in right places", all(given, x.a_right, x.b_right), negate(x.collided)),
          claim("each keeps what its HPTEG's index was, as the low part of the new one",
                both(given, x.a_right), agree(hpteg_at(place), hpteg_at(x.a_ptex), last_hpteg(x.from))),
          witness("there are two such entries", all(given, x.a_right, x.b_right, x.both_bolted))};
}

Queries shrinking_collides_exactly_when_low_parts_agree(World& w) {
  const Pair x(w);
  const auto given = all(x.given, at_most(x.to, x.from), x.a_right, x.b_right);
  const auto place = rehashed_ptex(x.a, x.a_ptex, x.to, w.mistake);
  return {
      claim("two entries in right places", given, iff(x.collided, both(x.both_bolted, x.low_parts_agree()))),
      claim("each goes to the low part of its HPTEG's index", given,
            eq(hpteg_at(place), and_bits(hpteg_at(x.a_ptex), last_hpteg(x.to)))),
      witness("they may collide", both(given, x.collided))};
}

// What a hostile guest can bring about. One wrong place is enough for each.
Queries wrong_places_collide_otherwise(World& w) {
  const Pair x(w);
  const auto one_wrong = all(x.given, x.a_right, negate(x.b_right), x.both_bolted);
  return {
      witness("growing collides", all(one_wrong, ult(x.from, x.to), x.collided)),
      witness("a resize to the same size collides", all(one_wrong, eq(x.from, x.to), x.collided)),
      witness("shrinking collides where low parts differ",
              all(one_wrong, ult(x.to, x.from), x.collided, negate(x.low_parts_agree()))),
      witness("shrinking does not collide where low parts agree",
              all(one_wrong, ult(x.to, x.from), negate(x.collided), x.low_parts_agree())),
      claim("from a table of the least size growing never collides where entries are of 4 KiB base pages",
            all(x.given, eq(x.from, lit(min_shift)), eq(base_shift_of(x.a), lit(12)),
                eq(base_shift_of(x.b), lit(12))),
            negate(x.collided)),
      claim("where growing collides, a resize to the same size does",
            all(x.given, at_most(x.from, x.to), x.collided), collide(x.a, x.a_ptex, x.b, x.b_ptex, x.from))};
}

// --- Seeds.

template <Mistake mistake>
Seed seed(std::string name) {
  return {std::move(name), {}, [](World& w) { w.mistake = mistake; }};
}

}  // namespace

std::vector<Obligation> hashing_obligations() {
  using M = Mistake;
  const auto secondary_ignored = seed<M::secondary_ignored>("secondary_ignored");
  const auto not_complemented = seed<M::secondary_bits_not_complemented>("secondary_bits_not_complemented");
  const auto terabyte_as_256m = seed<M::terabyte_as_256m>("terabyte_as_256m");
  const auto not_spread = seed<M::terabyte_vsid_not_spread>("terabyte_vsid_not_spread");
  const auto left_in_avpn = seed<M::segment_size_left_in_avpn>("segment_size_left_in_avpn");
  const auto base_is_4k = seed<M::base_page_is_4k>("base_page_is_4k");
  const auto base_is_actual = seed<M::base_page_is_the_actual_page>("base_page_is_the_actual_page");
  const auto too_few = seed<M::one_bit_too_few_recovered>("one_bit_too_few_recovered");
  const auto too_many = seed<M::one_bit_too_many_recovered>("one_bit_too_many_recovered");
  const auto hpteg_kept = seed<M::hpteg_kept>("hpteg_kept");
  const auto slot_not_kept = seed<M::slot_not_kept>("slot_not_kept");
  const auto slot_ignored = seed<M::slot_ignored>("slot_ignored");
  const auto bolted_ignored = seed<M::bolted_ignored>("bolted_ignored");
  // clang-format off
  return {
    {"a_rehash_finds_the_right_hpteg", "An entry that stands in a right place is rehashed from any legal shift to any other into the HPTEG in which its page belongs there, and keeps its slot.",
     {C::commit_bolted}, a_rehash_finds_the_right_hpteg,
     {secondary_ignored, not_complemented, terabyte_as_256m, not_spread, left_in_avpn, base_is_4k, base_is_actual, too_few, too_many, hpteg_kept, slot_not_kept}},
    {"eighteen_is_the_least_shift", "Of 4 KiB base pages all entries in right places can be rehashed from shift 18 to any shift, and from 17 none can to 18 or more: each page has a twin with the same entry in the same place. Of 64 KiB base pages the same holds of 14 and 13.",
     {C::commit_bolted}, eighteen_is_the_least_shift, {too_few, too_many}},
    {"right_places_are_where_a_rehash_stays", "An entry stands in a right place for one of its pages, which the place then determines, exactly when a rehash within the table leaves it there.",
     {C::commit_bolted}, right_places_are_where_a_rehash_stays, {terabyte_as_256m, hpteg_kept}},
    {"a_rehash_ends_in_a_right_place", "Wherever an entry stands, its rehash is in the table, in a right place if the entry is one of a page, in the same slot, with the HPTEG's low 11 bits (64 KiB base pages: 7) as they were; and two rehashes are as one.",
     {C::commit_bolted}, a_rehash_ends_in_a_right_place, {secondary_ignored, not_complemented, hpteg_kept}},
    {"growing_never_collides", "Two entries in right places need different slots in every table that is not smaller.",
     {C::commit_collision, C::pending_collides}, growing_never_collides, {slot_not_kept, slot_ignored, not_complemented}},
    {"shrinking_collides_exactly_when_low_parts_agree", "Two entries in right places need one slot of a smaller table exactly when both are bolted and their slots and the remaining bits of their HPTEGs' indices agree.",
     {C::commit_collision, C::pending_collides}, shrinking_collides_exactly_when_low_parts_agree, {slot_ignored, bolted_ignored, slot_not_kept, base_is_4k}},
    {"wrong_places_collide_otherwise", "With one entry in a wrong place growing can collide, where a resize to the same size would too, and shrinking can whether or not slots and remaining bits agree; but growing from shift 18 never collides 4 KiB base pages, wherever they stand.",
     {C::commit_collision, C::pending_collides}, wrong_places_collide_otherwise, {hpteg_kept, slot_ignored}},
    {"there_and_back_is_the_identity", "Rehashed to any legal shift, larger or smaller, and back, an entry in a right place is where it was, in its slot; an entry in a wrong place never is, but in a right one.",
     {C::commit_bolted}, there_and_back_is_the_identity, {secondary_ignored, too_few, hpteg_kept, slot_not_kept}},
  };
  // clang-format on
}

}  // namespace hptck
