// A guest keeps a belief of what is held while it makes a segment, and forgets it afterwards: the caller
// knows better. The belief is there so that most slots asked for are free and most HPTEs asked for are there;
// where it is wrong the guest is as legal as before.
#include "generators/contents.h"

#include <algorithm>
#include <cassert>
#include <set>
#include <utility>

#include "generators/content_calls.h"

namespace hptck {
namespace {

using namespace content_calls;

constexpr std::size_t segment_calls = 120;        // about as many calls as a segment has at most
constexpr std::size_t remembered = 32;            // HPTEs that are gone, and may come back
constexpr std::size_t enough = 64, many = 300;    // HPTEs held, before the guest removes some
constexpr std::uint64_t whole_table = one << 14;  // HPTEs of a table of 2^18 bytes, looked at now and then

unsigned base_shift_of(const PageKind& kind) {
  return kind.encoding ? hashing::page_encodings[*kind.encoding].base_shift : hashing::base_shifts[0];
}
unsigned actual_shift_of(const PageKind& kind) {
  return kind.encoding ? hashing::page_encodings[*kind.encoding].actual_shift : hashing::base_shifts[0];
}
unsigned segment_of(const PageKind& kind) {
  return kind.terabyte ? hashing::large_segment : hashing::small_segment;
}

// --- One segment of a legal guest.

class Segment {
 public:
  Segment(const Situation& at, std::span<const Held> held, PageSource& source,
          const std::vector<PageKind>& kinds, rc::Random random)
      : at_(at), source_(source), kinds_(kinds), dice_(random) {
    for (const auto& h : held)
      if (h.ptex < hptes_of(at.current_shift)) held_.push_back(h), occupied_.insert(h.ptex);
  }

  Plan make() {
    enum class Phase {
      enter,
      family,
      use,
      fill,
      resize,
      meet,
      prepare,
      finish,
      cancel,
      commit_wrong,
      commit_early
    };
    using P = Phase;
    if (held_.size() > many || (held_.size() > enough && dice_.one_in(2))) thin_out();
    const auto phase = at_.pending ? dice_.weighted<P>({{3, P::enter},
                                                        {2, P::family},
                                                        {3, P::use},
                                                        {1, P::fill},
                                                        {1, P::resize},
                                                        {6, P::finish},
                                                        {1, P::cancel},
                                                        {1, P::commit_wrong},
                                                        {1, P::commit_early}})
                                   : dice_.weighted<P>({{6, P::enter},
                                                        {4, P::family},
                                                        {4, P::use},
                                                        {1, P::fill},
                                                        {5, P::resize},
                                                        {5, P::meet},
                                                        {2, P::prepare},
                                                        {1, P::commit_wrong},
                                                        {1, P::commit_early}});
    switch (phase) {
      case P::enter:
        enter_some(dice_.number(1, 24));
        break;
      case P::family:
        for (auto n = dice_.number(1, 6); n > 0; --n) enter_family(any_distance());
        break;
      case P::use:
        use_some(dice_.number(1, 40));
        break;
      case P::fill:
        fill();
        break;
      case P::resize:
        resize(any_size());
        break;
      case P::meet: {
        // Nothing but these two is in each other's way there.
        const auto distance = any_distance();
        const auto where = std::min(at_.current_shift - distance, most());
        part(where);
        enter_family(distance);
        finish(where);
        break;
      }
      case P::prepare:
        // What follows, in this segment and the next ones, happens while it is pending.
        call(prepare(0, any_size()));
        while_pending();
        break;
      case P::finish:
        if (at_.pending_shift < at_.current_shift && !dice_.one_in(4)) part(at_.pending_shift);
        while_pending();
        finish(at_.pending_shift);
        break;
      case P::cancel:
        call(prepare(0, 0));
        use_some(dice_.number(1, 8));
        break;
      case P::commit_wrong:
        commit_wrong();
        break;
      case P::commit_early:
        // COMMIT before it is prepared, as far as the guest knows; also of what is not there.
        if (!dice_.one_in(3)) call(prepare(0, any_size()));
        call(commit(0, at_.pending ? at_.pending_shift : at_.current_shift));
        break;
    }
    return std::move(plan_);
  }

  const std::vector<Held>& held() const { return held_; }
  const std::vector<Held>& gone() const { return gone_; }

