// Building, evaluating and printing expression trees. apply() is the one place where a node comes to be, so a
// simplification made there holds for every printer; all of them are equalities of unsigned arithmetic.
#include "model/described/described.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace hptck {
namespace described {
namespace {

std::uint64_t cut(std::uint64_t value, int width) {
  return width >= 64 ? value : value & ((std::uint64_t{1} << width) - 1);
}

// The operation on values. Bool operands are 0 or 1.
std::uint64_t compute(Op op, int width, const std::vector<std::uint64_t>& v) {
  switch (op) {
    case Op::equal:
      return v[0] == v[1];
    case Op::less:
      return v[0] < v[1];
    case Op::both:
      return v[0] & v[1];
    case Op::either:
      return v[0] | v[1];
    case Op::negate:
      return v[0] ^ 1;
    case Op::ite:
      return v[0] != 0 ? v[1] : v[2];
    case Op::resize:
      return cut(v[0], width);
    case Op::power_of_two:
      return v[0] < 64 ? std::uint64_t{1} << v[0] : 0;
    case Op::minus:
      return cut(v[0] - v[1], width);
    case Op::any_bit:
      return (v[0] & v[1]) != 0;
    case Op::with_bits:
      return cut(v[0] | v[1], width);
    case Op::only_bits:
      return cut(v[0] & v[1], width);
    case Op::variable:
    case Op::literal:
      break;
  }
  assert(false);
  return 0;
}

// What the operation comes to where one of its operands decides it; null where none does.
Tree decided(Op op, const std::vector<Tree>& operands) {
  const auto yes = [&](std::size_t i) { return is_literal(operands[i], 1); };
  const auto no = [&](std::size_t i) { return is_literal(operands[i], 0); };
  const auto truth_value = [](bool value) { return literal(value, 1, Meaning::truth); };
  switch (op) {
    case Op::equal:
      return same(operands[0], operands[1]) ? truth_value(true) : nullptr;
    case Op::less:
      return same(operands[0], operands[1]) ? truth_value(false) : nullptr;
    case Op::both:
      if (no(0) || yes(1) || same(operands[0], operands[1])) return operands[0];
      return no(1) || yes(0) ? operands[1] : nullptr;
    case Op::either:
      if (yes(0) || no(1) || same(operands[0], operands[1])) return operands[0];
      return yes(1) || no(0) ? operands[1] : nullptr;
    case Op::negate:
      return operands[0]->op == Op::negate ? operands[0]->operands[0] : nullptr;
    case Op::ite:
      if (yes(0) || same(operands[1], operands[2])) return operands[1];
      return no(0) ? operands[2] : nullptr;
    default:
      return nullptr;
  }
}

}  // namespace

Tree variable(std::string name, int width, Meaning meaning) {
  return std::make_shared<const Node>(Node{Op::variable, width, meaning, 0, std::move(name), {}});
}

Tree literal(std::uint64_t value, int width, Meaning meaning) {
  return std::make_shared<const Node>(Node{Op::literal, width, meaning, cut(value, width), {}, {}});
}

Tree apply(Op op, int width, Meaning meaning, std::vector<Tree> operands) {
  if (auto tree = decided(op, operands)) return tree;
  if (std::ranges::all_of(operands, [](const Tree& t) { return is_literal(t); })) {
    std::vector<std::uint64_t> values;
    for (const auto& operand : operands) values.push_back(operand->value);
    return literal(compute(op, width, values), width, meaning);
  }
  return std::make_shared<const Node>(Node{op, width, meaning, 0, {}, std::move(operands)});
}

bool same(const Tree& a, const Tree& b) {
  if (a == b) return true;
  return a->op == b->op && a->width == b->width && a->value == b->value && a->name == b->name &&
         std::ranges::equal(a->operands, b->operands, same);
}

bool is_literal(const Tree& tree) { return tree->op == Op::literal; }
bool is_literal(const Tree& tree, std::uint64_t value) { return is_literal(tree) && tree->value == value; }

std::uint64_t evaluate(const Tree& tree, const Values& values) {
  if (tree->op == Op::variable) return values(tree->name);
  if (tree->op == Op::literal) return tree->value;
  std::vector<std::uint64_t> operands;
  for (const auto& operand : tree->operands) operands.push_back(evaluate(operand, values));
  return compute(tree->op, tree->width, operands);
}

unsigned named_values(Meaning meaning) {
  switch (meaning) {
    case Meaning::standing:
      return 3;
    case Meaning::table:
      return 4;
    case Meaning::phase:
      return 5;
    case Meaning::gone:
      return 10;
    default:
      return 0;
  }
}

std::string_view name_of_value(Meaning meaning, std::uint64_t value) {
  static constexpr std::string_view standings[] = {"permitted", "forbidden", "absent"};
  static constexpr std::string_view phases[] = {"idle", "preparing", "prepared", "collided", "cancelled"};
  static constexpr std::string_view reasons[] = {"none",       "never", "committed", "dropped",  "zero",
                                                 "discarding", "flags", "range",     "resource", "reset"};
  static constexpr std::string_view tables[] = {"initial", "committed", "kept", "reset"};
  switch (meaning) {
    case Meaning::standing:
      return value < 3 ? standings[value] : "";
    case Meaning::phase:
      return value < 5 ? phases[value] : "";
    case Meaning::gone:
      return value < 10 ? reasons[value] : "";
    case Meaning::table:
      return value < 4 ? tables[value] : "";
    case Meaning::marks:
      return value == mark::bolted         ? "bolted"
             : value == mark::error_sticks ? "error_sticks"
             : value == mark::will_lie     ? "will_lie"
                                           : "";
    case Meaning::pteh:
      return value == HPTE_BOLTED ? "bolted" : value == HPTE_VALID ? "valid" : "";
    default:
      return "";
  }
}

std::string as_c(const Tree& tree) {
  if (tree->op == Op::variable) return tree->name;
  if (tree->op == Op::literal) return fmt::format("{:#x}ull", tree->value);
  std::vector<std::string> v;
  for (const auto& operand : tree->operands) v.push_back(as_c(operand));
  const auto mask = [&](const std::string& text) {
    return tree->width >= 64 ? text
                             : fmt::format("({} & {:#x}ull)", text, cut(~std::uint64_t{0}, tree->width));
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
      return fmt::format("({} ? {} : {})", v[0], v[1], v[2]);
    case Op::resize:
      return mask(v[0]);
    case Op::power_of_two:
      return fmt::format("({0} < 64 ? 1ull << {0} : 0)", v[0]);
    case Op::minus:
      return mask(fmt::format("({} - {})", v[0], v[1]));
    case Op::any_bit:
      return fmt::format("(({} & {}) != 0)", v[0], v[1]);
    case Op::with_bits:
      return mask(fmt::format("({} | {})", v[0], v[1]));
    case Op::only_bits:
      return mask(fmt::format("({} & {})", v[0], v[1]));
    case Op::variable:
    case Op::literal:
      break;
  }
  assert(false);
  return {};
}

}  // namespace described

