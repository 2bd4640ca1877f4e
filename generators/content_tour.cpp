// The tours over what is in the table. A tour keeps book of what its plans leave, so that the next one finds
// the table empty and of the same size.
#include <algorithm>
#include <cassert>
#include <set>
#include <utility>

#include "generators/content_calls.h"
#include "generators/contents.h"

namespace hptck {
namespace {

using namespace content_calls;

constexpr std::uint64_t tour_seed = 1;

bool collide(const Held& a, const Held& b, unsigned shift) {
  return holds(hashing::collide(entry_of(a), W64(a.ptex), entry_of(b), W64(b.ptex), size_of(shift)));
}

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
  // bits of the index and of the VSID, in primary and secondary HPTEs, of various real pages.
  void one_kind(const PageKind& kind) {
    for (unsigned i = 0; i < 8; ++i) {
      const Wanted wanted{kind, i % 2 == 1, i < 6, i, real_page(kind, i * 5)};
      // Low bits of their own, so that they part in the least table too.
      const auto hpteg = any_hpteg() / 16 * 16 + i;
      enter_at(wanted, hpteg, (i * 5 + 1) % 8);
    }
    resize(min_shift);
    for (unsigned i = 0; i < 4; ++i)
      enter_at({kind, i % 2 == 1, true, i, real_page(kind, i * 7 + 1)}, any_hpteg() / 16 * 16 + 8 + i, i);
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

std::vector<Plan> content_tour(const Situation& at, Pages pages) { return ContentTour(at, pages).plans(); }

std::vector<Plan> vast_content_tour(const Situation& at, Pages pages) {
  return ContentTour(at, pages).vast_plans(at.limit);
}

}  // namespace hptck
