// A journal says all that a campaign saw: what is written is read back, damage is refused with its place, and
// what a killed kit leaves is still a journal.
#include "conformance/record/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "spec/catalogue.h"

namespace hptck {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Tests run beside each other, each in a process of its own.
std::filesystem::path own_directory() {
  return std::filesystem::path(testing::TempDir()) / ("hptck-journal-" + std::to_string(getpid()));
}

std::string read(const std::filesystem::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

CampaignRecord example() {
  CampaignRecord record;
  record.kit_version = "1";
  record.edition = "LoPAR 2.9";
  record.catalogue_hash = "abc";
  record.seed = ~0ull;
  record.adapter = "builtin";
  record.adapter_options = {"--deviation", "x y"};
  record.description = {"name", "2", {{"cpu", "POWER8"}}, {Ability::forbid_resize, Ability::reset}};
  record.started = "2026-01-01T00:00:00Z";
  Finding finding;
  finding.kind = Finding::Kind::died;
  finding.key = "died:key";
  finding.clauses = {Clause::commit_flags, Clause::commit_shift};
  finding.headline = "headline";
  finding.explanation = "two\nlines\n";
  finding.evidence = "signal \"11\"";
  finding.trace.statement.initial_shift = 24;
  finding.trace.steps = {{5, prepare(0, 19), Response{status::H_SUCCESS}},
                         {0, commit(~0ull, 19), std::nullopt}};
  finding.minimality = Finding::Minimality::one_minimal;
  finding.replays = 7;
  finding.first_call = 9;
  finding.file = "f.trace";
  finding.replay_command = "hptck replay";
  record.findings = {finding};
  record.tally.calls = 2;
  record.tally.exercised[static_cast<int>(Clause::prepare_create)] = 2;
  record.statements = {Statement{Statement::Resize::enabled, 24, 30}};
  record.seconds = 1.5;
  record.complete = true;
  return record;
}

std::string written(const CampaignRecord& record) {
  const auto path = own_directory() / "journal.txt";
  {
    Journal journal(path, Journal::Detail::full);
    journal.campaign(record);
    for (const auto& statement : record.statements) journal.partition(statement);
    journal.step({0, prepare(0, 19), Response{status::H_SUCCESS}});
    journal.step({5, commit(0, 19), Response{status::H_SUCCESS}});
    for (const auto& finding : record.findings) journal.finding(finding);
    if (!record.error.empty()) journal.error(record.error);
    journal.tally(record.tally);
    journal.end(record.seconds);
  }
  const auto text = read(path);
  std::filesystem::remove_all(path.parent_path());
  return text;
}

std::string refusal(const std::string& text) {
  try {
    read_journal(text, "j");
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Journal, what_is_written_is_read_back) {
  const auto record = example();
  const auto again = read_journal(written(record), "j");
  EXPECT_EQ(again.findings, record.findings);
  EXPECT_EQ(again.tally, record.tally);
  EXPECT_EQ(again.statements, record.statements);
  EXPECT_EQ(again.seed, record.seed);
  EXPECT_EQ(again.adapter_options, record.adapter_options);
  EXPECT_EQ(again.description.identity, record.description.identity);
  EXPECT_EQ(again.description.abilities, record.description.abilities);
  EXPECT_EQ(again.seconds, record.seconds);
  EXPECT_TRUE(again.complete);
}

TEST(Journal, a_later_record_of_a_finding_replaces_the_earlier) {
  auto record = example();
  record.findings.push_back(record.findings[0]);
  record.findings[1].occurrences = 12;
  const auto again = read_journal(written(record), "j");
  ASSERT_EQ(again.findings.size(), 1u);
  EXPECT_EQ(again.findings[0].occurrences, 12u);
}

TEST(Journal, a_suspicion_that_nobody_came_to_minimize_stands) {
  const auto path = own_directory() / "journal.txt";
  const auto record = example();
  const auto text_with = [&](bool settled) {
    Journal journal(path, Journal::Detail::full);
    journal.campaign(record);
    journal.suspicion(record.findings[0]);
    if (settled) journal.settled();
    journal.flush();
    return read(path);
  };
  EXPECT_EQ(read_journal(text_with(false), "j").findings, record.findings);
  EXPECT_TRUE(read_journal(text_with(true), "j").findings.empty());
  std::filesystem::remove_all(path.parent_path());
}

TEST(Journal, every_prefix_is_refused_for_want_of_its_head_or_read_as_incomplete) {
  const auto text = written(example());
  const auto head = text.find('\n', text.find('\n') + 1) + 1;
  for (std::size_t length = 0; length < text.size(); ++length) {
    const auto prefix = text.substr(0, length);
    if (length < head) {
      EXPECT_THAT(refusal(prefix), StartsWith("j:")) << length;
    } else {
      EXPECT_FALSE(read_journal(prefix, "j").complete) << length;
    }
  }
}

TEST(Journal, damage_is_refused_with_its_place) {
  const auto text = written(example());
  const auto damaged = [&](const std::string& from, const std::string& to) {
    auto copy = text;
    const auto at = copy.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    copy.replace(at, from.size(), to);
    return refusal(copy);
  };
  EXPECT_EQ(damaged("hptck-journal 1", "hello"),
            "j:1:1: not a journal: the first line is \"hptck-journal 1\"");
  EXPECT_THAT(damaged("campaign {", "campaign ["), HasSubstr("j:2:"));
  EXPECT_THAT(damaged("H_RESIZE_HPT_PREPARE 0x0 0x13 -> H_SUCCESS\nwait",
                      "H_RESIZE_HPT_PREPARE 0x0 0x13 -> H_FINE\nwait"),
              StartsWith("j:4:34: "));
  EXPECT_THAT(damaged("\"commit.flags\"", "\"commit.flogs\""),
              HasSubstr("not a clause of this build's catalogue"));
  EXPECT_THAT(damaged("\"kind\":\"died\"", "\"kind\":\"slept\""), HasSubstr("j:7:9: \"finding\" record"));
  EXPECT_THAT(damaged("tally {", "telly {"), HasSubstr("j:8:1: "));
  EXPECT_THAT(refusal(text + "end {\"seconds\":1}\n"), HasSubstr("a record after the end"));
}

TEST(Journal, a_full_disk_is_an_environment_error) {
  if (!std::filesystem::exists("/dev/full")) GTEST_FAIL() << "needs /dev/full";
  Journal journal("/dev/full", Journal::Detail::full);
  journal.error("x");
  EXPECT_THROW(journal.flush(), EnvironmentError);
}

TEST(Journal, a_place_that_cannot_be_written_is_an_environment_error) {
  EXPECT_THROW(Journal("/proc/no/such/journal.txt", Journal::Detail::full), EnvironmentError);
}

}  // namespace
}  // namespace hptck
