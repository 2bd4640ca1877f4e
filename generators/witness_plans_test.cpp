// The witnesses are what they are called, by the hashing as machine words have it; and plans made of them are
// a legal guest's, and look where it shows. What plans do is followed in a table of a few lines that knows
// nothing but where HPTEs go. Whether the list is complete is asked in witnesses_test.cpp, of Z3.
#include "generators/witness_plans.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace hptck {
namespace {

using M = hashing::Mistake;
using R = Relation;
using W8 = Concrete::Word<8>;
using W64 = Concrete::Word<64>;

constexpr unsigned sizes_from[] = {18, 19, 21, 24}, sizes_to[] = {18, 19, 20, 23, 25};

W8 size_of(unsigned shift) { return W8(static_cast<std::uint8_t>(shift)); }
hashing::Entry<Concrete> entry_of(const Witness::Words& x) { return x.placed().e; }
std::uint64_t rehashed(const Witness::Words& x, unsigned to, M mistake = M::none) {
  return raw(hashing::rehashed_ptex(entry_of(x), W64(x.ptex), size_of(to), mistake));
}
bool stands_right(const Witness::Words& x, unsigned shift) {
  return holds(hashing::stands_right(entry_of(x), W64(x.ptex), size_of(shift)));
}
bool is_bolted(const Witness::Words& x) { return holds(hashing::is_bolted(entry_of(x))); }

TEST(witnesses, each_is_what_it_is_called) {
  for (const auto& w : witnesses()) {
    SCOPED_TRACE(testing::Message() << int{w.of.from} << " to " << int{w.of.to} << ", relation "
                                    << static_cast<int>(w.of.relation) << ", mistake "
                                    << static_cast<int>(w.of.mistake));
    EXPECT_TRUE(holds(fulfils(w.of, w.a.placed(), w.b.placed())));
    // The proof of the pudding, without the words of model/table/witness.h.
    EXPECT_TRUE(stands_right(w.a, w.of.from));
    EXPECT_LT(w.a.ptex, std::uint64_t{1} << (w.of.from - 4));
    EXPECT_TRUE(w.of.pair || is_bolted(w.a));
    if (w.of.relation == R::collision) {
      EXPECT_TRUE(stands_right(w.b, w.of.from));
      EXPECT_EQ(rehashed(w.a, w.of.to), rehashed(w.b, w.of.to));
      for (auto larger = w.of.to + 1u; larger <= w.of.from; ++larger)
        EXPECT_NE(rehashed(w.a, larger), rehashed(w.b, larger)) << larger;
    }
    if (w.of.relation != R::mistake || w.of.pair) continue;
    for (const auto m : all_mistakes)
      EXPECT_EQ(rehashed(w.a, w.of.to, m) != rehashed(w.a, w.of.to), m == w.of.mistake || m == w.of.shared)
          << static_cast<int>(m);
  }
}

// Sizes at which a mistake shows at all; that it shows at no other is Z3's word.
bool shows_at(M mistake, unsigned from, unsigned to) {
  switch (mistake) {
    case M::base_page_is_4k:
      return to > 18;
    case M::one_bit_too_many_recovered:
      return from == 18 && to > 18;
    case M::hpteg_kept:
      return to > from;
    case M::bolted_ignored:
      return to < from;
    case M::terabyte_vsid_not_spread:
      return to >= 33;
    case M::segment_size_left_in_avpn:
      return to == 46;
    default:
      return true;
  }
}

TEST(witnesses, each_mistake_has_one_at_every_size_where_it_shows) {
  const auto has = [](M mistake, unsigned from, unsigned to) {
    return std::ranges::any_of(witnesses(), [&](const Witness& w) {
      return w.of.relation == R::mistake && w.of.mistake == mistake && w.of.from == from && w.of.to == to;
    });
  };
  for (const auto mistake : all_mistakes)
    for (const auto from : sizes_from) {
      for (const auto to : sizes_to)
        EXPECT_EQ(has(mistake, from, to), shows_at(mistake, from, to))
            << static_cast<int>(mistake) << " from " << from << " to " << to;
      EXPECT_EQ(has(mistake, from, 33), mistake == M::terabyte_vsid_not_spread);
      EXPECT_EQ(has(mistake, from, 46), mistake == M::segment_size_left_in_avpn);
    }
}

// The others come with one more, at these sizes, and that has a witness of its own.
TEST(witnesses, nearly_each_mistake_has_one_that_no_other_mistake_moves) {
  const std::map<M, M> come_with{{M::terabyte_vsid_not_spread, M::terabyte_as_256m},
                                 {M::one_bit_too_many_recovered, M::hpteg_kept},
                                 {M::slot_ignored, M::slot_not_kept}};
  std::set<M> alone;
  for (const auto& w : witnesses()) {
    if (w.of.relation != R::mistake) continue;
    if (w.of.shared == M::none) alone.insert(w.of.mistake);
    const auto known = come_with.find(w.of.mistake);
    EXPECT_TRUE(known == come_with.end() || w.of.shared == known->second);
  }
  for (const auto mistake : all_mistakes)
    EXPECT_NE(alone.contains(mistake), come_with.contains(mistake)) << static_cast<int>(mistake);
}

TEST(witnesses, collisions_are_of_every_size_of_page_and_segment_and_hashed_each_way) {
  std::set<unsigned> ways;
  std::set<std::pair<unsigned, unsigned>> bases;
  bool segments_differ = false;
  for (const auto& w : witnesses()) {
    if (w.of.relation != R::collision) continue;
    const auto base = [](const auto& x) { return unsigned{raw(hashing::base_shift_of(entry_of(x)))}; };
    ways.insert((w.a.high >> 1 & 1) * 2 + (w.b.high >> 1 & 1));
    bases.insert({base(w.a), base(w.b)});
    segments_differ |= w.a.high >> 62 != w.b.high >> 62;
  }
  EXPECT_THAT(ways, testing::ElementsAre(0, 1, 2, 3));
  using P = std::pair<unsigned, unsigned>;
  for (const auto& both : {P{12, 12}, P{12, 16}, P{16, 16}, P{24, 12}, P{24, 16}, P{34, 12}})
    EXPECT_TRUE(bases.contains(both)) << both.first << " and " << both.second;
  EXPECT_TRUE(segments_differ);
}

TEST(witnesses, the_first_and_the_last_hpteg_are_met) {
  for (const auto relation : {R::first, R::last})
    for (const auto from : sizes_from)
      for (const auto to : sizes_to) {
        const auto at = [&](const Witness& w) {
          return w.of.relation == relation && w.of.from == from && w.of.to == to;
        };
        EXPECT_EQ(std::ranges::count_if(witnesses(), at), 2) << from << " to " << to;
      }
}

// --- The plans.

// A table that does as LoPAR demands, and calls back.
class Followed {
 public:
  explicit Followed(unsigned shift) : shift_(shift) {}

