#include "generators/configurations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "generators/boundaries.h"
#include "model/machines/space.h"

namespace hptck {
namespace {

using namespace machines;

ConfigurationSpace space() {
  const auto hv = usual_host(Accelerator::kvm_hv), pr = usual_host(Accelerator::kvm_pr);
  return {
      {"pseries-2.1", "pseries-2.7", "pseries-2.12", "pseries-3.0", "pseries-4.0", "pseries-5.1",
       "pseries-7.2"},
      {{Accelerator::tcg, {}, {Processor::POWER7, Processor::POWER8, Processor::POWER9, Processor::POWER10}},
       {Accelerator::kvm_hv, hv, {Processor::POWER8}},
       {Accelerator::kvm_pr, pr, {Processor::POWER7, Processor::POWER8}}},
      {12, 24}};
}

// A setting with its value, as text.
std::set<std::string> settings_of(const Configuration& c) {
  return {"machine " + c.machine, "processor " + std::string(name_of(c.processor)),
          "maximum " + c.maximum.value_or("not given") + (c.maximum ? "!" : ""),
          "accelerator " + std::string(name_of(c.accelerator)), "backing " + size_text(c.backing_shift)};
}

std::set<std::pair<std::string, std::string>> pairs_of(const std::vector<Configuration>& all) {
  std::set<std::pair<std::string, std::string>> pairs;
  for (const auto& c : all) {
    const auto settings = settings_of(c);
    for (const auto& a : settings) {
      for (const auto& b : settings) pairs.insert({a, b});
    }
  }
  return pairs;
}

TEST(Configurations, boundaries_that_the_space_has_are_tried_from_both_sides) {
  const auto all = boundary_configurations_in(space());
  const auto whole = space();
  for (const auto& one : all) {
    EXPECT_NE(std::find(whole.types.begin(), whole.types.end(), one.machine), whole.types.end());
    EXPECT_NE(std::find(whole.backing_shifts.begin(), whole.backing_shifts.end(), one.backing_shift),
              whole.backing_shifts.end());
  }
  for (const auto& pair : boundary_configurations()) {
    if (pair.clause != "option.power_of_two" && pair.clause != "option.minimum") continue;
    for (auto one : {pair.meets, pair.misses}) {
      one.backing_shift = 12;
      EXPECT_EQ(std::count(all.begin(), all.end(), one), 1) << text_of(one);
    }
  }
}

TEST(Configurations, full_cover_is_the_whole_product) {
  const auto all = all_configurations(space());
  EXPECT_EQ(all.size(), 7u * (4 + 1 + 2) * whole_space().maxima.size() * 2);
  std::set<std::string> texts;
  for (const auto& c : all) texts.insert(text_of(c));
  EXPECT_EQ(texts.size(), all.size());
}

TEST(Configurations, any_two_settings_meet_in_a_pairwise_cover) {
  const auto rows = pairwise_configurations(space(), 1);
  // The types that it chose, so that the full cover of the same space says which pairs there are.
  auto chosen = space();
  std::erase_if(chosen.types, [&](const std::string& type) {
    return std::none_of(rows.begin(), rows.end(), [&](const Configuration& c) { return c.machine == type; });
  });
  EXPECT_EQ(chosen.types.size(), 6u);
  for (const char* always : {"pseries-2.1", "pseries-2.12", "pseries-3.0", "pseries-7.2"})
    EXPECT_EQ(std::count(chosen.types.begin(), chosen.types.end(), always), 1) << always;
  EXPECT_EQ(pairs_of(rows), pairs_of(all_configurations(chosen)));
  // Machine types and maxima are the two settings with most values.
  EXPECT_LT(rows.size(), 6 * whole_space().maxima.size() * 5 / 4);
}

TEST(Configurations, the_first_of_a_pairwise_cover_have_every_value) {
  auto rows = pairwise_configurations(space(), 2);
  std::set<std::string> every;
  for (const auto& c : rows) every.merge(settings_of(c));
  std::set<std::string> early;
  for (std::size_t i = 0; i < whole_space().maxima.size() + 12; ++i) early.merge(settings_of(rows[i]));
  EXPECT_EQ(early, every);
}

TEST(Configurations, equal_seeds_give_equal_covers_and_others_do_not) {
  EXPECT_EQ(pairwise_configurations(space(), 3), pairwise_configurations(space(), 3));
  EXPECT_NE(pairwise_configurations(space(), 3), pairwise_configurations(space(), 4));
  EXPECT_EQ(migrations(space(), 3, 20), migrations(space(), 3, 20));
}

TEST(Configurations, the_usual_one_is_the_newest_with_nothing_given) {
  const auto usual = usual_configuration(space());
  EXPECT_EQ(usual.machine, "pseries-7.2");
  EXPECT_EQ(usual.processor, Processor::POWER8);
  EXPECT_EQ(usual.maximum, std::nullopt);
  EXPECT_EQ(usual.accelerator, Accelerator::tcg);
  EXPECT_EQ(usual.backing_shift, 12);
}

TEST(Configurations, a_migration_keeps_machine_type_and_processor) {
  const auto plans = migrations(space(), 5, 60);
  ASSERT_EQ(plans.size(), 60u);
  for (const auto& [source, destination] : plans) {
    EXPECT_EQ(source.machine, destination.machine);
    EXPECT_EQ(source.processor, destination.processor);
  }
  const auto has = [&](const char* type, std::optional<std::string> from, std::optional<std::string> to) {
    return std::any_of(plans.begin(), plans.begin() + 18, [&](const MigrationPlan& plan) {
      return plan.first.machine == type && plan.first.maximum == from && plan.second.maximum == to;
    });
  };
  EXPECT_TRUE(has("pseries-7.2", "16m", std::nullopt));
  EXPECT_TRUE(has("pseries-3.0", "16m", std::nullopt));
  EXPECT_TRUE(has("pseries-7.2", "64k", "16m"));
  EXPECT_TRUE(has("pseries-7.2", std::nullopt, "4k"));
}

TEST(Configurations, there_are_none_of_nothing) {
  EXPECT_TRUE(pairwise_configurations({}, 1).empty());
  EXPECT_TRUE(all_configurations({}).empty());
  EXPECT_TRUE(migrations({}, 1, 5).empty());
  EXPECT_TRUE(migrations(space(), 1, 0).empty());
}

}  // namespace
}  // namespace hptck
