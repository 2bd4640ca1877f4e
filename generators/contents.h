// Guests that use the table: they enter HPTEs, remove and protect them, resize, and look at what has become
// of them. Whether a resize loses, misplaces or brings back an HPTE shows only to somebody who has one.
//
// A legal guest is the point. An HPTE in a wrong HPTEG is the guest's error, after which nothing in the table
// is judged, so every HPTE here is made from a page and put where the page hashes to in the table of that
// moment; and no page is mapped twice. That is why a guest is asked for calls piece by piece: nobody but the
// oracle knows which table there is after a COMMIT. Drawing doublewords at random and discarding what stands
// wrong was rejected, because almost everything does; so was drawing pages at random, because what a rehash
// gets wrong hangs on single bits, slots and pairs, which random pages hardly ever meet. Illegal guests are
// kept apart, in hostile_plans().
#pragma once

#include <rapidcheck.h>

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_set>
#include <vector>

#include "generators/plan.h"
#include "model/table/contents.h"
#include "model/table/hashing.h"

namespace hptck {

/// An HPTE and where it is entered.
struct Placed {
  std::uint64_t ptex = 0;
  std::uint64_t high = 0, low = 0;  ///< doublewords 0 and 1
  bool operator==(const Placed&) const = default;
};

/// Which of hashing::page_encodings the partition may use: bit i for encoding i; 4 KiB pages (L clear)
/// always.
using Pages = std::uint8_t;
inline constexpr Pages all_pages = (1u << hashing::page_encodings.size()) - 1;

/// A segment and what L and LP say of a page in it.
struct PageKind {
  bool terabyte = false;                 ///< a 1 TiB segment, else one of 256 MiB
  std::optional<std::uint8_t> encoding;  ///< index into hashing::page_encodings; without one 4 KiB, L clear
  bool operator==(const PageKind&) const = default;
};
/// Every kind that the partition may use; 16 GiB pages in 1 TiB segments only.
std::vector<PageKind> page_kinds(Pages pages);

/// What is asked of a new HPTE.
struct Wanted {
  PageKind kind;
  bool secondary = false, bolted = true;
  unsigned protection = 2;      ///< 0 to 7: N and PP
  std::uint64_t real_page = 0;  ///< address of the page's memory, a multiple of the actual page size
};

/// One of the real pages that every partition has for pages of this kind: of up to 64 KiB those below 2 MiB,
/// of larger ones only the first. Any number will do. In 64 KiB pages the real page's low bits share LP with
/// the encoding, which is what a hypervisor may forget.
std::uint64_t real_page(const PageKind& kind, std::uint64_t number);

/// The page's HPTE, where it belongs in a table of this shift. Slot 0 to 7.
Placed place(const hashing::Page<Concrete>& page, const Wanted& wanted, unsigned shift, unsigned slot);

/// Draws pages, never one that was drawn before: their segments do not overlap.
class PageSource {
 public:
  explicit PageSource(std::uint64_t seed) : random_(seed) {}
  /// A page whose HPTE belongs in this HPTEG of a table of this shift. (A 1 TiB segment's in a table of 2^46
  /// bytes may miss it by the topmost bit: its VSIDs have one bit less than the hash.)
  hashing::Page<Concrete> next(const Wanted& wanted, unsigned shift, std::uint64_t hpteg);
  void restart() { used_.clear(); }

 private:
  rc::Random random_;
  std::unordered_set<std::uint64_t> used_;  // virtual addresses in TiB
};

/// A legal guest. Equal seeds give equal plans for equal situations and held HPTEs.
class ContentGuest {
 public:
  ContentGuest(std::uint64_t seed, Pages pages);
  /// The next 1 to about 120 calls: a legal guest's, made for the situation (shift of the current HPT,
  /// Pending HPT if any) and what is held. The caller issues all of them, sees the answers and asks again; a
  /// COMMIT is always the last call, and so is a reset, so that what follows is made for the table that there
  /// really is.
  Plan next(const Situation& situation, std::span<const Held> held);
  /// After a fresh partition.
  void restart();

 private:
  rc::Random random_;
  PageSource source_;
  std::vector<PageKind> kinds_;
  bool moved_ = false;                // whether the last call was a COMMIT, however answered, or a reset
  std::vector<std::uint64_t> stood_;  // the PTEXs of what was held then
  std::vector<Held> gone_;            // the last that were removed
  Plan looks_;                        // what is left to be looked at, the first call last
  unsigned plans_ = 0;
};

/// Everything that a guest can look at after a COMMIT, now that the table has this shift: both halves of the
/// HPTEG of each held HPTE and of each place where one stood before (cut to the table, for there is nothing
/// beyond it), of the first and the last HPTEG and of `samples` others; the last HPTE and the first beyond.
/// The whole table when that has at most `whole_up_to` HPTEs.
Plan look_around(unsigned shift, std::span<const Held> held, std::span<const std::uint64_t> stood = {},
                 unsigned samples = 4, std::uint64_t whole_up_to = 0, std::uint64_t seed = 0);

/// Short plans that show every rule about what is in the table once from each side, to be issued one after
/// the other in a partition in this situation whose table is empty; each leaves it so. They take for granted
/// that the COMMITs in them succeed or not as LoPAR demands: where one did not, what comes after it in the
/// plan may be entered in wrong places, and the next plan needs a fresh partition. Always the same for a
/// situation and pages.
std::vector<Plan> content_tour(const Situation& at, Pages pages);

/// The same in the largest table permitted (situation.limit): some of the hash's bits count in no smaller
/// one. Apart, because not every hypervisor can spare up to 64 TiB, and none that copies should be asked to;
/// legal also where PREPARE refuses. None if that is no larger than what content_tour() uses.
std::vector<Plan> vast_content_tour(const Situation& at, Pages pages);

/// What no legal guest does: HPTEs in wrong HPTEGs, reserved segment sizes, LP encodings that are not listed,
/// then resizes in both directions. LoPAR says nothing about it; only that the hypervisor lives counts. Equal
/// seeds give equal plans.
std::vector<Plan> hostile_plans(const Situation& at, std::uint64_t seed);

}  // namespace hptck
