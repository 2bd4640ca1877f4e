// Trees to English. Conditions become Formulas, Formulas become sentences; effects are compared word by word
// with the state that they start from.
#include "model/described/words.h"

#include <fmt/format.h>

#include <cassert>

namespace hptck {
namespace {

using described::Meaning;
using described::Op;
using described::Tree;

// A condition in normal form.
struct Formula {
  enum Kind { always, never, atom, member, all, any } kind = always;
  Tree tree;                   // an atom's; a member's variable
  bool negated = false;        // an atom's
  std::uint32_t values = 0;    // which values a member's variable may have, a bit each
  std::vector<Formula> parts;  // of all and any
};

std::uint32_t every_value(const Tree& variable) {
  return (1u << described::named_values(variable->meaning)) - 1;
}

Formula simplified(Formula member) {
  if (member.values == 0) return {Formula::never, {}, false, 0, {}};
  if (member.values == every_value(member.tree)) return {Formula::always, {}, false, 0, {}};
  return member;
}

// Adds a part to a list; what is said of one variable is joined.
void add(Formula& list, Formula part) {
  const auto neutral = list.kind == Formula::all ? Formula::always : Formula::never;
  if (part.kind == neutral) return;
  if (part.kind == list.kind) {
    for (auto& inner : part.parts) add(list, std::move(inner));
    return;
  }
  for (auto& old : list.parts) {
    if (old.kind != part.kind || (part.kind != Formula::member && part.kind != Formula::atom)) continue;
    if (!same(old.tree, part.tree)) continue;
    if (part.kind == Formula::atom) {
      if (old.negated == part.negated) return;
      continue;
    }
    old.values = list.kind == Formula::all ? old.values & part.values : old.values | part.values;
    old = simplified(std::move(old));
    return;
  }
  list.parts.push_back(std::move(part));
}

// A list of one part is that part; one that is decided by a part is decided.
Formula closed(Formula list) {
  const bool is_all = list.kind == Formula::all;
  const auto neutral = is_all ? Formula::always : Formula::never;
  const auto deciding = is_all ? Formula::never : Formula::always;
  std::erase_if(list.parts, [&](const Formula& part) { return part.kind == neutral; });
  for (const auto& part : list.parts) {
    if (part.kind == deciding) return part;
  }
  if (list.parts.empty()) return {neutral, {}, false, 0, {}};
  if (list.parts.size() == 1) return list.parts.front();
  return list;
}

Formula formula(const Tree& tree, bool negated) {
  switch (tree->op) {
    case Op::literal:
      return {(tree->value != 0) != negated ? Formula::always : Formula::never, {}, false, 0, {}};
    case Op::negate:
      return formula(tree->operands[0], !negated);
    case Op::both:
    case Op::either: {
      Formula list{(tree->op == Op::both) != negated ? Formula::all : Formula::any, {}, false, 0, {}};
      for (const auto& operand : tree->operands) add(list, formula(operand, negated));
      return closed(std::move(list));
    }
    case Op::equal: {
      const auto& [a, b] = std::tie(tree->operands[0], tree->operands[1]);
      const auto count = described::named_values(a->meaning);
      if (a->op == Op::variable && is_literal(b) && count != 0) {
        const auto values = b->value < count ? 1u << b->value : 0;
        return simplified({Formula::member, a, false, negated ? every_value(a) & ~values : values, {}});
      }
      return {Formula::atom, tree, negated, 0, {}};
    }
    default:
      return {Formula::atom, tree, negated, 0, {}};
  }
}

std::string words_of(const Tree& tree);

// "flags" "are" "not zero"
struct Sentence {
  std::string subject, verb, rest;
};

bool is_argument(const Tree& tree) { return tree->op == Op::variable && tree->width == 64; }

Sentence sentence_of(const Formula& f) {
  const auto verb = [](const Tree& subject) {
    return subject->meaning == Meaning::flags || subject->meaning == Meaning::marks ? "are" : "is";
  };
  if (f.kind == Formula::member) {
    std::vector<std::string> names;
    for (unsigned i = 0; i < described::named_values(f.tree->meaning); ++i) {
      if (f.values >> i & 1) names.emplace_back(described::name_of_value(f.tree->meaning, i));
    }
    return {f.tree->name, "is", joined(names, "or")};
  }
  const auto& operands = f.tree->operands;
  switch (f.tree->op) {
    case Op::equal: {
      const bool flags = operands[0]->meaning == Meaning::flags && is_literal(operands[1], 0);
      return {words_of(operands[0]), verb(operands[0]),
              fmt::format("{}{}", f.negated ? "not " : "", flags ? "zero" : words_of(operands[1]))};
    }
    case Op::less:
      // What the guest asked for is what is talked about.
      if (is_literal(operands[0]) || (is_argument(operands[1]) && !is_argument(operands[0])))
        return {words_of(operands[1]), verb(operands[1]),
                fmt::format("{} {}", f.negated ? "at most" : "above", words_of(operands[0]))};
      return {words_of(operands[0]), verb(operands[0]),
              fmt::format("{} {}", f.negated ? "at least" : "below", words_of(operands[1]))};
    case Op::any_bit: {
      std::vector<std::string> bits;
      for (std::uint64_t bit = 1; bit != 0; bit <<= 1) {
        if ((operands[1]->value & bit) == 0) continue;
        const auto name = described::name_of_value(operands[1]->meaning, bit);
        bits.push_back(name.empty() ? fmt::format("{:#x}", bit) : std::string(name));
      }
      const bool plural = operands[0]->meaning == Meaning::marks || operands[0]->meaning == Meaning::flags;
      const char* holds = plural ? "include" : "includes";
      const char* lacks = plural ? "do not include" : "does not include";
      return {words_of(operands[0]), f.negated ? lacks : holds, joined(bits, "or")};
    }
    default:
      return {words_of(f.tree), "is", f.negated ? "false" : "true"};
  }
}

std::string words_of(const Formula& f) {
  switch (f.kind) {
    case Formula::always:
      return "always";
    case Formula::never:
      return "never";
    case Formula::atom:
    case Formula::member: {
      const auto s = sentence_of(f);
      return fmt::format("{} {} {}", s.subject, s.verb, s.rest);
    }
    case Formula::all:
    case Formula::any:
      break;
  }
  const char* word = f.kind == Formula::all ? "and" : "or";
  std::string text;
  Sentence last;
  for (const auto& part : f.parts) {
    const bool simple = part.kind == Formula::atom || part.kind == Formula::member;
    const auto s = simple ? sentence_of(part) : Sentence{};
    if (simple && !text.empty() && s.subject == last.subject && s.verb == last.verb) {
      text += fmt::format(" {} {}", word, s.rest);
    } else {
      if (!text.empty()) text += fmt::format(", {} ", word);
      text += simple ? words_of(part) : fmt::format("({})", words_of(part));
    }
    last = s;
  }
  return text;
}

std::string words_of(const Tree& tree) {
  const auto& operands = tree->operands;
  switch (tree->op) {
    case Op::variable:
      return tree->name;
    case Op::literal: {
      const auto name = described::name_of_value(tree->meaning, tree->value);
      return name.empty() ? fmt::format("{}", tree->value) : std::string(name);
    }
    case Op::resize:
      // A word that is widened or is known to fit is the same word to a reader.
      return words_of(operands[0]);
    case Op::power_of_two:
      return operands[0]->op == Op::variable ? fmt::format("2^{}", words_of(operands[0]))
                                             : fmt::format("2^({})", words_of(operands[0]));
    case Op::minus:
      return fmt::format("{} - {}", words_of(operands[0]), operands[1]->value);
    case Op::ite:
      return fmt::format("{} where {}, else {}", words_of(operands[1]), words_of(formula(operands[0], false)),
                         words_of(operands[2]));
    case Op::with_bits:
      return fmt::format("{} with {}", words_of(operands[0]), words_of(operands[1]));
    case Op::only_bits:
      return fmt::format("{} cut to {:#x}", words_of(operands[0]), operands[1]->value);
    default:
      return words_of(formula(tree, false));
  }
}

std::string change(const Tree& from, const Tree& to) {
  const bool plural = from->meaning == Meaning::marks;
  if (to->op == Op::ite && same(to->operands[2], from))
    return fmt::format("{} if {}", change(from, to->operands[1]), words_of(formula(to->operands[0], false)));
  if (to->op == Op::with_bits && same(to->operands[0], from))
    return fmt::format("{} {} {}", from->name, plural ? "gain" : "gains", words_of(to->operands[1]));
  return fmt::format("{} {} {}", from->name, plural ? "become" : "becomes", words_of(to));
}

}  // namespace

std::string joined(const std::vector<std::string>& parts, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i != 0) text += i + 1 == parts.size() ? fmt::format(" {} ", last) : ", ";
    text += parts[i];
  }
  return text;
}

std::string in_words(const described::Bool& condition) { return words_of(formula(tree(condition), false)); }

std::string changes_in_words(const DescribedState& next) {
  const auto from = trees(named_state()), to = trees(next);
  std::string text;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (same(from[i], to[i])) continue;
    if (!text.empty()) text += "; ";
    text += change(from[i], to[i]);
  }
  return text.empty() ? "nothing" : text;
}

std::string in_words(const Answers& answers) {
  if (answers.anything) return "any answer";
  std::vector<std::string> names;
  if (answers.long_busy) names.emplace_back("H_LONG_BUSY_*");
  for (std::uint8_t i = 0; i < answers.count; ++i) names.push_back(name_of_status(answers.codes[i]));
  return joined(names, "or");
}

}  // namespace hptck
