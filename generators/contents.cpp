// A guest keeps a belief of what is held while it makes a segment, and forgets it afterwards: the caller
// knows better. The belief is there so that most slots asked for are free and most HPTEs asked for are there;
// where it is wrong the guest is as legal as before.
#include "generators/contents.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <initializer_list>
#include <set>
#include <utility>

namespace hptck {
namespace {

using hashing::HPTE_LARGE, hashing::HPTE_SECONDARY;
using Entry = hashing::Entry<Concrete>;
using VirtualPage = hashing::Page<Concrete>;
using W8 = Concrete::Word<8>;
using W64 = Concrete::Word<64>;

constexpr std::uint64_t one = 1;
constexpr std::uint64_t memory_coherent = 0x10;    // WIMG 0010, real page 0: every partition has that memory
constexpr std::uint64_t avpn_argument = ~0x7full;  // what the AVPN flag compares of doubleword 0
constexpr std::size_t segment_calls = 120;         // about as many calls as a segment has at most
constexpr std::size_t remembered = 32;             // HPTEs that are gone, and may come back
constexpr std::size_t enough = 64, many = 300;     // HPTEs held, before the guest removes some
constexpr unsigned largest_tried = 26;             // copying 64 MiB over and over teaches nothing new
constexpr std::uint64_t whole_table = one << 14;   // HPTEs of a table of 2^18 bytes, looked at now and then
constexpr std::uint64_t tour_seed = 1;

W8 size_of(unsigned shift) { return W8(static_cast<std::uint8_t>(shift)); }
std::uint64_t hptes_of(unsigned shift) {
  assert(shift >= min_shift && shift <= max_shift);
  return one << (shift - 4);
}
std::uint64_t last_hpteg(unsigned shift) { return raw(hashing::last_hpteg(size_of(shift))); }
Entry entry_of(const Held& held) { return {W64(held.high), W64(held.low)}; }
bool is_bolted(const Held& held) { return holds(hashing::is_bolted(entry_of(held))); }
std::uint64_t rehashed(const Held& held, unsigned shift) {
  return raw(hashing::rehashed_ptex(entry_of(held), W64(held.ptex), size_of(shift)));
}
bool collide(const Held& a, const Held& b, unsigned shift) {
  return holds(hashing::collide(entry_of(a), W64(a.ptex), entry_of(b), W64(b.ptex), size_of(shift)));
}

// Where what is gone would stand if a resize brought it back.
void append_places(std::vector<std::uint64_t>& places, std::span<const Held> gone, unsigned shift) {
  for (const auto& h : gone) {
    places.push_back(h.ptex);
    places.push_back(rehashed(h, shift));
  }
}

Call enter(std::uint64_t flags, const Placed& what) {
  return {token::H_ENTER, {flags, what.ptex, what.high, what.low}};
}
Call enter_exactly(const Placed& what) { return enter(H_EXACT, what); }
Call remove(std::uint64_t flags, std::uint64_t ptex, std::uint64_t avpn = 0) {
  return {token::H_REMOVE, {flags, ptex, avpn}};
}
Call protect(std::uint64_t flags, std::uint64_t ptex, std::uint64_t avpn = 0) {
  return {token::H_PROTECT, {flags, ptex, avpn}};
}
Call read_four(std::uint64_t ptex) { return {token::H_READ, {H_READ_4, ptex}}; }

// A translation specifier.
struct Removal {
  std::uint64_t high = bulk::end, low = 0;
};
Removal removal(std::uint64_t ptex, std::uint64_t flags = 0, std::uint64_t avpn = 0) {
  return {bulk::request | flags | (ptex & bulk::ptex), avpn};
}
Call bulk_remove(std::span<const Removal> removals) {
  Call call{token::H_BULK_REMOVE, {}};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto specifier = i < removals.size() ? removals[i] : Removal{};
    call.args[2 * i] = specifier.high;
    call.args[2 * i + 1] = specifier.low;
  }
  return call;
}
Call bulk_remove(std::initializer_list<Removal> removals) {
  return bulk_remove(std::span(removals.begin(), removals.size()));
}

// Draws. RapidCheck's distributions grow with a size that means nothing here. No expression draws twice but
// in braces, where the order is fixed: every compiler makes the same plans.
class Dice {
 public:
  explicit Dice(rc::Random random) : random_(random) {}
  std::uint64_t word() { return random_.next(); }
  std::uint64_t below(std::uint64_t bound) {
    assert(bound != 0);
    return random_.next() % bound;
  }
  unsigned number(unsigned from, unsigned to) { return from + static_cast<unsigned>(below(to - from + 1)); }
  bool one_in(unsigned n) { return below(n) == 0; }
  template <class Range>
  auto& pick(Range& range) {
    return range[below(std::size(range))];
  }
  template <class T>
  T weighted(std::initializer_list<std::pair<unsigned, T>> choices) {
    std::uint64_t sum = 0;
    for (const auto& choice : choices) sum += choice.first;
    auto at = below(sum);
    for (const auto& choice : choices) {
      if (at < choice.first) return choice.second;
      at -= choice.first;
    }
    return choices.begin()->second;
  }

