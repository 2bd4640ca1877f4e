// Spin and our explorer on the same model and bound: two explorers that share the rows and nothing else.
#include <gtest/gtest.h>

#include "model/described/pan.h"
#include "model/described/promela.h"
#include "model/resize/explorer.h"
#include "model/resize/rules.h"

namespace hptck {
namespace {

TEST(Spin, stores_as_many_states_and_takes_as_many_transitions_as_the_explorer) {
  const auto bound = one_partition(30);
  const auto spin = run_pan(HPTCK_PAN);
  const auto explored = explore(specification<Concrete>(), bound.initial, bound.calls);
  EXPECT_EQ(spin.states, explored.states);
  // Spin counts the initial state as a transition.
  EXPECT_EQ(spin.transitions, explored.transitions + 1);
  EXPECT_GT(explored.states, 1000u);
}

// The numbers are a check only if a wrong row changes them.
TEST(Spin, disagrees_with_an_explorer_of_wrong_rows) {
  const auto bound = one_partition(30);
  const auto spin = run_pan(HPTCK_PAN);
  for (const auto deviation : {Deviation::commit_keeps_pending, Deviation::prepare_keeps_other_size,
                               Deviation::prepare_accepts_17, Deviation::prepare_zero_keeps_pending}) {
    const auto explored = explore(rules<Concrete>({deviation}), bound.initial, bound.calls);
    EXPECT_TRUE(spin.states != explored.states || spin.transitions != explored.transitions + 1)
        << static_cast<int>(deviation);
  }
}

TEST(Spin, is_given_no_model_that_means_something_else) {
  const auto rules = specification<Described>();
  auto bound = one_partition(30);
  bound.calls.push_back(read_hpte(7));
  EXPECT_THROW(promela_model(rules, bound), std::domain_error);
}

}  // namespace
}  // namespace hptck
