// A hash page table as a hypervisor keeps it, and the rehash that a resize needs. The largest legal table has
// 2^46 bytes, so HPTEGs live in a hash map by their index: memory follows what the guest entered, and an
// empty table of any size costs nothing, which matters because campaigns make millions of them. A plain array
// was rejected for that reason only; a map of single entries because a full table takes several times as long
// to fill. Tables are walked in order of PTEX, as a hypervisor with an array would walk them, so that in
// every run the same one of two entries comes first.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "spec/deviations.h"

namespace hptck {

/// One page table entry, as the two doublewords that the guest sees.
struct Hpte {
  std::uint64_t high = 0, low = 0;
  bool operator==(const Hpte&) const = default;
};

bool is_valid(Hpte hpte);
/// Valid, and asked by the guest to stay.
bool is_bolted(Hpte hpte);
/// Whether the segment size exists, and LP of a large page says which size it has.
bool has_known_sizes(Hpte hpte);

class Hpt {
 public:
  explicit Hpt(unsigned shift) : shift_(shift) {}

  unsigned shift() const { return shift_; }
  std::uint64_t hpteg_count() const { return std::uint64_t{1} << (shift_ - 7); }
  std::uint64_t hpte_count() const { return hpteg_count() * 8; }

  /// An entry that was never written reads as zeros.
  Hpte at(std::uint64_t ptex) const;
  void put(std::uint64_t ptex, Hpte hpte);
  /// What is not zeros, by PTEX and in that order.
  std::vector<std::pair<std::uint64_t, Hpte>> entries() const;

 private:
  unsigned shift_;
  std::unordered_map<std::uint64_t, std::array<Hpte, 8>> hptegs_;
};

/// The hash of the page that the entry maps, complete when the entry stands in `from` where that hash puts
/// it.
std::uint64_t hash_of(Hpte hpte, std::uint64_t ptex, const Hpt& from, const Deviations& deviations);

/// Where the entry that stands at `ptex` of `from` belongs in `to`.
std::uint64_t rehashed_ptex(Hpte hpte, std::uint64_t ptex, const Hpt& from, const Hpt& to,
                            const Deviations& deviations);

/// What became of an entry in a rehash, and where it now stands if it was entered.
struct Rehashed {
  enum class Outcome : std::uint8_t { entered, left_out, collided } outcome = Outcome::left_out;
  std::uint64_t ptex = 0;
};

/// Enters the entry that stands at `ptex` of `from` into `to`, in the slot that it has there. An entry that
/// is not valid is left out, and one that is not bolted gives way to others. If two bolted entries need one
/// slot they collide, and the one that came first stays.
Rehashed rehash_entry(Hpte hpte, std::uint64_t ptex, const Hpt& from, Hpt& to, const Deviations& deviations);

/// Enters every bolted entry of `from` into `to`, each in the slot that it has. False when `to` is the
/// smaller and two of them need one slot; `to` is then incomplete.
bool rehash_bolted(const Hpt& from, Hpt& to, const Deviations& deviations);

}  // namespace hptck
