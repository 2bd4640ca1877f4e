// The shadow of a table: of each slot, every HPTE that may stand there. Most slots have one possibility
// ("must be there", "must not be there"); one that is not bolted and went through a COMMIT has two. One set
// of tables was rejected, since the possibilities of independent slots multiply. Only HPTEGs that somebody
// has had to do with are kept; every other slot is like `background`.
#pragma once

#include <array>
#include <cstdint>
#include <forward_list>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/hypercall.h"
#include "model/table/hashing.h"
#include "spec/clause.h"

namespace hptck {

/// The two doublewords of an HPTE.
struct HpteWords {
  std::uint64_t high = 0, low = 0;
  bool operator==(const HpteWords&) const = default;
};

inline hashing::Entry<Concrete> entry_of(const HpteWords& hpte) {
  return {Concrete::Word<64>(hpte.high), Concrete::Word<64>(hpte.low)};
}
inline HpteWords words_of(const hashing::Entry<Concrete>& entry) { return {raw(entry.high), raw(entry.low)}; }
inline bool is_valid(const HpteWords& hpte) { return (hpte.high & HPTE_VALID) != 0; }
inline bool is_bolted(const HpteWords& hpte) { return is_valid(hpte) && (hpte.high & HPTE_BOLTED) != 0; }
/// Bolted, of a 1 TiB segment with the virtual real mode area's VSID: ambiguity A9.
bool is_platforms_own(const HpteWords& hpte);
/// Whether the slot is one of a table of that shift, which is 0 where it is not known.
inline bool within(std::uint64_t ptex, unsigned shift) { return shift == 0 || ptex >> (shift - 4) == 0; }

/// What may stand in a slot. Small, because a table's worth of them is what a resize has to go through.
struct Possible {
  std::forward_list<HpteWords> more;       ///< valid HPTEs, beyond the first
  HpteWords first;                         ///< the first valid HPTE, if `some`
  std::uint32_t since = 0;                 ///< when this became known; a count of calls
  Clause because = Clause::read_contents;  ///< what made it so
  bool some : 1 = false;                   ///< a valid HPTE may stand here
  bool none : 1 = true;                    ///< nothing valid may stand here
  bool anything : 1 = false;               ///< nothing is known
  bool confirmed : 1 = true;               ///< H_READ has shown it since

  /// Exactly this HPTE stands there.
  bool must() const { return some && !none && !anything && more.empty(); }
  bool must_be_empty() const { return !some && none && !anything; }
  bool must_be_bolted() const { return must() && is_bolted(first); }
  /// COMMIT or a reset, which have to do with all slots, made it what it is, and nobody has looked since.
  bool is_by_whole_table() const {
    return !confirmed && (because == Clause::commit_bolted || because == Clause::commit_nothing_else ||
                          because == Clause::reset_empty);
  }

  void add(const HpteWords& hpte);
  template <class Visitor>
  void for_each(Visitor visit) const {
    if (some) visit(first);
    for (const auto& one : more) visit(one);
  }
};

static_assert(sizeof(Possible) <= 32);

Possible exactly(const HpteWords& hpte, Clause because);
Possible unknown_slot();
std::string text_of(const HpteWords& hpte);
std::string text_of(const Possible& slot);

/// An HPTE that the guest has reason to think is in the table.
struct Held {
  std::uint64_t ptex = 0;
  std::uint64_t high = 0, low = 0;  ///< doublewords 0 and 1
  bool certain = true;              ///< it must be there; else it may be
  bool operator==(const Held&) const = default;
};

struct Shadow {
  using Group = std::array<Possible, 8>;
  std::unordered_map<std::uint64_t, Group> groups;  ///< by HPTEG
  Possible background;                              ///< of every other slot

  const Possible& at(std::uint64_t ptex) const {
    const auto group = groups.find(ptex / 8);
    return group == groups.end() ? background : group->second[ptex % 8];
  }
  Possible& slot(std::uint64_t ptex);
  void forget_group(std::uint64_t hpteg);
  /// Calls visit(ptex, slot) for every slot of an HPTEG that is kept.
  template <class Visitor>
  void for_each_slot(Visitor visit) const {
    for (const auto& [hpteg, group] : groups)
      for (std::uint64_t i = 0; i < 8; ++i) visit(hpteg * 8 + i, group[i]);
  }
  /// What may be in the table, in the order of PTEX.
  std::vector<Held> held() const;
};

}  // namespace hptck