 private:
  void call(const Call& c, bool until_done = false) {
    plan_.push_back({c, until_done});
    if (c.token == token::H_RESIZE_HPT_PREPARE) at_ = after(at_, c);
  }

  // --- Where and what.

  std::uint64_t any_hpteg() {
    const auto last = last_hpteg(at_.current_shift);
    const std::uint64_t middles[] = {last / 2, last / 2 + 1, last_hpteg(min_shift),
                                     last_hpteg(min_shift) + 1};
    switch (dice_.below(8)) {
      case 0:
        return 0;
      case 1:
        return last;
      case 2:  // the halves of the table, and of the least one
        return dice_.pick(middles) & last;
      case 3:
        if (!held_.empty()) return dice_.pick(held_).ptex / 8;
        [[fallthrough]];
      default:
        return dice_.below(last + 1);
    }
  }

  Wanted anything() {
    Wanted wanted{dice_.pick(kinds_), dice_.one_in(2), !dice_.one_in(4),
                  static_cast<unsigned>(dice_.below(8))};
    // Not always: only real page 0 has to be accepted (ambiguity A15).
    if (dice_.one_in(2)) wanted.real_page = real_page(wanted.kind, dice_.word());
    return wanted;
  }

  std::pair<Wanted, unsigned> anything_in_any_slot() {
    return {anything(), static_cast<unsigned>(dice_.below(8))};
  }

  // A slot of the HPTEG that is free as far as known, or any.
  unsigned free_slot(std::uint64_t hpteg) {
    auto slot = static_cast<unsigned>(dice_.below(8));
    for (int i = 0; i < 8 && occupied_.contains(hpteg * 8 + slot); ++i) slot = (slot + 1) % 8;
    return slot;
  }

  void enter_placed(const Placed& placed, bool exact) {
    call(exact ? enter_exactly(placed) : enter(0, placed));
    if (exact && occupied_.insert(placed.ptex).second)
      held_.push_back({placed.ptex, placed.high, placed.low, true});
  }

  void enter_at(const Wanted& wanted, std::uint64_t hpteg, unsigned slot, bool exact = true) {
    const auto page = source_.next(wanted, at_.current_shift, hpteg);
    enter_placed(place(page, wanted, at_.current_shift, slot), exact);
  }

  // --- Entering.

  void enter_some(unsigned count) {
    for (; count > 0; --count) {
      const auto hpteg = any_hpteg();
      const auto wanted = anything();
      const auto slot = free_slot(hpteg);
      enter_at(wanted, hpteg, slot, !dice_.one_in(4));
    }
  }

  // From this table to a smaller one: 0 if there is none, mostly 1 or 2.
  unsigned any_distance() {
    const auto deepest = at_.current_shift - min_shift;
    if (deepest == 0) return 0;
    return dice_.one_in(3) ? dice_.number(1, deepest) : std::min(dice_.number(1, 2), deepest);
  }

  // Two HPTEs, or one for one that is held, that are close to each other in the table that is smaller by
  // `distance`, and apart in larger ones. Any two if there is no such table.
  void enter_family(unsigned distance) {
    enum class Family { colliding, other_slot, parting_bit, lowest_bit, one_not_bolted, twins };
    using F = Family;
    const auto family = dice_.weighted<F>({{6, F::colliding},
                                           {2, F::other_slot},
                                           {2, F::parting_bit},
                                           {1, F::lowest_bit},
                                           {2, F::one_not_bolted},
                                           {2, F::twins}});
    if (family == F::twins) return enter_twins();
    if (distance == 0) return enter_some(2);
    const auto first_lost = one << (at_.current_shift - distance - hashing::hpteg_shift);
    const auto last = last_hpteg(at_.current_shift);
    auto hpteg = any_hpteg();
    auto slot = free_slot(hpteg);
    Wanted first = anything(), second = anything();
    first.bolted = second.bolted = true;
    if (family == F::one_not_bolted) (dice_.one_in(2) ? first : second).bolted = false;
    if (!held_.empty() && dice_.one_in(2)) {
      const auto& anchor = dice_.pick(held_);
      hpteg = anchor.ptex / 8;
      slot = static_cast<unsigned>(anchor.ptex % 8);
    } else {
      enter_at(first, hpteg, slot);
    }
    // Whatever is above the lowest bit that is lost is lost as well.
    auto other = hpteg ^ first_lost ^ (dice_.one_in(2) ? 0 : (dice_.word() & last & ~(2 * first_lost - 1)));
    if (family == F::other_slot) slot = (slot + dice_.number(1, 7)) % 8;
    if (family == F::parting_bit) other ^= first_lost >> 1;
    if (family == F::lowest_bit) other ^= 1;
    enter_at(second, other, slot);
  }

