// The rules of one slot: what the page table hypercalls answer of it, and what they leave there. A second set
// of ordered decision lists (model/framework/decision_list.h has the first), over another state: the HPTE that stands
// in the slot. They are apart because nothing joins them but the size of the table: a resize does not ask
// what H_PROTECT does, and H_PROTECT does not ask whether a Pending HPT exists. A state of both would make
// the oracle's sets as large as the table.
//
// Here, too, the answer is an input, outputs and all: a row says which status it allows and whether what was
// returned fits. H_ENTER without the Exact flag and H_BULK_REMOVE concern several slots; model/table/contents.cpp
// takes them apart, and each slot is judged here. A specifier of H_BULK_REMOVE is one request, its response
// code taken for a status.
//
// Written once for every value domain, like all rows: the oracle reads machine words, model/proofs terms.
#pragma once

#include "model/framework/decision_list.h"
#include "model/table/hashing.h"

namespace hptck {

/// What stands in a slot. Without HPTE_VALID nothing does, and the other bits mean nothing.
template <class Domain>
using Slot = hashing::Entry<Domain>;

/// One call as one slot sees it.
template <class Domain>
struct SlotCall {
  using Word = typename Domain::template Word<64>;
  typename Domain::Bool within;  ///< the PTEX lies in the current HPT
  Word flags;                    ///< of H_BULK_REMOVE: H_AVPN and H_ANDCOND, as the specifier asks
  Word avpn;                     ///< H_REMOVE, H_PROTECT, H_BULK_REMOVE
  Slot<Domain> entered;          ///< H_ENTER
  Slot<Domain> returned;         ///< H_READ, H_REMOVE: what was shown of the slot
};

template <class When, class Returns, class Then>
struct GenericSlotRow {
  RowKind kind;
  Clause clause;
  When when;
  Answers allowed;
  Returns returns;  ///< whether the outputs fit, when the status does
  Then then;
};

/// A slot row as it is read in one domain.
template <class Domain>
struct SlotRow {
  using S = Slot<Domain>;
  using C = SlotCall<Domain>;
  using Bool = typename Domain::Bool;

  RowKind kind;
  Clause clause;
  std::function<Bool(const S&, const C&)> when;  ///< empty: always
  Answers allowed;
  std::function<Bool(const S&, const C&)> returns;  ///< empty: nothing to look at
  std::function<S(const S&, const C&)> then;        ///< empty: the slot stays

