// One segment of a legal guest: up to about 120 calls for one situation. What the guest does next is drawn
// from tables of weights and actions; no draw depends on anything but the dice and what the guest believes to
// be in the table.
#include "generators/content_segment.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "generators/content_calls.h"

namespace hptck {
namespace {

using namespace content_calls;

constexpr std::size_t enough = 64, many = 300;  // HPTEs held, before the guest removes some

class SegmentMaker {
 public:
  SegmentMaker(const Situation& at, std::span<const Held> held, PageSource& source,
               const std::vector<PageKind>& kinds, rc::Random random)
      : at_(at), source_(source), kinds_(kinds), dice_(random) {
    for (const auto& h : held)
      if (h.ptex < hptes_of(at.current_shift)) held_.push_back(h), occupied_.insert(h.ptex);
  }

  Plan make() {
    if (held_.size() > many || (held_.size() > enough && dice_.one_in(2))) thin_out();
    const auto when = [&](unsigned pending, unsigned otherwise) { return at_.pending ? pending : otherwise; };
    act({{when(3, 6), [&] { enter_some(dice_.number(1, 24)); }},
         {when(2, 4), [&] { times(dice_.number(1, 6), [&] { enter_family(any_distance()); }); }},
         {when(3, 4), [&] { times(dice_.number(1, 40), [&] { use_one(); }); }},
         {1, [&] { fill(); }},
         {when(1, 5), [&] { resize(any_size()); }},
         {when(0, 5), [&] { meet(); }},
         {when(0, 2),
          [&] {
            // What follows, in this segment and the next ones, happens while it is pending.
            call(prepare(0, any_size()));
            while_pending();
          }},
         {when(6, 0), [&] { finish_pending(); }},
         {when(1, 0),
          [&] {
            call(prepare(0, 0));
            times(dice_.number(1, 8), [&] { use_one(); });
          }},
         {1, [&] { commit_wrong(); }},
         {1, [&] {
            // COMMIT before it is prepared, as far as the guest knows; also of what is not there.
            if (!dice_.one_in(3)) call(prepare(0, any_size()));
            call(commit(0, at_.pending ? at_.pending_shift : at_.current_shift));
          }}});
    return std::move(plan_);
  }

  const std::vector<Held>& held() const { return held_; }
  const std::vector<Held>& gone() const { return gone_; }

 private:
  void call(const Call& c, bool until_done = false) {
    plan_.push_back({c, until_done});
    if (c.token == token::H_RESIZE_HPT_PREPARE) at_ = after(at_, c);
  }

