#include "model/table/slot_deviations.h"

namespace hptck {
namespace {

using W = Concrete::Word<64>;
using Entry = Slot<Concrete>;

void answer(SlotList<Concrete>& list, Clause clause, Answers allowed) {
  for (auto& row : list)
    if (row.clause == clause) row.allowed = allowed;
}
void never(SlotList<Concrete>& list, Clause clause) {
  std::erase_if(list, [&](const auto& row) { return row.clause == clause; });
}
// The rows do not see this flag; whether a specifier asks for the impossible is seen all the same.
void blind(SlotList<Concrete>& list, std::uint64_t flag) {
  for (auto& row : list) {
    if (row.clause == Clause::bulk_parameter) continue;
    const auto blinded = [flag](auto f) {
      return [f, flag](const Entry& s, SlotCall<Concrete> c) {
        c.flags = W(raw(c.flags) & ~flag);
        return f(s, c);
      };
    };
    if (row.when) row.when = blinded(row.when);
  }
}

}  // namespace

SlotRules<Concrete> slot_rules_under(const Deviations& deviations) {
  using namespace status;
  auto rules = slot_rules<Concrete>();
  const auto has = [&](Deviation deviation) { return deviations.has(deviation); };
  if (has(Deviation::enter_beyond_is_h_pteg_full))
    for (auto* list : {&rules.enter, &rules.enter_passed})
      answer(*list, Clause::enter_beyond, answers(H_PTEG_FULL));
  if (has(Deviation::enter_exact_overwrites)) never(rules.enter, Clause::enter_occupied);
  if (has(Deviation::enter_occupied_is_h_parameter))
    answer(rules.enter, Clause::enter_occupied, answers(H_PARAMETER));
  if (has(Deviation::enter_full_overwrites)) rules.enter_chosen.erase(rules.enter_chosen.begin() + 1);
  if (has(Deviation::enter_full_is_h_resource))
    answer(rules.enter_passed, Clause::enter_full, answers(H_RESOURCE));
  if (has(Deviation::remove_beyond_is_h_not_found))
    answer(rules.remove, Clause::remove_beyond, answers(H_NOT_FOUND));
  if (has(Deviation::remove_ignores_avpn)) blind(rules.remove, H_AVPN);
  if (has(Deviation::remove_ignores_andcond)) blind(rules.remove, H_ANDCOND);
  if (has(Deviation::remove_removes_nothing)) rules.remove.back().then = nullptr;
  if (has(Deviation::remove_refuses_bolted)) {
    auto row = rules.remove.back();
    row.allowed = answers(H_NOT_FOUND);
    row.returns = nullptr;
    row.then = nullptr;
    row.when = [](const Entry& s, const SlotCall<Concrete>&) { return any_bit(s.high, lit(HPTE_BOLTED)); };
    rules.remove.insert(rules.remove.end() - 1, row);
  }
  if (has(Deviation::protect_beyond_is_h_not_found))
    answer(rules.protect, Clause::protect_beyond, answers(H_NOT_FOUND));
  if (has(Deviation::protect_ignores_avpn)) blind(rules.protect, H_AVPN);
  if (has(Deviation::protect_ignores_v))
    for (auto& row : rules.protect)
      if (row.clause == Clause::protect_not_found) {
        row.allowed = answers(H_SUCCESS);
        break;
      }
  if (has(Deviation::protect_changes_nothing)) rules.protect.back().then = nullptr;
  if (has(Deviation::protect_drops_bolted_bit))
    rules.protect.back().then = [](const Entry& s, const SlotCall<Concrete>& c) {
      auto slot = slot_rows::protected_as_asked(s, c);
      slot.high = only_bits(slot.high, lit(~HPTE_BOLTED));
      return slot;
    };
  if (has(Deviation::read_hides_unbolted))
    rules.read.back().returns = [](const Entry& s, const SlotCall<Concrete>& c) {
      const auto hidden = negate(any_bit(s.high, lit(HPTE_BOLTED)));
      return either(both(hidden, negate(any_bit(c.returned.high, lit(HPTE_VALID)))),
                    both(negate(hidden), slot_rows::alike(s, c.returned)));
    };
  if (has(Deviation::bulk_beyond_is_not_found)) {
    auto row = rules.bulk[1];
    row.when = slot_rows::beyond;
    row.allowed = answers(H_NOT_FOUND);
    rules.bulk.insert(rules.bulk.begin() + 1, row);
  }
  if (has(Deviation::bulk_ignores_avpn)) blind(rules.bulk, H_AVPN);
  return rules;
}

}  // namespace hptck