  void take(const Call& call) {
    const auto& a = call.args;
    switch (call.token) {
      case token::H_ENTER: {
        const Witness::Words x{a[1], a[2], a[3]};
        EXPECT_EQ(a[0], H_EXACT);
        EXPECT_LT(x.ptex, std::uint64_t{1} << (shift_ - 4));
        EXPECT_TRUE(stands_right(x, shift_)) << to_string(call);
        EXPECT_TRUE(table_.emplace(x.ptex, x).second) << to_string(call);
        break;
      }
      case token::H_READ:
        EXPECT_EQ(a[0], H_READ_4);
        EXPECT_LT(a[1], std::uint64_t{1} << (shift_ - 4));
        break;
      case token::H_REMOVE:
        EXPECT_EQ(table_.erase(a[1]), 1u) << to_string(call);
        break;
      case token::H_RESIZE_HPT_PREPARE:
        pending_ = static_cast<unsigned>(a[1]);
        break;
      case token::H_RESIZE_HPT_COMMIT:
        EXPECT_EQ(a[1], pending_);
        commit();
        break;
      default:
        ADD_FAILURE() << to_string(call);
    }
  }

  unsigned shift() const { return shift_; }
  bool is_empty() const { return table_.empty(); }
  unsigned collisions() const { return collisions_; }

 private:
  void commit() {
    std::map<std::uint64_t, Witness::Words> next;
    for (const bool bolted : {true, false}) {
      for (auto [ptex, x] : table_) {
        if (is_bolted(x) != bolted) continue;
        x.ptex = rehashed(x, pending_);
        if (next.emplace(x.ptex, x).second || !bolted) continue;
        ++collisions_;
        return;
      }
    }
    table_ = std::move(next);
    shift_ = pending_;
    pending_ = 0;
  }

