// Every check of adapter-check, seen to pass with the built-in hypervisor and seen to fail with an adapter
// that is broken in one way, which it has to be the one to find.
#include "conformance/checks/adapter_check/adapter_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "conformance/adapters/builtin/builtin_adapter.h"

namespace hptck {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

enum class Flaw : std::uint8_t {
  none,
  describes_itself_anew,
  declares_shift_47,
  declares_pages_beyond,
  declares_limit_below_start,
  keeps_the_partition,
  dies_of_an_empty_batch,
  counts_one_short,
  loses_the_last_answer,
  hangs_at_a_long_batch,
  loses_order_after_a_hundred,
  forgets_the_first_of_a_batch,
  dies_of_waiting,
  reset_fails,
  dies_after_reset,
  does_not_forbid,
  forbids_for_good,
  says_not_whether_forbidden,
  without_abilities,
  enters_nothing,
};

// The built-in hypervisor, carried badly.
class FlawedAdapter final : public Adapter {
 public:
  explicit FlawedAdapter(Flaw flaw) : flaw_(flaw), adapter_(make_builtin_adapter({})) {}

  Description describe() override {
    auto description = adapter_->describe();
    if (flaw_ == Flaw::describes_itself_anew) description.identity["asked"] = std::to_string(++asked_);
    description.abilities = {Ability::forbid_resize, Ability::reset};
    if (flaw_ == Flaw::without_abilities) description.abilities.clear();
    return description;
  }

  Statement restart(const Partition& partition) override {
    dead_ = false;
    forbidden_ = forbidden_ || !partition.may_resize;
    auto wanted = partition;
    if (flaw_ == Flaw::does_not_forbid) wanted.may_resize = true;
    if (flaw_ == Flaw::forbids_for_good && forbidden_) wanted.may_resize = false;
    if (flaw_ != Flaw::keeps_the_partition || !statement_) statement_ = adapter_->restart(wanted);
    auto statement = *statement_;
    if (flaw_ == Flaw::keeps_the_partition && !partition.may_resize)
      statement.resize = Statement::Resize::disabled;
    if (flaw_ == Flaw::declares_shift_47) statement.initial_shift = 47;
    if (flaw_ == Flaw::declares_pages_beyond) statement.pages = 0x40;
    if (flaw_ == Flaw::declares_limit_below_start) statement.max_shift = 23;
    if (flaw_ == Flaw::says_not_whether_forbidden && !partition.may_resize)
      statement.resize = Statement::Resize::unknown;
    return statement;
  }

  BatchResult batch(std::span<const Call> calls, std::span<Response> responses) override {
    if (dead_) return {0, Fault{Fault::Kind::died, "dead since before"}};
    if (calls.empty() && flaw_ == Flaw::dies_of_an_empty_batch)
      return {0, Fault{Fault::Kind::died, "of an empty batch"}};
    if (flaw_ == Flaw::hangs_at_a_long_batch && calls.size() > 4096)
      return {4096, Fault{Fault::Kind::hung, "at a long batch"}};
    std::vector<Response> answers(calls.size());
    adapter_->batch(calls, answers);
    if (flaw_ == Flaw::loses_order_after_a_hundred && calls.size() > 101)
      std::swap(answers[100], answers[101]);
    if (flaw_ == Flaw::forgets_the_first_of_a_batch && calls.size() > 1) {
      for (std::size_t n = 0; n < calls.size(); ++n)
        if (calls[n].token == token::H_ENTER) answers[n] = {status::H_PARAMETER, {}};
    }
    if (flaw_ == Flaw::enters_nothing) {
      for (std::size_t n = 0; n < calls.size(); ++n)
        if (calls[n].token == token::H_ENTER) {
          answers[n] = {status::H_FUNCTION, {}};
          const Call remove{token::H_REMOVE, {0, 0}};
          Response removed;
          adapter_->batch({&remove, 1}, {&removed, 1});
        }
    }
    std::copy(answers.begin(), answers.end(), responses.begin());
    if (flaw_ == Flaw::loses_the_last_answer && calls.size() == 512)
      responses.back() = {0x5a17ed0000000000, {}};
    return {calls.size() - (flaw_ == Flaw::counts_one_short && calls.size() == 7 ? 1 : 0), std::nullopt};
  }

  std::optional<Fault> reset() override {
    if (flaw_ == Flaw::reset_fails) return Fault{Fault::Kind::died, "of a reset"};
    dead_ = flaw_ == Flaw::dies_after_reset;
    return std::nullopt;
  }

  void wait(std::chrono::milliseconds time) override {
    adapter_->wait(time);
    dead_ = flaw_ == Flaw::dies_of_waiting;
  }

