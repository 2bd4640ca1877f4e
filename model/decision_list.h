// Ordered decision lists. A hypercall is one list, its rows in the document's order. First match wins, and
// the list, not the author of a row, supplies "no earlier row matched". That is how LoPAR writes semantics,
// and it keeps visible what independent guards would hide: an effect in mid-list (PREPARE discards a Pending
// HPT that does not match, and goes on, perhaps to an error).
//
// The response is an input: a row says which answers it allows, so that little nondeterminism is left.
//   must    matched: the answer has to be one of these, then the next state
//   may     matched and the answer is one of these: then the next state; otherwise the walk goes on
//   effect  matched: the state changes and the walk goes on
// Conditions and next states are generic lambdas over a value domain (model/domain.h).
#pragma once

#include <array>
#include <cstdint>
#include <tuple>

#include "model/hypercall.h"
#include "spec/clause.h"

namespace hptck {

enum class RowKind : std::uint8_t { must, may, effect };

/// A finite set of status values, all of H_LONG_BUSY_* counting as one member.
struct Answers {
  std::array<std::int64_t, 3> codes{};
  std::uint8_t count = 0;
  bool long_busy = false;
  bool anything = false;

  constexpr bool allow(std::int64_t code) const {
    if (anything || (long_busy && is_long_busy(code))) return true;
    for (std::uint8_t i = 0; i < count; ++i) {
      if (codes[i] == code) return true;
    }
    return false;
  }
};

template <class... Codes>
constexpr Answers answers(Codes... codes) {
  return {{codes...}, sizeof...(codes), false, false};
}
inline constexpr Answers long_busy{{}, 0, true, false};
inline constexpr Answers anything{{}, 0, false, true};

/// A condition that always holds, in every domain.
struct Always {};
/// A next state that is the present one.
struct Unchanged {};

template <RowKind row_kind, class When, class Then>
struct Row {
  static constexpr RowKind kind = row_kind;
  Clause clause;
  When when;
  Answers allowed;
  Then then;
};

template <class When, class Then>
constexpr auto must(Clause clause, When when, Answers allowed, Then then) {
  return Row<RowKind::must, When, Then>{clause, when, allowed, then};
}
template <class When, class Then>
constexpr auto may(Clause clause, When when, Answers allowed, Then then) {
  return Row<RowKind::may, When, Then>{clause, when, allowed, then};
}
template <class When, class Then>
constexpr auto effect(Clause clause, When when, Then then) {
  return Row<RowKind::effect, When, Then>{clause, when, Answers{}, then};
}

template <class... Rows>
constexpr auto decision_list(Rows... rows) {
  return std::tuple<Rows...>(rows...);
}

template <class List, class Visitor>
constexpr void for_each_row(const List& list, Visitor visit) {
  std::apply([&](const auto&... row) { (visit(row), ...); }, list);
}

}  // namespace hptck
