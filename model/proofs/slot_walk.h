// Walking the rows of one slot (model/table/slot_rows.h) in any value domain, with the answer given.
//
// As generic_walk.h does for the control states, every row is evaluated and `going` says whether the walk has
// come that far; and it is written for any domain, so that agreement_test.cpp can hold machine words against
// terms. It is not that walk with another state, because here outputs are part of the answer: a `may` row
// whose status fits and whose outputs do not is passed over. The content oracle has a loop of its own, which
// stops where it may (model/table/contents.cpp).
#pragma once

#include <vector>

#include "model/table/slot_rows.h"

namespace hptck {

template <class Domain>
struct WalkedSlot {
  using Bool = typename Domain::Bool;
  Bool accepted;            ///< some row gave the answer, outputs and all
  Slot<Domain> next;        ///< meaningful where accepted
  std::vector<Bool> fired;  ///< for each row: it gave the answer
  std::vector<Bool> ended;  ///< for each row: the walk ended here, with the answer allowed or refused
};

/// Any `may` row that could fire may be passed over if `taken(i)` says so, as in walk_choosing().
template <class Domain, class Taken>
WalkedSlot<Domain> walk_slot_choosing(const SlotList<Domain>& list, const Slot<Domain>& s,
                                      const SlotCall<Domain>& call,
                                      const typename Domain::template Word<64>& code, Taken taken) {
  using Bool = typename Domain::Bool;
  Bool going = eq(code, code);
  Bool accepted = negate(going);
  auto next = s;
  std::vector<Bool> fired, ended;
  std::size_t index = 0;
  for (const auto& row : list) {
    const Bool here = row.when ? both(going, row.when(s, call)) : going;
    Bool fires = both(here, allows(row.allowed, code));
    if (row.returns)
      fires = both(fires, either(negate(eq(code, lit(status::H_SUCCESS))), row.returns(s, call)));
    if (row.kind == RowKind::may) fires = both(fires, taken(index));
    const Bool ends = row.kind == RowKind::may ? fires : here;
    accepted = either(accepted, fires);
    going = both(going, negate(ends));
    if (row.then) {
      const auto then = row.then(s, call);
      next = {ite(fires, then.high, next.high), ite(fires, then.low, next.low)};
    }
    fired.push_back(fires);
    ended.push_back(ends);
    ++index;
  }
  return {accepted, next, fired, ended};
}

template <class Domain>
WalkedSlot<Domain> walk_slot(const SlotList<Domain>& list, const Slot<Domain>& s,
                             const SlotCall<Domain>& call, const typename Domain::template Word<64>& code) {
  const auto always = eq(code, code);
  return walk_slot_choosing(list, s, call, code, [&](std::size_t) { return always; });
}

}  // namespace hptck
