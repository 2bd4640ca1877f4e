// Every trace in model/traces keeps its promise. The traces were written from the text of LoPAR alone, before
// and without sight of the rows: they are the check on our reading, not on our code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "model/oracle.h"
#include "spec/embedded.h"

namespace hptck {
namespace {

std::vector<std::filesystem::path> trace_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(HPTCK_TRACES)) {
    if (entry.path().extension() == ".trace") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string read(const std::filesystem::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class Traces : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Traces, keeps_its_promise) {
  const auto text = read(GetParam());
  const auto trace = parse_trace(text, GetParam().filename().string());
  EXPECT_EQ(print_trace(trace), text);
  EXPECT_FALSE(trace.intent.empty());
  ASSERT_NE(trace.expect, Trace::Expect::nothing);
  EXPECT_EQ(trace.expect == Trace::Expect::accepted, GetParam().filename().string().starts_with("good_"));

  Oracle oracle(trace.statement);
  for (std::size_t i = 0; i < trace.steps.size(); ++i) {
    const auto& step = trace.steps[i];
    ASSERT_TRUE(step.response);
    const bool accepted = oracle.step(step.call, *step.response);
    const bool expected = trace.expect == Trace::Expect::accepted || i + 1 < trace.steps.size();
    const auto refusal = accepted ? Refusal{} : oracle.explain(step.call, &*step.response);
    ASSERT_EQ(accepted, expected) << trace.intent << "\ncall " << i + 1 << ": " << print_step_call(step)
                                  << '\n'
                                  << refusal.explanation;
    if (!accepted) {
      std::string ids;
      for (const auto clause : refusal.clauses) ids += std::string(id_of(clause)) + ' ';
      EXPECT_THAT(refusal.clauses, testing::ElementsAre(*trace.refused_clause))
          << trace.intent << "\nblamed: " << ids << "\nexpected: " << id_of(*trace.refused_clause) << '\n'
          << refusal.explanation;
    }
  }
}

std::string stem(const testing::TestParamInfo<std::filesystem::path>& info) {
  return info.param.stem().string();
}

INSTANTIATE_TEST_SUITE_P(Written, Traces, testing::ValuesIn(trace_files()), stem);

TEST(TraceCollection, has_enough_of_each_kind_and_every_judged_must_clause_has_a_bad_one) {
  int good = 0, bad = 0;
  ClauseSet refused;
  for (const auto& path : trace_files()) {
    const auto trace = parse_trace(read(path), path.filename().string());
    if (trace.expect == Trace::Expect::accepted) ++good;
    if (trace.expect != Trace::Expect::refused) continue;
    ++bad;
    refused.add(*trace.refused_clause);
  }
  EXPECT_GE(good, 25);
  EXPECT_GE(bad, 25);
  for (const auto& clause : catalogue().clauses) {
    if (clause.modality != Modality::must || clause.status != ClauseStatus::judged) continue;
    const auto index = static_cast<Clause>(&clause - catalogue().clauses.data());
    // Preparation may end before any call, so no answer breaks this clause alone.
    if (index == Clause::prepare_match_busy) continue;
    // They are about machines, of which a trace has one.
    if (needs(index, Need::machines)) continue;
    // A guest that does not run again gives no answer that could be refused.
    if (index == Clause::reset_restarts) continue;
    EXPECT_TRUE(refused.contains(index)) << clause.id << " has no trace that breaks it";
  }
}

}  // namespace
}  // namespace hptck