 private:
  rc::Random random_;
};

unsigned base_shift_of(const PageKind& kind) {
  return kind.encoding ? hashing::page_encodings[*kind.encoding].base_shift : hashing::base_shifts[0];
}
unsigned segment_of(const PageKind& kind) {
  return kind.terabyte ? hashing::large_segment : hashing::small_segment;
}

// PTEXs beyond the table: the first one, then some that a cut makes `ptex`, as if the register were narrower.
std::vector<std::uint64_t> beyond(unsigned shift, std::uint64_t ptex) {
  const auto hptes = hptes_of(shift);
  std::vector<std::uint64_t> ptexs{hptes, hptes | ptex, hptes << 1 | ptex, one << 32 | ptex,
                                   one << 55 | ptex};
  std::erase_if(ptexs, [&](std::uint64_t p) { return p < hptes; });
  return ptexs;
}

// A bit of doubleword 0 for the andcond mask. Whether the low seven count is left open (ambiguity A17).
std::uint64_t highest_telling_bit(std::uint64_t high) {
  const auto telling = high & avpn_argument;
  return telling == 0 ? 0 : std::bit_floor(telling);
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
    return {dice_.pick(kinds_), dice_.one_in(2), !dice_.one_in(4), static_cast<unsigned>(dice_.below(8))};
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

// --- The tour.

// Plans and what they leave in the table, so that the next plan finds it empty and of the same size.
class ContentTour {
 public:
  ContentTour(const Situation& at, Pages pages)
      : source_(tour_seed),
        dice_(rc::Random(tour_seed)),
        pages_(pages),
        home_(at.current_shift),
        top_(std::max(home_, std::min({home_ + 1, at.limit, max_shift}))),
        shift_(home_) {}

  std::vector<Plan> plans() {
    entering();
    entering_a_full_group();
    removing();
    protecting();
    removing_in_bulk();
    reading();
    for (const auto& kind : page_kinds(pages_)) one_kind(kind);
    every_slot();
    twins();
    not_bolted_when_growing();
    for (const int to : {-1, 0, 1}) while_pending(to);
    for (unsigned distance = 1; distance <= 3; ++distance) colliding(distance);
    nearly_colliding();
    failures_keep_all();
    return std::move(plans_);
  }

  std::vector<Plan> vast_plans(unsigned limit) {
    const auto vast = std::min(limit, max_shift);
    if (vast <= top_) return {};
    for (const bool is_secondary : {false, true}) {
      unsigned i = 0;
      for (const auto& kind : page_kinds(pages_)) {
        for (int times = 0; times < (kind.terabyte ? 4 : 1); ++times, ++i)
          enter_at({kind, is_secondary, true, 2}, any_hpteg() / 64 * 64 + i % 64, i % 8);
      }
      // Legal whatever the two COMMITs say: what is entered is entered before, and removed where it was,
      // which is where it is again.
      resize(vast);
      resize(home_);
      finish();
    }
    return std::move(plans_);
  }

 private:
  static constexpr Wanted bolted{}, unbolted{{}, false, false, 2}, secondary{{}, true, true, 2};

  void call(const Call& c, bool until_done = false) { plan_.push_back({c, until_done}); }

  Placed aimed(const Wanted& wanted, std::uint64_t hpteg, unsigned slot) {
    return place(source_.next(wanted, shift_, hpteg & last_hpteg(shift_)), wanted, shift_, slot);
  }
  void enter_placed(const Placed& placed) {
    call(enter_exactly(placed));
    held_.push_back({placed.ptex, placed.high, placed.low, true});
  }
  Placed enter_at(const Wanted& wanted, std::uint64_t hpteg, unsigned slot) {
    const auto placed = aimed(wanted, hpteg, slot);
    enter_placed(placed);
    return placed;
  }
  std::uint64_t any_hpteg() { return dice_.below(last_hpteg(shift_) + 1); }

  void drop(std::uint64_t ptex) {
    call(remove(0, ptex));
    std::erase_if(held_, [&](const Held& h) {
      if (h.ptex == ptex) gone_.push_back(h);
      return h.ptex == ptex;
    });
  }

  void look(std::span<const std::uint64_t> stood = {}) {
    const auto looks = look_around(shift_, held_, stood, 0);
    plan_.insert(plan_.end(), looks.begin(), looks.end());
  }

  bool some_collide(unsigned shift) const {
    for (std::size_t i = 0; i < held_.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (collide(held_[i], held_[j], shift)) return true;
    return false;
  }

  // The COMMIT of what is prepared, and a look at what has become of everything.
  void commit_to(unsigned shift) {
    call(commit(0, shift));
    std::vector<std::uint64_t> stood;
    for (const auto& h : held_) stood.push_back(h.ptex);
    if (!some_collide(shift)) {
      append_places(stood, gone_, shift);
      for (auto& h : held_) {
        h.ptex = rehashed(h, shift);
        h.certain = is_bolted(h);
      }
      shift_ = shift;
    }
    look(stood);
  }
  void resize(unsigned shift) {
    call(prepare(0, shift), true);
    commit_to(shift);
  }
  // The same of a table with nothing in it, which needs no look.
  void move_to(unsigned shift) {
    if (shift == shift_) return;
    call(prepare(0, shift), true);
    call(commit(0, shift));
    shift_ = shift;
  }

  // Ends a plan: the table is empty and as large as at the beginning.
  void finish() {
    std::set<std::uint64_t> ptexs;
    for (const auto& h : held_) ptexs.insert(h.ptex);
    std::vector<Removal> removals;
    for (const auto ptex : ptexs) {
      removals.push_back(removal(ptex));
      if (removals.size() == 4) call(bulk_remove(std::exchange(removals, {})));
    }
    if (!removals.empty()) call(bulk_remove(removals));
    held_.clear();
    gone_.clear();
    move_to(home_);
    if (!plan_.empty()) plans_.push_back(std::exchange(plan_, {}));
  }

  void look_at(std::uint64_t ptex) {
    call(read_four(ptex & ~std::uint64_t{7}));
    call(read_four(ptex | 4));
  }

  void entering() {
    for (const auto exact : {H_EXACT, std::uint64_t{0}}) {
      auto placed = aimed(bolted, any_hpteg(), 5);
      const auto right = placed.ptex;
      for (const auto ptex : beyond(shift_, right)) {
        if (ptex == hptes_of(shift_)) continue;  // which a cut would make a wrong place
        placed.ptex = ptex;
        call(enter(exact, placed));
      }
      look_at(right);
    }
    // The slot asked for, not the first free one; then the same slot again.
    const auto first = enter_at(bolted, any_hpteg(), 5);
    look_at(first.ptex);
    call(enter_exactly(aimed(secondary, first.ptex / 8, 5)));
    look_at(first.ptex);
    const auto other = enter_at(unbolted, first.ptex / 8, 2);
    call(enter_exactly(aimed(bolted, first.ptex / 8, 2)));
    look_at(other.ptex);
    finish();
  }

  void entering_a_full_group() {
    const auto hpteg = any_hpteg();
    for (unsigned i = 0; i < 8; ++i) call(enter(0, aimed(i % 2 == 0 ? bolted : unbolted, hpteg, i * 3 % 8)));
    look_at(hpteg * 8);
    for (const unsigned slot : {0u, 7u}) {
      call(enter(0, aimed(bolted, hpteg, slot)));
      look_at(hpteg * 8);
      call(enter_exactly(aimed(bolted, hpteg, slot)));
      look_at(hpteg * 8);
    }
    // One free slot, which both kinds find.
    call(remove(0, hpteg * 8 + 3));
    call(enter(0, aimed(secondary, hpteg, 0)));
    look_at(hpteg * 8);
    for (unsigned slot = 0; slot < 8; ++slot) held_.push_back({hpteg * 8 + slot, 0, 0, true});
    finish();
  }

  void removing() {
    for (const auto& wanted : {bolted, unbolted, secondary}) {
      const auto what = enter_at(wanted, any_hpteg(), 6);
      const auto avpn = what.high & avpn_argument, hit = highest_telling_bit(what.high);
      // What does not match, lowest and highest bit of what is compared.
      for (const unsigned bit : {7u, 30u, 62u, 63u}) call(remove(H_AVPN, what.ptex, avpn ^ (one << bit)));
      call(remove(H_ANDCOND, what.ptex, hit));
      call(remove(H_ANDCOND, what.ptex, avpn_argument));
      for (const auto ptex : beyond(shift_, what.ptex)) call(remove(0, ptex));
      look_at(what.ptex);
      call(remove(H_AVPN, what.ptex, avpn));
      look_at(what.ptex);
      call(remove(H_AVPN, what.ptex, avpn));
      enter_placed(aimed(wanted, what.ptex / 8, 6));
      call(remove(H_ANDCOND, what.ptex, ~held_.back().high & avpn_argument));
      look_at(what.ptex);
      enter_placed(aimed(wanted, what.ptex / 8, 6));
      call(remove(0, what.ptex));
      look_at(what.ptex);
      held_.clear();
      finish();
    }
  }

  void protecting() {
    for (const auto& wanted : {bolted, unbolted}) {
      const auto what = enter_at(wanted, any_hpteg(), 4);
      const auto avpn = what.high & avpn_argument;
      call(protect(0, what.ptex ^ 1));
      for (const unsigned bit : {7u, 30u, 62u, 63u})
        call(protect(H_AVPN | 7, what.ptex, avpn ^ (one << bit)));
      for (const auto ptex : beyond(shift_, what.ptex)) call(protect(5, ptex));
      look_at(what.ptex);
      for (std::uint64_t protection = 0; protection < 8; ++protection) {
        call(protection % 2 == 0 ? protect(protection, what.ptex)
                                 : protect(H_AVPN | protection, what.ptex, avpn));
        call(read_hpte(what.ptex));
      }
      call(remove(0, what.ptex));
      call(protect(3, what.ptex));
      look_at(what.ptex);
      finish();
    }
  }

  void removing_in_bulk() {
    std::vector<Placed> what;
    const auto enter_four = [&] {
      what.clear();
      for (const unsigned slot : {0u, 3u, 4u, 7u})
        what.push_back(enter_at(slot == 3 ? unbolted : slot == 4 ? secondary : bolted, any_hpteg(), slot));
    };
    const auto avpn = [&](std::size_t i) { return what[i].high & avpn_argument; };
    const auto all = [&](std::size_t i) { return removal(what[i].ptex); };
    const auto look_and_finish = [&] {
      look();
      finish();
    };
    enter_four();
    call(bulk_remove({all(0), removal(what[1].ptex, bulk::avpn, avpn(1)), all(2),
                      removal(what[3].ptex, bulk::andcond, ~what[3].high & avpn_argument)}));
    look_and_finish();
    // What is not found does not stop it.
    enter_four();
    call(bulk_remove({removal(what[0].ptex, bulk::avpn, avpn(0) ^ (one << 7)), all(1),
                      removal(what[2].ptex, bulk::andcond, highest_telling_bit(what[2].high)), all(3)}));
    look_and_finish();
    enter_four();
    call(bulk_remove({removal(what[0].ptex, bulk::avpn, avpn(0) ^ (one << 63)),
                      removal(what[1].ptex, bulk::avpn, avpn(1) ^ (one << 20))}));
    look_and_finish();
    // What is impossible does, as does the end.
    std::vector<Removal> stops{
        {}, {what[1].ptex, 0}, removal(what[1].ptex, bulk::avpn | bulk::andcond, avpn(1))};
    for (const auto ptex : beyond(shift_, what[1].ptex)) stops.push_back(removal(ptex));
    for (const auto& stop : stops) {
      enter_four();
      call(bulk_remove({all(0), stop, all(2), all(3)}));
      look_and_finish();
    }
  }

  void reading() {
    const auto hpteg = any_hpteg();
    for (unsigned slot = 0; slot < 8; ++slot) {
      Wanted wanted{{}, slot % 2 == 1, slot % 3 != 1, slot};
      enter_at(wanted, hpteg, slot);
    }
    for (unsigned slot = 0; slot < 8; ++slot) {
      call(read_hpte(hpteg * 8 + slot));
      call(read_four(hpteg * 8 + slot));
    }
    enter_at(bolted, last_hpteg(shift_), 7);
    enter_at(bolted, last_hpteg(shift_), 4);
    for (unsigned slot = 4; slot < 8; ++slot) call(read_four(last_hpteg(shift_) * 8 + slot));
    finish();
  }

  // Down to the least table, where what is recovered from the HPTEG counts, and back in two steps. Single
  // bits of the index and of the VSID, in primary and secondary HPTEs.
  void one_kind(const PageKind& kind) {
    for (unsigned i = 0; i < 8; ++i) {
      const Wanted wanted{kind, i % 2 == 1, i < 6, i};
      // Low bits of their own, so that they part in the least table too.
      const auto hpteg = any_hpteg() / 16 * 16 + i;
      enter_at(wanted, hpteg, (i * 5 + 1) % 8);
    }
    resize(min_shift);
    for (unsigned i = 0; i < 4; ++i) enter_at({kind, i % 2 == 1, true, i}, any_hpteg() / 16 * 16 + 8 + i, i);
    if (top_ > min_shift) resize(min_shift + 1);
    if (top_ > min_shift + 1) resize(home_ > min_shift + 1 ? home_ : top_);
    finish();
  }

  // First and last HPTEG, their neighbours and those in the middle; every slot.
  void every_slot() {
    move_to(top_);
    const auto last = last_hpteg(shift_);
    for (const auto hpteg : {std::uint64_t{0}, last})
      for (unsigned slot = 0; slot < 8; ++slot) enter_at(slot % 3 == 2 ? secondary : bolted, hpteg, slot);
    for (const auto hpteg : {last / 2, last / 2 + 1}) enter_at(bolted, hpteg ^ 0x100, hpteg % 2 == 0 ? 1 : 6);
    resize(shift_);
    if (shift_ > min_shift) resize(shift_ - 1);
    if (shift_ < top_) resize(shift_ + 1);
    finish();
  }

  // Doubleword 0 says the same of all; one for each bit of the index.
  void twins() {
    for (const bool is_secondary : {false, true}) {
      move_to(min_shift);
      const Wanted wanted{{}, is_secondary, true, 2};
      const auto page = source_.next(wanted, shift_, any_hpteg());
      const auto enter_twin = [&](std::uint64_t index, unsigned slot) {
        enter_placed(place({page.terabyte, page.vsid, W64(index), page.base_shift}, wanted, shift_, slot));
      };
      enter_twin(raw(page.index), 0);
      for (unsigned bit = 0; bit < 16; ++bit) enter_twin(raw(page.index) ^ (one << bit), bit % 8);
      if (top_ > min_shift) resize(min_shift + 1);
      resize(min_shift);
      finish();
    }
  }

  void not_bolted_when_growing() {
    if (top_ == min_shift) return;
    move_to(min_shift);
    for (unsigned i = 0; i < 16; ++i)
      enter_at({{i % 2 == 0, {}}, i % 4 < 2, i % 8 == 7, 2}, any_hpteg(), i % 8);
    resize(min_shift + 1);
    finish();
  }

  // What happens between PREPARE and COMMIT is in the table that comes of it.
  void while_pending(int difference) {
    if (home_ == min_shift && difference < 0) move_to(top_);
    const auto to =
        static_cast<unsigned>(std::clamp(static_cast<int>(shift_) + difference, static_cast<int>(min_shift),
                                         static_cast<int>(std::max(top_, shift_))));
    std::vector<Placed> there;
    for (unsigned i = 0; i < 8; ++i)
      there.push_back(enter_at(i % 4 == 3   ? unbolted
                               : i % 2 == 1 ? secondary
                                            : bolted,
                               any_hpteg() / 16 * 16 + i, i));
    const auto entered_and_removed = [&](unsigned first) {
      drop(there[first].ptex);
      call(protect(5, there[first + 1].ptex));
      for (auto& h : held_)
        if (h.ptex == there[first + 1].ptex) h.low = (h.low & ~std::uint64_t{7}) | 5;
      for (unsigned i = 0; i < 3; ++i)
        enter_at(i == 2 ? unbolted : i == 1 ? secondary : bolted, any_hpteg() / 16 * 16 + 8 + i, first + i);
      // Into the slot that was left, and out again.
      const auto passing = aimed(bolted, there[first].ptex / 8, first);
      call(enter_exactly(passing));
      call(remove(0, passing.ptex));
    };
    call(prepare(0, to));
    entered_and_removed(0);
    call(prepare(0, to), true);
    entered_and_removed(4);
    commit_to(to);
    finish();
  }

  // Two HPTEs that part in every table but those smaller by `distance` or more.
  void colliding(unsigned distance) {
    if (home_ == min_shift) move_to(top_);
    if (shift_ < min_shift + distance) return finish();
    const auto home = shift_;
    const auto hpteg = any_hpteg(), lost = one << (shift_ - distance - hashing::hpteg_shift);
    const auto first = enter_at(bolted, hpteg, 3);
    enter_at(distance % 2 == 1 ? secondary : bolted, hpteg ^ lost, 3);
    // Others, which a failure must not lose: in both halves of the table, and one that is not bolted.
    enter_at(bolted, last_hpteg(shift_) - 1, 1);
    enter_at(secondary, 1, 6);
    enter_at(unbolted, (hpteg ^ lost) + 2, 2);
    if (distance > 1) {
      resize(shift_ - distance + 1);
      resize(home);
    }
    resize(shift_ - distance);
    call(commit(0, home - distance));
    call(prepare(0, 0));
    look();
    drop(first.ptex);
    resize(shift_ - distance);
    finish();
  }

  // What only looks like a collision.
  void nearly_colliding() {
    if (home_ == min_shift) move_to(top_);
    if (shift_ == min_shift) return finish();
    const auto start = shift_;
    const auto lost = one << (shift_ - 1 - hashing::hpteg_shift);
    const std::pair<Wanted, Wanted> pairs[] = {
        {bolted, bolted}, {bolted, secondary}, {bolted, unbolted}, {unbolted, bolted}, {unbolted, unbolted}};
    for (const auto& [first, second] : pairs) {
      move_to(start);
      const bool both = first.bolted && second.bolted;
      const auto hpteg = any_hpteg();
      enter_at(first, hpteg, 2);
      enter_at(second, hpteg ^ lost, both ? 5 : 2);
      if (both) enter_at(second, hpteg ^ lost ^ 1, 2);
      if (both) enter_at(second, hpteg ^ lost ^ (lost >> 1), 2);
      resize(start - 1);
      finish();
    }
  }

  void failures_keep_all() {
    const auto enter_all = [&] {
      for (unsigned i = 0; i < 6; ++i) enter_at(i % 2 == 0 ? unbolted : bolted, any_hpteg() / 8 * 8 + i, i);
    };
    const auto other = home_ > min_shift ? home_ - 1 : top_;
    for (const auto& wrong : {commit(1, other), commit(0, other + 1), commit(0, other)}) {
      enter_all();
      // The last one is too early, as far as the guest knows, and may succeed.
      const bool early = wrong == commit(0, other);
      if (early) {
        call(prepare(0, other));
        call(wrong);
        look();
        call(prepare(0, other), true);
        commit_to(other);
      } else {
        call(prepare(0, other), true);
        call(wrong);
        look();
        call(prepare(0, 0));
      }
      finish();
    }
    // Without a Pending HPT.
    enter_all();
    call(commit(0, home_));
    look();
    finish();
  }

  PageSource source_;
  Dice dice_;
  Pages pages_;
  unsigned home_, top_;
  unsigned shift_;
  std::vector<Held> held_, gone_;
  Plan plan_;
  std::vector<Plan> plans_;
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

Placed place(const VirtualPage& page, const Wanted& wanted, unsigned shift, unsigned slot) {
  const unsigned segment = segment_of(wanted.kind), base = base_shift_of(wanted.kind);
  const auto in_segment = base < hashing::avpn_low_bit ? raw(page.index) >> (hashing::avpn_low_bit - base)
                                                       : raw(page.index) << (base - hashing::avpn_low_bit);
  const auto avpn = raw(page.vsid) << (segment - hashing::avpn_low_bit) | in_segment;
  const auto lp = wanted.kind.encoding ? hashing::page_encodings[*wanted.kind.encoding].lp : 0;
  const auto hpteg =
      hashing::hpteg_of(hashing::hash_of(page), Concrete::Bool(wanted.secondary), size_of(shift));
  return {raw(hpteg) * 8 + slot,
          std::uint64_t{wanted.kind.terabyte} << 62 | avpn << 7 | (wanted.bolted ? HPTE_BOLTED : 0) |
              (wanted.kind.encoding ? HPTE_LARGE : 0) | (wanted.secondary ? HPTE_SECONDARY : 0) | HPTE_VALID,
          std::uint64_t{static_cast<std::uint8_t>(lp)} << 12 | memory_coherent | wanted.protection};
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

std::vector<Plan> content_tour(const Situation& at, Pages pages) { return ContentTour(at, pages).plans(); }

std::vector<Plan> vast_content_tour(const Situation& at, Pages pages) {
  return ContentTour(at, pages).vast_plans(at.limit);
}

std::vector<Plan> hostile_plans(const Situation& at, std::uint64_t seed) {
  Dice dice(rc::Random{seed});
  const auto shift = at.current_shift;
  const auto most = std::max(std::min(at.limit, largest_tried), min_shift);
  const auto any_entry = [&]() -> Placed {
    const auto hpteg = dice.one_in(4)   ? 0
                       : dice.one_in(4) ? last_hpteg(shift)
                                        : dice.word() & last_hpteg(shift);
    Placed placed{hpteg * 8 + dice.below(8), dice.word() | HPTE_VALID, memory_coherent | dice.below(8)};
    if (!dice.one_in(4)) placed.high |= HPTE_BOLTED;
    switch (dice.below(5)) {
      case 0:  // a reserved segment size
        placed.high |= one << 63;
        break;
      case 1:  // an LP that is not listed
        placed.high |= HPTE_LARGE;
        placed.low |= std::uint64_t{dice.one_in(2) ? 0x0fu : static_cast<unsigned>(dice.below(256))} << 12;
        break;
      case 2:  // 16 GiB in a segment of 256 MiB
        placed.high = (placed.high & ~(3ull << 62)) | HPTE_LARGE;
        placed.low |= 0x3000;
        break;
      case 3:  // any attributes, any real page
        placed.low = dice.one_in(4) ? ~std::uint64_t{0} : dice.word();
        break;
      default:  // an ordinary page in a wrong place, more likely than not
        placed.high &= ~(2ull << 62 | HPTE_LARGE);
        break;
    }
    return placed;
  };
  std::vector<Plan> plans;
  for (int i = 0; i < 12; ++i) {
    Plan plan;
    const auto enter_some = [&] {
      for (auto n = dice.number(4, 24); n > 0; --n) {
        auto placed = any_entry();
        plan.push_back({enter(dice.one_in(4) ? 0 : H_EXACT, placed)});
        if (!dice.one_in(3)) continue;
        // The same again where a smaller table may have it collide, or a larger one part it.
        placed.ptex ^= one << dice.number(3, shift - 5);
        plan.push_back({enter_exactly(placed)});
      }
    };
    enter_some();
    unsigned sizes[] = {dice.one_in(2) ? min_shift : std::max(shift - 1, min_shift),
                        std::min(shift + 1, most), dice.number(min_shift, most),
                        std::clamp(shift, min_shift, most)};
    if (dice.one_in(2)) std::swap(sizes[0], sizes[1]);
    for (const auto size : sizes) {
      plan.push_back({prepare(0, size), true});
      if (dice.one_in(3)) enter_some();
      plan.push_back({commit(0, size)});
      for (int reads = 0; reads < 4; ++reads) plan.push_back({read_four(dice.word() & (hptes_of(size) - 1))});
      plan.push_back({prepare(0, 0)});
    }
    plans.push_back(std::move(plan));
  }
  return plans;
}

}  // namespace hptck
