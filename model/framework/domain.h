// The concrete value domain, and the vocabulary that every value domain speaks.
//
// The rules of the model are written once, as generic lambdas over the names in this file, so that they can
// be read as machine words (here) or as SMT terms. Two things follow. A truth value of a domain is not a C++
// bool and does not convert to one: an `if` on it would decide a rule while it is being written down, which
// is always wrong for terms. And operators are names (`eq`, `ult`, `ite`), because `<` is signed in one world
// and unsigned in another. Constants are `Literal`s, which need no domain to exist; a domain lifts them when
// it meets one.
#pragma once

#include <cstdint>
#include <type_traits>

namespace hptck {

/// A constant of no particular domain or width.
struct Literal {
  std::uint64_t value;
};

template <class Enum>
requires std::is_enum_v<Enum>
constexpr Literal lit(Enum value) { return {static_cast<std::uint64_t>(value)}; }
constexpr Literal lit(std::uint64_t value) { return {value}; }

namespace concrete {

/// A truth value. Only holds() looks inside.
class Bool {
 public:
  constexpr explicit Bool(bool value) : value_(value) {}
  friend constexpr bool holds(Bool b) { return b.value_; }
  constexpr bool operator==(const Bool&) const = default;

 private:
  bool value_;
};

template <int width>
using Bits =
    std::conditional_t<width == 8, std::uint8_t, std::conditional_t<width == 64, std::uint64_t, void>>;

/// An unsigned word of `width` bits. Only raw() looks inside.
template <int width>
class Word {
 public:
  constexpr explicit Word(Bits<width> value) : value_(value) {}
  friend constexpr Bits<width> raw(Word w) { return w.value_; }
  constexpr bool operator==(const Word&) const = default;

 private:
  Bits<width> value_;
};

constexpr Bool both(Bool a, Bool b) { return Bool(holds(a) && holds(b)); }
constexpr Bool either(Bool a, Bool b) { return Bool(holds(a) || holds(b)); }
constexpr Bool negate(Bool a) { return Bool(!holds(a)); }

template <int width>
constexpr Bool eq(Word<width> a, Word<width> b) {
  return Bool(raw(a) == raw(b));
}
template <int width>
constexpr Bool eq(Word<width> a, Literal b) {
  return Bool(raw(a) == b.value);
}
/// Unsigned less-than.
template <int width>
constexpr Bool ult(Word<width> a, Word<width> b) {
  return Bool(raw(a) < raw(b));
}
template <int width>
constexpr Bool ult(Word<width> a, Literal b) {
  return Bool(raw(a) < b.value);
}
template <int width>
constexpr Bool ult(Literal a, Word<width> b) {
  return Bool(a.value < raw(b));
}

template <int width>
constexpr Word<width> ite(Bool c, Word<width> a, Word<width> b) {
  return holds(c) ? a : b;
}
/// The literal as a word of the same domain and width as `like`.
template <int width>
constexpr Word<width> constant(Word<width>, Literal value) {
  return Word<width>(static_cast<Bits<width>>(value.value));
}

/// Bits beyond `to` are dropped, missing ones are zero.
template <int to, int from>
constexpr Word<to> resized(Word<from> a) {
  return Word<to>(static_cast<Bits<to>>(raw(a)));
}
/// 1 shifted left by `a`; zero from 64 on.
constexpr Word<64> power_of_two(Word<64> a) { return Word<64>(raw(a) < 64 ? std::uint64_t{1} << raw(a) : 0); }
template <int width>
constexpr Word<width> minus(Word<width> a, Literal b) {
  return Word<width>(static_cast<Bits<width>>(raw(a) - b.value));
}
/// Whether any bit of the mask is set.
template <int width>
constexpr Bool any_bit(Word<width> a, Literal mask) {
  return Bool((raw(a) & mask.value) != 0);
}
/// The word with the mask's bits set, or with only the mask's bits kept.
template <int width>
constexpr Word<width> with_bits(Word<width> a, Literal mask) {
  return Word<width>(static_cast<Bits<width>>(raw(a) | mask.value));
}
template <int width>
constexpr Word<width> only_bits(Word<width> a, Literal mask) {
  return Word<width>(static_cast<Bits<width>>(raw(a) & mask.value));
}
/// Bit by bit; complement() turns every bit.
template <int width>
constexpr Word<width> and_bits(Word<width> a, Word<width> b) {
  return Word<width>(static_cast<Bits<width>>(raw(a) & raw(b)));
}
template <int width>
constexpr Word<width> or_bits(Word<width> a, Word<width> b) {
  return Word<width>(static_cast<Bits<width>>(raw(a) | raw(b)));
}
template <int width>
constexpr Word<width> xor_bits(Word<width> a, Word<width> b) {
  return Word<width>(static_cast<Bits<width>>(raw(a) ^ raw(b)));
}
template <int width>
constexpr Word<width> complement(Word<width> a) {
  return Word<width>(static_cast<Bits<width>>(~raw(a)));
}
/// Zeros come in; a shift by the width or more leaves nothing else.
template <int width>
constexpr Word<width> shifted_left(Word<width> a, Literal count) {
  return Word<width>(static_cast<Bits<width>>(count.value < width ? raw(a) << count.value : 0));
}
template <int width>
constexpr Word<width> shifted_right(Word<width> a, Literal count) {
  return Word<width>(static_cast<Bits<width>>(count.value < width ? raw(a) >> count.value : 0));
}

}  // namespace concrete

/// Machine words: nanoseconds a step.
struct Concrete {
  using Bool = concrete::Bool;
  template <int width>
  using Word = concrete::Word<width>;
};

static_assert(!std::is_convertible_v<Concrete::Bool, bool> && !std::is_constructible_v<bool, Concrete::Bool>);
static_assert(!std::is_convertible_v<Concrete::Word<8>, bool> &&
              !std::is_constructible_v<bool, Concrete::Word<8>>);

}  // namespace hptck
