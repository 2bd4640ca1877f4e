// The symbolic value domain: the rules read as SMT terms over bit-vectors, by way of Z3.
//
// z3::expr itself is never a value of the domain. It converts to bool (by its pointer, so that `if (a == b)`
// compiles and is always taken), and its `<` and `/` are signed. So each term stands in a wrapper that speaks
// the vocabulary of model/framework/domain.h and nothing else, and every operation here names Z3's unsigned
// one. A literal that does not fit the width of the word it is compared with is not cut to it: the comparison
// is then decided, as it is for machine words.
//
// Only this file and model/proofs/ include z3++.h. A context is not passed about: words carry theirs, and a
// constant is made in the context of a word that is there.
#pragma once

#include <z3++.h>

#include "model/framework/domain.h"

namespace hptck {

namespace symbolic {

/// A formula. Only raw() looks inside.
class Bool {
 public:
  explicit Bool(z3::expr term) : term_(std::move(term)) {}
  friend const z3::expr& raw(const Bool& b) { return b.term_; }

 private:
  z3::expr term_;
};

/// A bit-vector term of `width` bits. Only raw() looks inside.
template <int width>
class Word {
 public:
  explicit Word(z3::expr term) : term_(std::move(term)) {}
  friend const z3::expr& raw(const Word& w) { return w.term_; }

 private:
  z3::expr term_;
};

template <int width>
constexpr bool fits(Literal value) {
  if constexpr (width < 64) return value.value >> width == 0;
  return true;
}
template <int width>
z3::expr term(const Word<width>& like, Literal value) {
  if constexpr (width < 64) value.value &= (std::uint64_t{1} << width) - 1;
  return raw(like).ctx().bv_val(value.value, width);
}
template <int width>
Bool decided(const Word<width>& like, bool value) {
  return Bool(raw(like).ctx().bool_val(value));
}

inline Bool both(const Bool& a, const Bool& b) { return Bool(raw(a) && raw(b)); }
inline Bool either(const Bool& a, const Bool& b) { return Bool(raw(a) || raw(b)); }
inline Bool negate(const Bool& a) { return Bool(!raw(a)); }

template <int width>
Bool eq(const Word<width>& a, const Word<width>& b) {
  return Bool(raw(a) == raw(b));
}
template <int width>
Bool eq(const Word<width>& a, Literal b) {
  return fits<width>(b) ? Bool(raw(a) == term(a, b)) : decided(a, false);
}
template <int width>
Bool ult(const Word<width>& a, const Word<width>& b) {
  return Bool(z3::ult(raw(a), raw(b)));
}
template <int width>
Bool ult(const Word<width>& a, Literal b) {
  return fits<width>(b) ? Bool(z3::ult(raw(a), term(a, b))) : decided(a, true);
}
template <int width>
Bool ult(Literal a, const Word<width>& b) {
  return fits<width>(a) ? Bool(z3::ult(term(b, a), raw(b))) : decided(b, false);
}

/// Of a term and itself nothing is chosen: most rows leave most of a state alone.
template <int width>
Word<width> ite(const Bool& c, const Word<width>& a, const Word<width>& b) {
  return z3::eq(raw(a), raw(b)) ? a : Word<width>(z3::ite(raw(c), raw(a), raw(b)));
}
template <int width>
Word<width> constant(const Word<width>& like, Literal value) {
  return Word<width>(term(like, value));
}

template <int to, int from>
Word<to> resized(const Word<from>& a) {
  if constexpr (to == from) {
    return a;
  } else if constexpr (to > from) {
    return Word<to>(z3::zext(raw(a), to - from));
  } else {
    return Word<to>(raw(a).extract(to - 1, 0));
  }
}
inline Word<64> power_of_two(const Word<64>& a) { return Word<64>(z3::shl(term(a, {1}), raw(a))); }
template <int width>
Word<width> minus(const Word<width>& a, Literal b) {
  return Word<width>(raw(a) - term(a, b));
}
template <int width>
Bool any_bit(const Word<width>& a, Literal mask) {
  return negate(eq(Word<width>(raw(a) & term(a, mask)), Literal{0}));
}
template <int width>
Word<width> with_bits(const Word<width>& a, Literal mask) {
  return Word<width>(raw(a) | term(a, mask));
}
template <int width>
Word<width> only_bits(const Word<width>& a, Literal mask) {
  return Word<width>(raw(a) & term(a, mask));
}
template <int width>
Word<width> and_bits(const Word<width>& a, const Word<width>& b) {
  return Word<width>(raw(a) & raw(b));
}
template <int width>
Word<width> or_bits(const Word<width>& a, const Word<width>& b) {
  return Word<width>(raw(a) | raw(b));
}
template <int width>
Word<width> xor_bits(const Word<width>& a, const Word<width>& b) {
  return Word<width>(raw(a) ^ raw(b));
}
template <int width>
Word<width> complement(const Word<width>& a) {
  return Word<width>(~raw(a));
}
/// A count that does not fit the width is beyond it, so nothing but zeros is left.
template <int width>
Word<width> shifted_left(const Word<width>& a, Literal count) {
  return fits<width>(count) ? Word<width>(z3::shl(raw(a), term(a, count))) : constant(a, Literal{0});
}
template <int width>
Word<width> shifted_right(const Word<width>& a, Literal count) {
  return fits<width>(count) ? Word<width>(z3::lshr(raw(a), term(a, count))) : constant(a, Literal{0});
}

}  // namespace symbolic

/// SMT terms: for proofs.
struct Symbolic {
  using Bool = symbolic::Bool;
  template <int width>
  using Word = symbolic::Word<width>;
};

static_assert(!std::is_convertible_v<Symbolic::Bool, bool> && !std::is_constructible_v<bool, Symbolic::Bool>);
static_assert(!std::is_convertible_v<Symbolic::Word<8>, bool> &&
              !std::is_constructible_v<bool, Symbolic::Word<8>>);

}  // namespace hptck