  // Pages of one segment that doubleword 0 says the same of: their places tell them apart.
  void enter_twins() {
    auto wanted = anything();
    if (base_shift_of(wanted.kind) >= hashing::avpn_low_bit) wanted.kind.encoding.reset();
    const auto missing = hashing::avpn_low_bit - base_shift_of(wanted.kind);
    const auto page = source_.next(wanted, at_.current_shift, any_hpteg());
    const auto hidden = hashing::low_bits(missing).value;
    std::set<std::uint64_t> indices{raw(page.index)};
    for (auto n = dice_.number(1, 4); n > 0; --n) {
      const auto bit = one << dice_.below(missing);
      const auto others = dice_.one_in(2) ? dice_.word() & hidden : 0;
      indices.insert(raw(page.index) ^ bit ^ others);
    }
    for (const auto index : indices) {
      const VirtualPage twin{page.terabyte, page.vsid, W64(index), page.base_shift};
      const auto hpteg = place(twin, wanted, at_.current_shift, 0).ptex / 8;
      enter_placed(place(twin, wanted, at_.current_shift, free_slot(hpteg)), true);
    }
  }

  // Eight HPTEs in one HPTEG, then one more, with and without Exact.
  void fill() {
    const auto hpteg = any_hpteg();
    for (int i = 0; i < 10; ++i) {
      // Not through enter_at(), which would think the last one held: which slots are taken is not known.
      const auto [wanted, slot] = anything_in_any_slot();
      const auto placed =
          place(source_.next(wanted, at_.current_shift, hpteg), wanted, at_.current_shift, slot);
      call(enter(i < 9 ? 0 : H_EXACT, placed));
    }
    call(read_four(hpteg * 8 + dice_.below(4)));
    call(read_four(hpteg * 8 + 4 + dice_.below(4)));
    // A full HPTEG is in everybody's way after a resize; now and then it stays.
    for (const auto half : {hpteg * 8, hpteg * 8 + 4})
      if (!dice_.one_in(4)) remove_all({half, half + 1, half + 2, half + 3});
  }

  // --- Using what is there.

  void forget(std::uint64_t ptex) {
    std::erase_if(held_, [&](const Held& h) {
      if (h.ptex == ptex) gone_.push_back(h);
      return h.ptex == ptex;
    });
    occupied_.erase(ptex);
  }

  void remove_all(std::initializer_list<std::uint64_t> ptexs) {
    std::vector<Removal> removals;
    for (const auto ptex : ptexs) {
      removals.push_back(removal(ptex));
      forget(ptex);
    }
    call(bulk_remove(removals));
  }

  void thin_out() {
    for (int i = 0; i < 24 && held_.size() >= 4; ++i) {
      const auto ptex = [&] { return dice_.pick(held_).ptex; };
      remove_all({ptex(), ptex(), ptex(), ptex()});
    }
  }

  std::uint64_t any_ptex() {
    const auto hpteg = any_hpteg();
    return hpteg * 8 + dice_.below(8);
  }
  std::uint64_t any_beyond() {
    const auto ptexs = beyond(at_.current_shift, held_.empty() ? any_ptex() : dice_.pick(held_).ptex);
    return dice_.pick(ptexs);
  }

  void use_some(unsigned count) {
    for (; count > 0; --count) use_one();
  }

