// Walking the rows in the concrete domain: what the oracle and the explorer share.
//
// The oracle knows the answer and asks whether a state allows it (walk); the explorer asks what a state may
// answer at all (for_each_outcome). Hidden steps are taken before the call (for_each_candidate); taking them
// after it as well would add nothing, since the next call takes them first.
#pragma once

#include <algorithm>
#include <array>

#include "model/framework/clause_set.h"
#include "model/framework/decision_list.h"

namespace hptck {

using ConcreteArguments = Arguments<Concrete>;
using ConcreteList = DecisionList<Concrete>;
using ConcreteRow = Row<Concrete>;

inline const ConcreteArguments no_arguments{Concrete::Word<64>(0), Concrete::Word<64>(0),
                                            Concrete::Word<64>(0), Concrete::Word<64>(0)};

inline bool in(const ConcreteState& s, Phase phase) { return static_cast<Phase>(raw(s.phase)) == phase; }
inline bool has_pending_hpt(const ConcreteState& s) {
  return in(s, Phase::preparing) || in(s, Phase::prepared) || in(s, Phase::collided);
}

template <class S, class A>
bool matched(const Row<Concrete, S, A>& row, const S& s, const A& a) {
  return !row.when || holds(row.when(s, a));
}

/// The row that answered, or null when the answer is not allowed. Then `s` has become the next state.
template <class S, class A>
const Row<Concrete, S, A>* walk(const DecisionList<Concrete, S, A>& list, S& s, const A& arguments,
                                std::int64_t code) {
  const auto a = list.taken(s, arguments);
  for (const auto& row : list) {
    if (row.kind == RowKind::may && !row.allowed.allow(code)) continue;
    if (!matched(row, s, a)) continue;
    if (row.kind == RowKind::must && !row.allowed.allow(code)) return nullptr;
    if (row.then) s = row.then(s, a);
    if (row.kind != RowKind::effect) return &row;
  }
  return nullptr;
}

/// Calls visit(row, next state) for each row that may answer in this state. A row's answers differ in nothing
/// but their number.
template <class Visitor>
void for_each_outcome(const ConcreteList& list, ConcreteState s, const ConcreteArguments& arguments,
                      Visitor visit) {
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

/// Calls visit(state, clauses of the hidden steps taken) for the state and everything that hidden steps make
/// of it. Without a Pending HPT nothing happens unseen.
template <class Visitor>
void for_each_candidate(const ConcreteList& hidden, const ConcreteState& s, Visitor visit) {
  visit(s, ClauseSet{});
  if (!has_pending_hpt(s)) return;
  std::array<std::pair<std::uint64_t, ClauseSet>, 16> found{{{packed(s), {}}}};
  std::size_t count = 1;
  for (std::size_t i = 0; i < count; ++i) {
    const auto from = unpacked(found[i].first);
    for (const auto& row : hidden) {
      if (!matched(row, from, no_arguments)) continue;
      const auto to = row.next(from, no_arguments);
      const auto same = [&](const auto& other) { return other.first == packed(to); };
      if (std::any_of(found.begin(), found.begin() + count, same)) continue;
      auto path = found[i].second;
      path.add(row.clause);
      found.at(count++) = {packed(to), path};
      visit(to, path);
    }
  }
}

/// Finds the call's list and calls visit(list, arguments), for each reading of the arguments: the shift
/// register has two where its halves disagree (ambiguity A1). `start_shift` is the size of the HPT that is
/// declared for the guest's start; where that is 0, a reset may come to any (A18). False: a hypercall that
/// the model has no rows for.
template <class Visitor>
bool for_each_rule(const Rules<Concrete>& rules, const Call& call, unsigned start_shift, Visitor visit) {
  using W = Concrete::Word<64>;
  const auto& args = call.args;
  const W zero(0);
  switch (call.token) {
    case token::H_RESIZE_HPT_PREPARE:
    case token::H_RESIZE_HPT_COMMIT: {
      const auto& list = call.token == token::H_RESIZE_HPT_PREPARE ? rules.prepare : rules.commit;
      const auto low_half =
          static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(args[1])));
      visit(list, ConcreteArguments{W(args[0]), W(low_half), zero, zero});
      if (low_half != args[1]) visit(list, ConcreteArguments{W(args[0]), W(args[1]), zero, zero});
      return true;
    }
    case token::H_READ:
      visit(rules.read, ConcreteArguments{W(args[0]), zero, W(args[1]), zero});
      return true;
    case token::H_ENTER:
      visit(rules.enter, ConcreteArguments{W(args[0]), zero, W(args[1]), W(args[2])});
      return true;
    case token::reset: {
      const auto least = start_shift == 0 ? min_shift : start_shift;
      const auto greatest = start_shift == 0 ? max_shift : start_shift;
      for (auto shift = least; shift <= greatest; ++shift)
        visit(rules.reset, ConcreteArguments{zero, W(shift), zero, zero});
      return true;
    }
    default:
      return false;
  }
}

}  // namespace hptck
