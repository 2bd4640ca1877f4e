// Deviations of what calls do to one slot, as edits of the slot rows, the way model/resize/deviations.h edits
// those of the resize hypercalls. Those that concern the table as a whole are in
// model/table/contents_deviations.cpp.
#pragma once

#include "model/table/slot_rows.h"
#include "spec/deviations.h"

namespace hptck {

namespace slot_mistakes {

using namespace slot_rows;

inline constexpr auto bolted = [](const auto& s, const auto&) { return any_bit(s.high, lit(HPTE_BOLTED)); };
inline constexpr auto flag_overlooked = [](std::uint64_t flag) {
  return [flag](const auto&, auto c) {
    c.flags = only_bits(c.flags, lit(~flag));
    return c;
  };
};
inline constexpr auto protected_without_bolted_bit = [](const auto& s, const auto& c) {
  auto slot = protected_as_asked(s, c);
  slot.high = only_bits(slot.high, lit(~HPTE_BOLTED));
  return slot;
};
inline constexpr auto unbolted_hidden = [](const auto& s, const auto& c) {
  const auto shown = any_bit(c.returned.high, lit(HPTE_VALID));
  return either(both(negate(bolted(s, c)), negate(shown)), both(bolted(s, c), alike(s, c.returned)));
};

}  // namespace slot_mistakes

/// Turns the deviation's rows wrong; deviations that are of other rules change nothing.
template <class Domain>
void deviate(SlotRules<Domain>& rules, Deviation deviation) {
  using namespace slot_mistakes;
  using C = Clause;
  using D = Deviation;
  const auto answers_with = RowKind::must;
  // clang-format off
  switch (deviation) {
    case D::enter_beyond_is_h_pteg_full:
      for (auto* list : {&rules.enter, &rules.enter_passed}) list->answer(C::enter_beyond, answers(H_PTEG_FULL));
      return;
    case D::enter_exact_overwrites:         rules.enter.never(C::enter_occupied); return;
    case D::enter_occupied_is_h_parameter:  rules.enter.answer(C::enter_occupied, answers(H_PARAMETER)); return;
    case D::enter_full_overwrites:          rules.enter_chosen.before(C::enter_group, must(C::enter_group, Always{}, answers(H_SUCCESS), entered)); return;
    case D::enter_full_is_h_resource:       rules.enter_passed.answer(C::enter_full, answers(H_RESOURCE)); return;
    case D::remove_beyond_is_h_not_found:   rules.remove.answer(C::remove_beyond, answers(H_NOT_FOUND)); return;
    case D::remove_ignores_avpn:            rules.remove.misread(flag_overlooked(H_AVPN)); return;
    case D::remove_ignores_andcond:         rules.remove.misread(flag_overlooked(H_ANDCOND)); return;
    case D::remove_removes_nothing:         rules.remove.then(C::remove_removes, answers_with, Unchanged{}); return;
    case D::remove_refuses_bolted:          rules.remove.before(C::remove_removes, must(C::remove_removes, bolted, answers(H_NOT_FOUND), Unchanged{})); return;
    case D::protect_beyond_is_h_not_found:  rules.protect.answer(C::protect_beyond, answers(H_NOT_FOUND)); return;
    case D::protect_ignores_avpn:           rules.protect.misread(flag_overlooked(H_AVPN)); return;
    case D::protect_ignores_v:              rules.protect.before(C::protect_not_found, must(C::protect_not_found, no(valid), answers(H_SUCCESS), Unchanged{})); return;
    case D::protect_changes_nothing:        rules.protect.then(C::protect_changes, answers_with, Unchanged{}); return;
    case D::protect_drops_bolted_bit:       rules.protect.then(C::protect_changes, answers_with, protected_without_bolted_bit); return;
    case D::read_hides_unbolted:            rules.read.returns(C::read_contents, unbolted_hidden); return;
    case D::bulk_beyond_is_not_found:       rules.bulk.before(C::bulk_parameter, must(C::bulk_parameter, beyond, answers(H_NOT_FOUND), Unchanged{})); return;
    // Whether a specifier asks for the impossible is seen all the same.
    case D::bulk_ignores_avpn:              rules.bulk.unless(C::bulk_not_found, other_page); return;
    default: return;
  }
  // clang-format on
}

template <class Domain>
SlotRules<Domain> slot_rules(const Deviations& deviations) {
  auto all = slot_specification<Domain>();
  deviations.for_each([&](Deviation deviation) { deviate(all, deviation); });
  return all;
}

}  // namespace hptck
