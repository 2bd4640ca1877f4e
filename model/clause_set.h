// A set of clauses as one machine word.
#pragma once

#include <bit>
#include <cstdint>

#include "spec/clause.h"

namespace hptck {

struct ClauseSet {
  std::uint64_t bits = 0;

  constexpr void add(Clause clause) { bits |= std::uint64_t{1} << static_cast<int>(clause); }
  constexpr bool contains(Clause clause) const { return (bits >> static_cast<int>(clause)) & 1; }
  constexpr int size() const { return std::popcount(bits); }
  constexpr bool operator==(const ClauseSet&) const = default;

  template <class Visitor>
  constexpr void for_each(Visitor visit) const {
    for (auto rest = bits; rest != 0; rest &= rest - 1) visit(static_cast<Clause>(std::countr_zero(rest)));
  }
};

static_assert(clause_count <= 64);

}  // namespace hptck
