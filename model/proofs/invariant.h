// What holds of every state between two calls, and when two states are the same to a guest.
//
// The invariant is stronger than what anyone would ask for, because it has to carry itself from call to call:
// that H_HARDWARE from a partition that may not resize leaves it idle is needed for the next call, not
// interesting as such. It is written over the value domain like the rows, so one text serves the proofs and
// whoever wants to check a concrete state.
#pragma once

#include "model/resize/rows.h"

namespace hptck {

template <class Bool>
Bool implies(const Bool& a, const Bool& b) {
  return either(negate(a), b);
}
template <class Bool>
Bool iff(const Bool& a, const Bool& b) {
  return both(implies(a, b), implies(b, a));
}
template <class Bool, class... Bools>
Bool all(const Bool& first, const Bools&... rest) {
  if constexpr (sizeof...(rest) == 0) {
    return first;
  } else {
    return both(first, all(rest...));
  }
}
template <class Bool, class... Bools>
Bool any(const Bool& first, const Bools&... rest) {
  if constexpr (sizeof...(rest) == 0) {
    return first;
  } else {
    return either(first, any(rest...));
  }
}

/// A size that LoPAR knows.
template <class Word>
auto legal_size(const Word& shift) {
  return both(ult(lit(min_shift - 1), shift), ult(shift, lit(max_shift + 1)));
}

template <class Domain>
typename Domain::Bool pending_in(const State<Domain>& s) {
  return rows::has_pending(s, s);
}

template <class Domain>
typename Domain::Bool invariant(const State<Domain>& s) {
  using rows::is;
  const auto pending = pending_in(s);
  const auto idle = is(s.phase, Phase::idle), cancelled = is(s.phase, Phase::cancelled);
  const auto initial = is(s.table, Table::initial), restarted = is(s.table, Table::reset),
             committed = is(s.gone, Gone::committed);
  return all(
      // The enumerations are in range, `discarding` is never seen between calls, `bolted` is the only mark.
      ult(s.standing, lit(static_cast<std::uint64_t>(Standing::absent) + 1)),
      ult(s.phase, lit(static_cast<std::uint64_t>(Phase::cancelled) + 1)),
      ult(s.gone, lit(static_cast<std::uint64_t>(Gone::reset) + 1)), negate(is(s.gone, Gone::discarding)),
      ult(s.table, lit(static_cast<std::uint64_t>(Table::reset) + 1)),
      negate(any_bit(s.marks, lit(0xff & ~mark::bolted))),
      // Sizes.
      legal_size(s.current), legal_size(s.limit),
      implies(pending, both(legal_size(s.pending), negate(ult(s.limit, s.pending)))),
      iff(pending, negate(eq(s.pending, lit(0)))),
      // Why there is none.
      iff(pending, is(s.gone, Gone::none)), iff(idle, either(is(s.gone, Gone::never), committed)),
      implies(committed, negate(either(initial, restarted))),
      iff(cancelled, both(negate(pending), negate(idle))),
      // Only a smaller table with bolted HPTEs about can collide.
      implies(is(s.phase, Phase::collided), rows::may_collide(s, s)),
      // Nothing ever happens where it may not.
      implies(negate(is(s.standing, Standing::permitted)),
              all(idle, is(s.gone, Gone::never), either(initial, restarted))));
}

/// A fresh partition, as far as anything can be said of it before it is asked.
template <class Domain>
typename Domain::Bool fresh(const State<Domain>& s) {
  using rows::is;
  return all(ult(s.standing, lit(static_cast<std::uint64_t>(Standing::absent) + 1)), is(s.phase, Phase::idle),
             eq(s.pending, lit(0)), is(s.gone, Gone::never), legal_size(s.current),
             is(s.table, Table::initial), eq(s.marks, lit(0)), legal_size(s.limit));
}

/// Word by word.
template <class Domain>
typename Domain::Bool same(const State<Domain>& s, const State<Domain>& t) {
  return all(eq(s.standing, t.standing), eq(s.phase, t.phase), eq(s.pending, t.pending), eq(s.gone, t.gone),
             eq(s.current, t.current), eq(s.table, t.table), eq(s.marks, t.marks), eq(s.limit, t.limit));
}

/// The same to a guest: up to what is kept for explanations only (`gone`, `table`, and with them the
/// difference between idle and cancelled). answers_do_not_depend_on_bookkeeping proves that nothing is lost.
template <class Domain>
typename Domain::Bool same_to_a_guest(const State<Domain>& s, const State<Domain>& t) {
  const auto nothing = [](const State<Domain>& u) { return negate(pending_in(u)); };
  return all(eq(s.standing, t.standing), either(eq(s.phase, t.phase), both(nothing(s), nothing(t))),
             eq(s.pending, t.pending), eq(s.current, t.current), eq(s.limit, t.limit),
             eq(only_bits(s.marks, lit(mark::bolted)), only_bits(t.marks, lit(mark::bolted))));
}

}  // namespace hptck