 private:
  Flaw flaw_;
  std::unique_ptr<Adapter> adapter_;
  std::optional<Statement> statement_;
  int asked_ = 0;
  bool dead_ = false, forbidden_ = false;
};

// A clock that goes on by a second at every look.
AdapterReport report_of(Adapter& adapter) {
  double now = 0;
  return check_adapter(adapter, [&now] { return now += 1; });
}

AdapterReport report_of(Flaw flaw) {
  FlawedAdapter adapter(flaw);
  return report_of(adapter);
}

std::vector<std::string> checks_with(const AdapterReport& report, AdapterCheck::Outcome outcome) {
  std::vector<std::string> names;
  for (const auto& check : report.checks)
    if (check.outcome == outcome) names.push_back(check.name);
  return names;
}

std::vector<std::string> failed(Flaw flaw) {
  const auto report = report_of(flaw);
  EXPECT_FALSE(report.passed());
  for (const auto& check : report.checks)
    EXPECT_EQ(check.outcome == AdapterCheck::Outcome::pass, check.reason.empty()) << check.name;
  return checks_with(report, AdapterCheck::Outcome::fail);
}

TEST(AdapterCheck, builtin_adapter_passes) {
  for (const auto scheme : {Scheme::a, Scheme::b}) {
    BuiltinOptions options;
    options.scheme = scheme;
    const auto adapter = make_builtin_adapter(options);
    const auto report = report_of(*adapter);
    EXPECT_TRUE(report.passed()) << text_of(report);
    EXPECT_GT(report.calls_per_second, 0);
  }
}

TEST(AdapterCheck, wrong_hypervisor_behind_a_right_adapter_passes) {
  for (const auto deviation : {Deviation::commit_keeps_pending, Deviation::read_bound_off_by_one,
                               Deviation::prepare_unchecked_authority}) {
    BuiltinOptions options;
    options.deviations.add(deviation);
    EXPECT_TRUE(report_of(*make_builtin_adapter(options)).passed());
  }
}

TEST(AdapterCheck, adapter_without_a_flaw_passes_every_check) {
  const auto report = report_of(Flaw::none);
  EXPECT_THAT(checks_with(report, AdapterCheck::Outcome::fail), IsEmpty()) << text_of(report);
  EXPECT_THAT(checks_with(report, AdapterCheck::Outcome::skipped), IsEmpty()) << text_of(report);
}

TEST(AdapterCheck, what_cannot_be_checked_is_skipped) {
  EXPECT_THAT(checks_with(report_of(Flaw::without_abilities), AdapterCheck::Outcome::skipped),
              ElementsAre("reset_leaves_a_partition_that_answers", "resizing_can_be_forbidden"));
  EXPECT_THAT(checks_with(report_of(Flaw::says_not_whether_forbidden), AdapterCheck::Outcome::skipped),
              ElementsAre("resizing_can_be_forbidden"));
  const auto report = report_of(Flaw::enters_nothing);
  EXPECT_THAT(checks_with(report, AdapterCheck::Outcome::skipped),
              ElementsAre("restart_gives_a_fresh_partition"))
      << text_of(report);
}

TEST(AdapterCheck, changing_description_is_found) {
  EXPECT_THAT(failed(Flaw::describes_itself_anew), ElementsAre("describes_itself_twice_alike"));
}

TEST(AdapterCheck, statement_out_of_range_is_found) {
  for (const auto flaw :
       {Flaw::declares_shift_47, Flaw::declares_pages_beyond, Flaw::declares_limit_below_start})
    EXPECT_THAT(failed(flaw), ElementsAre("statement_is_in_range", "resizing_can_be_forbidden"));
}

TEST(AdapterCheck, partition_that_is_not_fresh_is_found) {
  EXPECT_THAT(failed(Flaw::keeps_the_partition), testing::Contains("restart_gives_a_fresh_partition"));
}

TEST(AdapterCheck, fault_of_an_empty_batch_is_found) {
  EXPECT_THAT(failed(Flaw::dies_of_an_empty_batch), ElementsAre("batch_of_0_is_answered"));
}

TEST(AdapterCheck, missing_answers_are_found) {
  EXPECT_THAT(failed(Flaw::counts_one_short), ElementsAre("batch_of_7_is_answered"));
  EXPECT_THAT(failed(Flaw::loses_the_last_answer),
              ElementsAre("batch_of_512_is_answered", "rate_is_measured"));
}

TEST(AdapterCheck, hang_at_a_long_batch_is_found) {
  const auto report = report_of(Flaw::hangs_at_a_long_batch);
  EXPECT_THAT(checks_with(report, AdapterCheck::Outcome::fail), ElementsAre("batch_of_5000_is_answered"));
  EXPECT_THAT(text_of(report), HasSubstr("call 4097 of 5000"));
}

TEST(AdapterCheck, lost_order_is_found) {
  EXPECT_THAT(failed(Flaw::loses_order_after_a_hundred), ElementsAre("answers_come_in_the_order_of_calls"));
}

TEST(AdapterCheck, batch_that_is_carried_differently_is_found) {
  EXPECT_THAT(failed(Flaw::forgets_the_first_of_a_batch),
              ElementsAre("one_batch_and_one_by_one_are_answered_alike"));
}

TEST(AdapterCheck, wait_that_breaks_the_partition_is_found) {
  EXPECT_THAT(failed(Flaw::dies_of_waiting), ElementsAre("wait_returns"));
}

TEST(AdapterCheck, failing_reset_is_found) {
  EXPECT_THAT(failed(Flaw::reset_fails), ElementsAre("reset_leaves_a_partition_that_answers"));
  EXPECT_THAT(failed(Flaw::dies_after_reset), ElementsAre("reset_leaves_a_partition_that_answers"));
}

TEST(AdapterCheck, resizing_that_is_not_forbidden_is_found) {
  EXPECT_THAT(failed(Flaw::does_not_forbid), ElementsAre("resizing_can_be_forbidden"));
  EXPECT_THAT(failed(Flaw::forbids_for_good), ElementsAre("resizing_can_be_forbidden"));
}

TEST(AdapterCheck, json_holds_what_the_text_holds) {
  const auto report = report_of(Flaw::counts_one_short);
  const auto json = nlohmann::json::parse(json_of(report, "flawed"));
  EXPECT_EQ(json["adapter"], "flawed");
  EXPECT_EQ(json["passed"], false);
  ASSERT_EQ(json["checks"].size(), report.checks.size());
  EXPECT_EQ(json["checks"][5]["name"], "batch_of_7_is_answered");
  EXPECT_EQ(json["checks"][5]["outcome"], "FAIL");
}

}  // namespace
}  // namespace hptck
