// Deviations as wrong rows: each mistake of the catalogue (spec/deviations.xml) is an edit of the
// specification's decision lists, and what comes out is the model of a hypervisor that keeps the
// specification but for that.
//
// Edits were chosen over writing each wrong list out because they compose: the model of a hypervisor with
// five mistakes is five edits, made in the catalogue's order. An inserted row carries the clause of the check
// that it misplaces, so that what another deviation does to that check is done to it too. Where the real
// mistake depends on something that the model does not have (what is in the table), the wrong model allows
// more than the wrong hypervisor does, never less.
#pragma once

#include "model/resize/rows.h"
#include "spec/deviations.h"

namespace hptck {

namespace mistakes {

using namespace rows;

inline constexpr auto shift_is = [](std::uint64_t shift) {
  return [shift](const auto&, const auto& a) { return eq(a.shift, lit(shift)); };
};
inline constexpr auto above_46 = [](const auto&, const auto& a) {
  return both(ult(lit(max_shift), a.shift), ult(a.shift, lit(std::uint64_t{1} << 31)));
};
inline constexpr auto from_28 = [](const auto&, const auto& a) { return ult(lit(27), a.shift); };
inline constexpr auto one_above_limit = [](const auto& s, const auto& a) {
  return eq(minus(a.shift, lit(1)), resized<64>(s.limit));
};
// What size is too large is then the implementation's secret, and any size may be.
inline constexpr auto limit_undeclared = [](const auto& s, const auto&) {
  return eq(s.limit, lit(max_shift));
};
inline constexpr auto current_asked = [](const auto& s, const auto& a) {
  return eq(a.shift, resized<64>(s.current));
};
inline constexpr auto less_than_current_asked = [](const auto& s, const auto& a) {
  return ult(a.shift, resized<64>(s.current));
};
inline constexpr auto less_than_pending_asked = [](const auto& s, const auto& a) {
  return both(ult(lit(min_shift - 1), a.shift), ult(a.shift, resized<64>(s.pending)));
};
inline constexpr auto shrinks = [](const auto& s, const auto&) { return ult(s.pending, s.current); };
inline constexpr auto grows = [](const auto& s, const auto&) { return ult(s.current, s.pending); };
inline constexpr auto keeps_size = [](const auto& s, const auto&) { return eq(s.pending, s.current); };
inline constexpr auto half_may_collide = [](const auto& s, const auto&) {
  return both(any_bit(s.marks, lit(mark::bolted)), negate(ult(s.current, s.pending)));
};
inline constexpr auto marked = [](std::uint8_t bit) {
  return [bit](const auto& s, const auto&) { return any_bit(s.marks, lit(bit)); };
};
inline constexpr auto bound = [](const auto& s) {
  return power_of_two(minus(resized<64>(s.current), lit(4)));
};
inline constexpr auto just_beyond = [](const auto& s, const auto& a) { return eq(a.ptex, bound(s)); };
inline constexpr auto last_within = [](const auto& s, const auto& a) {
  return eq(a.ptex, minus(bound(s), lit(1)));
};

inline constexpr auto unmarks = [](std::uint8_t bit) {
  return [bit](auto s, const auto&) {
    s.marks = only_bits(s.marks, lit(mark::all & ~bit));
    return s;
  };
};
// The switch of a COMMIT, done where it should not be. A table that lacks a bolted HPTE is not switched to.
inline constexpr auto switches = [](auto s, const auto& a) {
  return ite(collided(s, a), s, clears_pending(makes_current(s, a), a));
};
inline constexpr auto loses_pending = [](auto s, const auto& a) {
  return ite(has_pending(s, a), discards(Gone::dropped)(s, a), s);
};
inline constexpr auto swaps = [](auto s, const auto&) {
  const auto old = s.current;
  s.current = s.pending;
  s.pending = old;
  return s;
};
inline constexpr auto makes_half_current = [](auto s, const auto&) {
  s.current = minus(s.pending, lit(1));
  s.table = constant(s.table, lit(Table::committed));
  return s;
};

inline constexpr auto size_is_larger = [](const auto& s, const auto& a) {
  return ult(a.shift, resized<64>(s.current));
};
inline constexpr auto forgets_pending_unless_prepared = [](auto s, const auto& a) {
  return ite(either(prepared(s, a), collided(s, a)), s, forgets_pending(s, a));
};

// Misreadings of arguments.
inline constexpr auto flags_cut_to = [](std::uint64_t mask) {
  return [mask](const auto&, auto a) {
    a.flags = only_bits(a.flags, lit(mask));
    return a;
  };
};
inline constexpr auto shift_cut_to_byte = [](const auto&, auto a) {
  a.shift = only_bits(a.shift, lit(0xff));
  return a;
};
inline constexpr auto flags_overlooked_when_size_matches = [](const auto& s, auto a) {
  a.flags = ite(both(has_pending(s, a), negate(other_shift(s, a))), constant(a.flags, lit(0)), a.flags);
  return a;
};
inline constexpr auto any_shift_taken_for_pending = [](const auto& s, auto a) {
  a.shift = ite(has_pending(s, a), resized<64>(s.pending), a.shift);
  return a;
};
inline constexpr auto any_size_taken_for_pending = [](const auto& s, auto a) {
  const auto taken = and_(has_pending, and_(no(flags_set), no(out_of_range)));
  a.shift = ite(taken(s, a), resized<64>(s.pending), a.shift);
  return a;
};

}  // namespace mistakes

/// Turns the deviation's rows wrong. Deviations that no answer of the control model shows change nothing.
template <class Domain>
void deviate(Rules<Domain>& rules, Deviation deviation) {
  using namespace mistakes;
  using C = Clause;
  using D = Deviation;
  auto& prepare = rules.prepare;
  auto& commit = rules.commit;
  auto& read = rules.read;
  auto& reset = rules.reset;
  auto& hidden = rules.hidden;
  const auto set = RowKind::effect, ends_with = RowKind::must;
  // clang-format off
  switch (deviation) {
    case D::prepare_absent_is_h_parameter:          prepare.answer(C::prepare_option_absent, answers(H_PARAMETER)); return;
    case D::prepare_absent_is_h_success:            prepare.answer(C::prepare_option_absent, answers(H_SUCCESS)); return;
    case D::prepare_unchecked_authority:            prepare.never(C::prepare_authority); return;
    case D::prepare_checks_flags_before_authority:  prepare.before(C::prepare_authority, must(C::prepare_flags, and_(forbidden, flags_set), answers(H_PARAMETER), Unchanged{})); return;
    case D::prepare_authority_is_h_privilege:       prepare.answer(C::prepare_authority, answers(H_PRIVILEGE)); return;
    case D::prepare_match_is_h_busy:                prepare.answer(C::prepare_match_busy, answers(H_BUSY)); return;
    case D::prepare_match_says_ready_early:         prepare.never(C::prepare_match_busy); return;
    case D::prepare_match_collision_is_h_parameter: prepare.answer(C::prepare_match_collision, answers(H_PARAMETER)); return;
    case D::prepare_match_collision_is_h_success:   prepare.answer(C::prepare_match_collision, answers(H_SUCCESS)); return;
    case D::prepare_match_restarts:                 prepare.before(C::prepare_match_ready, may(C::prepare_match_ready, matches, long_busy, becomes(Phase::preparing))); return;
    case D::prepare_match_ready_is_h_busy:          prepare.answer(C::prepare_match_ready, answers(H_BUSY)); return;
    case D::prepare_match_ready_is_h_parameter:     prepare.answer(C::prepare_match_ready, answers(H_PARAMETER)); return;
    case D::prepare_checks_flags_before_discard:    prepare.before(C::prepare_discard, must(C::prepare_flags, flags_set, answers(H_PARAMETER), Unchanged{})); return;
    case D::prepare_checks_range_before_discard:    prepare.before(C::prepare_discard, must(C::prepare_range, and_(out_of_range, no(shift_zero)), answers(H_PARAMETER), Unchanged{})); return;
    case D::prepare_checks_resource_before_discard:
      prepare.before(C::prepare_discard, must(C::prepare_resource, and_(no(flags_set), and_(no(out_of_range), beyond_limit)), answers(H_RESOURCE), Unchanged{}));
      prepare.before(C::prepare_discard, may(C::prepare_resource_transient, and_(limit_undeclared, and_(no(flags_set), no(out_of_range))), answers(H_RESOURCE), Unchanged{}));
      return;
    case D::prepare_keeps_other_size:               prepare.misread(any_size_taken_for_pending); return;
    case D::prepare_match_ignores_flags:            prepare.misread(flags_overlooked_when_size_matches); return;
    case D::prepare_other_size_is_h_busy:           prepare.before(C::prepare_discard, must(C::prepare_match_busy, and_(preparing, and_(no(flags_set), no(out_of_range))), answers(H_BUSY), Unchanged{})); return;
    case D::prepare_ignores_flags:                  prepare.misread(flags_cut_to(0)); return;
    case D::prepare_narrows_flags_to_word:          prepare.misread(flags_cut_to(0xffffffff)); return;
    case D::prepare_flags_low_bit_only:             prepare.misread(flags_cut_to(1)); return;
    case D::prepare_checks_zero_before_flags:       prepare.before(C::prepare_flags, must(C::prepare_zero, shift_zero, answers(H_SUCCESS), ends(Gone::zero))); return;
    case D::prepare_zero_keeps_pending:             prepare.unless(C::prepare_discard, and_(no(flags_set), shift_zero)); return;
    case D::prepare_zero_is_h_parameter:            prepare.answer(C::prepare_zero, answers(H_PARAMETER)); return;
    case D::prepare_accepts_17:                     prepare.unless(C::prepare_range, shift_is(17)); return;
    case D::prepare_refuses_18:                     prepare.also(C::prepare_range, shift_is(18)); return;
    case D::prepare_accepts_47:                     prepare.unless(C::prepare_range, shift_is(47)); return;
    case D::prepare_refuses_46:                     prepare.also(C::prepare_range, shift_is(46)); return;
    case D::prepare_narrows_shift_to_byte:          prepare.misread(shift_cut_to_byte); return;
    case D::prepare_checks_limit_before_range:      prepare.before(C::prepare_range, must(C::prepare_resource, above_46, answers(H_RESOURCE), ends(Gone::resource))); return;
    case D::prepare_exceeds_largest_by_one:         prepare.unless(C::prepare_resource, one_above_limit); return;
    case D::prepare_resource_is_h_no_mem:           prepare.answer(C::prepare_resource, answers(H_NO_MEM)); return;
    case D::prepare_ignores_limit:                  prepare.unless(C::prepare_resource, no(out_of_range)); return;
    case D::prepare_says_ready_early:               prepare.then(C::prepare_create, ends_with, Unchanged{}); return;
    case D::prepare_busy_code_off_the_table:        prepare.before(C::prepare_create_busy, may(C::prepare_create_busy, from_28, answers(status::H_LONG_BUSY_ORDER_100_SEC + 1), Unchanged{})); return;
    case D::prepare_allocates_half:
      commit.then(C::commit_current, set, makes_half_current).also(C::commit_collision, half_may_collide);
      prepare.also(C::prepare_create_collision, half_may_collide);
      hidden.also(C::pending_collides, and_(or_(preparing, prepared), half_may_collide));
      return;
    case D::prepare_error_sticks:
      prepare.also_then(C::prepare_flags, marks(mark::error_sticks));
      prepare.before(C::prepare_match_busy, must(C::prepare_flags, and_(no(flags_set), marked(mark::error_sticks)), answers(H_PARAMETER), unmarks(mark::error_sticks)));
      return;
    case D::prepare_same_size_is_h_parameter:       prepare.before(C::prepare_resource_transient, must(C::prepare_range, current_asked, answers(H_PARAMETER), ends(Gone::range))); return;
    case D::prepare_smaller_is_h_parameter:         prepare.before(C::prepare_resource_transient, must(C::prepare_range, less_than_current_asked, answers(H_PARAMETER), ends(Gone::range))); return;
    case D::prepare_creates_nothing:                prepare.before(C::prepare_create, must(C::prepare_create, Always{}, answers(H_SUCCESS), ends(Gone::dropped))); return;

    case D::commit_absent_is_h_closed:              commit.answer(C::commit_option_absent, answers(H_CLOSED)); return;
    case D::commit_absent_is_h_parameter:           commit.answer(C::commit_option_absent, answers(H_PARAMETER)); return;
    case D::commit_unchecked_authority:             commit.never(C::commit_authority); return;
    case D::commit_authority_is_h_privilege:        commit.answer(C::commit_authority, answers(H_PRIVILEGE)); return;
    case D::commit_checks_pending_before_authority: commit.before(C::commit_authority, must(C::commit_no_pending, and_(forbidden, no(has_pending)), answers(H_CLOSED), Unchanged{})); return;
    case D::commit_none_is_h_parameter:             commit.answer(C::commit_no_pending, answers(H_PARAMETER)); return;
    case D::commit_none_is_h_success:               commit.answer(C::commit_no_pending, answers(H_SUCCESS)); return;
    case D::commit_ignores_flags:                   commit.misread(flags_cut_to(0)); return;
    case D::commit_narrows_flags_to_word:           commit.misread(flags_cut_to(0xffffffff)); return;
    case D::commit_flags_low_bit_only:              commit.misread(flags_cut_to(1)); return;
    case D::commit_flags_is_h_parameter:            commit.before(C::commit_no_pending, must(C::commit_flags, flags_set, answers(H_PARAMETER), Unchanged{})); return;
    case D::commit_checks_busy_before_flags:        commit.before(C::commit_flags, must(C::commit_busy, and_(preparing, and_(flags_set, no(other_shift))), answers(H_BUSY), Unchanged{})); return;
    case D::commit_ignores_shift:                   commit.misread(any_shift_taken_for_pending); return;
    case D::commit_narrows_shift_to_byte:           commit.misread(shift_cut_to_byte); return;
    case D::commit_shift_is_h_parameter:            commit.answer(C::commit_shift, answers(H_PARAMETER)); return;
    case D::commit_checks_busy_before_shift:        commit.before(C::commit_flags, must(C::commit_busy, and_(preparing, no(flags_set)), answers(H_BUSY), Unchanged{})); return;
    case D::commit_shift_zero_commits:              commit.unless(C::commit_shift, shift_zero); return;
    case D::commit_accepts_smaller_shift:           commit.unless(C::commit_shift, less_than_pending_asked); return;
    case D::commit_closed_switches:                 commit.also_then(C::commit_flags, switches).also_then(C::commit_shift, switches); return;
    case D::commit_failure_discards:                commit.also_then(C::commit_flags, loses_pending).also_then(C::commit_shift, loses_pending).also_then(C::commit_busy, loses_pending); return;
    case D::commit_busy_is_h_long_busy:             commit.answer(C::commit_busy, long_busy); return;
    case D::commit_busy_is_h_closed:                commit.answer(C::commit_busy, answers(H_CLOSED)); return;
    case D::commit_busy_switches:                   commit.also_then(C::commit_busy, switches); return;
    case D::commit_ignores_busy:                    commit.never(C::commit_busy); return;
    case D::commit_collided_is_h_busy:              commit.answer(C::commit_collided, answers(H_BUSY)); return;
    case D::commit_collided_is_h_parameter:         commit.answer(C::commit_collided, answers(H_PARAMETER)); return;
    case D::commit_ignores_collided:                commit.never(C::commit_collided); return;
    case D::commit_collision_is_h_resource:         commit.answer(C::commit_collision, answers(H_RESOURCE)); return;
    case D::commit_collision_is_h_parameter:        commit.answer(C::commit_collision, answers(H_PARAMETER)); return;
    case D::commit_collision_switches:              commit.also_then(C::commit_collision, switches); return;
    case D::commit_keeps_old_table:                 commit.never(C::commit_current).never(C::commit_collision); return;
    case D::commit_never_shrinks:                   commit.unless(C::commit_current, shrinks).unless(C::commit_collision, shrinks); return;
    case D::commit_never_grows:                     commit.unless(C::commit_current, grows); return;
    case D::commit_keeps_pending:                   commit.never(C::commit_clears); return;
    case D::commit_swaps:                           commit.then(C::commit_current, set, swaps).never(C::commit_clears); return;
    case D::commit_same_size_is_h_parameter:        commit.before(C::commit_collision, must(C::commit_success, keeps_size, answers(H_PARAMETER), Unchanged{})); return;
    case D::commit_smaller_is_h_parameter:          commit.before(C::commit_collision, must(C::commit_success, shrinks, answers(H_PARAMETER), Unchanged{})); return;
    case D::commit_hardware_switches:
      // Which COMMIT will lie is decided before it comes: the rows stay a function of state and answer.
      commit.unless(C::commit_hardware, marked(mark::will_lie));
      commit.before(C::commit_success, must(C::commit_hardware, marked(mark::will_lie), answers(H_HARDWARE), unmarks(mark::will_lie)));
      hidden.before(C::pending_dropped, effect(C::commit_hardware, and_(prepared, no(marked(mark::will_lie))), marks(mark::will_lie)));
      return;

    case D::read_bound_off_by_one:                  read.unless(C::read_beyond, just_beyond); return;
    case D::read_ignores_bound:                     read.never(C::read_beyond); return;
    case D::read_refuses_last:                      read.also(C::read_beyond, last_within); return;
    case D::read_empty_is_h_not_found:              read.before(C::read_within, may(C::read_within, Always{}, answers(H_NOT_FOUND), Unchanged{})); return;

    case D::reset_keeps_pending:                    reset.never(C::reset_no_pending); return;
    case D::reset_keeps_prepared:                   reset.then(C::reset_no_pending, set, forgets_pending_unless_prepared); return;
    case D::reset_keeps_size:                       reset.never(C::reset_size); return;
    case D::reset_keeps_larger_size:                reset.unless(C::reset_size, size_is_larger); return;
    // Which HPTEs outlive the reset is for model/table/table_rows.h to say; here they may collide.
    case D::reset_keeps_entries:
    case D::reset_keeps_bolted:                     reset.never(C::reset_empty); return;

    // Seen in the table's contents (model/table/contents_deviations.cpp), or faults.
    default: return;
  }
  // clang-format on
}

template <class Domain>
Rules<Domain> rules(const Deviations& deviations) {
  auto all = specification<Domain>();
  deviations.for_each([&](Deviation deviation) { deviate(all, deviation); });
  return all;
}

}  // namespace hptck
