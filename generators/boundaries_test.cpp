// The two sides of each boundary are where the rules have it, and wrong bounds show there.
#include "generators/boundaries.h"

#include <gtest/gtest.h>

#include <set>

#include "model/machines/judge.h"
#include "model/machines/space.h"

namespace hptck {
namespace {

using namespace machines;

TEST(Boundaries, what_a_refusing_clause_has_on_its_two_sides_comes_to_different_ends) {
  std::set<std::string> refusing;
  for (const auto& pair : boundary_configurations()) {
    const auto in = outcome_of(pair.meets), out = outcome_of(pair.misses);
    if (in.refused_by && id_of(*in.refused_by) == pair.clause) {
      EXPECT_NE(in, out) << text_of(pair.meets);
      refusing.insert(pair.clause);
    }
  }
  EXPECT_GE(refusing.size(), 6u);
}

TEST(Boundaries, show_wrong_bounds) {
  using D = Deviation;
  for (const auto deviation :
       {D::option_rounds_down, D::option_minimum_unchecked, D::option_malformed_is_default,
        D::host_backing_unchecked, D::host_terabyte_unchecked, D::host_page_sizes_unchecked}) {
    bool shown = false;
    for (const auto& pair : boundary_configurations())
      for (const auto& one : {pair.meets, pair.misses})
        shown = shown || violates(judge(one, predicted(one, {deviation}, telling_page_encodings())));
    EXPECT_TRUE(shown) << id_of(deviation);
  }
}

}  // namespace
}  // namespace hptck
