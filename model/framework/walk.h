// Walking the rows in the concrete domain. Nobody else walks a list of machine words.
//
// The oracle knows the answer and asks whether a state allows it (walk); who wants to know what was met on
// the way hands in an observer, and who does not pays nothing for it. The explorer asks what a state may
// answer at all (for_each_outcome). Hidden steps are taken before the call (for_each_candidate); taking them
// after it as well would add nothing, since the next call takes them first. The walk over terms is another
// (model/framework/generic_walk.h), because a term cannot stop at the first row that matches.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "model/framework/clause_set.h"
#include "model/framework/decision_list.h"

namespace hptck {

template <class S, class A>
bool matched(const Row<Concrete, S, A>& row, const S& s, const A& a) {
  return !row.when || holds(row.when(s, a));
}

/// Where a walk ended: at the row that answered, at the one that refused the answer, or behind the last row,
/// which refuses as well.
template <class R>
struct Ended {
  const R* row = nullptr;
  bool answered = false;
  explicit operator bool() const { return answered; }
};

/// Sees nothing. An observer may have any of
///   passed(row)                a `may` row matched, but does not allow the answer
///   done(row, before, after)   an effect was done
struct Unobserved {};

/// Walks by first match. `s` becomes the next state; of a refused answer, what effects made of it. Without an
/// answer: where the walk ends if the call is answered with something that no row allows.
template <class S, class A, class Observer = Unobserved>
Ended<Row<Concrete, S, A>> walk(const DecisionList<Concrete, S, A>& list, S& s, const A& arguments,
                                std::optional<std::int64_t> answer, Observer&& observer = {}) {
  const auto a = list.taken(s, arguments);
  const auto allows = [&](const auto& row) {
    return answer && row.allowed.allow(*answer) && (!row.returns || holds(row.returns(s, a)));
  };
  for (const auto& row : list) {
    if (row.kind == RowKind::may && !allows(row)) {
      if constexpr (requires { observer.passed(row); }) {
        if (matched(row, s, a)) observer.passed(row);
      }
      continue;
    }
    if (!matched(row, s, a)) continue;
    if (row.kind == RowKind::must && !allows(row)) return {&row, false};
    if constexpr (requires { observer.done(row, s, s); }) {
      const auto before = std::exchange(s, row.next(s, a));
      if (row.kind == RowKind::effect) observer.done(row, before, s);
    } else if (row.then) {
      s = row.then(s, a);
    }
    if (row.kind != RowKind::effect) return {&row, true};
  }
  return {};
}

/// Calls visit(row, next state) for each row that may answer in this state. A row's answers differ in nothing
/// but their number.
template <class S, class A, class Visitor>
void for_each_outcome(const DecisionList<Concrete, S, A>& list, S s, const A& arguments, Visitor visit) {
  const auto a = list.taken(s, arguments);
  for (const auto& row : list) {
    if (!matched(row, s, a)) continue;
    const auto next = row.next(s, a);
    if (row.kind == RowKind::effect) {
      s = next;
      continue;
    }
    visit(row, next);
    if (row.kind == RowKind::must) return;
  }
}

template <class T, std::size_t... i>
std::array<T, sizeof...(i)> copies_of(const T& one, std::index_sequence<i...>) {
  return {((void)i, one)...};
}

/// Calls visit(state, clauses of the hidden steps taken) for the state and everything that hidden steps make
/// of it: any row that matches may be taken, in any order. Hidden steps have no arguments, so `none` is what
/// stands for them. may_change_unseen(state) saves looking at rows where none can match.
template <class S, class A, class Visitor>
void for_each_candidate(const DecisionList<Concrete, S, A>& hidden, const S& s, const A& none,
                        Visitor visit) {
  visit(s, ClauseSet{});
  if (!may_change_unseen(s)) return;
  auto found = copies_of(std::pair(s, ClauseSet{}), std::make_index_sequence<16>());
  std::size_t count = 1;
  for (std::size_t i = 0; i < count; ++i) {
    const auto from = found[i].first;
    for (const auto& row : hidden) {
      if (!matched(row, from, none)) continue;
      const auto to = row.next(from, none);
      const auto same = [&](const auto& other) { return other.first == to; };
      if (std::any_of(found.begin(), found.begin() + count, same)) continue;
      auto path = found[i].second;
      path.add(row.clause);
      found.at(count++) = std::pair(to, path);
      visit(to, path);
    }
  }
}

}  // namespace hptck
