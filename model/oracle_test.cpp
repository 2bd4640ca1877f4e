// The oracle allows what the specification leaves open, refuses the rest on the right clause, and its rows
// and the catalogue agree in both directions. Whether it reads the text rightly is what the traces test
// (traces_test.cpp), which were written from the text without sight of the rows.
#include "model/oracle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "spec/embedded.h"

namespace hptck {
namespace {

using namespace status;
using ::testing::ElementsAre;

Statement enabled(unsigned initial = 24, unsigned max = 0) {
  return {Statement::Resize::enabled, static_cast<std::uint8_t>(initial), static_cast<std::uint8_t>(max)};
}

constexpr std::int64_t all_statuses[] = {H_SUCCESS,
                                         H_BUSY,
                                         H_CLOSED,
                                         H_NOT_AVAILABLE,
                                         H_LONG_BUSY_ORDER_1_MSEC,
                                         H_LONG_BUSY_ORDER_100_SEC,
                                         H_HARDWARE,
                                         H_FUNCTION,
                                         H_PRIVILEGE,
                                         H_PARAMETER,
                                         H_PTEG_FULL,
                                         H_NOT_FOUND,
                                         H_NO_MEM,
                                         H_AUTHORITY,
                                         H_RESOURCE,
                                         9906,
                                         9899,
                                         -77};

std::vector<std::int64_t> allowed(const Oracle& oracle, const Call& call) {
  std::vector<std::int64_t> codes;
  for (const auto code : all_statuses) {
    if (oracle.allows(call, {code})) codes.push_back(code);
  }
  return codes;
}

TEST(Rows, every_clause_has_a_row_or_a_reason_and_every_row_a_clause) {
  const auto with_rows = clauses_with_rows();
  for (int i = 0; i < clause_count; ++i) {
    const auto clause = static_cast<Clause>(i);
    if (text_of(clause).status == ClauseStatus::unjudged) {
      EXPECT_FALSE(text_of(clause).reason.empty()) << id_of(clause);
    } else {
      EXPECT_TRUE(with_rows.contains(clause)) << id_of(clause) << " is judged but has no row";
    }
  }
}

TEST(Oracle, commit_without_pending_is_closed) {
  Oracle oracle(enabled());
  EXPECT_THAT(allowed(oracle, commit(0, 24)), ElementsAre(H_CLOSED, H_HARDWARE));
  EXPECT_THAT(allowed(oracle, commit(~0ull, ~0ull)), ElementsAre(H_CLOSED, H_HARDWARE));
}

TEST(Oracle, a_resize_that_succeeds_changes_the_size_and_leaves_nothing_pending) {
  Oracle oracle(enabled());
  ASSERT_TRUE(oracle.step(prepare(0, 20), {H_LONG_BUSY_ORDER_10_MSEC}));
  ASSERT_TRUE(oracle.step(prepare(0, 20), {H_SUCCESS}));
  ASSERT_TRUE(oracle.step(commit(0, 20), {H_SUCCESS}));
  ASSERT_EQ(oracle.states().size(), 1u);
  EXPECT_EQ(describe(oracle.states()[0]),
            "idle: no Pending HPT since COMMIT made it current; current HPT of shift 20");
  EXPECT_THAT(allowed(oracle, read_hpte((1 << 16) - 1)), ElementsAre(H_SUCCESS, H_BUSY, H_HARDWARE));
  EXPECT_THAT(allowed(oracle, read_hpte(1 << 16)), ElementsAre(H_BUSY, H_HARDWARE, H_PARAMETER));
}

TEST(Oracle, preparing_and_prepared_are_told_apart_by_the_answer_only) {
  Oracle oracle(enabled());
  ASSERT_TRUE(oracle.step(prepare(0, 20), {H_LONG_BUSY_ORDER_10_MSEC}));
  EXPECT_THAT(allowed(oracle, commit(0, 20)), ElementsAre(H_SUCCESS, H_BUSY, H_CLOSED, H_HARDWARE));
  EXPECT_THAT(allowed(oracle, commit(1, 20)), ElementsAre(H_CLOSED, H_HARDWARE));
  ASSERT_TRUE(oracle.step(prepare(0, 20), {H_SUCCESS}));
  EXPECT_THAT(allowed(oracle, commit(0, 20)), ElementsAre(H_SUCCESS, H_CLOSED, H_HARDWARE));
}

TEST(Oracle, an_undone_effect_is_blamed_on_the_effect) {
  Oracle oracle(enabled());
  ASSERT_TRUE(oracle.step(prepare(0, 20), {H_SUCCESS}));
  ASSERT_TRUE(oracle.step(prepare(1, 20), {H_PARAMETER}));
  const Response success{H_SUCCESS};
  ASSERT_FALSE(oracle.step(commit(0, 20), success));
  const auto refusal = oracle.explain(commit(0, 20), &success);
  EXPECT_THAT(refusal.clauses, ElementsAre(Clause::prepare_discard));
  EXPECT_EQ(refusal.key, "H_RESIZE_HPT_COMMIT:prepare.discard:kept-after-flags");
}

TEST(Oracle, a_reset_leaves_one_state_with_the_size_at_start) {
  Oracle oracle(enabled());
  ASSERT_TRUE(oracle.step(prepare(0, 20), {H_SUCCESS}));
  ASSERT_TRUE(oracle.step(commit(0, 20), {H_SUCCESS}));
  ASSERT_TRUE(oracle.step(reset_guest(), {}));
  ASSERT_EQ(oracle.states().size(), 1u);
  EXPECT_EQ(describe(oracle.states()[0]),
            "idle: no Pending HPT; current HPT of shift 24, since the guest was rebooted");
}

TEST(Oracle, a_reset_is_seen_at_work_only_by_what_comes_after_it) {
  Oracle oracle(enabled());
  ASSERT_TRUE(oracle.step(prepare(0, 20), {H_SUCCESS}));
  ASSERT_TRUE(oracle.step({token::H_ENTER, {H_EXACT, 3, HPTE_VALID, 0x10}}, {H_SUCCESS, {3}}));
  ASSERT_TRUE(oracle.step(reset_guest(), {}));
  EXPECT_TRUE(oracle.exercised().contains(Clause::reset_restarts));
  for (const auto clause : {Clause::reset_no_pending, Clause::reset_size, Clause::reset_empty})
    EXPECT_FALSE(oracle.exercised().contains(clause)) << id_of(clause);
  ASSERT_TRUE(oracle.step(commit(0, 20), {H_CLOSED}));
  EXPECT_TRUE(oracle.exercised().contains(Clause::reset_no_pending));
  EXPECT_FALSE(oracle.exercised().contains(Clause::pending_dropped));
  ASSERT_TRUE(oracle.step(read_hpte(4), {H_SUCCESS}));
  EXPECT_FALSE(oracle.exercised().contains(Clause::reset_empty)) << "nothing stood there";
  ASSERT_TRUE(oracle.step(read_hpte(3), {H_SUCCESS}));
  EXPECT_TRUE(oracle.exercised().contains(Clause::reset_empty));
}

TEST(Oracle, a_reset_shows_nothing_where_there_was_nothing_to_discard) {
  Oracle oracle(enabled());
  ASSERT_TRUE(oracle.step(prepare(0, 20), {H_SUCCESS}));
  ASSERT_TRUE(oracle.step(prepare(0, 0), {H_SUCCESS}));
  ASSERT_TRUE(oracle.step(reset_guest(), {}));
  ASSERT_TRUE(oracle.step(commit(0, 20), {H_CLOSED}));
  EXPECT_FALSE(oracle.exercised().contains(Clause::reset_no_pending));
  EXPECT_FALSE(oracle.exercised().contains(Clause::prepare_zero));
}

TEST(Oracle, a_reset_shows_no_size_where_there_was_no_other) {
  Oracle oracle(enabled());
  ASSERT_TRUE(oracle.step(reset_guest(), {}));
  ASSERT_TRUE(oracle.step(read_hpte(1 << 20), {H_PARAMETER}));
  EXPECT_FALSE(oracle.exercised().contains(Clause::reset_size));
  ASSERT_TRUE(oracle.step(prepare(0, 20), {H_SUCCESS}));
  ASSERT_TRUE(oracle.step(reset_guest(), {}));
  ASSERT_TRUE(oracle.step(read_hpte(1 << 20), {H_PARAMETER}));
  EXPECT_TRUE(oracle.exercised().contains(Clause::reset_size));
}

// The sets of states are remembered over partitions, and what a reset comes to is the partition's.
TEST(Oracle, a_reset_comes_to_the_size_of_the_present_partition) {
  Oracle oracle(enabled(24));
  ASSERT_TRUE(oracle.step(prepare(0, 20), {H_SUCCESS}));
  ASSERT_TRUE(oracle.step(commit(0, 20), {H_SUCCESS}));
  ASSERT_TRUE(oracle.step(reset_guest(), {}));
  oracle.restart(enabled(22));
  ASSERT_TRUE(oracle.step(prepare(0, 20), {H_SUCCESS}));
  ASSERT_TRUE(oracle.step(commit(0, 20), {H_SUCCESS}));
  ASSERT_TRUE(oracle.step(reset_guest(), {}));
  EXPECT_EQ(raw(oracle.states()[0].current), 22);
}

TEST(Oracle, a_reset_makes_a_forfeited_table_judged_again) {
  Oracle oracle(enabled(24));
  ASSERT_TRUE(oracle.step({token::H_ENTER, {H_EXACT, 0x7ff0, HPTE_VALID | HPTE_BOLTED, 0x10}},
                          {H_SUCCESS, {0x7ff0}}));
  ASSERT_TRUE(oracle.contents().hostile());
  ASSERT_TRUE(oracle.step(prepare(0, 20), {H_SUCCESS}));
  ASSERT_TRUE(oracle.step(commit(0, 20), {H_SUCCESS}));
  ASSERT_TRUE(oracle.contents().forfeited());
  ASSERT_TRUE(oracle.step(reset_guest(), {}));
  EXPECT_FALSE(oracle.contents().forfeited());
  EXPECT_FALSE(oracle.step(read_hpte(0x7ff0), {H_SUCCESS, {HPTE_VALID | HPTE_BOLTED, 0x10}}));
}

TEST(Oracle, a_reset_that_never_ends_is_blamed_on_its_clause) {
  Oracle oracle(enabled());
  ASSERT_TRUE(oracle.step(prepare(0, 25), {H_LONG_BUSY_ORDER_10_MSEC}));
  const auto refusal = oracle.explain(reset_guest(), nullptr);
  EXPECT_THAT(refusal.clauses, ElementsAre(Clause::reset_restarts));
  EXPECT_EQ(refusal.headline, "reset was not answered, against reset.restarts");
}

TEST(Oracle, standing_is_learned_once_and_held) {
  Oracle oracle{Statement{}};
  ASSERT_TRUE(oracle.step(commit(0, 20), {H_AUTHORITY}));
  EXPECT_THAT(allowed(oracle, prepare(0, 20)), ElementsAre(H_HARDWARE, H_AUTHORITY));
  EXPECT_THAT(allowed(oracle, commit(0, 20)), ElementsAre(H_HARDWARE, H_AUTHORITY));
}

TEST(Oracle, an_unknown_size_is_learned_from_h_read) {
  Oracle oracle{Statement{Statement::Resize::enabled, 0, 0}};
  EXPECT_EQ(oracle.states().size(), 29u);
  ASSERT_TRUE(oracle.step(read_hpte((1ull << 18) - 1), {H_SUCCESS}));
  ASSERT_TRUE(oracle.step(read_hpte(1ull << 18), {H_PARAMETER}));
  ASSERT_EQ(oracle.states().size(), 1u);
  EXPECT_EQ(raw(oracle.states()[0].current), 22);
}

TEST(Oracle, pteg_full_wants_bolted_entries_and_a_smaller_table) {
  Oracle oracle(enabled(24));
  ASSERT_TRUE(oracle.step(prepare(0, 20), {H_SUCCESS}));
  EXPECT_THAT(allowed(oracle, commit(0, 20)), ElementsAre(H_SUCCESS, H_CLOSED, H_HARDWARE));
  // One alone cannot collide; a second one whose VSID differs only in what the smaller table drops does.
  ASSERT_TRUE(oracle.step({token::H_ENTER, {H_EXACT, 0, HPTE_BOLTED | HPTE_VALID, 0}}, {H_SUCCESS}));
  EXPECT_THAT(allowed(oracle, commit(0, 20)), ElementsAre(H_SUCCESS, H_BUSY, H_CLOSED, H_HARDWARE));
  const std::uint64_t vsid = 0x10000;
  ASSERT_TRUE(oracle.step({token::H_ENTER, {H_EXACT, vsid * 8, vsid << 12 | HPTE_BOLTED | HPTE_VALID, 0}},
                          {H_SUCCESS, {vsid * 8}}));
  EXPECT_THAT(allowed(oracle, commit(0, 20)), ElementsAre(H_BUSY, H_CLOSED, H_HARDWARE, H_PTEG_FULL));
  ASSERT_TRUE(oracle.step(prepare(0, 25), {H_SUCCESS}));
  EXPECT_THAT(allowed(oracle, commit(0, 25)), ElementsAre(H_SUCCESS, H_CLOSED, H_HARDWARE));
}

// The first answer after an H_LONG_BUSY_* may tell of it, or a later one: what was answered between suited an
// unended preparation as well.
TEST(Oracle, a_collision_that_came_unseen_is_seen_at_work) {
  const std::uint64_t vsid = 0x10000;
  const auto enter = [](std::uint64_t vsid_entered) {
    return Call{token::H_ENTER,
                {H_EXACT, vsid_entered * 8, vsid_entered << 12 | HPTE_BOLTED | HPTE_VALID, 0}};
  };
  for (const auto& between :
       std::vector<std::vector<std::pair<Call, std::int64_t>>>{{},
                                                               {{prepare(0, 20), H_LONG_BUSY_ORDER_1_MSEC}},
                                                               {{read_hpte(3), H_SUCCESS}},
                                                               {{prepare(0, 20), H_LONG_BUSY_ORDER_1_MSEC},
                                                                {commit(0, 20), H_BUSY},
                                                                {read_hpte(3), H_SUCCESS}}}) {
    Oracle oracle(enabled(24));
    ASSERT_TRUE(oracle.step(enter(0), {H_SUCCESS}));
    ASSERT_TRUE(oracle.step(enter(vsid), {H_SUCCESS, {vsid * 8}}));
    ASSERT_TRUE(oracle.step(prepare(0, 20), {H_LONG_BUSY_ORDER_1_MSEC}));
    for (const auto& [call, status] : between) ASSERT_TRUE(oracle.step(call, {status}));
    ASSERT_TRUE(oracle.step(prepare(0, 20), {H_PTEG_FULL}));
    EXPECT_TRUE(oracle.exercised().contains(Clause::prepare_match_collision)) << between.size();
    EXPECT_TRUE(oracle.exercised().contains(Clause::pending_collides)) << between.size();
    // Once told, it is known.
    ASSERT_TRUE(oracle.step(prepare(0, 20), {H_PTEG_FULL}));
    EXPECT_FALSE(oracle.exercised().contains(Clause::pending_collides)) << between.size();
  }
  // A collision that the creating call tells of needs no hidden step.
  Oracle oracle(enabled(24));
  ASSERT_TRUE(oracle.step(enter(0), {H_SUCCESS}));
  ASSERT_TRUE(oracle.step(enter(vsid), {H_SUCCESS, {vsid * 8}}));
  for (int times = 0; times < 2; ++times) {
    ASSERT_TRUE(oracle.step(prepare(0, 20), {H_PTEG_FULL}));
    EXPECT_FALSE(oracle.exercised().contains(Clause::pending_collides)) << times;
  }
}

TEST(Oracle, both_readings_of_the_upper_half_of_shift_are_allowed) {
  Oracle oracle(enabled());
  EXPECT_THAT(allowed(oracle, prepare(0, 0x100000013)),
              ElementsAre(H_SUCCESS, H_LONG_BUSY_ORDER_1_MSEC, H_LONG_BUSY_ORDER_100_SEC, H_HARDWARE,
                          H_PARAMETER, H_RESOURCE));
  EXPECT_THAT(allowed(oracle, prepare(0, 0xffffffff)), ElementsAre(H_HARDWARE, H_PARAMETER));
}

// A random walk of calls, each answered with one of the statuses that the oracle allows.
void random_walk(Oracle& oracle, unsigned length) {
  const auto statement = *rc::gen::element(Statement{}, enabled(), enabled(24, 26), enabled(0, 30),
                                           Statement{Statement::Resize::disabled, 24, 0},
                                           Statement{Statement::Resize::absent, 0, 0});
  oracle.restart(statement);
  const auto shift =
      rc::gen::weightedOneOf<std::uint64_t>({{6, rc::gen::element<std::uint64_t>(18, 19, 24, 25)},
                                             {2, rc::gen::element<std::uint64_t>(0, 17, 46, 47, 0x100000013)},
                                             {1, rc::gen::arbitrary<std::uint64_t>()}});
  const auto flags = rc::gen::weightedElement<std::uint64_t>({{6, 0}, {1, 1}, {1, 1ull << 63}});
  for (unsigned i = 0; i < length; ++i) {
    Call call;
    switch (*rc::gen::inRange(0, 6)) {
      case 0:
        call = read_hpte(*rc::gen::element<std::uint64_t>(0, (1 << 20) - 1, 1 << 20, ~0ull));
        break;
      case 1:
        call = {token::H_ENTER, {H_EXACT, 0, HPTE_BOLTED | HPTE_VALID, 0}};
        break;
      case 2:
      case 3:
        call = commit(*flags, *shift);
        break;
      case 4:
        call = reset_guest();
        break;
      default:
        call = prepare(*flags, *shift);
        break;
    }
    const auto codes = allowed(oracle, call);
    RC_ASSERT(!codes.empty());
    const Response response{*rc::gen::elementOf(codes)};
    RC_ASSERT(oracle.allows(call, response));
    RC_ASSERT(oracle.step(call, response));
  }
}

RC_GTEST_PROP(Oracle, every_call_in_every_reached_state_has_an_allowed_answer, ()) {
  Oracle oracle;
  random_walk(oracle, 30);
}

// Of the rows, that is; contents tell every H_ENTER from every other, and H_READ of what was entered.
RC_GTEST_PROP(Oracle, calls_of_one_class_are_not_told_apart, ()) {
  Oracle oracle;
  random_walk(oracle, 10);
  const auto word = rc::gen::oneOf(
      rc::gen::arbitrary<std::uint64_t>(), rc::gen::inRange<std::uint64_t>(0, 64),
      rc::gen::map(rc::gen::inRange(0, 64), [](int bit) -> std::uint64_t { return std::uint64_t{1} << bit; }),
      rc::gen::map(rc::gen::inRange<std::uint64_t>(0, 64),
                   [](std::uint64_t low) -> std::uint64_t { return low | ~0ull << 32; }));
  const auto call =
      rc::gen::map(rc::gen::tuple(rc::gen::element<std::uint64_t>(0xc, 0x36c, 0x370), word, word, word),
                   [](const auto& t) {
                     return Call{std::get<0>(t), {std::get<1>(t), std::get<2>(t), std::get<3>(t)}};
                   });
  std::map<std::uint64_t, Call> first;
  for (const auto& one : *rc::gen::container<std::vector<Call>>(60, call)) {
    const auto [it, fresh] = first.try_emplace(call_class_of(one), one);
    if (fresh || (one.token == token::H_READ && !oracle.contents().held().empty())) continue;
    RC_ASSERT(allowed(oracle, one) == allowed(oracle, it->second));
  }
}

RC_GTEST_PROP(Oracle, at_most_one_pending_and_of_a_legal_size, ()) {
  Oracle oracle;
  random_walk(oracle, 30);
  for (const auto& s : oracle.states()) {
    const auto phase = static_cast<Phase>(raw(s.phase));
    const bool pending = phase == Phase::preparing || phase == Phase::prepared || phase == Phase::collided;
    RC_ASSERT(raw(s.current) >= 18 && raw(s.current) <= 46);
    if (pending) RC_ASSERT(raw(s.pending) >= 18 && raw(s.pending) <= raw(s.limit));
    RC_ASSERT((raw(s.pending) != 0) == pending);
    RC_ASSERT((raw(s.gone) == static_cast<int>(Gone::none)) == pending);
    RC_ASSERT(raw(s.gone) != static_cast<int>(Gone::discarding));
  }
}

RC_GTEST_PROP(Oracle, a_refused_answer_is_explained_and_resync_goes_on, ()) {
  Oracle oracle;
  random_walk(oracle, 10);
  const auto call =
      *rc::gen::element(prepare(0, 19), prepare(1, 19), commit(0, 19), commit(1, 24), read_hpte(0));
  const Response response{
      *rc::gen::elementOf(std::vector<std::int64_t>(std::begin(all_statuses), std::end(all_statuses)))};
  const std::vector<ConcreteState> before(oracle.states().begin(), oracle.states().end());
  if (oracle.step(call, response)) return;
  RC_ASSERT(std::equal(before.begin(), before.end(), oracle.states().begin(), oracle.states().end()));
  const auto refusal = oracle.explain(call, &response);
  RC_ASSERT(!refusal.clauses.empty());
  RC_ASSERT(!refusal.key.empty() && refusal.key.find(' ') == std::string::npos);
  RC_ASSERT(refusal.explanation.find(std::string(id_of(refusal.clauses[0]))) != std::string::npos);
  oracle.resync(call, response);
  RC_ASSERT(!oracle.states().empty());
}

}  // namespace
}  // namespace hptck