DescribedState named_state() {
  using namespace described;
  const auto word = [](const char* name, Meaning meaning) { return Word<8>(variable(name, 8, meaning)); };
  return {word("standing", Meaning::standing), word("phase", Meaning::phase),
          word("pending", Meaning::number),    word("gone", Meaning::gone),
          word("current", Meaning::number),    word("table", Meaning::table),
          word("marks", Meaning::marks),       word("limit", Meaning::number)};
}

DescribedArguments named_arguments() {
  using namespace described;
  const auto word = [](const char* name, Meaning meaning) { return Word<64>(variable(name, 64, meaning)); };
  return {word("flags", Meaning::flags), word("shift", Meaning::number), word("ptex", Meaning::number),
          word("pteh", Meaning::pteh)};
}

DescribedArguments constant_arguments(const Arguments<Concrete>& arguments) {
  using namespace described;
  const auto word = [](Concrete::Word<64> value, Meaning meaning) {
    return Word<64>(literal(raw(value), 64, meaning));
  };
  return {word(arguments.flags, Meaning::flags), word(arguments.shift, Meaning::number),
          word(arguments.ptex, Meaning::number), word(arguments.pteh, Meaning::pteh)};
}

std::array<described::Tree, 8> trees(const DescribedState& s) {
  return {tree(s.standing), tree(s.phase), tree(s.pending), tree(s.gone),
          tree(s.current),  tree(s.table), tree(s.marks),   tree(s.limit)};
}

}  // namespace hptck