  template <class When, class Returns, class Then>
  SlotRow(const GenericSlotRow<When, Returns, Then>& row)
      : kind(row.kind), clause(row.clause), allowed(row.allowed) {
    if constexpr (!std::is_same_v<When, Always>) when = row.when;
    if constexpr (!std::is_same_v<Returns, Always>) returns = row.returns;
    if constexpr (!std::is_same_v<Then, Unchanged>) then = row.then;
  }
};

template <class Domain>
using SlotList = std::vector<SlotRow<Domain>>;

namespace slot_rows {

using namespace status;

template <class When, class Returns = Always, class Then = Unchanged>
constexpr auto demands(Clause clause, When when, Answers allowed, Returns returns = {}, Then then = {}) {
  return GenericSlotRow<When, Returns, Then>{RowKind::must, clause, when, allowed, returns, then};
}
template <class When>
constexpr auto allows(Clause clause, When when, Answers allowed) {
  return GenericSlotRow<When, Always, Unchanged>{RowKind::may, clause, when, allowed, {}, {}};
}

// Bits 57 and 58 of doubleword 0 are the hypervisor's; R is bit 55 of doubleword 1, N and PP its last three.
inline constexpr std::uint64_t hypervisor_bits = 0x60, below_avpn = 0x7f, reference_bit = 0x100;
inline constexpr std::uint64_t protection_bits = 0x7, storage_bits = 0x78, plain_storage = 0x10;
inline constexpr std::uint64_t page_number_bits = 0x0ffffffffffff000;

inline constexpr auto valid = [](const auto& s, const auto&) { return any_bit(s.high, lit(HPTE_VALID)); };
inline constexpr auto not_valid = [](const auto& s, const auto& c) { return negate(valid(s, c)); };
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
inline constexpr auto not_plain = [](const auto& s, const auto& c) { return negate(plain(s, c)); };

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
    allows(Clause::enter_hardware,   Always{},  answers(H_HARDWARE, H_BUSY)),
    demands(Clause::enter_beyond,     beyond,    answers(H_PARAMETER)),
    allows(Clause::enter_unsuitable, not_plain, answers(H_PARAMETER)),
    demands(Clause::enter_occupied,   valid,     answers(H_PTEG_FULL)),
    demands(Clause::enter_exact,      Always{},  answers(H_SUCCESS),   Always{}, entered));

// Without it: of the slot that was chosen, where one was, else of each slot that the HPTEG has.
inline constexpr auto enter_chosen = decision_list(
    demands(Clause::enter_beyond,     beyond,    answers(H_PARAMETER)),
    demands(Clause::enter_group,      valid,     nothing),
    demands(Clause::enter_group,      Always{},  answers(H_SUCCESS),   Always{}, entered));
inline constexpr auto enter_passed = decision_list(
    allows(Clause::enter_hardware,   Always{},  answers(H_HARDWARE, H_BUSY)),
    demands(Clause::enter_beyond,     beyond,    answers(H_PARAMETER)),
    allows(Clause::enter_unsuitable, not_plain, answers(H_PARAMETER)),
    demands(Clause::enter_full,       valid,     answers(H_PTEG_FULL)),
    demands(Clause::enter_group,      Always{},  answers(H_SUCCESS)));

// What H_READ answers at all is a matter of the table's size (model/resize/rows.h).
inline constexpr auto read = decision_list(
    demands(Clause::read_contents,    Always{},  answers(H_SUCCESS),   shown_as_is));

inline constexpr auto remove = decision_list(
    allows(Clause::remove_hardware,  Always{},  answers(H_HARDWARE, H_BUSY)),
    demands(Clause::remove_beyond,    beyond,    answers(H_PARAMETER)),
    allows(Clause::remove_not_found, not_valid, answers(H_NOT_FOUND)),
    demands(Clause::remove_not_found, other_page,          answers(H_NOT_FOUND)),
    demands(Clause::remove_not_found, has_masked_bit,      answers(H_NOT_FOUND)),
    allows(Clause::remove_not_found, may_have_masked_bit, answers(H_NOT_FOUND)),
    demands(Clause::remove_removes,   Always{},  answers(H_SUCCESS),   shown_as_is, cleared));

inline constexpr auto protect = decision_list(
    allows(Clause::protect_hardware,  Always{},   answers(H_HARDWARE, H_BUSY)),
    demands(Clause::protect_beyond,    beyond,     answers(H_PARAMETER)),
    demands(Clause::protect_not_found, not_valid,  answers(H_NOT_FOUND)),
    demands(Clause::protect_not_found, other_page, answers(H_NOT_FOUND)),
    demands(Clause::protect_changes,   Always{},   answers(H_SUCCESS),  Always{}, protected_as_asked));

inline constexpr auto impossible = [](const auto& s, const auto& c) {
  return either(beyond(s, c), both(any_bit(c.flags, lit(H_AVPN)), any_bit(c.flags, lit(H_ANDCOND))));
};
inline constexpr auto bulk = decision_list(
    allows(Clause::bulk_hardware,  Always{},            answers(H_HARDWARE)),
    demands(Clause::bulk_parameter, impossible,          answers(H_PARAMETER)),
    allows(Clause::bulk_not_found, not_valid,           answers(H_NOT_FOUND)),
    demands(Clause::bulk_not_found, other_page,          answers(H_NOT_FOUND)),
    demands(Clause::bulk_not_found, has_masked_bit,      answers(H_NOT_FOUND)),
    allows(Clause::bulk_not_found, may_have_masked_bit, answers(H_NOT_FOUND)),
    demands(Clause::bulk_removes,   Always{},            answers(H_SUCCESS), Always{}, cleared));
// clang-format on

}  // namespace slot_rows

/// The rules of a slot in one domain.
template <class Domain>
struct SlotRules {
  SlotList<Domain> enter, enter_chosen, enter_passed, read, remove, protect, bulk;
};

template <class Domain>
SlotRules<Domain> slot_rules() {
  const auto list = [](const auto& rows) {
    SlotList<Domain> all;
    std::apply([&](const auto&... row) { (all.push_back(SlotRow<Domain>(row)), ...); }, rows);
    return all;
  };
  return {list(slot_rows::enter), list(slot_rows::enter_chosen), list(slot_rows::enter_passed),
          list(slot_rows::read),  list(slot_rows::remove),       list(slot_rows::protect),
          list(slot_rows::bulk)};
}

}  // namespace hptck
