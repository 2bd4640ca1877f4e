// The rules of the table as a whole: what becomes of each HPTE when a COMMIT succeeds, when one fails, and
// when the guest is rebooted. A third set of ordered decision lists, over a third state: one HPTE and where
// it goes. They are apart from the rules of one slot (model/table/slot_rows.h), because a call to a slot
// moves nothing, and from those of the resize hypercalls (model/resize/rows.h), which know how large tables
// are and not what is in them.
//
// No call answers for one HPTE, so the answer that these lists are read with is that of the whole call. Of
// the COMMIT that succeeds, H_SUCCESS asks what becomes of the HPTE, and H_PTEG_FULL which slot it claims:
// two that claim one are a collision. What may as well happen as not ("may be there or be lost") is a fate of
// its own, and so is what nothing can be said of; the shadow (model/table/contents.h) knows what to make of
// both.
//
// Written once for every value domain, like all rows; model/table/contents_deviations.cpp has what could go
// wrong.
#pragma once

#include <array>

#include "model/framework/decision_list.h"
#include "model/table/hashing.h"

namespace hptck {

enum class Fate : std::uint8_t {
  stands,   ///< in the slot `there`
  perhaps,  ///< the same, or it is lost
  gone,
  open,  ///< nothing is known, of this HPTE and of any other
};

/// Whether the table held it before the call, or what else.
enum class Presence : std::uint8_t {
  held,
  removed,  ///< since PREPARE
  changed,  ///< since PREPARE: something else stands in the slot now
};

/// A valid HPTE and where it goes.
template <class Domain>
struct Carried {
  using Word = typename Domain::template Word<64>;
  hashing::Entry<Domain> hpte;
  Word here, there;  ///< PTEXs, before and after
  typename Domain::template Word<8> presence, fate;
  typename Domain::Bool news;        ///< what stands here became known since PREPARE
  typename Domain::Bool copied;      ///< perhaps it also stays here
  typename Domain::Bool first_free;  ///< not `there`, but in the first slot of that HPTEG that is free then
};

/// The shifts of the current HPT before and after. 0: not known, or not yet.
template <class Domain>
struct Shifts {
  typename Domain::template Word<8> from, to;
};

template <class Domain>
using FateList = DecisionList<Domain, Carried<Domain>, Shifts<Domain>>;

namespace table_rows {

using namespace status;

inline constexpr auto held = [](const auto& s, const auto&) { return eq(s.presence, lit(Presence::held)); };
inline constexpr auto bolted = [](const auto& s, const auto& a) {
  return both(held(s, a), hashing::is_bolted(s.hpte));
};
inline constexpr auto shrinks = [](const auto&, const auto& a) { return ult(a.to, a.from); };

inline constexpr auto hashed = [](Fate fate) {
  return [fate](auto s, const auto& a) {
    s.there = hashing::rehashed_ptex(s.hpte, s.here, a.to);
    s.fate = constant(s.fate, lit(fate));
    return s;
  };
};
inline constexpr auto becomes = [](Fate fate) {
  return [fate](auto s, const auto&) {
    s.fate = constant(s.fate, lit(fate));
    return s;
  };
};

// clang-format off
inline constexpr auto commit = decision_list(
    may (Clause::commit_collision,           bolted,   answers(H_PTEG_FULL), hashed(Fate::stands)),
    must(Clause::commit_bolted,              bolted,   answers(H_SUCCESS),   hashed(Fate::stands)),
    may (Clause::commit_unbolted,            held,     answers(H_SUCCESS),   hashed(Fate::perhaps)),
    must(Clause::commit_nothing_else,        Always{}, anything,             becomes(Fate::gone)));

// Of the second of two bolted HPTEs that claim one slot. In a table that is not smaller right places do not
// collide, so the guest is to blame (A12).
inline constexpr auto collision = decision_list(
    must(Clause::commit_collision,           shrinks,  answers(H_PTEG_FULL), Unchanged{}),
    must(Clause::commit_bolted,              Always{}, anything,             becomes(Fate::open)));

inline constexpr auto failure = decision_list(
    must(Clause::commit_failure_keeps_table, Always{}, any_failure,          Unchanged{}));

inline constexpr auto reset = decision_list(
    must(Clause::reset_empty,                Always{}, answers(H_SUCCESS),   becomes(Fate::gone)));
// clang-format on

}  // namespace table_rows

/// The rules of a table in one domain.
template <class Domain>
struct TableRules {
  using List = FateList<Domain>;
  List commit{table_rows::commit}, collision{table_rows::collision}, failure{table_rows::failure},
      reset{table_rows::reset};

  using Named = NamedList<TableRules, List>;
  static constexpr auto lists() {
    return std::array{Named{"COMMIT", &TableRules::commit},
                      Named{"COMMIT of two that collide", &TableRules::collision},
                      Named{"COMMIT that fails", &TableRules::failure}, Named{"reset", &TableRules::reset}};
  }
};

}  // namespace hptck
