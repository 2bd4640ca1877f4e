// The described value domain: the rules as expression trees. Reading specification<Described>() on a state
// and arguments that are only names yields what each row says instead of what it does; from the trees come
// the clause tables (words.h, documents.h), the Promela model (promela.h) and C (as_c).
//
// A tree keeps what the rule's author wrote: operation, operands, constants. What a constant means is not in
// a Literal, so it is taken from the word that it meets: 1 beside `phase` is `preparing`. Only what holds in
// every domain is simplified while a tree is built (constants folded, no double negation, x = x), so that
// arguments which are constants leave only what depends on the state. Strings put together directly were
// rejected: they cannot be simplified, evaluated or printed twice.
//
// As in every domain a truth value does not convert to C++'s bool. evaluate() gives a tree's value under
// given words and is what the tests hold against the concrete domain.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "model/resize/rules.h"

namespace hptck {
namespace described {

enum class Op : std::uint8_t {
  variable,
  literal,
  equal,
  less,  ///< unsigned
  both,
  either,
  negate,
  ite,
  resize,
  power_of_two,
  minus,
  any_bit,
  with_bits,
  only_bits,
};

/// What the values of a word stand for.
enum class Meaning : std::uint8_t { number, truth, standing, phase, gone, table, marks, flags, pteh };

struct Node;
using Tree = std::shared_ptr<const Node>;

struct Node {
  Op op;
  int width;  ///< in bits; 1 for a truth value
  Meaning meaning;
  std::uint64_t value = 0;  ///< of a literal
  std::string name;         ///< of a variable
  std::vector<Tree> operands;
};

/// Any operation on trees; folds what is constant. Results are of `width` bits, and what is beyond is lost.
Tree apply(Op op, int width, Meaning meaning, std::vector<Tree> operands);
Tree variable(std::string name, int width, Meaning meaning);
Tree literal(std::uint64_t value, int width, Meaning meaning);

/// Whether the two are written the same.
bool same(const Tree& a, const Tree& b);
bool is_literal(const Tree& tree);
bool is_literal(const Tree& tree, std::uint64_t value);

/// A truth value. Only tree() looks inside.
class Bool {
 public:
  explicit Bool(Tree tree) : tree_(std::move(tree)) {}
  friend const Tree& tree(const Bool& b) { return b.tree_; }

 private:
  Tree tree_;
};

/// An unsigned word. Only tree() looks inside.
template <int width>
class Word {
 public:
  explicit Word(Tree tree) : tree_(std::move(tree)) {}
  friend const Tree& tree(const Word& w) { return w.tree_; }

 private:
  Tree tree_;
};

inline Bool truth(bool value) { return Bool(literal(value, 1, Meaning::truth)); }

inline Bool both(const Bool& a, const Bool& b) {
  return Bool(apply(Op::both, 1, Meaning::truth, {tree(a), tree(b)}));
}
inline Bool either(const Bool& a, const Bool& b) {
  return Bool(apply(Op::either, 1, Meaning::truth, {tree(a), tree(b)}));
}
inline Bool negate(const Bool& a) { return Bool(apply(Op::negate, 1, Meaning::truth, {tree(a)})); }

// A constant beside a word, with the word's meaning. It keeps its bits: a comparison sees all of them.
template <int width>
Tree beside(const Word<width>& a, Literal b) {
  return literal(b.value, 64, tree(a)->meaning);
}

template <int width>
Bool eq(const Word<width>& a, const Word<width>& b) {
  return Bool(apply(Op::equal, 1, Meaning::truth, {tree(a), tree(b)}));
}
template <int width>
Bool eq(const Word<width>& a, Literal b) {
  return Bool(apply(Op::equal, 1, Meaning::truth, {tree(a), beside(a, b)}));
}
template <int width>
Bool ult(const Word<width>& a, const Word<width>& b) {
  return Bool(apply(Op::less, 1, Meaning::truth, {tree(a), tree(b)}));
}
template <int width>
Bool ult(const Word<width>& a, Literal b) {
  return Bool(apply(Op::less, 1, Meaning::truth, {tree(a), beside(a, b)}));
}
template <int width>
Bool ult(Literal a, const Word<width>& b) {
  return Bool(apply(Op::less, 1, Meaning::truth, {beside(b, a), tree(b)}));
}
template <int width>
Word<width> ite(const Bool& c, const Word<width>& a, const Word<width>& b) {
  return Word<width>(apply(Op::ite, width, tree(a)->meaning, {tree(c), tree(a), tree(b)}));
}
template <int width>
Word<width> constant(const Word<width>& like, Literal value) {
  return Word<width>(literal(value.value, width, tree(like)->meaning));
}
template <int to, int from>
Word<to> resized(const Word<from>& a) {
  return Word<to>(apply(Op::resize, to, tree(a)->meaning, {tree(a)}));
}
inline Word<64> power_of_two(const Word<64>& a) {
  return Word<64>(apply(Op::power_of_two, 64, Meaning::number, {tree(a)}));
}
template <int width>
Word<width> minus(const Word<width>& a, Literal b) {
  return Word<width>(apply(Op::minus, width, tree(a)->meaning, {tree(a), beside(a, b)}));
}
template <int width>
Bool any_bit(const Word<width>& a, Literal mask) {
  return Bool(apply(Op::any_bit, 1, Meaning::truth, {tree(a), beside(a, mask)}));
}
template <int width>
Word<width> with_bits(const Word<width>& a, Literal mask) {
  return Word<width>(apply(Op::with_bits, width, tree(a)->meaning, {tree(a), beside(a, mask)}));
}
template <int width>
Word<width> only_bits(const Word<width>& a, Literal mask) {
  return Word<width>(apply(Op::only_bits, width, tree(a)->meaning, {tree(a), beside(a, mask)}));
}

/// The value of each variable, by its name.
using Values = std::function<std::uint64_t(std::string_view)>;
std::uint64_t evaluate(const Tree& tree, const Values& values);

/// "preparing" for 1 as a phase; empty where the values of the meaning have no names.
std::string_view name_of_value(Meaning meaning, std::uint64_t value);
/// How many values have names: 5 for phases; 0 where they have none, or are sets of bits.
unsigned named_values(Meaning meaning);

/// A C expression of the tree's value, for variables that are uint64_t and words of at most 64 bits.
std::string as_c(const Tree& tree);

}  // namespace described

/// Expression trees: what a row says.
struct Described {
  using Bool = described::Bool;
  template <int width>
  using Word = described::Word<width>;
};

static_assert(!std::is_convertible_v<Described::Bool, bool> &&
              !std::is_constructible_v<bool, Described::Bool>);
static_assert(!std::is_convertible_v<Described::Word<8>, bool> &&
              !std::is_constructible_v<bool, Described::Word<8>>);

extern template Rules<Described> specification<Described>();

using DescribedState = State<Described>;
using DescribedArguments = Arguments<Described>;

/// The state and the arguments that are their own names.
DescribedState named_state();
DescribedArguments named_arguments();
/// Arguments that are constants.
DescribedArguments constant_arguments(const Arguments<Concrete>& arguments);

inline constexpr std::array<std::string_view, 8> state_words{"standing", "phase", "pending", "gone",
                                                             "current",  "table", "marks",   "limit"};
/// The words' trees, in the order of state_words.
std::array<described::Tree, 8> trees(const DescribedState& state);

}  // namespace hptck
