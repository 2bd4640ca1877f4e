// From decision lists to guarded steps, and those to text.
#include "model/described/promela.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <set>
#include <stdexcept>

#include "model/described/words.h"
#include "model/oracle.h"
#include "model/resize/rules.h"
#include "spec/embedded.h"

namespace hptck {
namespace {

using described::Op;
using described::Tree;

void variables_of(const Tree& tree, std::set<std::string>& names) {
  if (tree->op == Op::variable) names.insert(tree->name);
  for (const auto& operand : tree->operands) variables_of(operand, names);
}

// The assignments that make the present state the next one. Promela assigns one word after the other, so a
// word is overwritten only when nothing that is still to be assigned reads it.
std::string assignments(const DescribedState& next) {
  struct Assignment {
    std::string name;
    Tree value;
    std::set<std::string> reads;
  };
  const auto from = trees(named_state()), to = trees(next);
  std::vector<Assignment> left;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (same(from[i], to[i])) continue;
    Assignment one{from[i]->name, to[i], {}};
    variables_of(one.value, one.reads);
    left.push_back(std::move(one));
  }
  std::string text;
  while (!left.empty()) {
    const auto free = std::ranges::find_if(left, [&](const Assignment& one) {
      return std::ranges::none_of(
          left, [&](const Assignment& other) { return &other != &one && other.reads.contains(one.name); });
    });
    // Two words that swap their values would need a third. No row of the specification does that.
    if (free == left.end()) throw std::domain_error("two words are exchanged");
    text += fmt::format("; {} = {}", free->name, as_promela(free->value));
    left.erase(free);
  }
  return text;
}

std::string step(const described::Bool& guard, const DescribedState& next, const std::string& comment) {
  if (is_literal(tree(guard), 0)) return {};
  const auto condition = as_promela(tree(guard)), changes = assignments(next);
  // Spin refuses a loop that does nothing under no condition, unless it is a d_step.
  if (changes.empty() && is_literal(tree(guard)))
    return fmt::format("  /* {} */\n  :: d_step {{ 1; skip }}\n", comment);
  if (changes.empty()) return fmt::format("  /* {} */\n  :: {}\n", comment, condition);
  return fmt::format("  /* {} */\n  :: d_step {{ {}{} }}\n", comment, condition, changes);
}

std::string values_of(const ConcreteState& s, std::string_view between) {
  const auto bytes = std::bit_cast<std::array<std::uint8_t, 8>>(s);
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    text += fmt::format("{}{} = {}", i == 0 ? "" : between, state_words[i], bytes[i]);
  return text;
}

std::vector<Call> calls_up_to(unsigned largest_shift) {
  std::vector<std::uint64_t> shifts{0, min_shift - 1};
  for (auto shift = min_shift; shift <= largest_shift; ++shift) shifts.push_back(shift);
  shifts.push_back(max_shift + 1);
  std::vector<Call> calls;
  for (const std::uint64_t flags : {0, 1}) {
    for (const auto shift : shifts) {
      calls.push_back(prepare(flags, shift));
      calls.push_back(commit(flags, shift));
    }
  }
  calls.push_back({token::H_ENTER, {0, 0, HPTE_BOLTED | HPTE_VALID, 0}});
  return calls;
}

}  // namespace

std::vector<DescribedOutcome> outcomes(const ResizeList<Described>& list, DescribedState s,
                                       const DescribedArguments& arguments) {
  std::vector<DescribedOutcome> found;
  const auto a = list.taken(s, arguments);
  auto reached = described::truth(true);
  for (const auto& row : list) {
    const auto matches = row.when ? row.when(s, a) : described::truth(true);
    const auto next = row.next(s, a);
    if (row.kind == RowKind::effect) {
      s = ite<Described>(matches, next, s);
      continue;
    }
    found.push_back({&row, both(reached, matches), next});
    if (row.kind == RowKind::must) reached = both(reached, negate(matches));
  }
  return found;
}

Bound one_partition(unsigned largest_shift) {
  return {initial_states({Statement::Resize::enabled, 24, static_cast<std::uint8_t>(largest_shift)}),
          calls_up_to(largest_shift)};
}

Bound every_partition() {
  Bound bound{{}, calls_up_to(max_shift)};
  for (std::uint8_t shift = min_shift; shift <= max_shift; ++shift) {
    for (std::uint8_t largest = min_shift; largest <= max_shift; ++largest) {
      const auto states = initial_states({Statement::Resize::enabled, shift, largest});
      bound.initial.insert(bound.initial.end(), states.begin(), states.end());
    }
  }
  return bound;
}

