// A whole campaign against the real QEMU: it finds, by itself, where Debian's QEMU departs from the
// specification, and each finding replays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "conformance/adapters/qemu/qemu_adapter.h"
#include "conformance/campaign/campaign.h"
#include "conformance/campaign/replay.h"

namespace hptck {
namespace {

TEST(CampaignOnQemu, violations_are_found_minimized_and_replay) {
  const auto directory =
      std::filesystem::path(testing::TempDir()) / ("hptck-campaign-vm-" + std::to_string(getpid()));
  std::filesystem::create_directories(directory);
  const auto adapter = make_qemu_adapter({});
  CampaignOptions options;
  options.configurations.cover = ConfigurationCover::none;  // a phase of its own, which has tests of its own
  options.seed = 1;
  options.calls = 30000;
  options.out = directory;
  options.minimizer = {600, std::chrono::minutes(3)};
  CampaignRecord record;
  {
    Journal journal(directory / "journal.txt", Journal::Detail::full);
    run_campaign(*adapter, options, journal, record, {});
  }
  std::filesystem::remove_all(directory);
  ASSERT_EQ(record.error, "");
  const auto result = judge(record);
  EXPECT_EQ(result.verdict, Verdict::fail);

  for (const auto& finding : record.findings) {
    EXPECT_LE(finding.trace.steps.size(), 5u) << print_trace(finding.trace);
    if (finding.consequence) continue;
    // What is pending may be prepared by the time of the last call or not; H_SUCCESS and H_BUSY are both
    // refused then.
    bool again = false;
    for (int attempt = 0; attempt < 6 && !again; ++attempt) {
      const auto& last = finding.trace.steps.back();
      const auto seen = last.response ? last.response->status : status::H_SUCCESS;
      const auto status = attempt % 2 == 0 || seen == status::H_PARAMETER ? seen : status::H_SUCCESS;
      const Target target{finding.kind, last.call.token, status, ClauseSet::everything(),
                          {},           finding.hostile};
      again = replay(play_on(*adapter), {}, finding.trace.steps, target, std::chrono::milliseconds(attempt))
                  .found;
    }
    EXPECT_TRUE(again) << print_trace(finding.trace);
  }
  // What reading QEMU 7.2 leads one to expect: PREPARE checks before it discards, COMMIT has its own idea of
  // flags, and nothing discards what is pending when the machine is reset.
  using D = Deviation;
  const Deviations expected{D::prepare_checks_flags_before_discard, D::prepare_checks_range_before_discard,
                            D::prepare_checks_resource_before_discard, D::commit_flags_is_h_parameter,
                            D::reset_keeps_pending};
  // Where every preparation was over after a reset, whether one that goes on outlives it is not known.
  auto or_prepared = expected;
  or_prepared.remove(D::reset_keeps_pending);
  or_prepared.add(D::reset_keeps_prepared);
  ASSERT_THAT(record.diagnosis,
              testing::AnyOf(testing::ElementsAre(expected), testing::ElementsAre(expected, or_prepared)))
      << testing::PrintToString(diagnosis_lines(record));

  // And what it does keep: sizes really change, in both directions, what is in the table moves with them, and
  // H_AUTHORITY where resizing is off.
  for (const auto clause :
       {Clause::commit_current, Clause::commit_clears, Clause::commit_busy, Clause::prepare_authority,
        Clause::commit_authority, Clause::commit_collision, Clause::commit_bolted,
        Clause::commit_nothing_else, Clause::enter_exact, Clause::enter_group, Clause::remove_removes,
        Clause::protect_changes, Clause::bulk_removes, Clause::reset_size, Clause::reset_empty}) {
    EXPECT_EQ(result.clauses[static_cast<std::size_t>(clause)].verdict, Verdict::pass) << id_of(clause);
  }
  // A legal guest takes it down: COMMIT with a bolted secondary HPTE.
  const auto deadly = std::find_if(
      record.findings.begin(), record.findings.end(),
      [](const Finding& finding) { return finding.kind == Finding::Kind::died && !finding.hostile; });
  ASSERT_NE(deadly, record.findings.end());
  EXPECT_EQ(result.clauses[static_cast<std::size_t>(Clause::commit_success)].verdict, Verdict::fail);

  // Given its deviations, nothing that it answers with another seed is a surprise.
  options.seed = 2;
  options.under = record.diagnosis.front();
  CampaignRecord again;
  {
    Journal journal(directory / "journal.txt", Journal::Detail::full);
    run_campaign(*adapter, options, journal, again, {});
  }
  std::filesystem::remove_all(directory);
  EXPECT_EQ(again.error, "");
  for (const auto& finding : again.findings)
    EXPECT_EQ(finding.kind, Finding::Kind::died) << finding.headline << '\n' << print_trace(finding.trace);
  EXPECT_EQ(judge(again).verdict, Verdict::fail);
}

}  // namespace
}  // namespace hptck
