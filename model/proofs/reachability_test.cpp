// What can be reached at all is asked twice: of the explorer, which walks states one by one, and of Z3, which
// unrolls the same rows over terms. They share the rows and nothing else, so where they agree neither is
// likely to be wrong.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "model/oracle.h"
#include "model/proofs/world.h"
#include "model/resize/explorer.h"
#include "model/resize/interface.h"

namespace hptck {
namespace {

// The words that stand for the control state: phase, gone, table, bolted.
using Control = std::array<unsigned, 4>;

std::set<Control> explored(const Rules<Concrete>& rules, std::vector<std::string>* rows_taken) {
  std::set<Control> reached;
  std::vector<ConcreteState> initial;
  for (const auto& statement : telling_statements()) {
    for (const auto& s : initial_states(statement)) initial.push_back(s);
  }
  const auto result = explore(
      rules, initial, telling_calls(24, 30),
      [&](const ConcreteState& s) {
        reached.insert(
            {raw(s.phase), raw(s.gone), raw(s.table), static_cast<unsigned>(raw(s.marks) & mark::bolted)});
      },
      24);
  if (rows_taken == nullptr) return reached;
  for_each_list(rules, [&](const char* name, const ConcreteList& list) {
    const auto& taken = result.taken.at(name);
    for (std::size_t i = 0; i < taken.size(); ++i) {
      if (taken[i]) rows_taken->push_back(fmt::format("{} {}", name, i));
    }
  });
  return reached;
}

// One step further, of any kind; and for each row whether it answers in that step.
struct Unrolled {
  symbolic::Bool possible;
  SymbolicState next;
  std::vector<std::pair<std::string, symbolic::Bool>> rows;
};

Unrolled one_more(const World& world, const Rules<Symbolic>& rules, const SymbolicState& s, unsigned depth) {
  const auto kind = world.word<8>(fmt::format("kind{}", depth));
  const auto a = world.arguments(fmt::format("arguments{}", depth));
  const auto code = world.word<64>(fmt::format("answer{}", depth));
  Unrolled step{world.truth(false), s, {}};
  std::uint64_t number = 0;
  const auto add = [&](const symbolic::Bool& may, const SymbolicState& next) {
    const auto chosen = eq(kind, lit(number++));
    step.possible = either(step.possible, both(chosen, may));
    step.next = ite(chosen, next, step.next);
    return chosen;
  };
  for_each_list(rules, [&](const char* name, const SymbolicList& list) {
    if (&list == &rules.hidden) return;
    const auto walked = walk_all(list, s, a, code);
    // The platform starts a guest with a size that there is.
    const auto sound = &list == &rules.reset ? legal_size(a.shift) : world.truth();
    const auto chosen = add(both(walked.accepted, sound), walked.next);
    std::size_t i = 0;
    for (const auto& row : list) {
      if (row.kind != RowKind::effect)
        step.rows.emplace_back(fmt::format("{} {}", name, i),
                               both(chosen, both(walked.accepted, walked.fired[i])));
      ++i;
    }
  });
  std::size_t i = 0;
  for (const auto& row : rules.hidden) {
    const auto may = row.when(s, a);
    const auto chosen = add(may, row.then(s, a));
    step.rows.emplace_back(fmt::format("hidden {}", i++), both(chosen, may));
  }
  return step;
}

// Everything that is reached in up to `deepest` steps.
std::set<Control> unrolled(const Deviations& deviations, unsigned deepest,
                           std::set<std::string>* rows_taken) {
  z3::context context;
  World world{context, rules<Symbolic>(deviations), rules<Symbolic>()};
  z3::solver solver(context);
  auto s = world.state("start");
  solver.add(raw(fresh<Symbolic>(s)));
  std::set<Control> reached;
  for (unsigned depth = 0;; ++depth) {
    solver.push();
    const auto bolted = only_bits(s.marks, lit(mark::bolted));
    for (const auto& known : reached) {
      solver.add(!(raw(eq(s.phase, lit(known[0]))) && raw(eq(s.gone, lit(known[1]))) &&
                   raw(eq(s.table, lit(known[2]))) && raw(eq(bolted, lit(known[3])))));
    }
    while (solver.check() == z3::sat) {
      const auto model = solver.get_model();
      const auto value = [&](const symbolic::Word<8>& word) {
        return model.eval(raw(word), true).get_numeral_uint();
      };
      const Control control{value(s.phase), value(s.gone), value(s.table), value(bolted)};
      reached.insert(control);
      solver.add(!(raw(eq(s.phase, lit(control[0]))) && raw(eq(s.gone, lit(control[1]))) &&
                   raw(eq(s.table, lit(control[2]))) && raw(eq(bolted, lit(control[3])))));
    }
    solver.pop();
    if (depth == deepest) return reached;
    const auto step = one_more(world, world.rules, s, depth);
    if (rows_taken != nullptr) {
      for (const auto& [name, taken] : step.rows) {
        if (rows_taken->contains(name)) continue;
        solver.push();
        solver.add(raw(taken));
        if (solver.check() == z3::sat) rows_taken->insert(name);
        solver.pop();
      }
    }
    solver.add(raw(step.possible));
    s = step.next;
  }
}

constexpr unsigned deep_enough = 5;

TEST(Reachability, explorer_and_z3_agree_on_control_states_and_rows) {
  std::vector<std::string> explored_rows;
  std::set<std::string> unrolled_rows;
  const auto by_walking = explored(specification<Concrete>(), &explored_rows);
  const auto by_unrolling = unrolled({}, deep_enough, &unrolled_rows);
  EXPECT_EQ(by_walking, by_unrolling);
  EXPECT_GE(by_walking.size(), 20u);
  EXPECT_EQ(std::set<std::string>(explored_rows.begin(), explored_rows.end()), unrolled_rows);
  EXPECT_GE(unrolled_rows.size(), 30u);
}

// That the comparison can fail: one walks the right rows, the other wrong ones.
TEST(Reachability, a_difference_in_the_rows_is_a_difference_in_what_is_reached) {
  EXPECT_NE(explored(specification<Concrete>(), nullptr),
            unrolled({Deviation::prepare_creates_nothing}, deep_enough, nullptr));
}

}  // namespace
}  // namespace hptck
