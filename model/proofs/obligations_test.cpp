// The list of obligations is in order: every one can fail, and what is called indistinguishable has its
// proof. Whether the proofs hold is not asked here: each is a ctest entry of its own (prove.NAME).
#include "model/proofs/obligations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace hptck {
namespace {

TEST(Obligations, each_has_a_name_of_its_own_clauses_and_wrong_rows) {
  std::set<std::string_view> names;
  for (const auto& obligation : obligations()) {
    EXPECT_TRUE(names.insert(obligation.name).second) << obligation.name;
    EXPECT_FALSE(obligation.clauses.empty()) << obligation.name;
    EXPECT_FALSE(obligation.seeds.empty()) << obligation.name;
    std::set<std::string> seeds;
    for (const auto& seed : obligation.seeds) {
      EXPECT_TRUE(seeds.insert(seed.name).second) << obligation.name << ": " << seed.name;
      EXPECT_NE(seed.deviations.empty(), seed.edit == nullptr) << obligation.name << ": " << seed.name;
    }
  }
}

TEST(Obligations, what_is_indistinguishable_is_what_is_proved_so) {
  std::size_t proofs = 0;
  for (const auto& obligation : obligations()) proofs += obligation.deviations.empty() ? 0 : 1;
  EXPECT_EQ(proofs, proven_indistinguishable().size());
  for (const auto& one : proven_indistinguishable()) {
    const auto proof = std::ranges::find(obligations(), one.obligation, &Obligation::name);
    ASSERT_NE(proof, obligations().end()) << one.obligation;
    EXPECT_EQ(proof->deviations, Deviations{one.deviation}) << one.obligation;
  }
}

}  // namespace
}  // namespace hptck