  using Actions = std::initializer_list<std::pair<unsigned, std::function<void()>>>;
  void act(Actions actions) { dice_.weighted(actions)(); }
  template <class Action>
  void times(unsigned count, Action action) {
    for (; count > 0; --count) action();
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
    times(count, [&] {
      const auto hpteg = any_hpteg();
      const auto wanted = anything();
      const auto slot = free_slot(hpteg);
      enter_at(wanted, hpteg, slot, !dice_.one_in(4));
    });
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

  // An HPTE that is there as far as the guest knows, and what the AVPN flag makes of it.
  struct Known {
    std::uint64_t ptex, high, avpn, wrong_avpn;
  };

  void use_one() {
    const auto of_held = [&](auto use) {
      return [this, use] {
        if (held_.empty()) return use_empty();
        const auto [ptex, high, low, certain] = dice_.pick(held_);
        const auto avpn = high & avpn_argument;
        use(Known{ptex, high, avpn, avpn ^ (one << dice_.number(7, 63))});
      };
    };
    act({{3, of_held([&](const Known& what) { call(read_hpte(what.ptex)); })},
         {3, of_held([&](const Known& what) {
            call(read_four(dice_.one_in(2) ? what.ptex : what.ptex ^ dice_.below(4)));
          })},
         {5, of_held([&](const Known& what) { remove_one(what); })},
         {6, of_held([&](const Known& what) { protect_one(what); })},
         {2, of_held([&](const Known&) { use_bulk(); })},
         {2, [&] { use_empty(); }},
         {2, [&] { use_beyond(); }},
         {1, of_held([&](const Known& what) {  // Exact into a slot that is taken
            const auto wanted = anything();
            const auto page = source_.next(wanted, at_.current_shift, what.ptex / 8);
            call(enter_exactly(place(page, wanted, at_.current_shift, static_cast<unsigned>(what.ptex % 8))));
          })}});
  }

  void remove_one(const Known& what) {
    const auto hit = highest_telling_bit(what.high);
    const auto miss = dice_.word() & ~what.high & avpn_argument;
    const auto other_page = remove(H_AVPN, what.ptex, what.wrong_avpn);
    const auto found = [&](const Call& c) {
      call(c);
      forget(what.ptex);
    };
    act({{1, [&] { found(remove(0, what.ptex)); }},
         {1, [&] { found(remove(H_AVPN, what.ptex, what.avpn)); }},
         {1, [&] { found(remove(H_ANDCOND, what.ptex, miss)); }},
         {2, [&] { call(other_page); }},
         {1, [&] { call(hit == 0 ? other_page : remove(H_ANDCOND, what.ptex, hit | miss)); }}});
  }

  void protect_one(const Known& what) {
    act({{1, [&] { call(protect(H_AVPN | dice_.below(8), what.ptex, what.wrong_avpn)); }},
         {1, [&] { call(protect(dice_.below(8), what.ptex)); }},
         {2, [&] { call(protect(H_AVPN | dice_.below(8), what.ptex, what.avpn)); }}});
  }

  void use_empty() {
    const auto ptex = any_ptex();
    const auto gone = [&](const Call& c) {
      call(c);
      forget(ptex);
    };
    act({{1, [&] { call(read_four(ptex)); }},
         {1,
          [&] {
            if (dice_.one_in(2)) return gone(remove(0, ptex));
            call(remove(H_AVPN, ptex, dice_.word() & avpn_argument));
          }},
         {1, [&] { gone(bulk_remove({removal(ptex)})); }},
         {1, [&] { call(protect(dice_.below(8), ptex)); }}});
  }

  void use_beyond() {
    const auto ptex = any_beyond();
    act({{1, [&] { call(dice_.one_in(2) ? read_hpte(ptex) : read_four(ptex)); }},
         {1, [&] { enter_beyond(); }},
         {1, [&] { call(remove(dice_.one_in(2) ? 0 : H_AVPN, ptex)); }},
         {1, [&] { call(protect(dice_.below(8), ptex)); }},
         {1, [&] {
            const auto before = any_ptex(), after_it = any_ptex();
            call(bulk_remove({removal(before, bulk::avpn, dice_.word() & avpn_argument), removal(ptex),
                              removal(after_it)}));
          }}});
  }

  void enter_beyond() {
    const auto [wanted, slot] = anything_in_any_slot();
    const auto page = source_.next(wanted, at_.current_shift, any_hpteg());
    auto placed = place(page, wanted, at_.current_shift, slot);
    const auto ptexs = beyond(at_.current_shift, placed.ptex);
    // Not the first beyond, which a cut would make a wrong place.
    placed.ptex = ptexs[1 + dice_.below(ptexs.size() - 1)];
    call(enter(dice_.one_in(2) ? H_EXACT : 0, placed));
  }

  void use_bulk() {
    std::vector<Removal> removals;
    std::vector<std::uint64_t> removed;
    bool ended = false;
    times(dice_.number(1, 4), [&] {
      const auto what = dice_.pick(held_);
      const auto ptex = what.ptex, avpn = what.high & avpn_argument, hit = highest_telling_bit(what.high);
      const auto wrongly = [&](const Removal& r) { removals.push_back(r); };
      const auto rightly = [&](const Removal& r) {
        removals.push_back(r);
        if (!ended) removed.push_back(ptex);
      };
      const auto finally = [&](const Removal& r) {
        removals.push_back(r);
        ended = true;
      };
      act({{2, [&] { rightly(removal(ptex)); }},
           {1, [&] { rightly(removal(ptex, bulk::avpn, avpn)); }},
           {1, [&] { rightly(removal(ptex, bulk::andcond, dice_.word() & ~what.high & avpn_argument)); }},
           {2, [&] { wrongly(removal(ptex, bulk::avpn, avpn ^ (one << dice_.number(7, 63)))); }},
           {1,
            [&] {
              wrongly(hit == 0 ? removal(any_ptex(), bulk::avpn, one << 63)
                               : removal(ptex, bulk::andcond, hit));
            }},
           {1, [&] { finally({}); }},
           {1, [&] {  // an unused type code, both flags at once, or beyond
              finally(dice_.one_in(3)   ? Removal{ptex, 0}
                      : dice_.one_in(2) ? removal(ptex, bulk::andcond | bulk::avpn, avpn)
                                        : removal(any_beyond()));
            }}});
    });
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
    times(static_cast<unsigned>(dice_.below(4)), [&] {
      act({{1, [&] { enter_some(dice_.number(1, 4)); }},
           {1, [&] { enter_family(any_distance()); }},
           {2, [&] { times(dice_.number(1, 6), [&] { use_one(); }); }}});
    });
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

  void finish_pending() {
    if (at_.pending_shift < at_.current_shift && !dice_.one_in(4)) part(at_.pending_shift);
    while_pending();
    finish(at_.pending_shift);
  }

  void meet() {
    // Nothing but these two is in each other's way there.
    const auto distance = any_distance();
    const auto where = std::min(at_.current_shift - distance, most());
    part(where);
    enter_family(distance);
    finish(where);
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

Segment content_segment(const Situation& at, std::span<const Held> held, PageSource& source,
                        const std::vector<PageKind>& kinds, rc::Random random) {
  SegmentMaker maker(at, held, source, kinds, random);
  auto plan = maker.make();
  return {std::move(plan), maker.held(), maker.gone()};
}

}  // namespace hptck
