// The rules of one slot, read in a domain, and what they are about. The rows stand in
// model/table/slot_rows.h, their mistakes in model/table/slot_deviations.h; each domain has them instantiated
// in one file, as for the resize hypercalls (model/resize/rules.h).
#pragma once

#include <array>

#include "model/framework/decision_list.h"
#include "model/table/hashing.h"
#include "spec/deviations.h"

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

template <class Domain>
using SlotList = DecisionList<Domain, Slot<Domain>, SlotCall<Domain>>;

namespace hashing {
template <class Domain>
typename Domain::Bool true_of(const Entry<Domain>& s) {
  return eq(s.high, s.high);
}
template <class Domain>
Entry<Domain> ite(const typename Domain::Bool& c, const Entry<Domain>& a, const Entry<Domain>& b) {
  return {ite(c, a.high, b.high), ite(c, a.low, b.low)};
}
}  // namespace hashing

/// The rules of a slot in one domain.
template <class Domain>
struct SlotRules {
  SlotList<Domain> enter, enter_chosen, enter_passed, read, remove, protect, bulk;

  using Named = NamedList<SlotRules, SlotList<Domain>>;
  static constexpr auto lists() {
    return std::array{Named{"H_ENTER exact", &SlotRules::enter},
                      Named{"H_ENTER of the slot chosen", &SlotRules::enter_chosen},
                      Named{"H_ENTER of a slot passed over", &SlotRules::enter_passed},
                      Named{"H_READ", &SlotRules::read},
                      Named{"H_REMOVE", &SlotRules::remove},
                      Named{"H_PROTECT", &SlotRules::protect},
                      Named{"H_BULK_REMOVE", &SlotRules::bulk}};
  }
};

/// The specification, read in one domain.
template <class Domain>
SlotRules<Domain> slot_specification();

/// The specification with these deviations; those that concern something else change nothing.
template <class Domain>
SlotRules<Domain> slot_rules(const Deviations& deviations = {});

extern template class DecisionList<Concrete, Slot<Concrete>, SlotCall<Concrete>>;
extern template SlotRules<Concrete> slot_specification<Concrete>();
extern template SlotRules<Concrete> slot_rules<Concrete>(const Deviations&);

}  // namespace hptck
