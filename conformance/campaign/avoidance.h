// What an implementation under test does not survive, so that a campaign can go on without it: a class of
// calls; or, where a death needs a certain HPTE in the table, the kinds of HPTE that do the same. Without the
// second, an implementation that dies in COMMIT over one kind of HPTE would never be asked to resize again.
//
// Which kinds do the same is tried and not guessed: from one deadly HPTE nobody can tell whether it was its
// being secondary, its page size or its segment's. What survives goes on being tried.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "generators/contents.h"
#include "model/hypercall.h"
#include "model/trace.h"

namespace hptck {

/// What tells one HPTE from another to a hypervisor, apart from where it stands.
struct HpteKind {
  PageKind page;
  bool secondary = false;
  bool bolted = true;
  bool operator==(const HpteKind&) const = default;
};

/// Of an H_ENTER's arguments; none where L and LP name no page size.
std::optional<HpteKind> kind_of(const Call& enter);

/// "bolted, secondary, 4 KiB pages, 1 TiB segment"; for people.
std::string to_string(const HpteKind& kind);

/// 4 KiB primary in 256 MiB segments: what a guest can hardly do without.
bool is_plain(const HpteKind& kind);

/// The first H_ENTER of a kind that is not plain.
std::optional<std::size_t> first_unusual_entry(std::span<const Step> steps);

/// Every kind that the partition may use and that is bolted or not as this one, but this one.
std::vector<HpteKind> other_kinds(const HpteKind& kind, Pages pages);

class Avoidance {
 public:
  /// Calls like this one, whatever is in the table.
  void call(const Call& call);
  /// H_ENTERs of such an HPTE.
  void hpte(const HpteKind& kind);

  bool avoids(const Call& call) const;
  /// Names the kinds of HPTE that are avoided, for keys; empty when there is none.
  std::string hptes_text() const;

 private:
  std::set<std::uint64_t> classes_;
  std::vector<HpteKind> hptes_;
};

}  // namespace hptck
