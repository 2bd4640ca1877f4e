// The hashing, against examples worked by hand and against itself: a page's entry made from a page, the
// places where a search looks, and what becomes of entries elsewhere. That terms mean the same as machine
// words is in proofs/agreement_test.cpp; that a hypervisor written without sight of this comes to the same,
// in conformance/adapters/builtin/hash_agreement_test.cpp.
#include "model/table/hashing.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>
#include <string>

namespace hptck::hashing {
namespace {

[[maybe_unused]] const int fixed_seed = setenv("RC_PARAMS", "seed=1 max_success=1000", 0);

using E = Entry<Concrete>;
using P = Page<Concrete>;
using W8 = Concrete::Word<8>;
using W64 = Concrete::Word<64>;

struct Example {
  std::string name;
  bool terabyte;
  std::uint64_t vsid, index;
  std::uint8_t base_shift;
  std::uint64_t high, low;  // bolted and valid
  std::uint64_t hash;
  std::uint64_t hpteg_18, hpteg_24, hpteg_46;
};

// An HPTEG's index is the low 11, 17 or 39 bits of the hash, for a secondary entry their complement.
const Example examples[] = {
    // Worked step by step: 0x123456 xor 0x345 = 0x123713. The offset 0x345000 has nothing above bit 22, so
    // AVPN is 0x123456 << 5.
    {"256 MiB, 4 KiB, primary", false, 0x123456, 0x345, 12, 0x1'2345'6011, 0x190, 0x123713, 0x713, 0x3713,
     0x123713},
    {"256 MiB, 4 KiB, secondary", false, 0x123456, 0x345, 12, 0x1'2345'6013, 0x190, 0x123713, 0x0ec, 0x1c8ec,
     0x7f'ffed'c8ec},
    // A VSID of 50 ones; AVPN ends in 0xabcd >> 11 = 0x15.
    {"256 MiB, 4 KiB, last VSID", false, 0x3'ffff'ffff'ffff, 0xabcd, 12, 0x3fff'ffff'ffff'fa91, 0,
     0x7f'ffff'5432, 0x432, 0x15432, 0x7f'ffff'5432},
    // LP 0xa1: 0x1 says 64 KiB, 0xa belongs to the real page number. 7 bits are missing.
    {"256 MiB, 64 KiB", false, 0x42, 0xfed, 16, 0x4'2f95, 0xa'1000, 0xfaf, 0x7af, 0xfaf, 0xfaf},
    {"256 MiB, 64 KiB in a segment of 4 KiB pages", false, 0x42, 0xfed0, 12, 0x4'2f95, 0x7000, 0xfe92, 0x692,
     0xfe92, 0xfe92},
    {"256 MiB, 16 MiB", false, 0x42, 0xb, 24, 0x4'2b15, 0, 0x49, 0x049, 0x49, 0x49},
    {"256 MiB, 16 MiB, secondary", false, 0x42, 0xb, 24, 0x4'2b17, 0, 0x49, 0x7b6, 0x1ffb6, 0x7f'ffff'ffb6},
    // 0x13 xor 0x13 << 25 xor 0x2801.
    {"1 TiB, 4 KiB", true, 0x13, 0x2801, 12, 0x4000'0000'1300'0291, 0, 0x2600'2812, 0x012, 0x2812,
     0x2600'2812},
    {"1 TiB, 64 KiB, secondary", true, 0x3, 0xab'cdef, 16, 0x4000'0000'03ab'cd97, 0x1000, 0x6ab'cdec, 0x213,
     0x3213, 0x7f'f954'3213},
    // Bit 37 of the VSID, 25 higher, is beyond the 39 bits of the hash.
    {"1 TiB, 16 GiB", true, 0x20'0000'0001, 0x2a, 34, 0x6000'0000'01a8'0015, 0x3000, 0x20'0200'002b, 0x02b,
     0x2b, 0x20'0200'002b},
};

TEST(hashing_test, examples_worked_by_hand) {
  for (const auto& x : examples) {
    SCOPED_TRACE(x.name);
    const P page{Concrete::Bool(x.terabyte), W64(x.vsid), W64(x.index), W8(x.base_shift)};
    const E e{W64(x.high), W64(x.low)};
    EXPECT_TRUE(holds(is_page(page)));
    EXPECT_TRUE(holds(maps(e, page)));
    EXPECT_TRUE(holds(is_bolted(e)));
    EXPECT_EQ(raw(hash_of(page)), x.hash);
    const std::pair<std::uint8_t, std::uint64_t> places[] = {
        {std::uint8_t{18}, x.hpteg_18}, {std::uint8_t{24}, x.hpteg_24}, {std::uint8_t{46}, x.hpteg_46}};
    for (const auto& [from, from_hpteg] : places) {
      const W64 ptex(from_hpteg * 8 + 6);
      EXPECT_TRUE(holds(stands_right(page, is_secondary(e), ptex, W8(from)))) << int{from};
      EXPECT_TRUE(holds(stands_right(e, ptex, W8(from)))) << int{from};
      for (const auto& [to, to_hpteg] : places)
        EXPECT_EQ(raw(rehashed_ptex(e, ptex, W8(to))), to_hpteg * 8 + 6) << int{from} << " to " << int{to};
    }
  }
}

TEST(hashing_test, an_entry_that_differs_in_a_field_maps_another_page) {
  for (const auto& x : examples) {
    const P page{Concrete::Bool(x.terabyte), W64(x.vsid), W64(x.index), W8(x.base_shift)};
    const unsigned lowest = 7 + (x.base_shift > 23 ? x.base_shift - 23u : 0);
    for (unsigned bit = 0; bit < 64; ++bit) {
      if (bit == 2) continue;  // L: LP then counts or does not, which may come to the same
      const bool of_the_page = bit >= lowest;
      EXPECT_EQ(holds(maps(E{W64(x.high ^ std::uint64_t{1} << bit), W64(x.low)}, page)), !of_the_page)
          << x.name << ", bit " << bit;
    }
  }
}

TEST(hashing_test, pages_that_do_not_exist) {
  const auto is = [](bool terabyte, std::uint64_t vsid, std::uint64_t index, std::uint8_t base_shift) {
    return holds(is_page(P{Concrete::Bool(terabyte), W64(vsid), W64(index), W8(base_shift)}));
  };
  const std::uint64_t one = 1;
  EXPECT_TRUE(is(false, (one << 50) - 1, 0xffff, 12));
  EXPECT_FALSE(is(false, one << 50, 0, 12));
  EXPECT_FALSE(is(false, 0, 0x10000, 12));
  EXPECT_TRUE(is(true, (one << 38) - 1, 0xfff'ffff, 12));
  EXPECT_FALSE(is(true, one << 38, 0, 12));
  EXPECT_FALSE(is(true, 0, 0x1000'0000, 12));
  EXPECT_TRUE(is(true, 0, 0x3f, 34));
  EXPECT_FALSE(is(true, 0, 0x40, 34));
  EXPECT_FALSE(is(false, 0, 0, 34));
  EXPECT_FALSE(is(false, 0, 0, 0));
  EXPECT_FALSE(is(true, 0, 0, 20));
}

// Two pages of VSID 0 whose entries are the same, 4 KiB pages 0 and 0x400. In a table of 2^17 bytes both
// belong in HPTEG 0; in any larger one they part.
TEST(hashing_test, seventeen_is_too_small) {
  const E e{W64(HPTE_BOLTED | HPTE_VALID), W64(0)};
  const P first{Concrete::Bool(false), W64(0), W64(0), W8(12)};
  const P second{Concrete::Bool(false), W64(0), W64(0x400), W8(12)};
  EXPECT_TRUE(holds(maps(e, first)) && holds(maps(e, second)));
  EXPECT_EQ(raw(hpteg_of(hash_of(first), is_secondary(e), W8(17))), 0u);
  EXPECT_EQ(raw(hpteg_of(hash_of(second), is_secondary(e), W8(17))), 0u);
  EXPECT_EQ(raw(hpteg_of(hash_of(second), is_secondary(e), W8(18))), 0x400u);
}

// The entry of VSID 0 belongs in an HPTEG below 0x800. One stands there and one in 0x800, where no search
// comes by: in a table of 2^24 bytes or a larger one both belong in HPTEG 0.
TEST(hashing_test, an_entry_in_a_wrong_place_collides_when_growing) {
  const E e{W64(HPTE_BOLTED | HPTE_VALID), W64(0)};
  const W64 right(0), wrong(0x800 * 8);
  EXPECT_TRUE(holds(stands_right(e, right, W8(24))));
  EXPECT_FALSE(holds(stands_right(e, wrong, W8(24))));
  for (const std::uint8_t to : {18, 24, 25, 46}) EXPECT_TRUE(holds(collide(e, right, e, wrong, W8(to))));
  EXPECT_FALSE(holds(collide(e, right, e, W64(0x800 * 8 + 1), W8(25)))) << "another slot";
  EXPECT_FALSE(holds(collide(e, right, E{W64(HPTE_VALID), W64(0)}, wrong, W8(25)))) << "not bolted";
}

// From 2^24 to 2^20 bytes 13 bits remain. The entry of VSID 0 in HPTEG 0x2000 is in a wrong place, and
// collides with the one in HPTEG 0, as the remaining bits say; in HPTEG 0x1000 it does too, against them.
TEST(hashing_test, an_entry_in_a_wrong_place_collides_when_shrinking_whatever_the_remaining_bits_say) {
  const E e{W64(HPTE_BOLTED | HPTE_VALID), W64(0)};
  for (const std::uint64_t hpteg : {0x2000, 0x1000})
    EXPECT_TRUE(holds(collide(e, W64(0), e, W64(hpteg * 8), W8(20)))) << hpteg;
  // VSID 0x1000 belongs in HPTEG 0x1000. In HPTEG 0x2000 it does not collide, though the bits agree.
  const E other{W64(std::uint64_t{0x1000} << 12 | HPTE_BOLTED | HPTE_VALID), W64(0)};
  EXPECT_FALSE(holds(collide(e, W64(0), other, W64(0x2000 * 8), W8(20))));
}

// Each mistake shows in an example, from some shift to some other, or in collisions.
TEST(hashing_test, every_mistake_shows) {
  for (auto m = static_cast<int>(Mistake::none) + 1; m <= static_cast<int>(Mistake::bolted_ignored); ++m) {
    const auto mistake = static_cast<Mistake>(m);
    bool shows = false;
    for (const auto& x : examples) {
      const E e{W64(x.high), W64(x.low)};
      const W64 ptex(x.hpteg_18 * 8 + 6);
      for (const std::uint8_t to : {18, 24, 46})
        shows = shows || rehashed_ptex(e, ptex, W8(to)) != rehashed_ptex(e, ptex, W8(to), mistake);
    }
    const E bolted{W64(HPTE_BOLTED | HPTE_VALID), W64(0)}, valid{W64(HPTE_VALID), W64(0)};
    const auto differ = [&](const E& b, std::uint64_t b_ptex) {
      return collide(bolted, W64(0), b, W64(b_ptex), W8(18)) !=
             collide(bolted, W64(0), b, W64(b_ptex), W8(18), mistake);
    };
    EXPECT_TRUE(shows || differ(bolted, 1) || differ(valid, 0x800 * 8)) << m;
  }
}

TEST(hashing_test, segment_size_left_in_avpn_shows_in_the_largest_table_only) {
  for (const auto& x : examples)
    for (std::uint8_t to = min_shift; to <= max_shift; ++to) {
      const E e{W64(x.high), W64(x.low)};
      const W64 ptex(x.hpteg_18 * 8);
      EXPECT_EQ(rehashed_ptex(e, ptex, W8(to)) !=
                    rehashed_ptex(e, ptex, W8(to), Mistake::segment_size_left_in_avpn),
                x.terabyte && to == max_shift)
          << x.name << " to " << int{to};
    }
}

// The lemmas, as properties of machine words: the proofs are about terms.
RC_GTEST_PROP(hashing_test, a_rehash_ends_in_a_right_place_and_stays, ()) {
  const auto word = rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>());
  const auto shift =
      rc::gen::map(rc::gen::resize(rc::kNominalSize, rc::gen::inRange<unsigned>(min_shift, max_shift + 1)),
                   [](unsigned s) { return W8(static_cast<std::uint8_t>(s)); });
  const auto lp =
      *rc::gen::elementOf(std::vector<PageEncoding>(page_encodings.begin(), page_encodings.end()));
  const E e{W64(*word & ~(std::uint64_t{2} << 62)),
            W64((*word & ~(std::uint64_t{lp.mask} << 12)) | std::uint64_t{lp.lp} << 12)};
  RC_PRE(lp.base_shift != 34 || holds(is_terabyte(e)) || !holds(any_bit(e.high, lit(HPTE_LARGE))));
  const auto from = *shift, to = *shift;
  const auto ptex = only_bits(W64(*word), lit(raw(last_hpteg(from)) * 8 + 7));
  const auto place = rehashed_ptex(e, ptex, to);
  RC_ASSERT(holds(stands_right(e, place, to)));
  RC_ASSERT(rehashed_ptex(e, place, from) == rehashed_ptex(e, ptex, from));
  const auto right = rehashed_ptex(e, ptex, from);
  RC_ASSERT(rehashed_ptex(e, rehashed_ptex(e, right, to), from) == right);
  RC_ASSERT(holds(stands_right(e, ptex, from)) == (right == ptex));
}

}  // namespace
}  // namespace hptck::hashing
