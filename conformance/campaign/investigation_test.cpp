// The investigation by itself: no campaign, no session, no adapter. Incidents are made by hand, and replays
// are answered by a function.
#include "conformance/campaign/investigation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/campaign/conclusions.h"

namespace hptck {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Conclusion = Investigation::Conclusion;

const Statement statement{Statement::Resize::enabled, 24, 30};
const Fault death{Fault::Kind::died, "killed"}, hang{Fault::Kind::hung, "silent"};

// What is answered after these calls, the last of them in play; nothing, if it is not.
using Answer = std::function<std::optional<Response>(const std::vector<Call>&)>;

Play played_by(Answer answer, Fault fault = death) {
  return [answer = std::move(answer), fault](const Partition&, std::span<const Step> steps, const Pace&,
                                             const Watch& watch) {
    watch.begins(statement);
    std::vector<Step> rest(steps.rbegin(), steps.rend());
    std::vector<Call> calls;
    while (!rest.empty()) {
      const auto step = rest.back();
      rest.pop_back();
      calls.push_back(step.call);
      const auto response = answer(calls);
      const auto next = watch.sees({step.wait_ms, step.call, response});
      if (!response) return Played{statement, fault};
      if (!next.goes_on) break;
      for (auto call = next.calls.rbegin(); call != next.calls.rend(); ++call)
        rest.push_back({0, *call, std::nullopt});
    }
    return Played{statement, std::nullopt};
  };
}

// Prepares at once, commits what there is, has no memory of anything else.
std::optional<Response> right(const std::vector<Call>& calls) {
  std::uint64_t pending = 0, current = 24;
  Response response;
  for (const auto& call : calls) {
    const auto [flags, shift] = std::pair(call.args[0], call.args[1]);
    response = {};
    if (call.token == token::H_RESIZE_HPT_PREPARE) {
      if (pending != 0 && flags == 0 && shift == pending) continue;
      pending = 0;
      if (flags != 0 || (shift != 0 && (shift < 18 || shift > 46)))
        response.status = status::H_PARAMETER;
      else if (shift > 30)
        response.status = status::H_RESOURCE;
      else
        pending = shift;
    } else if (call.token == token::H_RESIZE_HPT_COMMIT) {
      if (flags != 0 || shift == 0 || shift != pending)
        response.status = status::H_CLOSED;
      else
        current = std::exchange(pending, 0);
    } else if (call.token == token::H_READ && call.args[1] >= std::uint64_t{1} << (current - 4)) {
      response.status = status::H_PARAMETER;
    }
  }
  return response;
}

// What these calls come to with whoever answers so, as a session would hand it in.
struct Seen {
  std::vector<Step> steps;
  Incident incident;
};
Seen seen(const std::vector<Call>& calls, const Answer& answer, const Deviations& under = {},
          const Fault& fault = death) {
  Seen seen;
  Oracle oracle(statement, under);
  std::vector<Call> made;
  for (const auto& call : calls) {
    made.push_back(call);
    const auto response = answer(made);
    seen.steps.push_back({0, call, response});
    if (response && oracle.step(call, *response)) continue;
    seen.incident.refusal = oracle.explain(call, response ? &*response : nullptr);
    if (!response) seen.incident.fault = fault;
    break;
  }
  seen.incident.statement = statement;
  seen.incident.call_number = 7;
  return seen;
}

class Investigating : public testing::Test {
 protected:
  Investigation investigation(Play play) {
    Investigation::Means means;
    means.play = std::move(play);
    means.budget = {1000, std::chrono::hours(1)};
    means.sink.suspicion = [this](const Finding&) { said_.push_back("suspicion"); };
    means.sink.settled = [this] { said_.push_back("settled"); };
    means.sink.finding = [this](Finding& finding, std::size_t number, const std::string& text) {
      EXPECT_EQ(parse_trace(text, "trace"), finding.trace);
      said_.push_back("finding " + std::to_string(number));
    };
    return {{}, std::move(means)};
  }
  static Conclusion consider(Investigation& investigation, Seen& seen) {
    seen.incident.history = seen.steps;
    return investigation.consider(seen.incident);
  }

