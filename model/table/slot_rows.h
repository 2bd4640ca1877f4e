// The rules of one slot: what the page table hypercalls answer of it, and what they leave there. Decision
// lists like those of the resize hypercalls (model/resize/rows.h), over another state: the HPTE that stands
// in the slot. They are apart because nothing joins them but the size of the table: a resize does not ask
// what H_PROTECT does, and H_PROTECT does not ask whether a Pending HPT exists. A state of both would make
// the oracle's sets as large as the table.
//
// Here, too, the answer is an input, outputs and all: a row says which status it allows and whether what was
// returned fits. H_ENTER without the Exact flag and H_BULK_REMOVE concern several slots;
// model/table/contents.cpp takes them apart, and each slot is judged here. A specifier of H_BULK_REMOVE is
// one request, its response code taken for a status.
//
// Written once for every value domain, like all rows: the oracle reads machine words, model/proofs terms.
#pragma once

#include "model/framework/conditions.h"
#include "model/table/slot_rules.h"

namespace hptck {

namespace slot_rows {

using namespace conditions;
using namespace status;

// Bits 57 and 58 of doubleword 0 are the hypervisor's; R is bit 55 of doubleword 1, N and PP its last three.
inline constexpr std::uint64_t hypervisor_bits = 0x60, below_avpn = 0x7f, reference_bit = 0x100;
inline constexpr std::uint64_t protection_bits = 0x7, storage_bits = 0x78, plain_storage = 0x10;
inline constexpr std::uint64_t page_number_bits = 0x0ffffffffffff000;

inline constexpr auto valid = [](const auto& s, const auto&) { return any_bit(s.high, lit(HPTE_VALID)); };
inline constexpr auto beyond = [](const auto&, const auto& c) { return negate(c.within); };

// Whether two words agree in what the guest can rely on (ambiguity A14). LP is part of the page number but
// for the bits that its encoding needs.
inline constexpr auto alike = [](const auto& held, const auto& shown) {
  const auto shown_valid = any_bit(shown.high, lit(HPTE_VALID));
  const auto high = only_bits(xor_bits(held.high, shown.high), lit(~hypervisor_bits));
  const auto changed = xor_bits(held.low, shown.low);
  auto low_agrees = negate(any_bit(changed, lit(protection_bits | storage_bits)));
  for (const auto& encoding : hashing::page_encodings) {
    const auto lp = only_bits(shifted_right(held.low, lit(12)), lit(encoding.mask));
    const auto of_it = both(any_bit(held.high, lit(hashing::HPTE_LARGE)), eq(lp, lit(encoding.lp)));
    const auto kept = negate(any_bit(changed, lit(std::uint64_t{encoding.mask} << 12)));
    low_agrees = both(low_agrees, either(negate(of_it), kept));
  }
  const auto same = both(both(shown_valid, eq(high, lit(0))), low_agrees);
  return either(both(any_bit(held.high, lit(HPTE_VALID)), same),
                both(negate(any_bit(held.high, lit(HPTE_VALID))), negate(shown_valid)));
};
inline constexpr auto shown_as_is = [](const auto& s, const auto& c) { return alike(s, c.returned); };

// What every partition has to be able to enter (ambiguity A15).
inline constexpr auto plain = [](const auto&, const auto& c) {
  const auto small = negate(any_bit(c.entered.high, lit(hashing::HPTE_LARGE)));
  const auto segment = negate(any_bit(c.entered.high, lit(std::uint64_t{1} << 63)));
  const auto memory = both(eq(only_bits(c.entered.low, lit(page_number_bits)), lit(0)),
                           eq(only_bits(c.entered.low, lit(storage_bits)), lit(plain_storage)));
  return both(both(small, segment), memory);
};

// Whether the AVPN flag asks for another page than the slot's.
inline constexpr auto other_page = [](const auto& s, const auto& c) {
  const auto differs = negate(eq(only_bits(s.high, lit(~below_avpn)), c.avpn));
  return both(any_bit(c.flags, lit(H_AVPN)), both(valid(s, c), differs));
};
// Whether the andcond mask has a bit of the slot's: surely, or perhaps, where its low bits may not count and
// the hypervisor's bits are not known.
inline constexpr auto has_masked_bit = [](const auto& s, const auto& c) {
  const auto common = any_bit(and_bits(s.high, c.avpn), lit(~below_avpn));
  return both(any_bit(c.flags, lit(H_ANDCOND)), both(valid(s, c), common));
};
inline constexpr auto may_have_masked_bit = [](const auto& s, const auto& c) {
  const auto common = any_bit(and_bits(with_bits(s.high, lit(hypervisor_bits)), c.avpn), lit(below_avpn));
  return both(any_bit(c.flags, lit(H_ANDCOND)), both(valid(s, c), common));
};

inline constexpr auto entered = [](const auto&, const auto& c) {
  auto slot = c.entered;
  slot.high = only_bits(slot.high, lit(~hypervisor_bits));
  return slot;
};
inline constexpr auto cleared = [](auto s, const auto&) {
  s.high = constant(s.high, lit(0));
  s.low = constant(s.low, lit(0));
  return s;
};
inline constexpr auto protected_as_asked = [](auto s, const auto& c) {
  s.low = or_bits(only_bits(s.low, lit(~(protection_bits | reference_bit))),
                  only_bits(c.flags, lit(protection_bits)));
  return s;
};
inline constexpr Answers nothing{};

// clang-format off
// H_ENTER with the Exact flag, of the slot named.
inline constexpr auto enter = decision_list(
    may (Clause::enter_hardware,    Always{},            answers(H_HARDWARE, H_BUSY), Unchanged{}),
    must(Clause::enter_beyond,      beyond,              answers(H_PARAMETER),        Unchanged{}),
    may (Clause::enter_unsuitable,  no(plain),           answers(H_PARAMETER),        Unchanged{}),
    must(Clause::enter_occupied,    valid,               answers(H_PTEG_FULL),        Unchanged{}),
    must(Clause::enter_exact,       Always{},            answers(H_SUCCESS),          entered));

// Without it: of the slot that was chosen, where one was, else of each slot that the HPTEG has.
inline constexpr auto enter_chosen = decision_list(
    must(Clause::enter_beyond,      beyond,              answers(H_PARAMETER),        Unchanged{}),
    must(Clause::enter_group,       valid,               nothing,                     Unchanged{}),
    must(Clause::enter_group,       Always{},            answers(H_SUCCESS),          entered));
inline constexpr auto enter_passed = decision_list(
    may (Clause::enter_hardware,    Always{},            answers(H_HARDWARE, H_BUSY), Unchanged{}),
    must(Clause::enter_beyond,      beyond,              answers(H_PARAMETER),        Unchanged{}),
    may (Clause::enter_unsuitable,  no(plain),           answers(H_PARAMETER),        Unchanged{}),
    must(Clause::enter_full,        valid,               answers(H_PTEG_FULL),        Unchanged{}),
    must(Clause::enter_group,       Always{},            answers(H_SUCCESS),          Unchanged{}));

// What H_READ answers at all is a matter of the table's size (model/resize/rows.h).
inline constexpr auto read = decision_list(
    must(Clause::read_contents,     Always{},            answers(H_SUCCESS),          Unchanged{}, shown_as_is));

inline constexpr auto remove = decision_list(
    may (Clause::remove_hardware,   Always{},            answers(H_HARDWARE, H_BUSY), Unchanged{}),
    must(Clause::remove_beyond,     beyond,              answers(H_PARAMETER),        Unchanged{}),
    may (Clause::remove_not_found,  no(valid),           answers(H_NOT_FOUND),        Unchanged{}),
    must(Clause::remove_not_found,  other_page,          answers(H_NOT_FOUND),        Unchanged{}),
    must(Clause::remove_not_found,  has_masked_bit,      answers(H_NOT_FOUND),        Unchanged{}),
    may (Clause::remove_not_found,  may_have_masked_bit, answers(H_NOT_FOUND),        Unchanged{}),
    must(Clause::remove_removes,    Always{},            answers(H_SUCCESS),          cleared, shown_as_is));

inline constexpr auto protect = decision_list(
    may (Clause::protect_hardware,  Always{},            answers(H_HARDWARE, H_BUSY), Unchanged{}),
    must(Clause::protect_beyond,    beyond,              answers(H_PARAMETER),        Unchanged{}),
    must(Clause::protect_not_found, no(valid),           answers(H_NOT_FOUND),        Unchanged{}),
    must(Clause::protect_not_found, other_page,          answers(H_NOT_FOUND),        Unchanged{}),
    must(Clause::protect_changes,   Always{},            answers(H_SUCCESS),          protected_as_asked));

inline constexpr auto impossible = [](const auto& s, const auto& c) {
  return either(beyond(s, c), both(any_bit(c.flags, lit(H_AVPN)), any_bit(c.flags, lit(H_ANDCOND))));
};
inline constexpr auto bulk = decision_list(
    may (Clause::bulk_hardware,     Always{},            answers(H_HARDWARE),         Unchanged{}),
    must(Clause::bulk_parameter,    impossible,          answers(H_PARAMETER),        Unchanged{}),
    may (Clause::bulk_not_found,    no(valid),           answers(H_NOT_FOUND),        Unchanged{}),
    must(Clause::bulk_not_found,    other_page,          answers(H_NOT_FOUND),        Unchanged{}),
    must(Clause::bulk_not_found,    has_masked_bit,      answers(H_NOT_FOUND),        Unchanged{}),
    may (Clause::bulk_not_found,    may_have_masked_bit, answers(H_NOT_FOUND),        Unchanged{}),
    must(Clause::bulk_removes,      Always{},            answers(H_SUCCESS),          cleared));
// clang-format on

}  // namespace slot_rows

template <class Domain>
SlotRules<Domain> slot_specification() {
  using List = SlotList<Domain>;
  return {List(slot_rows::enter), List(slot_rows::enter_chosen), List(slot_rows::enter_passed),
          List(slot_rows::read),  List(slot_rows::remove),       List(slot_rows::protect),
          List(slot_rows::bulk)};
}

}  // namespace hptck
