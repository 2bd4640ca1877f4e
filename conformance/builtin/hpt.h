// A hash page table as a hypervisor keeps it, and the rehash that a resize needs. The largest legal table has
// 2^46 bytes, so entries live in a hash map by PTEX: memory follows what the guest entered, and an empty
// table of any size costs nothing, which matters because campaigns make millions of them. A plain array was
// rejected for that reason only.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "spec/deviations.h"

namespace hptck {

/// One page table entry, as the two doublewords that the guest sees.
struct Hpte {
  std::uint64_t high = 0, low = 0;
  bool operator==(const Hpte&) const = default;
};

/// Valid, and asked by the guest to stay.
bool is_bolted(Hpte hpte);

class Hpt {
 public:
  explicit Hpt(unsigned shift) : shift_(shift) {}

  unsigned shift() const { return shift_; }
  std::uint64_t hpteg_count() const { return std::uint64_t{1} << (shift_ - 7); }
  std::uint64_t hpte_count() const { return hpteg_count() * 8; }

  /// An entry that was never written reads as zeros.
  Hpte at(std::uint64_t ptex) const;
  void put(std::uint64_t ptex, Hpte hpte) { entries_[ptex] = hpte; }
  const std::unordered_map<std::uint64_t, Hpte>& entries() const { return entries_; }

 private:
  unsigned shift_;
  std::unordered_map<std::uint64_t, Hpte> entries_;
};

/// The hash of the page that the entry maps, complete when the entry stands where that hash puts it.
std::uint64_t hash_of(Hpte hpte, std::uint64_t ptex, const Deviations& deviations);

/// Enters into `to` the entry that stands at `ptex` of another table, in the slot that it has there. What is
/// not valid is left out, and an entry that is not bolted gives way. False when the slot holds a bolted entry
/// and this is one, too; the first to come then stays.
bool rehash_entry(Hpte hpte, std::uint64_t ptex, Hpt& to, const Deviations& deviations);

/// Enters every bolted entry of `from` into `to`, each in the slot that it has. False when `to` is the
/// smaller and two of them need one slot; `to` is then incomplete.
bool rehash_bolted(const Hpt& from, Hpt& to, const Deviations& deviations);

}  // namespace hptck
