// A diagnosis finds the smallest sets of deviations, gives ties as ties, and says what it cannot explain.
#include "model/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/resize/explorer.h"

namespace hptck {
namespace {

using namespace status;
using D = Deviation;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

const Statement partition{Statement::Resize::enabled, 24, 30};

std::vector<Step> steps(std::initializer_list<std::pair<Call, std::int64_t>> list) {
  std::vector<Step> result;
  for (const auto& [call, code] : list) result.push_back({0, call, Response{code, {}}});
  return result;
}

Diagnosis diagnosed(const std::vector<std::vector<Step>>& partitions) {
  std::vector<Evidence> evidence;
  for (const auto& one : partitions) evidence.push_back({partition, one});
  return diagnose(evidence);
}

TEST(Diagnosis, of_what_is_right_is_that_nothing_is_wrong) {
  const auto result = diagnosed({steps({{prepare(0, 19), H_SUCCESS}, {commit(0, 19), H_SUCCESS}})});
  EXPECT_THAT(result.explanations, ElementsAre(Deviations{}));
  EXPECT_TRUE(result.unexplained.empty());
  EXPECT_THAT(diagnose({}).explanations, ElementsAre(Deviations{}));
}

TEST(Diagnosis, gives_ties_as_ties_until_evidence_decides) {
  const auto flags_without_pending = steps({{commit(1, 19), H_PARAMETER}});
  EXPECT_THAT(diagnosed({flags_without_pending}).explanations,
              UnorderedElementsAre(Deviations{D::commit_none_is_h_parameter},
                                   Deviations{D::commit_flags_is_h_parameter}));
  EXPECT_THAT(diagnosed({flags_without_pending, steps({{commit(0, 19), H_CLOSED}})}).explanations,
              ElementsAre(Deviations{D::commit_flags_is_h_parameter}));
}

TEST(Diagnosis, finds_several_at_once_and_no_more_than_are_needed) {
  const auto result = diagnosed({steps({{prepare(0, 17), H_SUCCESS}}), steps({{prepare(0, 46), H_PARAMETER}}),
                                 steps({{commit(0, 19), H_PARAMETER}, {commit(1, 19), H_PARAMETER}})});
  EXPECT_THAT(result.explanations, ElementsAre(Deviations{D::prepare_accepts_17, D::prepare_refuses_46,
                                                          D::commit_none_is_h_parameter}));
}

TEST(Diagnosis, finds_two_that_only_together_explain) {
  // The old table is pending after a switch, and the switch back lies about itself.
  const auto result = diagnosed({steps({{prepare(0, 18), H_SUCCESS},
                                        {commit(0, 18), H_SUCCESS},
                                        {read_hpte((1 << 14) - 1), H_SUCCESS},
                                        {read_hpte(1 << 14), H_PARAMETER},
                                        {commit(0, 24), H_HARDWARE},
                                        {read_hpte((1 << 20) - 1), H_SUCCESS},
                                        {read_hpte(1 << 20), H_PARAMETER}})});
  EXPECT_THAT(result.explanations,
              testing::Contains(Deviations{D::commit_swaps, D::commit_hardware_switches}));
}

TEST(Diagnosis, says_what_no_deviation_explains_and_explains_the_rest) {
  const auto result =
      diagnosed({steps({{prepare(0, 17), H_SUCCESS}}), steps({{commit(0, 19), H_NOT_FOUND}})});
  EXPECT_THAT(result.explanations, ElementsAre(Deviations{D::prepare_accepts_17}));
  EXPECT_THAT(result.unexplained, ElementsAre(1u));
}

TEST(Diagnosis, keeps_what_is_given) {
  const auto steps_17 = steps({{prepare(0, 17), H_SUCCESS}});
  const Evidence evidence{partition, steps_17};
  EXPECT_THAT(diagnose({&evidence, 1}, {D::commit_keeps_pending}).explanations,
              ElementsAre(Deviations{D::commit_keeps_pending, D::prepare_accepts_17}));
}

TEST(Diagnosis, of_every_shortest_difference_includes_the_deviation) {
  for (int i = 0; i < deviation_count; ++i) {
    const auto deviation = static_cast<D>(i);
    if (text_of(deviation).seen_in != SeenIn::control) continue;
    const auto difference = shortest_difference({deviation}, {}, telling_statements());
    if (!difference.trace) continue;
    const Evidence evidence{difference.trace->statement, difference.trace->steps};
    EXPECT_THAT(diagnose({&evidence, 1}).explanations, testing::Contains(Deviations{deviation}))
        << id_of(deviation);
  }
}

}  // namespace
}  // namespace hptck
