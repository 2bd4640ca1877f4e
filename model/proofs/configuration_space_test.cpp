// The whole space of configurations, enumerated and compared with Z3; and wrong rows, which have to disagree.
#include "model/proofs/configuration_space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hptck {
namespace {

TEST(ConfigurationSpace, enumerated_in_full_is_what_z3_says_of_it) {
  const auto& space = machines::whole_space();
  const auto compared = compare_space(space);
  EXPECT_THAT(compared.disagreements, testing::IsEmpty());
  EXPECT_EQ(compared.configurations, space.size());
  EXPECT_GE(compared.outcomes, 10u);
  RecordProperty("configurations", static_cast<int>(compared.configurations));
  RecordProperty("distinct", static_cast<int>(compared.distinct));
  RecordProperty("outcomes", static_cast<int>(compared.outcomes));
}

TEST(ConfigurationSpace, wrong_rows_disagree) {
  for (const auto deviation : {Deviation::option_minimum_refuses_4k, Deviation::host_encodings_unchecked,
                               Deviation::sizes_maximum_of_base, Deviation::maximum_default_16m_from_power9})
    EXPECT_FALSE(compare_space(machines::small_space(), {deviation}).disagreements.empty())
        << id_of(deviation);
}

}  // namespace
}  // namespace hptck
