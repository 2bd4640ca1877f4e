// The minimizer finds the few calls that matter among many, knows nothing of who answers, and keeps its
// budget. The implementation here is a scripted one, so that what is minimal is known beforehand.
#include "conformance/campaign/minimizer.h"

#include <gtest/gtest.h>

#include <functional>

namespace hptck {
namespace {

// Answers as told; `answer` sees all calls since the last restart, the present one last, and the time waited.
class Scripted : public Adapter {
 public:
  using Answer = std::function<std::optional<Response>(const std::vector<Call>&, std::uint64_t waited_ms)>;
  explicit Scripted(Answer answer) : answer_(std::move(answer)) {}

  Description describe() override { return {"scripted", "1", {}, {}}; }
  Statement restart(const Partition&) override {
    ++restarts;
    calls_.clear();
    waited_ms_ = 0;
    return {Statement::Resize::enabled, 24, 30};
  }
  std::optional<Fault> reset() override {
    calls_.push_back(reset_guest());
    if (answer_(calls_, waited_ms_)) return std::nullopt;
    return Fault{Fault::Kind::hung, "scripted"};
  }
  BatchResult batch(std::span<const Call> calls, std::span<Response> responses) override {
    for (std::size_t i = 0; i < calls.size(); ++i) {
      calls_.push_back(calls[i]);
      const auto response = answer_(calls_, waited_ms_);
      if (!response) return {i, Fault{Fault::Kind::died, "scripted"}};
      responses[i] = *response;
    }
    return {calls.size(), std::nullopt};
  }
  void wait(std::chrono::milliseconds time) override {
    waited_ms_ += static_cast<std::uint64_t>(time.count());
  }

  unsigned restarts = 0;