  void use_one() {
    enum class Use { read, read_four, remove, protect, bulk, empty, beyond, occupied };
    using U = Use;
    const auto use = dice_.weighted<U>({{3, U::read},
                                        {3, U::read_four},
                                        {5, U::remove},
                                        {6, U::protect},
                                        {2, U::bulk},
                                        {2, U::empty},
                                        {2, U::beyond},
                                        {1, U::occupied}});
    if (use == U::beyond) return use_beyond();
    if (held_.empty() || use == U::empty) return use_empty();
    const auto what = dice_.pick(held_);
    const auto avpn = what.high & avpn_argument;
    const auto wrong_avpn = avpn ^ (one << dice_.number(7, 63));
    switch (use) {
      case U::read:
        return call(read_hpte(what.ptex));
      case U::read_four:
        return call(read_four(dice_.one_in(2) ? what.ptex : what.ptex ^ dice_.below(4)));
      case U::remove: {
        const auto hit = highest_telling_bit(what.high);
        const auto miss = dice_.word() & ~what.high & avpn_argument;
        switch (dice_.below(6)) {
          case 0:
            call(remove(0, what.ptex));
            return forget(what.ptex);
          case 1:
            call(remove(H_AVPN, what.ptex, avpn));
            return forget(what.ptex);
          case 2:
            call(remove(H_ANDCOND, what.ptex, miss));
            return forget(what.ptex);
          case 3:
          case 4:
            return call(remove(H_AVPN, what.ptex, wrong_avpn));
          default:
            return call(hit == 0 ? remove(H_AVPN, what.ptex, wrong_avpn)
                                 : remove(H_ANDCOND, what.ptex, hit | miss));
        }
      }
      case U::protect:
        switch (dice_.below(4)) {
          case 0:
            return call(protect(H_AVPN | dice_.below(8), what.ptex, wrong_avpn));
          case 1:
            return call(protect(dice_.below(8), what.ptex));
          default:
            return call(protect(H_AVPN | dice_.below(8), what.ptex, avpn));
        }
      case U::bulk:
        return use_bulk();
      default: {  // Exact into a slot that is taken
        const auto wanted = anything();
        const auto page = source_.next(wanted, at_.current_shift, what.ptex / 8);
        return call(
            enter_exactly(place(page, wanted, at_.current_shift, static_cast<unsigned>(what.ptex % 8))));
      }
    }
  }

  void use_empty() {
    const auto ptex = any_ptex();
    switch (dice_.below(4)) {
      case 0:
        return call(read_four(ptex));
      case 1:
        if (dice_.one_in(2)) {
          call(remove(0, ptex));
          return forget(ptex);
        }
        return call(remove(H_AVPN, ptex, dice_.word() & avpn_argument));
      case 2:
        call(bulk_remove({removal(ptex)}));
        return forget(ptex);
      default:
        return call(protect(dice_.below(8), ptex));
    }
  }

  void use_beyond() {
    const auto ptex = any_beyond();
    switch (dice_.below(5)) {
      case 0:
        return call(dice_.one_in(2) ? read_hpte(ptex) : read_four(ptex));
      case 1: {
        const auto [wanted, slot] = anything_in_any_slot();
        const auto page = source_.next(wanted, at_.current_shift, any_hpteg());
        auto placed = place(page, wanted, at_.current_shift, slot);
        const auto ptexs = beyond(at_.current_shift, placed.ptex);
        // Not the first beyond, which a cut would make a wrong place.
        placed.ptex = ptexs[1 + dice_.below(ptexs.size() - 1)];
        return call(enter(dice_.one_in(2) ? H_EXACT : 0, placed));
      }
      case 2:
        return call(remove(dice_.one_in(2) ? 0 : H_AVPN, ptex));
      case 3:
        return call(protect(dice_.below(8), ptex));
      default: {
        const auto before = any_ptex(), after_it = any_ptex();
        return call(bulk_remove(
            {removal(before, bulk::avpn, dice_.word() & avpn_argument), removal(ptex), removal(after_it)}));
      }
    }
  }

