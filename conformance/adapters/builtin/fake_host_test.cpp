// The fake host conforms; with each deviation it does not, is caught on the right clause, and is diagnosed;
// and what it does with a deviation is what the deviating rows say that it does, in every configuration.
#include "conformance/adapters/builtin/fake_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "model/machines/judge.h"
#include "model/machines/space.h"

namespace hptck {
namespace {

using namespace machines;
using ::testing::Contains;
using ::testing::IsEmpty;

std::vector<std::string> broken(const Findings& findings) {
  std::vector<std::string> lines;
  for (const auto& finding : findings)
    if (finding.violated) lines.push_back(std::string(id_of(finding.clause)) + ": " + finding.explanation);
  return lines;
}
std::set<Clause> clauses(const Findings& findings, bool violated) {
  std::set<Clause> found;
  for (const auto& finding : findings)
    if (finding.violated == violated) found.insert(finding.clause);
  return found;
}

// A few that start and differ in what migrations look at.
std::vector<Configuration> ends_of_migrations() {
  std::vector<Configuration> all;
  for (const auto* line :
       {"pseries-7.2 POWER8 max=default tcg backing=4k", "pseries-7.2 POWER8 max=default tcg backing=16m",
        "pseries-7.2 POWER8 max=\"4k\" tcg backing=4k", "pseries-7.2 POWER8 max=\"1m\" tcg backing=4k",
        "pseries-7.2 POWER8 max=\"16m\" tcg backing=4k", "pseries-7.2 POWER8 max=\"16g\" tcg backing=4k",
        "pseries-7.2 POWER8 max=default kvm-hv backing=64k",
        "pseries-7.2 POWER8 max=\"16m\" kvm-hv backing=16m",
        "pseries-7.2 POWER8 max=default kvm-pr backing=4k", "pseries-7.2 POWER9 max=default tcg backing=4k",
        "pseries-4.0 POWER8 max=default tcg backing=4k", "pseries-4.0 POWER8 max=\"4k\" tcg backing=4k",
        "pseries-4.0 POWER8 max=\"16m\" tcg backing=4k", "pseries-2.12 POWER8 max=default tcg backing=4k",
        "pseries-2.12 POWER8 max=\"64k\" tcg backing=4k",
        "pseries-2.12 POWER8 max=default kvm-hv backing=64k"})
    all.push_back(parse_configuration(line));
  return all;
}

// Everything that judging under `deviations` refuses, in the whole of the space.
std::vector<std::string> refused_everywhere(const FakeHost& machines, const Space& space,
                                            const Deviations& deviations) {
  std::vector<std::string> lines;
  space.for_each([&](const Configuration& one) {
    if (lines.size() >= 5) return;
    for (const auto& line : broken(judge(one, machines.start(one), deviations)))
      lines.push_back(text_of(one) + ": " + line);
  });
  for (const auto& source : ends_of_migrations()) {
    for (const auto& destination : ends_of_migrations()) {
      if (lines.size() >= 5) return lines;
      if (!outcome_of(source, deviations).may_start || !outcome_of(destination, deviations).may_start)
        continue;
      for (const auto& line :
           broken(judge(source, destination, machines.migrate(source, destination), deviations)))
        lines.push_back(text_of(source, destination) + ": " + line);
    }
  }
  return lines;
}

// The small space, without the hosts and processors that differ in nothing for most.
Space middling_space() {
  auto space = small_space();
  space.processors = {Processor::POWER8, Processor::POWER9};
  return space;
}

TEST(FakeHost, conforms_in_every_configuration) {
  auto space = whole_space();
  space.machines = {"pseries-2.12-sxxm", "pseries-10.1"};
  space.processors = {Processor::POWER7};
  for (const bool strict : {false, true}) {
    const FakeHost host({.deviations = {}, .strict_sizes = strict});
    EXPECT_THAT(refused_everywhere(host, space, {}), IsEmpty()) << "strict: " << strict;
  }
}

TEST(FakeHost, shows_every_clause_at_work_between_its_two_ways_to_read_sizes) {
  std::set<Clause> seen;
  for (const bool strict : {false, true}) {
    const FakeHost host({.deviations = {}, .strict_sizes = strict});
    auto space = small_space();
    space.maxima.emplace_back("0x10000");
    space.for_each(
        [&](const Configuration& one) { seen.merge(clauses(judge(one, host.start(one)), false)); });
    for (const auto& source : ends_of_migrations())
      for (const auto& destination : ends_of_migrations())
        seen.merge(clauses(judge(source, destination, host.migrate(source, destination)), false));
  }
  for (int i = 0; i < clause_count; ++i) {
    const auto clause = static_cast<Clause>(i);
    if (!needs(clause, Need::machines) || text_of(clause).status == ClauseStatus::unjudged) continue;
    // The fake host needs none of these permissions.
    if (clause == Clause::host_inhibited || clause == Clause::enter_size_memory) continue;
    EXPECT_TRUE(seen.contains(clause)) << id_of(clause);
  }
}

class DeviatingFakeHost : public testing::TestWithParam<Deviation> {};

TEST_P(DeviatingFakeHost, is_caught_by_the_smallest_exhibit_on_its_clause_and_diagnosed) {
  const auto deviation = GetParam();
  const FakeHost host({.deviations = {deviation}});
  const auto exhibit = smallest_exhibit(deviation);
  ASSERT_TRUE(exhibit);
  Case one{exhibit->configuration, exhibit->destination, {}, {}};
  if (one.destination)
    one.migrated = host.migrate(one.configuration, *one.destination);
  else
    one.seen = host.start(one.configuration);
  EXPECT_TRUE(clauses(judge(one), true).contains(shown_at(deviation)))
      << testing::PrintToString(broken(judge(one)));
  EXPECT_THAT(broken(judge(one, {deviation})), IsEmpty());
  EXPECT_THAT(diagnose({&one, 1}), Contains(Deviations{deviation}));
}

TEST_P(DeviatingFakeHost, does_everywhere_what_the_deviating_rows_say) {
  const FakeHost host({.deviations = {GetParam()}});
  EXPECT_THAT(refused_everywhere(host, middling_space(), {GetParam()}), IsEmpty());
}

std::vector<Deviation> deviations() {
  std::vector<Deviation> all;
  for (int i = 0; i < deviation_count; ++i)
    if (is_of_configurations(static_cast<Deviation>(i))) all.push_back(static_cast<Deviation>(i));
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, DeviatingFakeHost, testing::ValuesIn(deviations()),
                         [](const auto& parameter) { return std::string(id_of(parameter.param)); });

}  // namespace
}  // namespace hptck
