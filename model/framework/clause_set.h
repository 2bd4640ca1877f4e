// A set of clauses as two machine words.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "spec/clause.h"

namespace hptck {

class ClauseSet {
 public:
  static constexpr std::size_t capacity = 128;

  static constexpr ClauseSet everything() {
    ClauseSet set;
    set.words_ = {~std::uint64_t{0}, ~std::uint64_t{0}};
    return set;
  }

  constexpr void add(Clause clause) { words_[word_of(clause)] |= bit_of(clause); }
  constexpr bool contains(Clause clause) const { return (words_[word_of(clause)] & bit_of(clause)) != 0; }
  constexpr bool empty() const { return words_[0] == 0 && words_[1] == 0; }
  constexpr int size() const { return std::popcount(words_[0]) + std::popcount(words_[1]); }
  constexpr bool is_subset_of(const ClauseSet& whole) const {
    return (words_[0] & ~whole.words_[0]) == 0 && (words_[1] & ~whole.words_[1]) == 0;
  }
  constexpr bool operator==(const ClauseSet&) const = default;

  constexpr ClauseSet& operator|=(const ClauseSet& other) {
    words_[0] |= other.words_[0];
    words_[1] |= other.words_[1];
    return *this;
  }
  constexpr ClauseSet& operator&=(const ClauseSet& other) {
    words_[0] &= other.words_[0];
    words_[1] &= other.words_[1];
    return *this;
  }

  /// In the catalogue's order.
  template <class Visitor>
  constexpr void for_each(Visitor visit) const {
    for (std::size_t word = 0; word < words_.size(); ++word) {
      for (auto rest = words_[word]; rest != 0; rest &= rest - 1)
        visit(static_cast<Clause>(word * 64 + static_cast<std::size_t>(std::countr_zero(rest))));
    }
  }

 private:
  static constexpr std::size_t word_of(Clause clause) { return static_cast<std::size_t>(clause) / 64; }
  static constexpr std::uint64_t bit_of(Clause clause) {
    return std::uint64_t{1} << (static_cast<std::size_t>(clause) % 64);
  }
  std::array<std::uint64_t, 2> words_{};
};

static_assert(clause_count <= ClauseSet::capacity);

}  // namespace hptck
