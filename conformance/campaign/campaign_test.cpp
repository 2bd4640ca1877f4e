// Whole campaigns against the built-in hypervisor: it passes as it is, and with each deviation switched on it
// fails on the clause that the deviation breaks, and on no other.
#include "conformance/campaign/campaign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "conformance/adapters/builtin/builtin_adapter.h"
#include "model/oracle.h"
#include "model/resize/explorer.h"

namespace hptck {
namespace {

namespace fs = std::filesystem;

// Work on replays is bounded by their number alone, so that a slow machine changes nothing.
const MinimizerBudget unhurried{400, std::chrono::hours(1)};

struct Outcome {
  CampaignRecord record;
  CampaignResult result;
  std::string journal;
};

fs::path own_directory() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  auto name = std::string(test->test_suite_name()) + '-' + test->name();
  std::replace(name.begin(), name.end(), '/', '-');
  return fs::path(testing::TempDir()) / ("hptck-" + name + '-' + std::to_string(getpid()));
}

Outcome certify(Adapter& adapter, std::uint64_t seed, std::uint64_t calls,
                MinimizerBudget budget = unhurried) {
  const auto directory = own_directory();
  fs::create_directories(directory);
  CampaignOptions options;
  options.seed = seed;
  options.calls = calls;
  options.minimizer = budget;
  options.out = directory;
  Outcome outcome;
  {
    Journal journal(directory / "journal.txt", Journal::Detail::full);
    run_campaign(adapter, options, journal, outcome.record, {});
  }
  std::stringstream text;
  text << std::ifstream(directory / "journal.txt").rdbuf();
  outcome.journal = text.str();
  fs::remove_all(directory);
  outcome.result = judge(outcome.record);
  return outcome;
}

std::set<Clause> failed(const CampaignResult& result) {
  std::set<Clause> clauses;
  for (const auto& one : result.clauses) {
    if (one.verdict == Verdict::fail) clauses.insert(one.clause);
  }
  return clauses;
}

std::string names(const std::set<Clause>& clauses) {
  std::string text;
  for (const auto clause : clauses) text += std::string(id_of(clause)) + ' ';
  return text;
}

std::string keys(const CampaignRecord& record) {
  std::string text;
  for (const auto& finding : record.findings)
    text += finding.key + (finding.consequence ? " (consequence)\n" : "\n") + print_trace(finding.trace);
  return text;
}

TEST(Campaign, scheme_a_as_it_is_passes_with_every_clause_exercised) {
  const auto adapter = make_builtin_adapter({});
  const auto outcome = certify(*adapter, 1, 40000);
  EXPECT_EQ(outcome.result.verdict, Verdict::pass) << outcome.result.reason << '\n' << keys(outcome.record);
  for (const auto& one : outcome.result.clauses) {
    const auto& text = text_of(one.clause);
    if (text.modality != Modality::must || text.status == ClauseStatus::unjudged) continue;
    // The option is either offered or it is not.
    if (one.clause == Clause::prepare_option_absent || one.clause == Clause::commit_option_absent) continue;
    EXPECT_EQ(one.verdict, Verdict::pass) << text.id;
    EXPECT_GT(one.exercised, 0u) << text.id;
  }
}

// Scheme B meets collisions in preparation, where scheme A meets them in COMMIT.
TEST(Campaign, scheme_b_as_it_is_passes_with_collisions_found_by_preparation) {
  BuiltinOptions options;
  options.scheme = Scheme::b;
  for (const std::uint64_t seed : {1, 2, 3}) {
    const auto adapter = make_builtin_adapter(options);
    const auto outcome = certify(*adapter, seed, 60000);
    EXPECT_EQ(outcome.result.verdict, Verdict::pass) << outcome.result.reason << '\n' << keys(outcome.record);
    EXPECT_EQ(outcome.record.findings.size(), 0u) << keys(outcome.record);
    for (const auto& one : outcome.result.clauses) {
      const auto& text = text_of(one.clause);
      if (text.modality != Modality::must || text.status == ClauseStatus::unjudged) continue;
      if (one.clause == Clause::prepare_option_absent || one.clause == Clause::commit_option_absent) continue;
      if (one.clause == Clause::commit_collision) {
        // By preparation it is, but COMMIT says so too.
        EXPECT_NE(one.verdict, Verdict::fail);
        continue;
      }
      EXPECT_EQ(one.verdict, Verdict::pass) << text.id;
      EXPECT_GT(one.exercised, 0u) << text.id;
    }
  }
}

TEST(Campaign, what_the_journal_says_is_what_the_campaign_saw) {
  BuiltinOptions options;
  options.deviations.add(Deviation::commit_flags_is_h_parameter);
  const auto adapter = make_builtin_adapter(options);
  const auto outcome = certify(*adapter, 1, 5000);
  const auto read = read_journal(outcome.journal, "journal");
  EXPECT_EQ(read.tally, outcome.record.tally);
  EXPECT_EQ(read.findings, outcome.record.findings);
  EXPECT_EQ(read.statements, outcome.record.statements);
  EXPECT_TRUE(read.complete);
  const auto calls = std::count(outcome.journal.begin(), outcome.journal.end(), '\n');
  EXPECT_GE(static_cast<std::uint64_t>(calls), outcome.record.tally.calls);
}

TEST(Campaign, equal_seeds_make_equal_campaigns) {
  const auto calls_of = [](std::uint64_t seed) {
    const auto adapter = make_builtin_adapter({});
    auto text = certify(*adapter, seed, 3000).journal;
    return text.substr(0, text.rfind("tally"));
  };
  const auto first = calls_of(7);
  EXPECT_EQ(first.substr(first.find("partition")), [&] {
    const auto again = calls_of(7);
    return again.substr(again.find("partition"));
  }());
  EXPECT_NE(first, calls_of(8));
}

TEST(Campaign, an_option_that_is_absent_is_inconclusive) {
  BuiltinOptions options;
  options.resize = BuiltinOptions::Resize::absent;
  const auto adapter = make_builtin_adapter(options);
  const auto outcome = certify(*adapter, 1, 3000);
  EXPECT_EQ(outcome.result.verdict, Verdict::inconclusive) << keys(outcome.record);
}

TEST(Campaign, a_partition_that_may_not_resize_is_inconclusive) {
  BuiltinOptions options;
  options.resize = BuiltinOptions::Resize::disabled;
  const auto adapter = make_builtin_adapter(options);
  const auto outcome = certify(*adapter, 1, 3000);
  EXPECT_EQ(outcome.result.verdict, Verdict::inconclusive) << keys(outcome.record);
}

// Whether no answer can show it.
bool cannot_be_seen(Deviation deviation) {
  return text_of(deviation).seen_in == SeenIn::control &&
         shortest_difference({deviation}, {}, telling_statements()).exhausted;
}

// What these do to the table's contents depends on the hypervisor's scheme, or looks like something else's
// doing. They are caught, on their clause among others, and not always told from each other.
bool is_elusive(Deviation deviation) {
  using D = Deviation;
  constexpr D elusive[] = {
      D::prepare_allocates_half,        D::prepare_says_ready_early, D::prepare_match_says_ready_early,
      D::prepare_match_is_h_busy,       D::commit_ignores_busy,      D::commit_ignores_collided,
      D::commit_closed_switches,        D::commit_busy_switches,     D::commit_collision_switches,
      D::commit_hardware_switches,      D::commit_keeps_pending,     D::commit_swaps,
      D::commit_overwrites_on_collision};
  return std::find(std::begin(elusive), std::end(elusive), deviation) != std::end(elusive) ||
         text_of(deviation).seen_in == SeenIn::contents;
}

// Whether one of these clauses is broken by what explains as well as the deviation what was seen.
bool is_explained(const CampaignRecord& record, const std::set<Clause>& got, Deviation deviation) {
  std::set<Clause> clauses{broken_by(deviation)};
  // A COMMIT that comes too early loses what was not carried over yet, and the collision that was not met
  // yet. Preparation may end unseen, so nothing tells that it was early.
  if (deviation == Deviation::commit_ignores_busy)
    clauses.insert({Clause::commit_bolted, Clause::commit_collided, Clause::commit_collision});
  for (const auto& explanation : record.diagnosis)
    explanation.for_each([&](Deviation one) { clauses.insert(broken_by(one)); });
  return !got.empty() && std::includes(clauses.begin(), clauses.end(), got.begin(), got.end());
}

BuiltinOptions options_with(Deviation deviation) {
  BuiltinOptions options;
  options.deviations.add(deviation);
  if (text_of(deviation).needs_absent) options.resize = BuiltinOptions::Resize::absent;
  // Some of the hash's bits count in the largest tables only.
  if (deviation == Deviation::rehash_1t_not_spread || deviation == Deviation::rehash_b_in_avpn)
    options.max_shift = max_shift;
  return options;
}

class Deviating : public testing::TestWithParam<Deviation> {};

TEST_P(Deviating, fails_on_the_clause_that_it_breaks) {
  const auto& deviation = text_of(GetParam());
  const auto adapter = make_builtin_adapter(options_with(GetParam()));
  const auto outcome = certify(*adapter, 1, 20000);
  const auto got = failed(outcome.result);
  EXPECT_EQ(outcome.record.error, "");
  if (cannot_be_seen(GetParam())) {
    EXPECT_EQ(outcome.record.findings.size(), 0u) << keys(outcome.record);
    return;
  }
  EXPECT_EQ(outcome.result.verdict, Verdict::fail);
  if (is_elusive(GetParam())) {
    EXPECT_TRUE(is_explained(outcome.record, got, GetParam()) || got.contains(broken_by(GetParam())))
        << deviation.text << "\ngot: " << names(got) << '\n'
        << keys(outcome.record);
  } else {
    EXPECT_EQ(got, std::set{broken_by(GetParam())}) << deviation.text << "\ngot: " << names(got) << '\n'
                                                    << keys(outcome.record);
  }
  if (deviation.seen_in == SeenIn::control && !is_elusive(GetParam())) {
    EXPECT_THAT(outcome.record.diagnosis, testing::Contains(Deviations{GetParam()}))
        << testing::PrintToString(diagnosis_lines(outcome.record));
  }

  // Every finding stands by itself: its trace is refused offline, and shows again in a fresh partition.
  for (const auto& finding : outcome.record.findings) {
    if (finding.consequence) continue;
    EXPECT_NE(finding.minimality, Finding::Minimality::not_reproduced) << finding.key;
    EXPECT_LE(finding.trace.steps.size(), 12u) << finding.key << '\n' << print_trace(finding.trace);
    Oracle oracle(finding.trace.statement, finding.under);
    for (std::size_t i = 0; i < finding.trace.steps.size(); ++i) {
      const auto& step = finding.trace.steps[i];
      const bool last = i + 1 == finding.trace.steps.size();
      EXPECT_EQ(!step.response || !oracle.step(step.call, *step.response), last)
          << print_trace(finding.trace);
    }
  }
}

class DeviatingInSchemeB : public testing::TestWithParam<Deviation> {};

TEST_P(DeviatingInSchemeB, fails_on_the_clause_that_it_breaks) {
  auto options = options_with(GetParam());
  options.scheme = Scheme::b;
  const auto adapter = make_builtin_adapter(options);
  const auto outcome = certify(*adapter, 1, 12000);
  EXPECT_EQ(outcome.record.error, "");
  if (is_elusive(GetParam())) {
    const auto got = failed(outcome.result);
    EXPECT_TRUE(is_explained(outcome.record, got, GetParam()) || got.contains(broken_by(GetParam())))
        << names(got) << '\n'
        << keys(outcome.record);
    return;
  }
  const auto expected = cannot_be_seen(GetParam()) ? std::set<Clause>() : std::set{broken_by(GetParam())};
  EXPECT_EQ(failed(outcome.result), expected) << keys(outcome.record);
}

std::vector<Deviation> deviations_of(Scheme scheme) {
  std::vector<Deviation> list;
  for (int i = 0; i < deviation_count; ++i) {
    if (can_make(scheme, static_cast<Deviation>(i))) list.push_back(static_cast<Deviation>(i));
  }
  return list;
}

INSTANTIATE_TEST_SUITE_P(All, DeviatingInSchemeB, testing::ValuesIn(deviations_of(Scheme::b)),
                         [](const auto& parameter) { return std::string(id_of(parameter.param)); });

std::vector<Deviation> all_deviations() {
  std::vector<Deviation> all;
  for (int i = 0; i < deviation_count; ++i)
    if (!is_of_configurations(static_cast<Deviation>(i))) all.push_back(static_cast<Deviation>(i));
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, Deviating, testing::ValuesIn(all_deviations()),
                         [](const auto& parameter) { return std::string(id_of(parameter.param)); });

// Implementations that no campaign should be lost on.
class Hopeless : public Adapter {
 public:
  Description describe() override { return {"hopeless", "1", {}, {}}; }
  Statement restart(const Partition&) override {
    if (++restarts >= first_restart_that_fails) throw EnvironmentError("no memory for another partition");
    return {Statement::Resize::enabled, 24, 30};
  }
  BatchResult batch(std::span<const Call> calls, std::span<Response> responses) override {
    for (std::size_t i = 0; i < calls.size(); ++i) {
      if (hangs) return {i, Fault{Fault::Kind::hung, "as always"}};
      responses[i].status = random ? static_cast<std::int64_t>(noise_()) : status::H_PRIVILEGE;
    }
    return {calls.size(), std::nullopt};
  }
  void wait(std::chrono::milliseconds) override {}