  std::vector<std::string> said_;  // to the record
};

// COMMIT with flags says H_PARAMETER, a known deviation.
std::optional<Response> flags_are_a_parameter(const std::vector<Call>& calls) {
  const auto& last = calls.back();
  if (last.token == token::H_RESIZE_HPT_COMMIT && last.args[0] != 0) return Response{status::H_PARAMETER};
  return right(calls);
}

// COMMIT of shift 40 says H_NOT_FOUND, which is nobody's doing.
std::optional<Response> forty_is_not_found(const std::vector<Call>& calls) {
  if (calls.back() == commit(0, 40)) return Response{status::H_NOT_FOUND};
  return right(calls);
}

// A COMMIT with every flag set and a Pending HPT is not answered.
std::optional<Response> all_flags_are_deadly(const std::vector<Call>& calls) {
  if (calls.back() == commit(~0ull, 19) && std::count(calls.begin(), calls.end(), prepare(0, 19)) > 0)
    return std::nullopt;
  return right(calls);
}

TEST_F(Investigating, what_a_deviation_explains_is_one_finding_and_in_force_from_then_on) {
  auto one = investigation(played_by(flags_are_a_parameter));
  // The minimized trace alone would fit a COMMIT that says so without a Pending HPT, too.
  const auto kept = seen({commit(0, 18)}, flags_are_a_parameter);
  one.keep(statement, kept.steps);
  auto met = seen({prepare(0, 25), prepare(0, 19), commit(0, 18), commit(5, 19)}, flags_are_a_parameter);
  EXPECT_EQ(consider(one, met), Conclusion::explained);
  EXPECT_EQ(one.diagnosed().in_force, Deviations{Deviation::commit_flags_is_h_parameter});
  EXPECT_TRUE(one.look_into_all());
  EXPECT_THAT(said_, ElementsAre("suspicion", "finding 1", "settled"));
  ASSERT_THAT(one.findings(), SizeIs(1));
  const auto& finding = one.findings()[0].finding;
  EXPECT_EQ(finding.minimality, Finding::Minimality::one_minimal);
  EXPECT_LE(finding.trace.steps.size(), 2u);
  EXPECT_EQ(finding.first_call, 7u);
  EXPECT_FALSE(one.look_into_all());

  one.conclude();
  const auto findings = concluded(one.findings(), one.diagnosed(), one.unexplained());
  EXPECT_EQ(findings[0].deviations, Deviations{Deviation::commit_flags_is_h_parameter});
  EXPECT_THAT(findings[0].clauses, ElementsAre(Clause::commit_flags));
  EXPECT_FALSE(findings[0].unexplained);
}

TEST_F(Investigating, what_nothing_explains_is_found_once_and_then_counted) {
  auto one = investigation(played_by(forty_is_not_found));
  auto met = seen({commit(0, 18), commit(0, 40)}, forty_is_not_found);
  EXPECT_EQ(consider(one, met), Conclusion::open);
  EXPECT_EQ(consider(one, met), Conclusion::open);
  EXPECT_TRUE(one.look_into_all());
  EXPECT_THAT(said_, ElementsAre("suspicion", "finding 1", "settled"));
  EXPECT_EQ(consider(one, met), Conclusion::open);
  EXPECT_FALSE(one.look_into_all());
  ASSERT_THAT(one.findings(), SizeIs(1));
  EXPECT_EQ(one.findings()[0].finding.occurrences, 2u);
  EXPECT_THAT(one.findings()[0].finding.trace.steps, SizeIs(1));
  one.conclude();
  EXPECT_TRUE(concluded(one.findings(), one.diagnosed(), one.unexplained())[0].unexplained);
}

TEST_F(Investigating, a_death_is_found_and_its_call_avoided) {
  auto one = investigation(played_by(all_flags_are_deadly));
  auto met = seen({commit(0, 18), prepare(0, 19), commit(~0ull, 19)}, all_flags_are_deadly);
  EXPECT_EQ(consider(one, met), Conclusion::open);
  EXPECT_TRUE(one.look_into_all());
  ASSERT_THAT(one.findings(), SizeIs(1));
  const auto& finding = one.findings()[0].finding;
  EXPECT_EQ(finding.kind, Finding::Kind::died);
  EXPECT_EQ(finding.evidence, "killed");
  EXPECT_THAT(finding.trace.steps, SizeIs(2));
  EXPECT_TRUE(one.avoidance().avoids(commit(~0ull, 19)));
  EXPECT_EQ(consider(one, met), Conclusion::avoided);
  EXPECT_FALSE(one.look_into_all());
}

TEST_F(Investigating, a_hang_that_never_shows_again_is_trouble_and_no_finding) {
  auto one = investigation(played_by(right));
  auto met = seen({prepare(0, 19), commit(~0ull, 19)}, all_flags_are_deadly, {}, hang);
  consider(one, met);
  EXPECT_THROW(one.look_into_all(), EnvironmentError);
  EXPECT_THAT(one.findings(), IsEmpty());
  EXPECT_THAT(said_, ElementsAre("suspicion", "settled"));
}

TEST_F(Investigating, what_was_seen_stands_when_there_is_no_replaying) {
  auto one = investigation([](const auto&, const auto&, const auto&, const auto&) -> Played {
    throw EnvironmentError("no memory");
  });
  auto met = seen({commit(0, 18), commit(0, 40)}, forty_is_not_found);
  consider(one, met);
  EXPECT_THROW(one.look_into_all(), EnvironmentError);
  ASSERT_THAT(one.findings(), SizeIs(1));
  EXPECT_EQ(one.findings()[0].finding.minimality, Finding::Minimality::not_reproduced);
  EXPECT_EQ(one.findings()[0].finding.trace.steps, met.steps);
}

TEST_F(Investigating, one_deviation_shown_twice_is_one_finding_and_its_consequence) {
  Found found;
  found.finding.clauses = {Clause::commit_flags};
  found.finding.trace.statement = statement;
  found.finding.trace.steps = {{0, commit(1, 19), Response{status::H_PARAMETER}}};
  auto other = found;
  other.finding.trace.steps[0].call = commit(2, 20);
  const Deviations both{Deviation::commit_flags_is_h_parameter};
  const auto findings = concluded({found, other}, {{}, {both}, both}, {});
  EXPECT_FALSE(findings[0].consequence);
  EXPECT_TRUE(findings[1].consequence);
  EXPECT_THAT(findings[1].explanation, HasSubstr("Finding 1 is the same deviation"));
}

}  // namespace
}  // namespace hptck
