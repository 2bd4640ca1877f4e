// A formula is built once, and evaluated for each configuration in a model that gives the words their values;
// substituting and simplifying builds a new formula each time. Many configurations are one to the rows
// (machine types of one scheme, sizes written in two ways), so Z3 is asked once for each that differs.
#include "model/proofs/configuration_space.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <set>

#include "model/machines/facts.h"
#include "model/machines/judge.h"
#include "model/proofs/capability_obligations.h"

namespace hptck {
namespace {

using namespace machines;
constexpr std::size_t max_disagreements = 10;

// What is compared: started allowed, refused allowed, maximum, warned, pairs.
using Answer = std::array<std::uint8_t, 5>;
constexpr std::array field_names{"may start", "may refuse", "maximum", "warned", "pairs"};

std::string text_of(const Answer& answer) {
  std::string text;
  for (std::size_t i = 0; i < answer.size(); ++i)
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", field_names[i], answer[i]);
  return text;
}

Answer concrete_answer(const Configuration& configuration, const Deviations& deviations) {
  const auto outcome = outcome_of(configuration, deviations);
  return {outcome.may_start, outcome.may_refuse, outcome.maximum_shift, outcome.warned,
          pairs_in(outcome.environment)};
}

// The words in their order, and their values.
constexpr std::size_t word_count = 13;
using Values = std::array<std::uint64_t, word_count>;
Values values_of(const Facts<Concrete>& f) {
  return {raw(f.scheme),      raw(f.processor),  raw(f.form),       raw(f.bytes),    raw(f.number),
          raw(f.accelerator), raw(f.backing),    raw(f.contiguous), raw(f.terabyte), raw(f.slb_entries),
          raw(f.kernel),      raw(f.host_pairs), raw(f.host_shapes)};
}
std::vector<z3::expr> words_of(const SymbolicFacts& f) {
  return {raw(f.scheme),      raw(f.processor),  raw(f.form),       raw(f.bytes),    raw(f.number),
          raw(f.accelerator), raw(f.backing),    raw(f.contiguous), raw(f.terabyte), raw(f.slb_entries),
          raw(f.kernel),      raw(f.host_pairs), raw(f.host_shapes)};
}

class Solver {
 public:
  Solver()
      : world_{context_, rules<Symbolic>(), specification<Symbolic>()},
        facts_(any_facts(world_, "")),
        words_(words_of(facts_)) {
    const auto walk = [&](std::int64_t answer) {
      const auto code = constant(world_.word<64>("answer"), lit(answer));
      return walk_all(world_.pages.start, nothing_yet(facts_), facts_, code);
    };
    const auto up = walk(started), down = walk(refused);
    // Of what does not start nothing else is asked.
    const auto bit = [&](const symbolic::Bool& b) { return z3::ite(raw(b), byte(1), byte(0)); };
    const auto of_started = [&](const symbolic::Word<8>& word) {
      return z3::ite(raw(up.accepted), raw(word), byte(0));
    };
    answers_ = {bit(up.accepted), bit(down.accepted), of_started(up.next.maximum), of_started(up.next.warned),
                of_started(up.next.sizes)};
    joined_ = answers_[0].simplify();
    for (std::size_t i = 1; i < answers_.size(); ++i) joined_ = z3::concat(*joined_, answers_[i]);
    joined_ = joined_->simplify();
  }

  Answer answer(const Values& values) {
    z3::model model(context_);
    for (std::size_t i = 0; i < word_count; ++i) {
      auto word = words_[i].decl();
      auto value = context_.bv_val(values[i], words_[i].get_sort().bv_size());
      model.add_const_interp(word, value);
    }
    const auto all = model.eval(*joined_, true).get_numeral_uint64();
    return {static_cast<std::uint8_t>(all >> 32), static_cast<std::uint8_t>(all >> 24),
            static_cast<std::uint8_t>(all >> 16), static_cast<std::uint8_t>(all >> 8),
            static_cast<std::uint8_t>(all)};
  }

  // An outcome that is none of these, of one that is made up of settings of the space.
  std::optional<std::string> another(const std::set<Answer>& known, const std::set<Values>& points) {
    z3::solver solver(context_);
    // Settings are independent but for those that come together: the option's, and the host's.
    for (const auto& group : {std::vector<std::size_t>{0}, {1}, {2, 3, 4}, {5, 7, 8, 9, 10, 11, 12}, {6}}) {
      std::set<std::vector<std::uint64_t>> seen;
      for (const auto& point : points) {
        std::vector<std::uint64_t> part;
        for (const auto i : group) part.push_back(point[i]);
        seen.insert(part);
      }
      auto any = context_.bool_val(false);
      for (const auto& part : seen) {
        auto here = context_.bool_val(true);
        for (std::size_t i = 0; i < group.size(); ++i)
          here = here && words_[group[i]] == context_.bv_val(part[i], words_[group[i]].get_sort().bv_size());
        any = any || here;
      }
      solver.add(any);
    }
    for (const auto& answer : known) {
      auto same = context_.bool_val(true);
      for (std::size_t i = 0; i < answer.size(); ++i) same = same && answers_[i] == byte(answer[i]);
      solver.add(!same);
    }
    const auto result = solver.check();
    if (result == z3::unsat) return std::nullopt;
    if (result == z3::unknown) return "Z3 does not know whether there is another outcome";
    return "Z3 finds an outcome that was not enumerated: " +
           text_of(configuration_of(solver.get_model(), facts_));
  }

 private:
  z3::expr byte(std::uint64_t value) { return context_.bv_val(value, 8); }

  z3::context context_;
  World world_;
  SymbolicFacts facts_;
  std::vector<z3::expr> words_;
  std::vector<z3::expr> answers_;
  std::optional<z3::expr> joined_;
};

}  // namespace

SpaceComparison compare_space(const Space& space, const Deviations& deviations) {
  SpaceComparison comparison;
  Solver solver;
  std::map<Values, Answer> by_z3;
  std::set<Answer> outcomes;
  std::set<Values> points;
  space.for_each([&](const Configuration& one) {
    ++comparison.configurations;
    const auto values = values_of(facts_of(one));
    auto found = by_z3.find(values);
    if (found == by_z3.end()) {
      found = by_z3.emplace(values, solver.answer(values)).first;
      points.insert(values);
    }
    const auto ours = concrete_answer(one, deviations);
    outcomes.insert(ours);
    if (ours != found->second && comparison.disagreements.size() < max_disagreements)
      comparison.disagreements.push_back(
          fmt::format("{}: rows say {}; Z3 says {}", text_of(one), text_of(ours), text_of(found->second)));
  });
  comparison.distinct = by_z3.size();
  comparison.outcomes = outcomes.size();
  if (const auto other = solver.another(outcomes, points)) comparison.disagreements.push_back(*other);
  return comparison;
}

}  // namespace hptck