std::string as_promela(const Tree& tree) {
  constexpr std::uint64_t most = 0x7fffffff;
  if (tree->op == Op::variable) {
    if (tree->width > 8) throw std::domain_error(tree->name + ": an argument that is not a constant");
    return tree->name;
  }
  if (tree->op == Op::literal) {
    if (tree->value > most) throw std::domain_error(fmt::format("{:#x}: too large", tree->value));
    return fmt::format("{}", tree->value);
  }
  std::vector<std::string> v;
  for (const auto& operand : tree->operands) v.push_back(as_promela(operand));
  const auto byte = [&](const std::string& text) {
    if (tree->width != 8) throw std::domain_error("a word of 64 bits");
    return fmt::format("({} & 255)", text);
  };
  switch (tree->op) {
    case Op::equal:
      return fmt::format("({} == {})", v[0], v[1]);
    case Op::less:
      return fmt::format("({} < {})", v[0], v[1]);
    case Op::both:
      return fmt::format("({} && {})", v[0], v[1]);
    case Op::either:
      return fmt::format("({} || {})", v[0], v[1]);
    case Op::negate:
      return fmt::format("(!{})", v[0]);
    case Op::ite:
      return fmt::format("({} -> {} : {})", v[0], v[1], v[2]);
    case Op::resize:
      // What is 31 bits at most is not changed by widening.
      return tree->width == 8 ? byte(v[0]) : v[0];
    case Op::minus:
      return byte(fmt::format("({} - {})", v[0], v[1]));
    case Op::any_bit:
      return fmt::format("(({} & {}) != 0)", v[0], v[1]);
    case Op::with_bits:
      return byte(fmt::format("({} | {})", v[0], v[1]));
    case Op::only_bits:
      return byte(fmt::format("({} & {})", v[0], v[1]));
    case Op::power_of_two:
      throw std::domain_error("a power of two");
    case Op::variable:
    case Op::literal:
      break;
  }
  assert(false);
  return {};
}

std::string promela_model(const Rules<Described>& rules, const Bound& bound) {
  if (bound.initial.empty()) throw std::domain_error("no initial state");
  const bool chosen = bound.initial.size() > 1;
  std::string text =
      "/* The control model of the HPT resize hypercalls, generated from the rows of model/resize/rows.h.\n"
      "   A state is the eight words of model/resize/state.h; a step is a hidden step, or a call and the row "
      "that\n"
      "   answered it. */\n\n";
  const auto bytes = std::bit_cast<std::array<std::uint8_t, 8>>(bound.initial.front());
  for (std::size_t i = 0; i < bytes.size(); ++i)
    text += chosen ? fmt::format("byte {};\n", state_words[i])
                   : fmt::format("byte {} = {};\n", state_words[i], bytes[i]);
  text += "\nactive proctype partition() {\n";
  if (chosen) {
    text += "  if\n";
    for (const auto& s : bound.initial) text += fmt::format("  :: d_step {{ {} }}\n", values_of(s, "; "));
    text += "  fi;\n";
  }
  text += "  do\n";
  const auto s = named_state();
  for (const auto& row : rules.hidden) {
    const auto arguments = constant_arguments(no_arguments);
    text += step(row.when ? row.when(s, arguments) : described::truth(true), row.next(s, arguments),
                 fmt::format("{}", id_of(row.clause)));
  }
  // The concrete lists serve only to read the call's arguments as the oracle does.
  const auto concrete = specification<Concrete>();
  for (const auto& call : bound.calls) {
    for_each_rule(concrete, call, 0, [&](const ConcreteList& list, const ConcreteArguments& arguments) {
      const auto& described_list = &list == &concrete.prepare  ? rules.prepare
                                   : &list == &concrete.commit ? rules.commit
                                   : &list == &concrete.read   ? rules.read
                                                               : rules.enter;
      for (const auto& outcome : outcomes(described_list, s, constant_arguments(arguments))) {
        // "H_LONG_BUSY_*" would end a comment, were it followed by a slash.
        text += step(outcome.guard, outcome.next,
                     fmt::format("{}: {}, by {}", to_string(call), in_words(outcome.row->allowed),
                                 id_of(outcome.row->clause)));
      }
    });
  }
  return text + "  od\n}\n";
}

}  // namespace hptck