  int restarts = 0, first_restart_that_fails = 1 << 30;
  bool hangs = false, random = false;

 private:
  std::mt19937_64 noise_;
};

// Carries calls to the built-in hypervisor and counts them. Before each batch it looks how many answers are
// in the journal, as it would be left were the kit killed now. What stands on both sides of a reset is one
// batch.
class Counting : public Adapter {
 public:
  explicit Counting(const BuiltinOptions& options) : inner_(make_builtin_adapter(options)) {}
  Description describe() override { return inner_->describe(); }
  Statement restart(const Partition& partition) override { return inner_->restart(partition); }
  BatchResult batch(std::span<const Call> calls, std::span<Response> responses) override {
    if (!journal_.is_open()) journal_.open(own_directory() / "journal.txt");
    for (std::string line; std::getline(journal_, line);)
      written += line.starts_with("H_") || line == "reset" ? 1 : 0;
    journal_.clear();
    if (!std::exchange(after_reset_, false)) {
      EXPECT_EQ(written, answered);
    }
    const auto result = inner_->batch(calls, responses);
    answered += result.answered;
    return result;
  }
  std::optional<Fault> reset() override {
    after_reset_ = true;
    ++answered;
    return inner_->reset();
  }
  Machines* machines() override { return inner_->machines(); }
  void wait(std::chrono::milliseconds time) override { inner_->wait(time); }

