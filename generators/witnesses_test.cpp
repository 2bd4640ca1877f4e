// The kept list is what Z3 finds, as far as it matters: the same relations, each with a witness or with none.
// Not the same HPTEs, which another version of Z3 may choose otherwise; that those kept are right is tested
// as machine words (witness_plans_test.cpp). Some sizes are searched in full: all of them take minutes, and
// are what hptck_find_witnesses is for.
#include "model/proofs/witnesses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "generators/witness_plans.h"

namespace hptck {
namespace {

using M = hashing::Mistake;

std::vector<Relationship> kept(unsigned from, unsigned to) {
  std::vector<Relationship> list;
  for (const auto& w : witnesses())
    if (w.of.from == from && w.of.to == to) list.push_back(w.of);
  return list;
}
std::vector<Relationship> found(std::uint8_t from, std::uint8_t to) {
  std::vector<Relationship> list;
  for (const auto& w : find_witnesses(from, to)) {
    EXPECT_TRUE(holds(fulfils(w.of, w.a.placed(), w.b.placed()))) << text_of(w);
    list.push_back(w.of);
  }
  return list;
}

class FoundAgain : public testing::TestWithParam<std::pair<std::uint8_t, std::uint8_t>> {};
TEST_P(FoundAgain, the_kept_list_is_what_z3_finds) {
  const auto [from, to] = GetParam();
  EXPECT_EQ(kept(from, to), found(from, to));
}
INSTANTIATE_TEST_SUITE_P(Sizes, FoundAgain,
                         testing::Values(std::pair<std::uint8_t, std::uint8_t>{18, 19},
                                         std::pair<std::uint8_t, std::uint8_t>{24, 19}),
                         [](const auto& of) {
                           return std::to_string(of.param.first) + "_to_" + std::to_string(of.param.second);
                         });

// Of the sizes that are kept, a mistake has no witness where it does not show at all.
TEST(witnesses, a_mistake_without_a_witness_does_not_show) {
  for (const auto from : witness_from)
    for (const auto to : witness_to)
      for (const auto mistake : all_mistakes) {
        const bool has = std::ranges::any_of(kept(from, to), [&](const Relationship& of) {
          return of.relation == Relation::mistake && of.mistake == mistake;
        });
        if (has) continue;
        const bool pair = mistake == M::slot_ignored || mistake == M::bolted_ignored;
        EXPECT_FALSE(find_witness({Relation::shows, mistake, M::none, from, to, pair}))
            << static_cast<int>(mistake) << " from " << int{from} << " to " << int{to};
      }
}

TEST(witnesses, some_mistakes_show_in_large_tables_only) {
  const auto shows = [](M mistake, unsigned from, unsigned to) {
    return find_witness({Relation::shows, mistake, M::none, static_cast<std::uint8_t>(from),
                         static_cast<std::uint8_t>(to), false})
        .has_value();
  };
  for (const auto from : witness_from) {
    EXPECT_FALSE(shows(M::terabyte_vsid_not_spread, from, first_size_that_spreads - 1));
    EXPECT_TRUE(shows(M::terabyte_vsid_not_spread, from, first_size_that_spreads));
    EXPECT_FALSE(shows(M::segment_size_left_in_avpn, from, max_shift - 1));
    EXPECT_TRUE(shows(M::segment_size_left_in_avpn, from, max_shift));
  }
}

// One always comes with another: no single HPTE tells them apart, but two do.
TEST(witnesses, some_mistakes_seldom_or_never_show_alone) {
  for (const auto from : witness_from) {
    EXPECT_FALSE(find_witness(
        {Relation::mistake, M::terabyte_vsid_not_spread, M::none, from, first_size_that_spreads, false}))
        << int{from};
    for (const auto to : witness_to) {
      EXPECT_FALSE(find_witness({Relation::mistake, M::one_bit_too_many_recovered, M::none, from, to, false}))
          << int{from} << " to " << int{to};
      EXPECT_EQ(
          find_witness({Relation::mistake, M::secondary_bits_not_complemented, M::none, from, to, false})
              .has_value(),
          to == min_shift)
          << int{from} << " to " << int{to};
      EXPECT_FALSE(find_witness({Relation::mistake, M::slot_ignored, M::none, from, to, true}))
          << int{from} << " to " << int{to};
    }
  }
}

}  // namespace
}  // namespace hptck