  unsigned shift_, pending_ = 0, collisions_ = 0;
  std::map<std::uint64_t, Witness::Words> table_;
};

std::vector<Plan> all_plans(const Situation& at, Pages pages) {
  auto plans = witness_plans(at, pages);
  for (auto& plan : vast_witness_plans(at, pages)) plans.push_back(std::move(plan));
  return plans;
}

TEST(witness_plans, enter_hptes_in_right_places_and_leave_the_table_as_it_was) {
  for (const auto& at : {Situation{false, 0, 18, 25}, Situation{true, 19, 20, 46},
                         Situation{false, 0, 24, 24}, Situation{true, 24, 24, 20}}) {
    const auto plans = all_plans(at, all_pages);
    EXPECT_FALSE(plans.empty());
    Followed followed(at.current_shift);
    for (const auto& plan : plans) {
      for (const auto& [call, until_done] : plan) {
        EXPECT_EQ(until_done, call.token == token::H_RESIZE_HPT_PREPARE && call.args[1] != 0);
        followed.take(call);
      }
      EXPECT_TRUE(followed.is_empty());
      EXPECT_EQ(followed.shift(), at.current_shift);
    }
  }
}

TEST(witness_plans, meet_every_witness) {
  const Situation at{false, 0, 24, 46};
  std::set<std::pair<std::uint64_t, std::uint64_t>> entered;
  Followed followed(24);
  for (const auto& plan : all_plans(at, all_pages))
    for (const auto& [call, until_done] : plan) {
      followed.take(call);
      if (call.token == token::H_ENTER) entered.insert({call.args[1], call.args[2]});
    }
  unsigned collisions = 0;
  for (const auto& w : witnesses()) {
    EXPECT_TRUE(entered.contains({w.a.ptex, w.a.high}));
    EXPECT_TRUE(!w.of.pair || entered.contains({w.b.ptex, w.b.high}));
    collisions += w.of.relation == R::collision;
  }
  EXPECT_EQ(followed.collisions(), collisions);
  EXPECT_GT(collisions, 50u);
}

// After the COMMIT, where the HPTE belongs and where the mistake would have put it.
TEST(witness_plans, read_where_an_hpte_belongs_and_where_a_mistake_puts_it) {
  const auto plans = all_plans({false, 0, 24, 46}, all_pages);
  for (const auto& w : witnesses()) {
    if (w.of.relation != R::mistake || w.of.pair) continue;
    bool seen = false;
    for (const auto& plan : plans) {
      const auto enters = [&](const PlannedCall& p) {
        return p.call.token == token::H_ENTER && p.call.args[1] == w.a.ptex && p.call.args[2] == w.a.high;
      };
      const auto entered = std::ranges::find_if(plan, enters);
      const auto committed = std::find_if(entered, plan.end(),
                                          [&](const PlannedCall& p) { return p.call == commit(0, w.of.to); });
      const auto reads = [&](std::uint64_t ptex) {
        return std::any_of(committed, plan.end(), [&](const PlannedCall& p) {
          return p.call == Call{token::H_READ, {H_READ_4, ptex / 4 * 4}};
        });
      };
      seen |= reads(rehashed(w.a, w.of.to)) && reads(rehashed(w.a, w.of.to, w.of.mistake));
    }
    EXPECT_TRUE(seen) << int{w.of.from} << " to " << int{w.of.to} << ", " << static_cast<int>(w.of.mistake);
  }
}

TEST(witness_plans, keep_to_the_limit_and_to_the_pages_that_may_be_used) {
  const auto for_each_call = [](const std::vector<Plan>& plans, const std::function<void(const Call&)>& see) {
    for (const auto& plan : plans)
      for (const auto& [call, until_done] : plan) see(call);
  };
  for (const unsigned limit : {18u, 20u, 24u, 30u, 40u})
    for_each_call(all_plans({false, 0, 18, limit}, all_pages), [&](const Call& call) {
      EXPECT_TRUE(call.token != token::H_RESIZE_HPT_PREPARE || call.args[1] <= limit) << to_string(call);
    });
  bool larger = false, large_pages = false;
  for_each_call(witness_plans({false, 0, 18, 46}, 0), [&](const Call& call) {
    if (call.token == token::H_RESIZE_HPT_PREPARE) larger |= call.args[1] > 26;
    if (call.token == token::H_ENTER) large_pages |= (call.args[2] & hashing::HPTE_LARGE) != 0;
  });
  EXPECT_FALSE(larger);
  EXPECT_FALSE(large_pages);
  EXPECT_FALSE(witness_plans({false, 0, 18, 18}, 0).empty());
  EXPECT_TRUE(vast_witness_plans({false, 0, 18, 32}, all_pages).empty());
  EXPECT_FALSE(vast_witness_plans({false, 0, 18, 33}, all_pages).empty());
}

}  // namespace
}  // namespace hptck
