// The catalogue of deviations: named, plausible mistakes of a hypervisor's author, as data (deviations.xml).
// One catalogue, three uses: the wrong hypervisors that the kit has to catch, the vocabulary of a diagnosis
// ("LoPAR 2.9 with deviations ..."), and the names that waivers refer to.
#pragma once

#include <bitset>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "spec/deviation.h"
#include "spec/embedded.h"

namespace hptck {

/// Every deviation, in the enumeration's order.
std::span<const DeviationText> deviation_texts();
const DeviationText& text_of(Deviation deviation);
std::string_view id_of(Deviation deviation);
std::optional<Deviation> deviation_named(std::string_view id);
/// The clause that a hypervisor with the deviation does not keep.
Clause broken_by(Deviation deviation);
/// The clause whose answer first gives the deviation away to a guest.
Clause shown_at(Deviation deviation);
/// Whether it is about how machines are configured, and not about what hypercalls do.
bool is_of_configurations(Deviation deviation);

/// A set of deviations, cheap enough to be asked in every hypercall.
class Deviations {
 public:
  Deviations() = default;
  Deviations(std::initializer_list<Deviation> list) {
    for (const auto deviation : list) add(deviation);
  }
  void add(Deviation deviation) { bits_.set(static_cast<std::size_t>(deviation)); }
  void remove(Deviation deviation) { bits_.reset(static_cast<std::size_t>(deviation)); }
  bool has(Deviation deviation) const { return bits_[static_cast<std::size_t>(deviation)]; }
  std::size_t size() const { return bits_.count(); }
  bool empty() const { return bits_.none(); }
  bool operator==(const Deviations&) const = default;

  /// In the enumeration's order.
  template <class Visitor>
  void for_each(Visitor visit) const {
    for (std::size_t i = 0; i < bits_.size(); ++i) {
      if (bits_[i]) visit(static_cast<Deviation>(i));
    }
  }

 private:
  std::bitset<deviation_count> bits_;
};

/// The ids, separated by a blank; "none" when there is none.
std::string to_string(const Deviations& deviations);

}  // namespace hptck
