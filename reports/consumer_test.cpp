// The reports read back by a public consumer: junitparser, as Debian packages it (python3-junitparser). It
// parses with expat, which refuses what pugixml forgives, and it counts and names the cases by its own rules.
// Where it is not installed these tests fail: a report that nobody else has read proves nothing. Debian's own
// python3 is called by its full path, because another one found first would not see Debian's packages. An npm
// reader was rejected for needing a second package manager.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "reports/junit.h"
#include "reports/sample_records.h"

namespace hptck {
namespace {

using nlohmann::json;

json seen_by_consumer(const std::string& report) {
  const auto command =
      fmt::format("/usr/bin/python3 '{}/consumer/read_junit.py' '{}' 2>&1", HPTCK_REPORTS_DIR, report);
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("popen failed");
  std::string output;
  std::array<char, 4096> piece{};
  while (const auto size = std::fread(piece.data(), 1, piece.size(), pipe)) output.append(piece.data(), size);
  const int ended = pclose(pipe);
  if (!WIFEXITED(ended) || WEXITSTATUS(ended) != 0) throw std::runtime_error(command + "\n" + output);
  return json::parse(output);
}

struct Totals {
  int tests = 0, failures = 0, errors = 0, skipped = 0;
};

void expect_totals(const json& seen, const Totals& meant) {
  EXPECT_EQ(seen["tests"], meant.tests);
  EXPECT_EQ(seen["failures"], meant.failures);
  EXPECT_EQ(seen["errors"], meant.errors);
  EXPECT_EQ(seen.value("skipped", meant.skipped), meant.skipped);  // The root declares none.
}

const char* kind_meant(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "";
    case Verdict::fail:
      return "Failure";
    case Verdict::error:
      return "Error";
    case Verdict::inconclusive:
    case Verdict::not_applicable:
      return "Skipped";
  }
  return "?";
}

std::string kind_seen(const json& one) {
  std::string kinds;
  for (const auto& result : one["results"]) kinds += result["kind"].get<std::string>();
  return kinds;
}

void count(Totals& totals, std::string_view kind) {
  totals.tests += 1;
  totals.failures += kind == "Failure";
  totals.errors += kind == "Error";
  totals.skipped += kind == "Skipped";
}

/// Holds what the consumer saw against the result itself; only the campaign's own case is told by the caller.
void expect_seen_as_meant(const std::string& report, const SampleCampaign& sample,
                          const char* campaign_kind) {
  SCOPED_TRACE(report);
  const auto seen = seen_by_consumer(report);
  Totals all;
  std::size_t next = 0;
  for (const auto& suite : seen["suites"]) {
    SCOPED_TRACE(suite["name"].get<std::string>());
    Totals totals;
    for (const auto& one : suite["cases"]) {
      if (suite["name"] == "campaign") {
        EXPECT_EQ(one["name"], "campaign completed");
        EXPECT_EQ(kind_seen(one), campaign_kind);
        count(totals, campaign_kind);
        count(all, campaign_kind);
        continue;
      }
      ASSERT_LT(next, sample.result.clauses.size());
      const auto& clause = sample.result.clauses[next++];
      SCOPED_TRACE(id_of(clause.clause));
      EXPECT_EQ(one["name"], id_of(clause.clause));
      EXPECT_EQ(suite["name"], text_of(clause.clause).group);
      ASSERT_EQ(kind_seen(one), kind_meant(clause.verdict));
      EXPECT_THAT(one["output"].get<std::string>(),
                  testing::HasSubstr(fmt::format("Exercised {} times.", clause.exercised)));
      for (const auto index : clause.findings) {
        const auto& finding = sample.record.findings[index];
        EXPECT_EQ(one["results"][0]["type"], id_of(clause.clause));
        EXPECT_EQ(one["results"][0]["message"], finding.headline);
        const auto text = one["results"][0]["text"].get<std::string>();
        EXPECT_THAT(text, testing::HasSubstr(print_trace(finding.trace)));
        EXPECT_THAT(text, testing::HasSubstr(finding.replay_command));
      }
      count(totals, kind_meant(clause.verdict));
      count(all, kind_meant(clause.verdict));
    }
    expect_totals(suite["declared"], totals);
    expect_totals(suite["counted"], totals);
    EXPECT_THAT(suite["properties"],
                testing::Contains(json{"iut.version", sample.record.description.version}));
    EXPECT_THAT(suite["properties"],
                testing::Contains(json{"campaign.seed", fmt::format("{}", sample.record.seed)}));
  }
  EXPECT_EQ(next, sample.result.clauses.size());
  expect_totals(seen["declared"], all);
  EXPECT_NEAR(seen["time"].get<double>(), sample.record.seconds, 0.001);
  expect_totals(seen["counted"], all);
}

const char* campaign_kind_of(const SampleCampaign& sample) {
  if (sample.name == "failing") return "Failure";
  if (sample.name == "cut_short") return "Skipped";
  return sample.name == "error" ? "Error" : "";
}

TEST(JunitConsumer, reads_the_golden_reports_as_meant) {
  for (const auto& sample : abridged_campaigns()) {
    expect_seen_as_meant(fmt::format("{}/golden/{}.xml", HPTCK_REPORTS_DIR, sample.name), sample,
                         campaign_kind_of(sample));
  }
}

TEST(JunitConsumer, reads_fresh_reports_as_meant) {
  const auto report = testing::TempDir() + fmt::format("hptck-junit-{}.xml", getpid());
  for (const auto& sample : sample_campaigns()) {
    std::ofstream(report, std::ios::binary) << junit_xml(sample.record, sample.result);
    expect_seen_as_meant(report, sample, campaign_kind_of(sample));
  }
  std::remove(report.c_str());
}

/// Each byte in turn where the implementation's words go, read by a parser that forgives nothing.
TEST(JunitConsumer, reads_every_byte_that_an_implementation_can_write) {
  const auto report = testing::TempDir() + fmt::format("hptck-junit-bytes-{}.xml", getpid());
  auto sample = sample_campaigns()[1];
  std::string bytes;
  for (int first = 0; first < 256; ++first) {
    for (const int second : {0x20, 0x80, 0xbf})
      bytes += {static_cast<char>(first), static_cast<char>(second)};
  }
  sample.record.findings[1].evidence = bytes;
  sample.record.description.identity["hostile " + bytes] = bytes;
  std::ofstream(report, std::ios::binary) << junit_xml(sample.record, sample.result);
  expect_seen_as_meant(report, sample, "Failure");
  std::remove(report.c_str());
}

}  // namespace
}  // namespace hptck