 private:
  Answer answer_;
  std::vector<Call> calls_;
  std::uint64_t waited_ms_ = 0;
};

// No Pending HPT ever: COMMIT is closed, but says H_BUSY after two PREPAREs with shift 0 and flags bit 7, in
// any order with what else there is.
std::optional<Response> needs_two(const std::vector<Call>& calls, std::uint64_t) {
  const auto& call = calls.back();
  if (call.token == token::H_RESIZE_HPT_PREPARE)
    return Response{call.args[0] != 0 ? status::H_PARAMETER : status::H_SUCCESS};
  const auto marks = std::count(calls.begin(), calls.end(), prepare(0x80, 0));
  return Response{marks >= 2 ? status::H_BUSY : status::H_CLOSED};
}

std::vector<Step> noise(std::size_t count) {
  std::vector<Step> steps;
  for (std::size_t i = 0; i < count; ++i)
    steps.push_back({0, i % 3 == 0 ? commit(0, 18 + i % 20) : prepare(0, 0), Response{}});
  return steps;
}

Target busy_commit() {
  Target target{Finding::Kind::violation, token::H_RESIZE_HPT_COMMIT, status::H_BUSY, {}};
  target.rows.add(Clause::commit_no_pending);
  return target;
}

TEST(Minimizer, keeps_what_matters_and_nothing_else) {
  Scripted adapter(needs_two);
  auto steps = noise(300);
  steps[17].call = prepare(0x80, 0);
  steps[200].call = prepare(0x80, 0);
  steps.push_back({0, commit(0, 40), Response{status::H_BUSY}});
  const auto result = minimize(play_on(adapter), {}, steps, busy_commit(), {2000, std::chrono::seconds(60)});
  EXPECT_EQ(result.minimality, Finding::Minimality::one_minimal);
  ASSERT_EQ(result.best.steps.size(), 3u);
  EXPECT_EQ(result.best.steps[0].call, prepare(0x80, 0));
  EXPECT_EQ(result.best.steps[1].call, prepare(0x80, 0));
  EXPECT_EQ(result.best.steps[2].call, commit(0, 0)) << "the shift does not matter, so it is made plain";
  EXPECT_TRUE(result.best.first);
}

TEST(Minimizer, ends_when_its_budget_does_and_says_so) {
  Scripted adapter(needs_two);
  auto steps = noise(300);
  steps[17].call = prepare(0x80, 0);
  steps[200].call = prepare(0x80, 0);
  steps.push_back({0, commit(0, 40), Response{status::H_BUSY}});
  const auto result = minimize(play_on(adapter), {}, steps, busy_commit(), {14, std::chrono::seconds(60)});
  EXPECT_EQ(result.minimality, Finding::Minimality::budget_ended);
  EXPECT_LE(adapter.restarts, 14u);
  EXPECT_LT(result.best.steps.size(), 301u);
  EXPECT_TRUE(result.best.found);
}

TEST(Minimizer, says_when_nothing_shows_again) {
  Scripted adapter([](const auto& calls, auto) -> std::optional<Response> {
    return Response{calls.back().token == token::H_RESIZE_HPT_COMMIT ? status::H_CLOSED : status::H_SUCCESS};
  });
  auto steps = noise(20);
  steps.push_back({0, commit(0, 40), Response{status::H_BUSY}});
  const auto result = minimize(play_on(adapter), {}, steps, busy_commit(), {100, std::chrono::seconds(60)});
  EXPECT_EQ(result.minimality, Finding::Minimality::not_reproduced);
  EXPECT_EQ(result.best.steps, steps);
}

// Preparation takes 20 ms; only then does a COMMIT with wrong flags misbehave.
TEST(Minimizer, waits_for_preparation_and_writes_the_wait_down) {
  Scripted adapter([](const std::vector<Call>& calls, std::uint64_t waited_ms) -> std::optional<Response> {
    const auto& call = calls.back();
    if (call.token == token::H_RESIZE_HPT_PREPARE)
      return Response{waited_ms < 20 ? status::H_LONG_BUSY_ORDER_10_MSEC : status::H_SUCCESS};
    const bool pending = calls.size() > 1;
    return Response{pending && waited_ms >= 20 ? status::H_PARAMETER : status::H_CLOSED};
  });
  Target target{Finding::Kind::violation, token::H_RESIZE_HPT_COMMIT, status::H_PARAMETER, {}};
  target.rows.add(Clause::commit_flags);
  std::vector<Step> steps;
  for (int i = 0; i < 30; ++i)
    steps.push_back({i == 20 ? 30u : 0u, prepare(0, 19), Response{status::H_LONG_BUSY_ORDER_10_MSEC}});
  steps.push_back({0, commit(1, 19), Response{status::H_PARAMETER}});
  const auto result = minimize(play_on(adapter), {}, steps, target, {2000, std::chrono::seconds(60)});
  EXPECT_EQ(result.minimality, Finding::Minimality::one_minimal);
  EXPECT_LT(result.replays, 200u);
  ASSERT_EQ(result.best.steps.size(), 2u);
  EXPECT_GE(result.best.steps[1].wait_ms, 20u);
  EXPECT_LE(result.best.steps[1].wait_ms, 30u);
}

TEST(Minimizer, a_death_is_minimized_like_a_wrong_answer) {
  Scripted adapter([](const std::vector<Call>& calls, auto) -> std::optional<Response> {
    const auto& call = calls.back();
    if (call == commit(~0ull, 19) && std::count(calls.begin(), calls.end(), prepare(0, 19)) > 0)
      return std::nullopt;
    return Response{call.token == token::H_RESIZE_HPT_COMMIT ? status::H_CLOSED
                    : call.args[1] == 0                      ? status::H_SUCCESS
                                                             : status::H_LONG_BUSY_ORDER_1_MSEC};
  });
  Target target{Finding::Kind::died, token::H_RESIZE_HPT_COMMIT, 0, {}};
  auto steps = noise(50);
  steps.push_back({0, prepare(0, 19), Response{}});
  steps.push_back({0, commit(~0ull, 19), std::nullopt});
  const auto result = minimize(play_on(adapter), {}, steps, target, {2000, std::chrono::seconds(60)});
  ASSERT_EQ(result.best.steps.size(), 2u);
  EXPECT_FALSE(result.best.steps[1].response);
  EXPECT_TRUE(result.best.fault);
}

TEST(Minimizer, resets_are_kept_where_they_matter_and_else_taken_away) {
  // What PREPARE creates is gone after PREPARE with shift 0, and is not after a reset.
  Scripted adapter([](const std::vector<Call>& calls, auto) -> std::optional<Response> {
    if (calls.back().token != token::H_RESIZE_HPT_COMMIT) return Response{};
    for (auto call = calls.rbegin() + 1; call != calls.rend(); ++call)
      if (call->token == token::H_RESIZE_HPT_PREPARE)
        return Response{call->args[1] == calls.back().args[1] ? status::H_SUCCESS : status::H_CLOSED};
    return Response{status::H_CLOSED};
  });
  Target target{Finding::Kind::violation, token::H_RESIZE_HPT_COMMIT, status::H_SUCCESS, {}};
  target.rows.add(Clause::commit_no_pending);
  auto steps = noise(30);
  steps.push_back({0, reset_guest(), Response{}});
  steps.push_back({0, prepare(0, 19), Response{}});
  steps.push_back({0, reset_guest(), Response{}});
  steps.push_back({0, read_hpte(0), Response{}});
  steps.push_back({0, reset_guest(), Response{}});
  steps.push_back({0, commit(0, 19), Response{}});
  const auto result = minimize(play_on(adapter), {}, steps, target, {2000, std::chrono::seconds(60)});
  ASSERT_EQ(result.best.steps.size(), 3u);
  EXPECT_EQ(result.best.steps[1].call, reset_guest());
  EXPECT_EQ(result.best.refusal.clauses, std::vector{Clause::reset_no_pending});
}

TEST(Minimizer, a_reset_that_never_ends_is_minimized_like_a_call) {
  Scripted adapter([](const std::vector<Call>& calls, auto) -> std::optional<Response> {
    if (calls.back().token == token::reset && std::count(calls.begin(), calls.end(), prepare(0, 25)) > 0)
      return std::nullopt;
    return Response{calls.back().token == token::H_RESIZE_HPT_COMMIT ? status::H_CLOSED : status::H_SUCCESS};
  });
  auto steps = noise(20);
  steps.push_back({0, prepare(0, 25), Response{}});
  steps.push_back({0, commit(1, 25), Response{status::H_CLOSED}});
  steps.push_back({0, reset_guest(), std::nullopt});
  const auto result = minimize(play_on(adapter), {}, steps, {Finding::Kind::hung, token::reset, 0, {}},
                               {2000, std::chrono::seconds(60)});
  ASSERT_EQ(result.best.steps.size(), 2u);
  EXPECT_EQ(result.best.steps[0].call, prepare(0, 25));
  EXPECT_EQ(result.best.refusal.clauses, std::vector{Clause::reset_restarts});
}

// PREPARE never discards: whether it ends for its flags or for its shift, COMMIT then succeeds. Both are
// COMMITs that succeed without a Pending HPT, but making the shift plain must not turn one defect into the
// other.
TEST(Minimizer, plain_arguments_do_not_trade_one_defect_for_another) {
  Scripted adapter([](const std::vector<Call>& calls, auto) -> std::optional<Response> {
    const auto& call = calls.back();
    if (call.token == token::H_RESIZE_HPT_COMMIT) return Response{status::H_SUCCESS};
    return Response{call.args[0] != 0 || call.args[1] < 18 ? status::H_PARAMETER
                    : call.args[1] > 30                    ? status::H_RESOURCE
                                                           : status::H_SUCCESS};
  });
  Target target{Finding::Kind::violation, token::H_RESIZE_HPT_COMMIT, status::H_SUCCESS, {}};
  target.rows.add(Clause::commit_no_pending);
  const std::vector<Step> steps{
      {0, prepare(0, 20), Response{}}, {0, prepare(0, 46), Response{}}, {0, commit(0, 20), Response{}}};
  // The whole is kept by hand: with fewer calls this one shows another defect still.
  const auto result = minimize(play_on(adapter), {}, steps, target, {100, std::chrono::seconds(60)});
  EXPECT_EQ(result.best.refusal.key, "H_RESIZE_HPT_COMMIT:commit.no_pending:H_SUCCESS-for-H_CLOSED");
  EXPECT_EQ(result.best.steps.size(), 1u);

  Scripted keeper([](const std::vector<Call>& calls, auto) -> std::optional<Response> {
    const auto& call = calls.back();
    const bool prepared = std::count(calls.begin(), calls.end(), prepare(0, 18)) +
                              std::count(calls.begin(), calls.end(), prepare(0, 20)) >
                          0;
    if (call.token == token::H_RESIZE_HPT_COMMIT)
      return Response{prepared ? status::H_SUCCESS : status::H_CLOSED};
    return Response{call.args[0] != 0 || call.args[1] < 18 ? status::H_PARAMETER
                    : call.args[1] > 30                    ? status::H_RESOURCE
                                                           : status::H_SUCCESS};
  });
  const auto kept = minimize(play_on(keeper), {}, steps, target, {100, std::chrono::seconds(60)});
  EXPECT_EQ(kept.best.refusal.key, "H_RESIZE_HPT_COMMIT:prepare.discard:kept-after-resource");
  EXPECT_EQ(kept.best.steps[1].call, prepare(0, 46));
}

TEST(Minimizer, a_trace_that_breaks_something_else_first_is_not_taken_for_better) {
  // COMMIT with flags answers H_PARAMETER always; the target is the H_BUSY without a Pending HPT.
  Scripted adapter([](const std::vector<Call>& calls, auto) -> std::optional<Response> {
    const auto& call = calls.back();
    if (call.token == token::H_RESIZE_HPT_PREPARE) return Response{status::H_SUCCESS};
    return Response{call.args[0] != 0 ? status::H_PARAMETER : status::H_BUSY};
  });
  std::vector<Step> steps{{0, commit(1, 19), Response{}}, {0, commit(0, 19), Response{}}};
  const auto result = minimize(play_on(adapter), {}, steps, busy_commit(), {100, std::chrono::seconds(60)});
  ASSERT_EQ(result.best.steps.size(), 1u);
  EXPECT_TRUE(result.best.first);
}

}  // namespace
}  // namespace hptck
