// Generators reach what they are for: every boundary, every situation, deep states; and the enumeration is
// complete.
#include "generators/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "generators/exhaustive.h"
#include "model/oracle.h"

namespace hptck {
namespace {

std::vector<std::uint64_t> draws(const rc::Gen<std::uint64_t>& gen, int count) {
  std::vector<std::uint64_t> values;
  rc::Random random(7);
  for (int i = 0; i < count; ++i) values.push_back(gen(random.split(), 100).value());
  return values;
}

TEST(Shifts, every_boundary_and_every_legal_size_is_drawn) {
  const auto values = draws(any_shift({false, 0, 24, 30}), 20000);
  const std::set<std::uint64_t> seen(values.begin(), values.end());
  for (std::uint64_t shift = 17; shift <= 47; ++shift) EXPECT_TRUE(seen.contains(shift)) << shift;
  for (const std::uint64_t shift : {0ull, 1ull, 31ull, 0x80000000ull, 0xffffffffull})
    EXPECT_TRUE(seen.contains(shift)) << shift;
  EXPECT_TRUE(
      std::any_of(seen.begin(), seen.end(), [](auto s) { return s >> 32 != 0 && (s & 0xffffffff) == 23; }));
  EXPECT_TRUE(
      std::any_of(seen.begin(), seen.end(), [](auto s) { return s >> 48 != 0 && (s & 0xffffffff) > 100; }));
}

TEST(Flags, every_single_bit_is_drawn) {
  const auto values = draws(any_flags(), 20000);
  const std::set<std::uint64_t> seen(values.begin(), values.end());
  EXPECT_TRUE(seen.contains(0));
  for (int bit = 0; bit < 64; ++bit) EXPECT_TRUE(seen.contains(std::uint64_t{1} << bit)) << bit;
}

TEST(Plans, equal_seeds_give_equal_plans) {
  PlanSource a(5), b(5), c(6);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const auto plan = a.next({});
    EXPECT_EQ(plan, b.next({}));
    differs |= plan != c.next({});
  }
  EXPECT_TRUE(differs);
}

// A partition that always says H_SUCCESS at once: how often do plans come through to a COMMIT of what is
// pending?
TEST(Plans, know_the_state_and_reach_deep) {
  const Statement statement{Statement::Resize::enabled, 24, 30};
  Oracle oracle(statement);
  PlanSource plans(1);
  int commits = 0, discards_witnessed = 0;
  for (int i = 0; i < 2000; ++i) {
    for (const auto& planned : plans.next(situation_of(oracle.states()))) {
      for (const auto code : {status::H_SUCCESS, status::H_PARAMETER, status::H_CLOSED, status::H_RESOURCE}) {
        if (!oracle.step(planned.call, {code})) continue;
        commits += oracle.exercised().contains(Clause::commit_success);
        discards_witnessed += oracle.exercised().contains(Clause::prepare_discard);
        break;
      }
    }
  }
  EXPECT_GT(commits, 300);
  EXPECT_GT(discards_witnessed, 100);
}

TEST(Plans, a_guest_is_rebooted_now_and_then_where_it_can_be) {
  for (const unsigned start : {0u, 24u}) {
    PlanSource plans(1);
    Situation at{false, 0, 24, 30, start};
    std::size_t resets = 0;
    for (int i = 0; i < 2560; ++i) {
      for (const auto& planned : plans.next(at)) {
        resets += planned.call.token == token::reset;
        at = after(at, planned.call);
      }
    }
    EXPECT_EQ(resets, start == 0 ? 0u : 10u);
  }
}

TEST(Plans, the_next_situation_is_foreseen_when_all_goes_well) {
  const Statement statement{Statement::Resize::enabled, 24, 30};
  Oracle oracle(statement);
  auto foreseen = situation_of(oracle.states());
  foreseen.start_shift = 24;
  const Call calls[] = {prepare(0, 20), commit(0, 20),  prepare(0, 25), prepare(1, 25),
                        prepare(0, 26), prepare(0, 0),  prepare(0, 27), prepare(0, 31),
                        prepare(0, 28), commit(1, 28),  commit(0, 28),  prepare(0, 17),
                        read_hpte(0),   prepare(0, 20), reset_guest(),  commit(0, 20)};
  for (const auto& call : calls) {
    foreseen = after(foreseen, call);
    for (const auto code : {status::H_SUCCESS, status::H_PARAMETER, status::H_CLOSED, status::H_RESOURCE}) {
      if (oracle.step(call, {code})) break;
    }
    auto real = situation_of(oracle.states());
    real.start_shift = 24;
    EXPECT_EQ(foreseen, real) << to_string(call);
  }
}

TEST(Plans, colliding_entries_share_a_slot_below_their_table_and_not_in_it) {
  for (const unsigned shift : {19u, 24u, 30u}) {
    const auto plan = colliding_entries(shift, 3, 77);
    ASSERT_EQ(plan.size(), 2u);
    const auto hpteg = [&](int i, unsigned at) {
      return (plan[i].call.args[1] >> 3) & ((1ull << (at - 7)) - 1);
    };
    EXPECT_NE(hpteg(0, shift), hpteg(1, shift));
    for (unsigned smaller = 18; smaller < shift; ++smaller)
      EXPECT_EQ(hpteg(0, smaller), hpteg(1, smaller)) << smaller;
    EXPECT_EQ(plan[0].call.args[1] & 7, 3u);
    EXPECT_EQ(plan[1].call.args[1] & 7, 3u);
  }
}

TEST(Exhaustive, every_sequence_once) {
  const auto letters = alphabet(24, 30);
  std::set<std::vector<std::pair<std::uint64_t, std::uint64_t>>> seen;
  const auto count = for_each_sequence(letters, 3, [&](const Plan& plan) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> key;
    for (const auto& p : plan) key.emplace_back(p.call.token * 2 + p.call.args[0], p.call.args[1]);
    seen.insert(key);
    return true;
  });
  const auto n = letters.size();
  EXPECT_EQ(count, n + n * n + n * n * n);
  EXPECT_EQ(seen.size(), count);
}

}  // namespace
}  // namespace hptck
