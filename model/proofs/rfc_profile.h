// The rules of the 2015 proposal that LoPAR's option grew from, in the same rows and over the same states.
//
// The proposal says far less than LoPAR: it knows no permission, no limits to the size, no order of checks
// and no codes but H_SUCCESS and the busy ones. Where it is silent the reading is the one that blames a
// hypervisor least: any failure will do for a failure, and flags, which it leaves undefined, are not looked
// at. What it does say binds: another size, or zero, cancels; nothing is ready before it is prepared; COMMIT
// succeeds only with a fully prepared HPT of the size given, and on any other answer the old table stays.
// That any hypercall may end with H_HARDWARE and change nothing is older than both texts.
//
// It is kept here and not in model/resize/rows.h because nothing is judged by it: it is there to be compared.
#pragma once

#include "model/resize/rows.h"

namespace hptck {

namespace rfc_rows {

using namespace rows;

// The proposal gives no bounds. Beyond 63 there is no such number of bytes in a 64-bit address space.
inline constexpr auto no_size = [](const auto&, const auto& a) { return ult(lit(63), a.shift); };
inline constexpr auto same_size_pending = and_(has_pending, no(other_shift));
inline constexpr auto switches = [](auto s, const auto& a) { return clears_pending(makes_current(s, a), a); };

// clang-format off
inline constexpr auto prepare = decision_list(
    may   (Clause::prepare_hardware,    Always{},                         answers(H_HARDWARE), Unchanged{}),
    effect(Clause::prepare_discard,     and_(has_pending, other_shift),                        discards(Gone::discarding)),
    must  (Clause::prepare_zero,        shift_zero,                       anything,            ends(Gone::zero)),
    may   (Clause::prepare_match_ready, and_(same_size_pending, prepared), answers(H_SUCCESS), Unchanged{}),
    must  (Clause::prepare_match_busy,  same_size_pending,                any_failure,         Unchanged{}),
    must  (Clause::prepare_range,       no_size,                          any_failure,         ends(Gone::range)),
    effect(Clause::prepare_create,      Always{},                                              creates),
    may   (Clause::prepare_create,      Always{},                         answers(H_SUCCESS),  becomes(Phase::prepared)),
    must  (Clause::prepare_create_busy, Always{},                         any_failure,         Unchanged{}));

inline constexpr auto commit = decision_list(
    may   (Clause::commit_success,             and_(prepared, no(other_shift)), answers(H_SUCCESS), switches),
    must  (Clause::commit_failure_keeps_table, Always{},                        any_failure,        keeps_table));
// clang-format on

}  // namespace rfc_rows

/// The proposal, read in one domain. Of H_READ, H_ENTER and reboots it says nothing: they are as they were.
template <class Domain>
Rules<Domain> rfc_profile() {
  using List = ResizeList<Domain>;
  return {List(rfc_rows::prepare), List(rfc_rows::commit), List(rows::read),
          List(rows::enter),       List(rows::reset),      List(rows::hidden)};
}

}  // namespace hptck
