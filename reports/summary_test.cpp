// What golden files do not show: bounds on width, escape sequences only on request, and JSON that says what
// the table says.
#include "reports/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "reports/json.h"
#include "reports/sample_records.h"

namespace hptck {
namespace {

TEST(Summary, lines_are_at_most_110_columns_unless_meant_to_be_copied) {
  for (const auto& sample : sample_campaigns()) {
    std::istringstream text(terminal_summary(sample.record, sample.result, false));
    for (std::string line; std::getline(text, line);) {
      if (line.starts_with("    ") && (line.find("hptck replay") != line.npos ||
                                       line.find("\\x1b") != line.npos || line.find("]]>") != line.npos))
        continue;
      EXPECT_LE(line.size(), 110u) << line;
      EXPECT_FALSE(line.ends_with(' ')) << line;
    }
  }
}

TEST(Summary, every_clause_stands_in_the_table_once) {
  const auto sample = sample_campaigns()[0];
  const auto text = terminal_summary(sample.record, sample.result, false);
  for (const auto& clause : catalogue().clauses) {
    const auto row = "\n  " + clause.id + ' ';
    const auto at = text.find(row);
    ASSERT_NE(at, text.npos) << clause.id;
    EXPECT_EQ(text.find(row, at + 1), text.npos) << clause.id;
  }
}

TEST(Summary, uncoloured_summary_has_no_escape_sequence_even_where_the_implementation_wrote_one) {
  for (const auto& sample : sample_campaigns()) {
    EXPECT_THAT(terminal_summary(sample.record, sample.result, false),
                testing::Not(testing::HasSubstr("\x1b")));
  }
}

TEST(Summary, colour_changes_nothing_but_colour) {
  for (const auto& sample : sample_campaigns()) {
    auto text = terminal_summary(sample.record, sample.result, true);
    for (auto at = text.find('\x1b'); at != text.npos; at = text.find('\x1b'))
      text.erase(at, text.find('m', at) + 1 - at);
    EXPECT_EQ(text, terminal_summary(sample.record, sample.result, false));
  }
}

TEST(Summary, last_line_but_its_reason_is_the_verdict) {
  for (const auto& sample : sample_campaigns()) {
    const auto wanted =
        "\n\nVerdict: " + std::string(name_of(sample.result.verdict)) + '\n' + sample.result.reason + '\n';
    EXPECT_THAT(terminal_summary(sample.record, sample.result, false), testing::EndsWith(wanted));
  }
}

TEST(Summary, json_says_what_the_result_says) {
  for (const auto& sample : sample_campaigns()) {
    const auto json = nlohmann::json::parse(json_summary(sample.record, sample.result));
    EXPECT_EQ(json["verdict"], name_of(sample.result.verdict));
    EXPECT_EQ(json["seed"], "18446744073709551615");
    ASSERT_EQ(json["clauses"].size(), sample.result.clauses.size());
    for (std::size_t i = 0; i < sample.result.clauses.size(); ++i) {
      EXPECT_EQ(json["clauses"][i]["clause"], id_of(sample.result.clauses[i].clause));
      EXPECT_EQ(json["clauses"][i]["verdict"], name_of(sample.result.clauses[i].verdict));
      EXPECT_EQ(json["clauses"][i]["exercised"], sample.result.clauses[i].exercised);
    }
    ASSERT_EQ(json["findings"].size(), sample.record.findings.size());
    for (std::size_t i = 0; i < sample.record.findings.size(); ++i) {
      EXPECT_EQ(json["findings"][i]["trace"], print_trace(sample.record.findings[i].trace));
    }
  }
}

RC_GTEST_PROP(Summary, any_bytes_of_the_implementation_are_fit_to_print, (const std::string& bytes)) {
  auto sample = sample_campaigns()[1];
  for (auto& finding : sample.record.findings)
    finding.evidence = finding.headline = finding.explanation = bytes;
  sample.record.description.version = sample.record.error = sample.result.reason = bytes;
  const auto text = terminal_summary(sample.record, sample.result, false);
  RC_ASSERT(std::all_of(text.begin(), text.end(),
                        [](unsigned char byte) { return byte >= 0x20 || byte == '\n' || byte == '\t'; }));
  RC_ASSERT(
      !nlohmann::json::parse(json_summary(sample.record, sample.result), nullptr, false).is_discarded());
}

}  // namespace
}  // namespace hptck
