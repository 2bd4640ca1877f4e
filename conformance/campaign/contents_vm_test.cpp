// Campaigns against the real QEMU in the configurations that change what a guest may enter: CPU models, and
// the largest page that the machine permits. In each, the partition declares what the configuration makes one
// expect, and the campaign finds what Debian's QEMU 7.2 is known to do, each once, and nothing that would be
// a mistake of the kit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <vector>

#include "conformance/adapters/qemu/qemu_adapter.h"
#include "conformance/campaign/avoidance.h"
#include "conformance/campaign/campaign.h"
#include "model/table/hashing.h"

namespace hptck {
namespace {

struct Configuration {
  const char* name;
  const char* cpu;
  const char* machine;
  std::uint8_t pages;  ///< as Statement::pages
};

void PrintTo(const Configuration& configuration, std::ostream* out) { *out << configuration.name; }

// Bit i for hashing::page_encodings[i]: 64K; 64K in a 4K segment, which QEMU never offers; 16M in a segment
// of 4K, of 64K, of 16M; 16G.
constexpr std::uint8_t up_to_4k = 0, up_to_64k = 0b1, up_to_16m = 0b11101, up_to_16g = 0b111101;

constexpr Configuration configurations[] = {
    {"POWER7", "POWER7", "pseries", up_to_64k},  // 64K is what the machine permits unless told otherwise
    {"POWER8", "POWER8", "pseries", up_to_64k},
    {"POWER9", "POWER9", "pseries", up_to_64k},
    {"pages_up_to_4k", "POWER8", "pseries,cap-hpt-max-page-size=4k", up_to_4k},
    {"pages_up_to_64k", "POWER8", "pseries,cap-hpt-max-page-size=64k", up_to_64k},
    {"pages_up_to_16m", "POWER8", "pseries,cap-hpt-max-page-size=16m", up_to_16m},
    {"pages_up_to_16g", "POWER8", "pseries,cap-hpt-max-page-size=16g", up_to_16g},
};

QemuOptions options_of(const Configuration& configuration) {
  QemuOptions options;
  options.cpu = configuration.cpu;
  options.machine = configuration.machine;
  return options;
}

// Over which HPTEs Debian's QEMU 7.2 dies when COMMIT has to carry one that is bolted. Of a secondary one it
// expects back the HPTEG with the upper bits complemented, too; of one with the actual page larger than the
// base page it takes the actual size for the base size, and so recovers no part of the page from the HPTEG.
enum class Deadly : std::uint8_t { secondary, large_in_4k, large_in_64k };

void PrintTo(Deadly deadly, std::ostream* out) {
  constexpr const char* names[] = {"secondary", "16M in a segment of 4K", "16M in a segment of 64K"};
  *out << names[static_cast<int>(deadly)];
}

std::optional<Deadly> deadly_in(const Trace& trace) {
  for (const auto& [wait_ms, call, response] : trace.steps) {
    if (call.token != token::H_ENTER || (call.args[2] & HPTE_BOLTED) == 0) continue;
    if ((call.args[2] & hashing::HPTE_SECONDARY) != 0) return Deadly::secondary;
    if ((call.args[2] & hashing::HPTE_LARGE) == 0) continue;
    const auto lp = call.args[3] >> 12 & 0xff;
    if (lp == hashing::page_encodings[2].lp) return Deadly::large_in_4k;
    if (lp == hashing::page_encodings[3].lp) return Deadly::large_in_64k;
  }
  return std::nullopt;
}

// As a finding names it.
std::string name_of(Deadly deadly) {
  const auto encoding = static_cast<std::uint8_t>(deadly == Deadly::large_in_4k ? 2 : 3);
  return to_string(HpteKind{{false, encoding}, false, true});
}

class ContentsOnQemu : public testing::TestWithParam<Configuration> {};

TEST_P(ContentsOnQemu, the_known_deviations_and_deaths_are_found_and_nothing_else) {
  const auto directory =
      std::filesystem::path(testing::TempDir()) / ("hptck-contents-vm-" + std::to_string(getpid()));
  std::filesystem::create_directories(directory);
  const auto adapter = make_qemu_adapter(options_of(GetParam()));
  CampaignOptions options;
  options.configurations.cover = ConfigurationCover::none;  // a phase of its own, which has tests of its own
  options.calls = 15000;
  options.out = directory;
  CampaignRecord record;
  {
    Journal journal(directory / "journal.txt", Journal::Detail::full);
    run_campaign(*adapter, options, journal, record, {});
  }
  std::filesystem::remove_all(directory);
  ASSERT_EQ(record.error, "");

  ASSERT_FALSE(record.statements.empty());
  for (const auto& statement : record.statements) {
    ASSERT_TRUE(statement.pages);
    EXPECT_EQ(*statement.pages, GetParam().pages);
    EXPECT_NE(statement.resize, Statement::Resize::unknown);
  }

  using D = Deviation;
  const Deviations expected{D::prepare_checks_flags_before_discard, D::prepare_checks_range_before_discard,
                            D::prepare_checks_resource_before_discard, D::commit_flags_is_h_parameter,
                            D::reset_keeps_pending};
  // Where every preparation was over after a reset, whether one that goes on outlives it is not known.
  auto or_prepared = expected;
  or_prepared.remove(D::reset_keeps_pending);
  or_prepared.add(D::reset_keeps_prepared);
  EXPECT_THAT(record.diagnosis,
              testing::AnyOf(testing::ElementsAre(expected), testing::ElementsAre(expected, or_prepared)));

  std::vector<Deadly> deaths;
  std::string do_the_same;
  bool dies_over_hostile = false;
  for (const auto& finding : record.findings) {
    const auto& steps = finding.trace.steps;
    if (finding.hostile) {
      dies_over_hostile |= finding.kind == Finding::Kind::died;
      EXPECT_THAT(finding.clauses, testing::IsEmpty()) << finding.headline;
      continue;
    }
    if (finding.kind == Finding::Kind::violation) {
      EXPECT_FALSE(finding.unexplained) << finding.headline << '\n' << finding.explanation;
      continue;
    }
    EXPECT_EQ(finding.kind, Finding::Kind::died) << finding.headline;
    EXPECT_EQ(steps.back().call.token, token::H_RESIZE_HPT_COMMIT) << print_trace(finding.trace);
    const auto deadly = deadly_in(finding.trace);
    ASSERT_TRUE(deadly) << print_trace(finding.trace);
    deaths.push_back(*deadly);
    const auto& text = finding.explanation;
    const auto from = text.find("these do the same: "), to = text.find(". With these");
    ASSERT_NE(from, std::string::npos) << text;
    do_the_same += text.substr(from, to - from);
    EXPECT_LE(steps.size(), 4u) << print_trace(finding.trace);
  }
  // One death stands for all: which other HPTEs do the same was tried, and they are avoided.
  EXPECT_THAT(deaths, testing::ElementsAre(Deadly::secondary));
  for (const auto& [deadly, encoding] : {std::pair{Deadly::large_in_4k, 2}, {Deadly::large_in_64k, 3}}) {
    if ((GetParam().pages >> encoding & 1) == 0) continue;
    EXPECT_THAT(do_the_same, testing::HasSubstr(name_of(deadly)));
  }
  EXPECT_THAT(do_the_same, testing::Not(testing::HasSubstr(to_string(HpteKind{}))));
  EXPECT_TRUE(dies_over_hostile);

  // What is not secondary survives each resize, and is seen to.
  const auto result = judge(record);
  for (const auto clause : {Clause::commit_bolted, Clause::commit_nothing_else,
                            Clause::commit_failure_keeps_table, Clause::enter_exact, Clause::read_contents})
    EXPECT_EQ(result.clauses[static_cast<std::size_t>(clause)].verdict, Verdict::pass) << id_of(clause);
}

INSTANTIATE_TEST_SUITE_P(Configurations, ContentsOnQemu, testing::ValuesIn(configurations),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace hptck
