// Pages, where their HPTEs belong, and a guest's way from one COMMIT to the next. A guest keeps a belief of
// what is held while it makes a segment, and forgets it afterwards: the caller knows better. The belief is
// there so that most slots asked for are free and most HPTEs asked for are there; where it is wrong the guest
// is as legal as before.
#include "generators/contents.h"

#include <algorithm>
#include <cassert>
#include <set>
#include <utility>

#include "generators/content_calls.h"
#include "generators/content_segment.h"

namespace hptck {
namespace {

using namespace content_calls;

constexpr std::size_t segment_calls = 120;        // about as many calls as a segment has at most
constexpr std::size_t remembered = 32;            // HPTEs that are gone, and may come back
constexpr std::uint64_t whole_table = one << 14;  // HPTEs of a table of 2^18 bytes, looked at now and then

unsigned actual_shift_of(const PageKind& kind) {
  return kind.encoding ? hashing::page_encodings[*kind.encoding].actual_shift : hashing::base_shifts[0];
}
unsigned segment_of(const PageKind& kind) {
  return kind.terabyte ? hashing::large_segment : hashing::small_segment;
}

}  // namespace

std::vector<PageKind> page_kinds(Pages pages) {
  std::vector<PageKind> kinds;
  for (const bool terabyte : {false, true}) {
    kinds.push_back({terabyte, {}});
    for (std::size_t i = 0; i < hashing::page_encodings.size(); ++i)
      if ((pages >> i & 1) != 0 && hashing::page_encodings[i].actual_shift < (terabyte ? 40 : 28))
        kinds.push_back({terabyte, static_cast<std::uint8_t>(i)});
  }
  return kinds;
}

std::uint64_t real_page(const PageKind& kind, std::uint64_t number) {
  constexpr unsigned memory_shift = 21;
  const auto actual = actual_shift_of(kind);
  return actual < memory_shift ? (number & hashing::low_bits(memory_shift - actual).value) << actual : 0;
}

Placed place(const VirtualPage& page, const Wanted& wanted, unsigned shift, unsigned slot) {
  const unsigned segment = segment_of(wanted.kind), base = base_shift_of(wanted.kind);
  const auto in_segment = base < hashing::avpn_low_bit ? raw(page.index) >> (hashing::avpn_low_bit - base)
                                                       : raw(page.index) << (base - hashing::avpn_low_bit);
  const auto avpn = raw(page.vsid) << (segment - hashing::avpn_low_bit) | in_segment;
  const auto lp = wanted.kind.encoding ? hashing::page_encodings[*wanted.kind.encoding].lp : 0;
  assert((wanted.real_page & hashing::low_bits(actual_shift_of(wanted.kind)).value) == 0);
  const auto hpteg =
      hashing::hpteg_of(hashing::hash_of(page), Concrete::Bool(wanted.secondary), size_of(shift));
  return {raw(hpteg) * 8 + slot,
          std::uint64_t{wanted.kind.terabyte} << 62 | avpn << 7 | (wanted.bolted ? HPTE_BOLTED : 0) |
              (wanted.kind.encoding ? HPTE_LARGE : 0) | (wanted.secondary ? HPTE_SECONDARY : 0) | HPTE_VALID,
          wanted.real_page | std::uint64_t{static_cast<std::uint8_t>(lp)} << 12 | memory_coherent |
              wanted.protection};
}

VirtualPage PageSource::next(const Wanted& wanted, unsigned shift, std::uint64_t hpteg) {
  Dice dice(random_.split());
  const bool terabyte = wanted.kind.terabyte;
  const unsigned segment = segment_of(wanted.kind), base = base_shift_of(wanted.kind);
  const unsigned vsid_bits = 78 - segment;
  const auto vsids = hashing::low_bits(vsid_bits).value, indices = hashing::low_bits(segment - base).value;
  // Low indices are what guests have most of; single bits are what a rehash forgets.
  const auto index = indices & (dice.one_in(4)   ? dice.below(16)
                                : dice.one_in(4) ? one << dice.below(segment - base)
                                                 : dice.word());
  const auto mask = last_hpteg(shift);
  auto low = ((wanted.secondary ? ~hpteg : hpteg) ^ index) & mask;
  if (terabyte) low ^= low << 25;  // which is its own inverse within 50 bits
  for (unsigned tries = 0;; ++tries) {
    // Should a place be used up, which takes thousands of pages in it, another one does.
    const auto aimed = tries < 64 ? mask & vsids : 0;
    const auto vsid = ((dice.word() & ~aimed) | (low & aimed)) & vsids;
    if (used_.insert(terabyte ? vsid : vsid >> (hashing::large_segment - hashing::small_segment)).second)
      return {Concrete::Bool(terabyte), W64(vsid), W64(index), W8(static_cast<std::uint8_t>(base))};
  }
}

ContentGuest::ContentGuest(std::uint64_t seed, Pages pages)
    : random_(seed), source_(random_.split().next()), kinds_(page_kinds(pages)) {}

void ContentGuest::restart() {
  source_.restart();
  moved_ = false;
  stood_.clear();
  gone_.clear();
  looks_.clear();
}

Plan ContentGuest::next(const Situation& situation, std::span<const Held> held) {
  if (moved_) {
    moved_ = false;
    Dice dice(random_.split());
    auto places = stood_;
    append_places(places, gone_, situation.current_shift);
    gone_.clear();
    const auto whole = dice.one_in(32) ? whole_table : 0;
    looks_ = look_around(situation.current_shift, held, places, 4, whole, dice.word());
    std::reverse(looks_.begin(), looks_.end());
  }
  if (!looks_.empty()) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(looks_.size(), segment_calls));
    Plan plan(looks_.rbegin(), looks_.rbegin() + count);
    looks_.erase(looks_.end() - count, looks_.end());
    return plan;
  }
  // Rarely, as a reboot takes a real machine as long as hundreds of hypercalls; half of them while something
  // is being prepared.
  constexpr unsigned plans_per_reset = 48;
  if (situation.start_shift != 0 && ++plans_ % plans_per_reset == 0) {
    Plan plan;
    if (!situation.pending && plans_ / plans_per_reset % 2 == 0)
      plan.push_back({prepare(0, std::max(situation.current_shift - 1, min_shift))});
    plan.push_back({reset_guest()});
    moved_ = true;
    stood_.clear();
    for (const auto& h : held) stood_.push_back(h.ptex);
    return plan;
  }
  auto [plan, now_held, gone] = content_segment(situation, held, source_, kinds_, random_.split());
  gone_.insert(gone_.end(), gone.begin(), gone.end());
  if (gone_.size() > remembered)
    gone_.erase(gone_.begin(), gone_.end() - static_cast<std::ptrdiff_t>(remembered));
  moved_ = plan.back().call.token == token::H_RESIZE_HPT_COMMIT;
  if (moved_) {
    stood_.clear();
    for (const auto& h : held) stood_.push_back(h.ptex);
    for (const auto& h : now_held) stood_.push_back(h.ptex);
  }
  return plan;
}

Plan look_around(unsigned shift, std::span<const Held> held, std::span<const std::uint64_t> stood,
                 unsigned samples, std::uint64_t whole_up_to, std::uint64_t seed) {
  const auto last = last_hpteg(shift);
  std::set<std::uint64_t> hptegs{0, last};
  if (hptes_of(shift) <= whole_up_to) {
    for (std::uint64_t hpteg = 0; hpteg <= last; ++hpteg) hptegs.insert(hptegs.end(), hpteg);
  } else {
    Dice dice(rc::Random{seed});
    for (const auto& h : held) hptegs.insert(h.ptex / 8 & last);
    for (const auto ptex : stood) hptegs.insert(ptex / 8 & last);
    for (; samples > 0; --samples) hptegs.insert(dice.word() & last);
  }
  Plan plan;
  for (const auto hpteg : hptegs) {
    plan.push_back({read_four(hpteg * 8)});
    plan.push_back({read_four(hpteg * 8 + 4)});
  }
  for (const auto& probe : probe_size(shift)) plan.push_back(probe);
  return plan;
}

}  // namespace hptck
