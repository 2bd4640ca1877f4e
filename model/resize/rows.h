// The rules: what LoPAR 2.9 says of the two resize hypercalls, row by row in its own order, and the little of
// H_READ and H_ENTER that lets the size of the table and the chance of a collision be seen. Each row names
// its clause; the clause's wording stands in spec/clauses.xml, so it is not repeated here.
//
// Written once for every value domain: s is the state, a the arguments. What could go wrong in them stands in
// model/resize/deviations.h.
#pragma once

#include "model/framework/conditions.h"
#include "model/resize/rules.h"

namespace hptck {

namespace rows {

using namespace conditions;
using namespace status;

// Conditions of the state and the arguments, whether or not they look at both.
inline constexpr auto absent = [](const auto& s, const auto&) { return is(s.standing, Standing::absent); };
inline constexpr auto forbidden = [](const auto& s, const auto&) {
  return is(s.standing, Standing::forbidden);
};
inline constexpr auto permitted = [](const auto& s, const auto&) {
  return is(s.standing, Standing::permitted);
};
inline constexpr auto preparing = [](const auto& s, const auto&) { return is(s.phase, Phase::preparing); };
inline constexpr auto prepared = [](const auto& s, const auto&) { return is(s.phase, Phase::prepared); };
inline constexpr auto collided = [](const auto& s, const auto&) { return is(s.phase, Phase::collided); };

inline constexpr auto has_pending = or_(preparing, or_(prepared, collided));
inline constexpr auto flags_set = [](const auto&, const auto& a) { return negate(eq(a.flags, lit(0))); };
inline constexpr auto shift_zero = [](const auto&, const auto& a) { return eq(a.shift, lit(0)); };
inline constexpr auto out_of_range = [](const auto&, const auto& a) {
  return either(ult(a.shift, lit(min_shift)), ult(lit(max_shift), a.shift));
};
inline constexpr auto beyond_limit = [](const auto& s, const auto& a) {
  return ult(resized<64>(s.limit), a.shift);
};
inline constexpr auto other_shift = [](const auto& s, const auto& a) {
  return negate(eq(a.shift, resized<64>(s.pending)));
};
// A Pending HPT's flags are always zero: it is created only past the check of the flags.
inline constexpr auto matches = and_(has_pending, and_(no(flags_set), no(other_shift)));
// Two bolted HPTEs can need one slot only in a smaller table.
inline constexpr auto may_collide = [](const auto& s, const auto&) {
  return both(any_bit(s.marks, lit(mark::bolted)), ult(s.pending, s.current));
};

// Next states. Evaluated symbolically also where their condition is false, so they are total.
inline constexpr auto becomes = [](Phase phase) {
  return [phase](auto s, const auto&) {
    s.phase = constant(s.phase, lit(phase));
    return s;
  };
};
// The Pending HPT is given up.
inline constexpr auto discards = [](Gone reason) {
  return [reason](auto s, const auto&) {
    s.pending = constant(s.pending, lit(0));
    s.phase = constant(s.phase, lit(Phase::cancelled));
    s.gone = constant(s.gone, lit(reason));
    return s;
  };
};
// A PREPARE that discarded a Pending HPT ends: remember how.
inline constexpr auto ends = [](Gone how) {
  return [how](auto s, const auto&) {
    s.gone = ite(is(s.gone, Gone::discarding), constant(s.gone, lit(how)), s.gone);
    return s;
  };
};
inline constexpr auto creates = [](auto s, const auto& a) {
  s.phase = constant(s.phase, lit(Phase::preparing));
  s.pending = resized<8>(a.shift);
  s.gone = constant(s.gone, lit(Gone::none));
  return s;
};
inline constexpr auto keeps_table = [](auto s, const auto&) {
  s.table = constant(s.table, lit(Table::kept));
  return s;
};
inline constexpr auto makes_current = [](auto s, const auto&) {
  s.current = s.pending;
  s.table = constant(s.table, lit(Table::committed));
  return s;
};
inline constexpr auto clears_pending = [](auto s, const auto&) {
  s.pending = constant(s.pending, lit(0));
  s.phase = constant(s.phase, lit(Phase::idle));
  s.gone = constant(s.gone, lit(Gone::committed));
  return s;
};
inline constexpr auto marks = [](std::uint8_t bit) {
  return [bit](auto s, const auto&) {
    s.marks = with_bits(s.marks, lit(bit));
    return s;
  };
};

// clang-format off
inline constexpr auto prepare = decision_list(
    may   (Clause::prepare_hardware,           Always{},                  answers(H_HARDWARE),                  Unchanged{}),
    must  (Clause::prepare_option_absent,      absent,                    answers(H_FUNCTION, H_NOT_AVAILABLE), Unchanged{}),
    must  (Clause::prepare_authority,          forbidden,                 answers(H_AUTHORITY),                 Unchanged{}),
    must  (Clause::prepare_match_busy,         and_(matches, preparing),  long_busy,                            Unchanged{}),
    may   (Clause::prepare_match_busy,         and_(matches, collided),   long_busy,                            Unchanged{}),  // A8
    must  (Clause::prepare_match_collision,    and_(matches, collided),   answers(H_PTEG_FULL),                 Unchanged{}),
    must  (Clause::prepare_match_ready,        matches,                   answers(H_SUCCESS),                   Unchanged{}),
    effect(Clause::prepare_discard,            has_pending,                                                     discards(Gone::discarding)),
    must  (Clause::prepare_flags,              flags_set,                 answers(H_PARAMETER),                 ends(Gone::flags)),
    must  (Clause::prepare_zero,               shift_zero,                answers(H_SUCCESS),                   ends(Gone::zero)),
    must  (Clause::prepare_range,              out_of_range,              answers(H_PARAMETER),                 ends(Gone::range)),
    must  (Clause::prepare_resource,           beyond_limit,              answers(H_RESOURCE),                  ends(Gone::resource)),
    may   (Clause::prepare_resource_transient, Always{},                  answers(H_RESOURCE),                  ends(Gone::resource)),
    effect(Clause::prepare_create,             Always{},                                                        creates),
    may   (Clause::prepare_create_busy,        Always{},                  long_busy,                            Unchanged{}),
    may   (Clause::prepare_create_collision,   may_collide,               answers(H_PTEG_FULL),                 becomes(Phase::collided)),
    must  (Clause::prepare_create,             Always{},                  answers(H_SUCCESS),                   becomes(Phase::prepared)));

inline constexpr auto commit = decision_list(
    effect(Clause::commit_failure_keeps_table, permitted,                                                       keeps_table),
    may   (Clause::commit_hardware,            Always{},                  answers(H_HARDWARE),                  Unchanged{}),
    must  (Clause::commit_option_absent,       absent,                    answers(H_FUNCTION, H_NOT_AVAILABLE), Unchanged{}),
    must  (Clause::commit_authority,           forbidden,                 answers(H_AUTHORITY),                 Unchanged{}),
    must  (Clause::commit_no_pending,          no(has_pending),           answers(H_CLOSED),                    Unchanged{}),
    must  (Clause::commit_flags,               flags_set,                 answers(H_CLOSED),                    Unchanged{}),
    must  (Clause::commit_shift,               other_shift,               answers(H_CLOSED),                    Unchanged{}),
    must  (Clause::commit_busy,                preparing,                 answers(H_BUSY),                      Unchanged{}),
    may   (Clause::commit_busy,                collided,                  answers(H_BUSY),                      Unchanged{}),  // A8
    must  (Clause::commit_collided,            collided,                  answers(H_PTEG_FULL),                 Unchanged{}),
    may   (Clause::commit_collision,           may_collide,               answers(H_PTEG_FULL),                 Unchanged{}),
    effect(Clause::commit_current,             Always{},                                                        makes_current),
    effect(Clause::commit_clears,              Always{},                                                        clears_pending),
    must  (Clause::commit_success,             Always{},                  answers(H_SUCCESS),                   Unchanged{}));
// clang-format on

// The number of HPTEs is the size over 16; HPTEs are numbered from 0.
inline constexpr auto within = [](const auto& s, const auto& a) {
  return ult(a.ptex, power_of_two(minus(resized<64>(s.current), lit(4))));
};

inline constexpr auto read =
    decision_list(must(Clause::read_no_table, absent, anything, Unchanged{}),
                  may(Clause::read_hardware, Always{}, answers(H_HARDWARE, H_BUSY), Unchanged{}),
                  must(Clause::read_beyond, no(within), answers(H_PARAMETER), Unchanged{}),
                  must(Clause::read_within, Always{}, answers(H_SUCCESS), Unchanged{}));

inline constexpr auto enters_bolted = [](const auto&, const auto& a) {
  return both(any_bit(a.pteh, lit(HPTE_BOLTED)), any_bit(a.pteh, lit(HPTE_VALID)));
};

inline constexpr auto enter =
    decision_list(may(Clause::enter_bolted, enters_bolted, answers(H_SUCCESS), marks(mark::bolted)),
                  must(Clause::enter_other, Always{}, anything, Unchanged{}));

// What a rebooted guest starts from. Where the platform dropped the Pending HPT before, or another reboot
// discarded it, that stays the reason why there is none.
inline constexpr auto forgets_pending = [](auto s, const auto& a) {
  const auto pending = has_pending(s, a);
  const auto gone_before = either(is(s.gone, Gone::dropped), is(s.gone, Gone::reset));
  s.gone = ite(pending, constant(s.gone, lit(Gone::reset)),
               ite(gone_before, s.gone, constant(s.gone, lit(Gone::never))));
  s.phase = ite(either(pending, gone_before), constant(s.phase, lit(Phase::cancelled)),
                constant(s.phase, lit(Phase::idle)));
  s.pending = constant(s.pending, lit(0));
  return s;
};
// Only where another size was at hand does the size at start bear witness to anything.
inline constexpr auto starts_anew = [](auto s, const auto& a) {
  const auto other_size = either(negate(eq(resized<64>(s.current), a.shift)), is(s.gone, Gone::reset));
  s.table = ite(other_size, constant(s.table, lit(Table::reset)), constant(s.table, lit(Table::initial)));
  s.current = resized<8>(a.shift);
  return s;
};
inline constexpr auto forgets_entries = [](auto s, const auto&) {
  s.marks = constant(s.marks, lit(0));
  return s;
};

inline constexpr auto reset =
    decision_list(effect(Clause::reset_no_pending, Always{}, forgets_pending),
                  effect(Clause::reset_size, no(out_of_range), starts_anew),
                  effect(Clause::reset_empty, Always{}, forgets_entries),
                  must(Clause::reset_restarts, Always{}, answers(H_SUCCESS), Unchanged{}));

// Hidden steps: what may happen to a Pending HPT between two calls. Not a decision list but a relation: any
// of them that matches may be taken, any number of times.
inline constexpr auto hidden = decision_list(
    effect(Clause::pending_completes, preparing, becomes(Phase::prepared)),
    effect(Clause::pending_collides, and_(or_(preparing, prepared), may_collide), becomes(Phase::collided)),
    effect(Clause::pending_dropped, has_pending, discards(Gone::dropped)));

}  // namespace rows

template <class Domain>
Rules<Domain> specification() {
  using List = ResizeList<Domain>;
  return {List(rows::prepare), List(rows::commit), List(rows::read),
          List(rows::enter),   List(rows::reset),  List(rows::hidden)};
}

}  // namespace hptck
