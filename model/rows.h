// The rules: what LoPAR 2.9 says of the two resize hypercalls, row by row in its own order, and the little of
// H_READ and H_ENTER that lets the size of the table and the chance of a collision be seen. Each row names its
// clause; the clause's wording stands in spec/clauses.xml, so it is not repeated here.
//
// Written once for every value domain: s is the state, a the arguments.
#pragma once

#include "model/decision_list.h"
#include "model/state.h"

namespace hptck {

/// Arguments of H_RESIZE_HPT_PREPARE and H_RESIZE_HPT_COMMIT, the shift already under one reading of A1.
template <class Domain>
struct ResizeArguments {
  typename Domain::template Word<64> flags, shift;
};

/// Arguments of H_READ and H_ENTER. `pteh` is zero for H_READ.
template <class Domain>
struct TableArguments {
  typename Domain::template Word<64> ptex, pteh;
};

namespace rows {

using namespace status;

inline constexpr auto is = [](const auto& word, auto value) { return eq(word, lit(value)); };

inline constexpr auto absent = [](const auto& s, const auto&) { return is(s.standing, Standing::absent); };
inline constexpr auto forbidden = [](const auto& s, const auto&) { return is(s.standing, Standing::forbidden); };

inline constexpr auto has_pending = [](const auto& s) {
  return either(is(s.phase, Phase::preparing), either(is(s.phase, Phase::prepared), is(s.phase, Phase::collided)));
};
// A Pending HPT's flags are always zero: it is created only past the check of the flags.
inline constexpr auto matches = [](const auto& s, const auto& a) {
  return both(has_pending(s), both(eq(a.flags, lit(0)), eq(a.shift, resized<64>(s.pending))));
};
// Two bolted HPTEs can need one slot only in a smaller table.
inline constexpr auto may_collide = [](const auto& s) { return both(eq(s.bolted, lit(1)), ult(s.pending, s.current)); };

// The Pending HPT is given up.
inline constexpr auto gone = [](auto s, Gone reason) {
  s.pending = constant(s.pending, lit(0));
  s.phase = constant(s.phase, lit(Phase::cancelled));
  s.gone = constant(s.gone, lit(reason));
  return s;
};
// A PREPARE that discarded a Pending HPT ends: remember how.
inline constexpr auto ends = [](auto s, Gone how) {
  s.gone = ite(is(s.gone, Gone::discarding), constant(s.gone, lit(how)), s.gone);
  return s;
};
inline constexpr auto to_phase = [](auto s, Phase phase) {
  s.phase = constant(s.phase, lit(phase));
  return s;
};

inline constexpr auto prepare = decision_list(
    may(Clause::prepare_hardware, Always{}, answers(H_HARDWARE), Unchanged{}),
    must(Clause::prepare_option_absent, absent, answers(H_FUNCTION, H_NOT_AVAILABLE), Unchanged{}),
    must(Clause::prepare_authority, forbidden, answers(H_AUTHORITY), Unchanged{}),
    must(Clause::prepare_match_busy,
         [](const auto& s, const auto& a) { return both(matches(s, a), is(s.phase, Phase::preparing)); },
         long_busy, Unchanged{}),
    // Under A8 a preparation that ended on a collision may also count as not fully prepared.
    may(Clause::prepare_match_busy,
        [](const auto& s, const auto& a) { return both(matches(s, a), is(s.phase, Phase::collided)); }, long_busy,
        Unchanged{}),
    must(Clause::prepare_match_collision,
         [](const auto& s, const auto& a) { return both(matches(s, a), is(s.phase, Phase::collided)); },
         answers(H_PTEG_FULL), Unchanged{}),
    must(Clause::prepare_match_ready, matches, answers(H_SUCCESS), Unchanged{}),
    effect(Clause::prepare_discard, [](const auto& s, const auto&) { return has_pending(s); },
           [](auto s, const auto&) { return gone(s, Gone::discarding); }),
    must(Clause::prepare_flags, [](const auto&, const auto& a) { return negate(eq(a.flags, lit(0))); },
         answers(H_PARAMETER), [](auto s, const auto&) { return ends(s, Gone::flags); }),
    must(Clause::prepare_zero, [](const auto&, const auto& a) { return eq(a.shift, lit(0)); },
         answers(H_SUCCESS), [](auto s, const auto&) { return ends(s, Gone::zero); }),
    must(Clause::prepare_range,
         [](const auto&, const auto& a) { return either(ult(a.shift, lit(min_shift)), ult(lit(max_shift), a.shift)); },
         answers(H_PARAMETER), [](auto s, const auto&) { return ends(s, Gone::range); }),
    must(Clause::prepare_resource, [](const auto& s, const auto& a) { return ult(resized<64>(s.limit), a.shift); },
         answers(H_RESOURCE), [](auto s, const auto&) { return ends(s, Gone::resource); }),
    may(Clause::prepare_resource_transient, Always{}, answers(H_RESOURCE),
        [](auto s, const auto&) { return ends(s, Gone::resource); }),
    effect(Clause::prepare_create, Always{},
           [](auto s, const auto& a) {
             s.phase = constant(s.phase, lit(Phase::preparing));
             s.pending = resized<8>(a.shift);
             s.gone = constant(s.gone, lit(Gone::none));
             return s;
           }),
    may(Clause::prepare_create_busy, Always{}, long_busy, Unchanged{}),
    may(Clause::prepare_create_collision, [](const auto& s, const auto&) { return may_collide(s); },
        answers(H_PTEG_FULL), [](auto s, const auto&) { return to_phase(s, Phase::collided); }),
    must(Clause::prepare_create, Always{}, answers(H_SUCCESS),
         [](auto s, const auto&) { return to_phase(s, Phase::prepared); }));

inline constexpr auto commit = decision_list(
    effect(Clause::commit_failure_keeps_table, [](const auto& s, const auto&) { return is(s.standing, Standing::permitted); },
           [](auto s, const auto&) {
             s.table = constant(s.table, lit(Table::kept));
             return s;
           }),
    may(Clause::commit_hardware, Always{}, answers(H_HARDWARE), Unchanged{}),
    must(Clause::commit_option_absent, absent, answers(H_FUNCTION, H_NOT_AVAILABLE), Unchanged{}),
    must(Clause::commit_authority, forbidden, answers(H_AUTHORITY), Unchanged{}),
    must(Clause::commit_no_pending, [](const auto& s, const auto&) { return negate(has_pending(s)); },
         answers(H_CLOSED), Unchanged{}),
    must(Clause::commit_flags, [](const auto&, const auto& a) { return negate(eq(a.flags, lit(0))); },
         answers(H_CLOSED), Unchanged{}),
    must(Clause::commit_shift, [](const auto& s, const auto& a) { return negate(eq(a.shift, resized<64>(s.pending))); },
         answers(H_CLOSED), Unchanged{}),
    must(Clause::commit_busy, [](const auto& s, const auto&) { return is(s.phase, Phase::preparing); },
         answers(H_BUSY), Unchanged{}),
    may(Clause::commit_busy, [](const auto& s, const auto&) { return is(s.phase, Phase::collided); }, answers(H_BUSY),
        Unchanged{}),  // A8
    must(Clause::commit_collided, [](const auto& s, const auto&) { return is(s.phase, Phase::collided); },
         answers(H_PTEG_FULL), Unchanged{}),
    may(Clause::commit_collision, [](const auto& s, const auto&) { return may_collide(s); }, answers(H_PTEG_FULL),
        Unchanged{}),
    effect(Clause::commit_current, Always{},
           [](auto s, const auto&) {
             s.current = s.pending;
             s.table = constant(s.table, lit(Table::committed));
             return s;
           }),
    effect(Clause::commit_clears, Always{},
           [](auto s, const auto&) {
             s.pending = constant(s.pending, lit(0));
             s.phase = constant(s.phase, lit(Phase::idle));
             s.gone = constant(s.gone, lit(Gone::committed));
             return s;
           }),
    must(Clause::commit_success, Always{}, answers(H_SUCCESS), Unchanged{}));

// The number of HPTEs is the size over 16; HPTEs are numbered from 0.
inline constexpr auto within = [](const auto& s, const auto& a) {
  return ult(a.ptex, power_of_two(minus(resized<64>(s.current), lit(4))));
};

inline constexpr auto read = decision_list(
    must(Clause::read_no_table, absent, anything, Unchanged{}),
    may(Clause::read_hardware, Always{}, answers(H_HARDWARE), Unchanged{}),
    must(Clause::read_beyond, [](const auto& s, const auto& a) { return negate(within(s, a)); }, answers(H_PARAMETER),
         Unchanged{}),
    must(Clause::read_within, Always{}, answers(H_SUCCESS), Unchanged{}));

inline constexpr auto enter = decision_list(
    may(Clause::enter_bolted,
        [](const auto&, const auto& a) {
          return both(any_bit(a.pteh, lit(HPTE_BOLTED)), any_bit(a.pteh, lit(HPTE_VALID)));
        },
        answers(H_SUCCESS),
        [](auto s, const auto&) {
          s.bolted = constant(s.bolted, lit(1));
          return s;
        }),
    must(Clause::enter_other, Always{}, anything, Unchanged{}));

// Hidden steps: what may happen to a Pending HPT between two calls. Not a decision list but a relation: any of
// them that matches may be taken, any number of times.
inline constexpr auto hidden = decision_list(
    effect(Clause::pending_completes, [](const auto& s, const auto&) { return is(s.phase, Phase::preparing); },
           [](auto s, const auto&) { return to_phase(s, Phase::prepared); }),
    effect(Clause::pending_collides,
           [](const auto& s, const auto&) {
             return both(either(is(s.phase, Phase::preparing), is(s.phase, Phase::prepared)), may_collide(s));
           },
           [](auto s, const auto&) { return to_phase(s, Phase::collided); }),
    effect(Clause::pending_dropped, [](const auto& s, const auto&) { return has_pending(s); },
           [](auto s, const auto&) { return gone(s, Gone::dropped); }));

}  // namespace rows
}  // namespace hptck