  void use_bulk() {
    std::vector<Removal> removals;
    std::vector<std::uint64_t> removed;
    bool ended = false;
    for (auto n = dice_.number(1, 4); n > 0; --n) {
      const auto what = dice_.pick(held_);
      const auto avpn = what.high & avpn_argument, hit = highest_telling_bit(what.high);
      const auto rightly = [&](const Removal& r) {
        removals.push_back(r);
        if (!ended) removed.push_back(what.ptex);
      };
      switch (dice_.below(9)) {
        case 0:
        case 1:
          rightly(removal(what.ptex));
          break;
        case 2:
          rightly(removal(what.ptex, bulk::avpn, avpn));
          break;
        case 3:
          rightly(removal(what.ptex, bulk::andcond, dice_.word() & ~what.high & avpn_argument));
          break;
        case 4:
        case 5:
          removals.push_back(removal(what.ptex, bulk::avpn, avpn ^ (one << dice_.number(7, 63))));
          break;
        case 6:
          removals.push_back(hit == 0 ? removal(any_ptex(), bulk::avpn, one << 63)
                                      : removal(what.ptex, bulk::andcond, hit));
          break;
        case 7:
          removals.push_back({});
          ended = true;
          break;
        default:  // an unused type code, both flags at once, or beyond
          removals.push_back(dice_.one_in(3)   ? Removal{what.ptex, 0}
                             : dice_.one_in(2) ? removal(what.ptex, bulk::andcond | bulk::avpn, avpn)
                                               : removal(any_beyond()));
          ended = true;
          break;
      }
    }
    call(bulk_remove(removals));
    for (const auto ptex : removed) forget(ptex);
  }

  // --- Resizing.

  unsigned most() const { return std::max(std::min(at_.limit, largest_tried), min_shift); }

  unsigned any_size() {
    const auto legal = [&](unsigned shift) { return std::clamp(shift, min_shift, most()); };
    const auto current = at_.current_shift;
    return legal(dice_.weighted<unsigned>({{3, min_shift},
                                           {2, min_shift + 1},
                                           {4, current - 1},
                                           {2, current - 2},
                                           {4, current + 1},
                                           {1, current},
                                           {1, dice_.number(min_shift, most())}}));
  }

  // Removes one of each two certain HPTEs that need one slot in a table of that shift, so that it succeeds.
  void part(unsigned shift) {
    std::set<std::uint64_t> taken;
    std::vector<std::uint64_t> in_the_way;
    for (const auto& h : held_)
      if (is_bolted(h) && !taken.insert(rehashed(h, shift)).second) in_the_way.push_back(h.ptex);
    for (const auto ptex : in_the_way) {
      call(remove(0, ptex));
      forget(ptex);
    }
  }

  void while_pending() {
    for (auto n = dice_.below(4); n > 0; --n) {
      switch (dice_.below(4)) {
        case 0:
          enter_some(dice_.number(1, 4));
          break;
        case 1:
          enter_family(any_distance());
          break;
        default:
          use_some(dice_.number(1, 6));
          break;
      }
    }
  }

  void finish(unsigned shift) {
    call(prepare(0, shift), true);
    if (dice_.one_in(3)) while_pending();
    call(commit(0, shift));
  }

  void resize(unsigned shift) {
    const bool parts = shift < at_.current_shift && !dice_.one_in(4);
    const bool at_first = dice_.one_in(2);
    if (parts && at_first) part(shift);
    call(prepare(0, shift));
    while_pending();
    if (parts && (!at_first || dice_.one_in(2))) part(shift);
    finish(shift);
  }

  void commit_wrong() {
    if (!at_.pending) {
      const auto size = any_size();
      call(prepare(0, size), dice_.one_in(2));
    }
    if (dice_.one_in(2)) call(prepare(0, at_.pending_shift), true);
    const auto shift = dice_.one_in(2) ? at_.pending_shift : at_.pending_shift + 1;
    const auto flags = shift == at_.pending_shift || dice_.one_in(3) ? one << dice_.below(64) : 0;
    call(commit(flags, shift));
  }

  Situation at_;
  std::vector<Held> held_, gone_;
  std::set<std::uint64_t> occupied_;
  PageSource& source_;
  const std::vector<PageKind>& kinds_;
  Dice dice_;
  Plan plan_;
};

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
  Segment segment(situation, held, source_, kinds_, random_.split());
  auto plan = segment.make();
  gone_.insert(gone_.end(), segment.gone().begin(), segment.gone().end());
  if (gone_.size() > remembered)
    gone_.erase(gone_.begin(), gone_.end() - static_cast<std::ptrdiff_t>(remembered));
  moved_ = plan.back().call.token == token::H_RESIZE_HPT_COMMIT;
  if (moved_) {
    stood_.clear();
    for (const auto& h : held) stood_.push_back(h.ptex);
    for (const auto& h : segment.held()) stood_.push_back(h.ptex);
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
