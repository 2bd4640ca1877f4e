// Walking a decision list in any value domain, with the answer given.
//
// The concrete walk (model/framework/walk.h) may stop at the row that answers and skip what does not match. A
// term has to hold every case at once, so here every row is evaluated and `going` says whether the walk has
// come that far. It is written for any domain, not for terms only, so that agreement_test.cpp can hold it
// against the concrete walk with machine words in both.
#pragma once

#include <utility>
#include <vector>

#include "model/framework/decision_list.h"

namespace hptck {

template <class Domain, class S>
struct Walked {
  using Bool = typename Domain::Bool;
  Bool accepted;            ///< some row gave the answer, outputs and all
  S next;                   ///< meaningful where accepted
  std::vector<Bool> fired;  ///< for each row: it changed the state (effect) or gave the answer
  std::vector<Bool> ended;  ///< for each row: the walk ended here, with the answer allowed or refused
};

/// Any `may` row that could fire may be passed over if `taken(i)` says so. First match wins, so it is not
/// asked in an ordinary walk; a proof asks whether it matters.
template <class Domain, class S, class A, class Taken>
Walked<Domain, S> walk_choosing(const DecisionList<Domain, S, A>& list, S s, const A& arguments,
                                const typename Domain::template Word<64>& code, Taken taken) {
  using Bool = typename Domain::Bool;
  const auto a = list.taken(s, arguments);
  Bool going = eq(code, code);
  Bool accepted = negate(going);
  std::vector<Bool> fired, ended;
  std::vector<std::pair<Bool, S>> nexts;  // what rows that answer make of the state
  std::size_t index = 0;
  for (const auto& row : list) {
    const Bool here = row.when ? both(going, row.when(s, a)) : going;
    Bool fires = here, ends = here;
    if (row.kind == RowKind::effect) {
      ends = both(here, negate(here));
      if (row.then) s = ite(fires, row.then(s, a), s);
    } else {
      fires = both(here, allows(row.allowed, code));
      if (row.returns) fires = both(fires, row.returns(s, a));
      if (row.kind == RowKind::may) ends = fires = both(fires, taken(index));
      accepted = either(accepted, fires);
      going = both(going, negate(ends));
      if (row.then) nexts.emplace_back(fires, row.then(s, a));
    }
    fired.push_back(fires);
    ended.push_back(ends);
    ++index;
  }
  // Behind the row that answered no effect is done, so `s` is what stood there then.
  for (const auto& [fires, then] : nexts) s = ite(fires, then, s);
  return {accepted, s, fired, ended};
}

template <class Domain, class S, class A>
Walked<Domain, S> walk_all(const DecisionList<Domain, S, A>& list, const S& s, const A& a,
                           const typename Domain::template Word<64>& code) {
  const auto always = eq(code, code);
  return walk_choosing(list, s, a, code, [&](std::size_t) { return always; });
}

}  // namespace hptck
