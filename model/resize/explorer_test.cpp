// The explorer agrees with the oracle, which walks the same rows in another way, and no deviation of the
// catalogue is in limbo: a shortest sequence tells it from the specification, or the whole product holds
// none.
#include "model/resize/explorer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "model/diagnosis.h"
#include "model/oracle.h"
#include "model/proofs/obligations.h"
#include "model/resize/rules.h"

namespace hptck {
namespace {

using D = Deviation;

std::vector<Deviation> wrong_rows() {
  std::vector<Deviation> all;
  for (int i = 0; i < deviation_count; ++i) {
    if (text_of(static_cast<D>(i)).seen_in == SeenIn::control) all.push_back(static_cast<D>(i));
  }
  return all;
}

class WrongRow : public testing::TestWithParam<Deviation> {};

TEST_P(WrongRow, is_told_apart_by_its_last_answer_or_not_at_all) {
  const auto difference = shortest_difference({GetParam()}, {}, telling_statements());
  ASSERT_NE(difference.trace.has_value(), difference.exhausted) << "the search gave up";
  std::set<Deviation> alike;
  for (const auto& one : proven_indistinguishable()) alike.insert(one.deviation);
  EXPECT_EQ(difference.exhausted, alike.contains(GetParam()));
  if (!difference.trace) return;
  const auto& trace = *difference.trace;
  const Evidence whole{trace.statement, trace.steps};
  EXPECT_TRUE(accepts({GetParam()}, whole)) << print_trace(trace);
  EXPECT_FALSE(accepts({}, whole)) << print_trace(trace);
  EXPECT_TRUE(accepts({}, {trace.statement, std::span(trace.steps).first(trace.steps.size() - 1)}))
      << print_trace(trace);
}

// By brute force, without the product: every sequence of calls and answers one step shorter, tried on two
// oracles.
bool shorter_exists(Oracle& right, Oracle& wrong, const Statement& statement, std::size_t length,
                    std::vector<Step>& steps) {
  constexpr std::int64_t codes[] = {status::H_SUCCESS,
                                    status::H_BUSY,
                                    status::H_CLOSED,
                                    status::H_NOT_AVAILABLE,
                                    9901,
                                    9906,
                                    status::H_HARDWARE,
                                    status::H_FUNCTION,
                                    status::H_PRIVILEGE,
                                    status::H_PARAMETER,
                                    status::H_PTEG_FULL,
                                    status::H_NOT_FOUND,
                                    status::H_NO_MEM,
                                    status::H_AUTHORITY,
                                    status::H_RESOURCE};
  const auto go = [&](Oracle& oracle) {
    oracle.restart(statement);
    return std::all_of(steps.begin(), steps.end(),
                       [&](const Step& step) { return oracle.step(step.call, *step.response); });
  };
  for (const auto& call : telling_calls(statement.initial_shift, statement.max_shift)) {
    for (const auto code : codes) {
      steps.push_back({0, call, Response{code, {}}});
      const bool allowed = go(wrong);
      if (allowed && !go(right)) return true;
      if (allowed && length > 1 && shorter_exists(right, wrong, statement, length - 1, steps)) return true;
      steps.pop_back();
    }
  }
  return false;
}

TEST_P(WrongRow, has_no_shorter_sequence_of_one_call) {
  const auto difference = shortest_difference({GetParam()}, {}, telling_statements());
  const auto length = difference.trace ? difference.trace->steps.size() : 2;
  Oracle right, wrong({}, {GetParam()});
  bool one_call_tells = false;
  for (const auto& statement : telling_statements()) {
    std::vector<Step> steps;
    one_call_tells |= shorter_exists(right, wrong, statement, 1, steps);
  }
  EXPECT_EQ(one_call_tells, length == 1);
}

INSTANTIATE_TEST_SUITE_P(All, WrongRow, testing::ValuesIn(wrong_rows()),
                         [](const auto& parameter) { return std::string(id_of(parameter.param)); });

TEST(Explorer, two_calls_are_not_enough_where_three_are_the_shortest) {
  for (const auto deviation : {D::prepare_zero_keeps_pending, D::commit_keeps_pending}) {
    const auto difference = shortest_difference({deviation}, {}, telling_statements());
    ASSERT_TRUE(difference.trace);
    EXPECT_EQ(difference.trace->steps.size(), 3u);
    Oracle right, wrong({}, {deviation});
    std::vector<Step> steps;
    EXPECT_FALSE(shorter_exists(right, wrong, telling_statements()[0], 2, steps))
        << testing::PrintToString(steps.size());
  }
}

TEST(Explorer, every_row_is_reached_from_reset) {
  const auto rules = specification<Concrete>();
  std::vector<ConcreteState> initial;
  for (const auto& statement : telling_statements()) {
    for (const auto& s : initial_states(statement)) initial.push_back(s);
  }
  const auto explored = explore(rules, initial, telling_calls(24, 30), nullptr, 24);
  for_each_list(rules, [&](const char* name, const ConcreteList& list) {
    const auto& taken = explored.taken.at(name);
    std::size_t i = 0;
    for (const auto& row : list)
      EXPECT_TRUE(taken[i++] || row.kind == RowKind::effect) << name << ": " << id_of(row.clause);
  });
  EXPECT_THAT(explored.taken.at("hidden"), testing::Each(true));
}

TEST(Explorer, a_row_that_nothing_reaches_is_seen_as_such) {
  // Nothing is ever preparing when PREPARE creates nothing.
  const auto wrong = rules<Concrete>({D::commit_checks_busy_before_shift, D::prepare_creates_nothing});
  const auto initial = initial_states(telling_statements()[0]);
  const auto explored = explore(wrong, initial, telling_calls(24, 30), nullptr, 24);
  EXPECT_THAT(explored.taken.at("hidden"), testing::Each(false));
}

TEST(Explorer, a_deviation_is_within_a_wider_one_and_not_the_other_way_round) {
  const Deviations all{D::prepare_ignores_flags}, low_bit{D::prepare_flags_low_bit_only};
  EXPECT_TRUE(shortest_difference(low_bit, low_bit, telling_statements()).exhausted);
  EXPECT_TRUE(shortest_difference(all, low_bit, telling_statements()).trace);
  EXPECT_TRUE(shortest_difference(low_bit, all, telling_statements()).trace);
}

}  // namespace
}  // namespace hptck