  std::uint64_t answered = 0, written = 0;

 private:
  std::unique_ptr<Adapter> inner_;
  std::ifstream journal_;
  bool after_reset_ = false;
};

TEST(Campaign, the_journal_holds_every_call_before_the_next_batch_the_minimizers_too) {
  BuiltinOptions options;
  options.deviations = {Deviation::commit_keeps_pending};
  Counting adapter(options);
  const auto outcome = certify(adapter, 1, 3000);
  ASSERT_FALSE(outcome.record.findings.empty());
  std::vector<Trace> partitions;
  read_journal(outcome.journal, "journal", &partitions);
  std::uint64_t written = 0;
  for (const auto& partition : partitions) written += partition.steps.size();
  EXPECT_GT(written, outcome.record.tally.calls);
  EXPECT_EQ(written, adapter.answered);
}

TEST(CampaignOnTheHopeless, one_that_never_answers_comes_to_an_end) {
  Hopeless adapter;
  adapter.hangs = true;
  const auto outcome = certify(adapter, 1, 100000);
  EXPECT_EQ(outcome.result.verdict, Verdict::fail);
  EXPECT_EQ(outcome.record.tally.calls, 0u);
}

TEST(CampaignOnTheHopeless, one_that_answers_at_random_has_a_bounded_number_of_defects) {
  Hopeless adapter;
  adapter.random = true;
  const auto outcome = certify(adapter, 1, 1100, {2, std::chrono::hours(1)});
  EXPECT_EQ(outcome.result.verdict, Verdict::fail);
  EXPECT_LE(outcome.record.findings.size(), 64u);
}

TEST(CampaignOnTheHopeless, what_was_proven_outlives_an_environment_that_fails_while_minimizing) {
  for (const int fails : {2, 3, 5, 8}) {
    Hopeless adapter;
    adapter.first_restart_that_fails = fails;
    const auto outcome = certify(adapter, 1, 20000);
    EXPECT_EQ(outcome.record.error, "no memory for another partition");
    EXPECT_EQ(outcome.result.verdict, Verdict::fail) << fails;
    EXPECT_EQ(read_journal(outcome.journal, "journal").findings, outcome.record.findings);
  }
}

TEST(DeviatingTogether, a_wrong_h_read_does_not_excuse_what_else_is_broken) {
  for (const auto other : {Deviation::commit_keeps_pending, Deviation::prepare_zero_keeps_pending}) {
    BuiltinOptions options;
    options.deviations = {Deviation::read_bound_off_by_one, other};
    const auto adapter = make_builtin_adapter(options);
    const auto outcome = certify(*adapter, 1, 40000);
    EXPECT_EQ(outcome.result.clauses[static_cast<std::size_t>(broken_by(other))].verdict, Verdict::fail)
        << text_of(other).text << '\n'
        << keys(outcome.record);
  }
}

TEST(DeviatingTogether, one_violated_clause_does_not_hide_another) {
  BuiltinOptions options;
  options.deviations = {Deviation::commit_none_is_h_parameter, Deviation::prepare_zero_keeps_pending,
                        Deviation::prepare_accepts_47, Deviation::commit_keeps_old_table};
  const auto adapter = make_builtin_adapter(options);
  const auto outcome = certify(*adapter, 1, 40000);
  const auto got = failed(outcome.result);
  for (const auto clause :
       {Clause::commit_no_pending, Clause::prepare_zero, Clause::prepare_range, Clause::commit_current}) {
    EXPECT_TRUE(got.contains(clause)) << id_of(clause) << "\ngot: " << names(got) << '\n'
                                      << keys(outcome.record);
  }
}

}  // namespace
}  // namespace hptck
