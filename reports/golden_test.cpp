// Every report of every sample campaign against the file in reports/golden/, byte by byte. A golden file is
// changed only on purpose: HPTCK_UPDATE_GOLDEN=1 makes this test write what it got, for `git diff` to show.
//
// The files show some clauses and not all. What is true of every clause (that it is there, under its name, in
// its place) is in junit_test.cpp and summary_test.cpp; so a new clause changes no golden file.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "reports/json.h"
#include "reports/junit.h"
#include "reports/sample_records.h"
#include "reports/summary.h"

namespace hptck {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Where the two first differ, with the lines before it: short enough to read, long enough to know the place.
std::string first_difference(const std::string& golden, const std::string& got) {
  const auto old_lines = lines_of(golden), new_lines = lines_of(got);
  std::size_t at = 0;
  while (at < old_lines.size() && at < new_lines.size() && old_lines[at] == new_lines[at]) ++at;
  std::string text = fmt::format("@@ line {} @@\n", at + 1);
  for (auto i = at - std::min<std::size_t>(at, 3); i < at; ++i) text += ' ' + old_lines[i] + '\n';
  for (auto i = at; i < std::min(old_lines.size(), at + 5); ++i) text += '-' + old_lines[i] + '\n';
  for (auto i = at; i < std::min(new_lines.size(), at + 5); ++i) text += '+' + new_lines[i] + '\n';
  return text;
}

void compare(const std::string& file, const std::string& got) {
  const auto path = fmt::format("{}/{}", HPTCK_GOLDEN_DIR, file);
  if (const char* update = std::getenv("HPTCK_UPDATE_GOLDEN");
      update != nullptr && std::string(update) == "1") {
    std::ofstream out(path, std::ios::binary);
    out << got;
    ASSERT_TRUE(out.flush()) << path << " cannot be written";
    return;
  }
  std::ifstream in(path, std::ios::binary);
  std::stringstream golden;
  golden << in.rdbuf();
  if (golden.str() == got) return;
  ADD_FAILURE()
      << "reports/golden/" << file
      << (in ? " differs:\n" + first_difference(golden.str(), got) : " is missing.\n")
      << "If the new text is meant: HPTCK_UPDATE_GOLDEN=1 ctest -R Golden, then review with git diff.";
}

TEST(Golden, junit_xml_is_as_agreed) {
  for (const auto& sample : abridged_campaigns())
    compare(sample.name + ".xml", junit_xml(sample.record, sample.result));
}

TEST(Golden, terminal_summary_is_as_agreed) {
  for (const auto& sample : abridged_campaigns()) {
    compare(sample.name + ".txt", terminal_summary(sample.record, sample.result, false));
  }
}

TEST(Golden, coloured_summary_is_as_agreed) {
  for (const auto& sample : abridged_campaigns()) {
    if (sample.name == "failing")
      compare("failing_coloured.txt", terminal_summary(sample.record, sample.result, true));
  }
}

TEST(Golden, json_summary_is_as_agreed) {
  for (const auto& sample : abridged_campaigns())
    compare(sample.name + ".json", json_summary(sample.record, sample.result));
}

}  // namespace
}  // namespace hptck
