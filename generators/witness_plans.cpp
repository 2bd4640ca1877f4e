// HPTEs that are alone in their relation share a plan, because resizes are what takes time: they were found
// for different HPTEGs, but first come, first served, and who is in the way of another gets a later plan.
// Pairs are kept by themselves. Two that collide fail the COMMIT for all; and two that only seem to would be
// looked for among others that a mistake put there.
#include "generators/witness_plans.h"

#include <algorithm>
#include <set>

namespace hptck {
namespace {

using R = Relation;
using M = hashing::Mistake;
using W8 = Concrete::Word<8>;
using Words = Witness::Words;

constexpr Witness list[] = {
#include "generators/witnesses.inc"
};

constexpr unsigned largest_tried = 26;  // as content guests have it

std::uint64_t rehashed(const Words& x, unsigned shift, M mistake = M::none) {
  const auto placed = x.placed();
  return raw(hashing::rehashed_ptex(placed.e, placed.ptex, W8(static_cast<std::uint8_t>(shift)), mistake));
}
std::uint64_t hptes_of(unsigned shift) { return std::uint64_t{1} << (shift - 4); }
// Of virtual addresses: what segments of either size have in common.
std::uint64_t tebibyte_of(const Words& x) { return raw(hashing::avpn_of(x.placed().e)) >> 17; }

bool may_use(const Words& x, Pages pages) {
  if ((x.high & hashing::HPTE_LARGE) == 0) return true;
  const auto lp = x.low >> 12 & 0xff;
  for (std::size_t i = 0; i < hashing::page_encodings.size(); ++i) {
    const auto& encoding = hashing::page_encodings[i];
    if ((lp & encoding.mask) == encoding.lp) return (pages >> i & 1) != 0;
  }
  return false;
}

// One plan: what is in the table, and where. What is read is known to be there or known not to.
class Making {
 public:
  Making(unsigned home, unsigned from) : home_(home), from_(from), shift_(home) {}

  bool has_room_for(const Words& x, unsigned to) const {
    return std::ranges::none_of(held_, [&](const Words& other) {
      return tebibyte_of(other) == tebibyte_of(x) || other.ptex == x.ptex ||
             rehashed(other, to) == rehashed(x, to);
    });
  }
  void add(const Words& x) { held_.push_back(x); }
  bool is_empty() const { return held_.empty(); }

  /// From a vast table there is a way back first: what is removed is removed where it was entered, so that
  /// the next plan finds the table empty whether or not PREPARE could allocate that.
  Plan resized_to(unsigned to) {
    begin();
    resize(to);
    if (to > largest_tried) resize(from_);
    return ended();
  }
  /// Both are carried over as long as there is room for both. Then the COMMIT fails, and everything is where
  /// it was.
  Plan collided_in(unsigned to) {
    begin();
    if (to + 1 < shift_) resize(to + 1);
    call(prepare(0, to), true);
    call(commit(0, to));
    look(shift_, to);
    call(prepare(0, 0));
    return ended();
  }

 private:
  void call(const Call& c, bool until_done = false) { plan_.push_back({c, until_done}); }

  void move_to(unsigned shift) {
    if (shift == shift_) return;
    call(prepare(0, shift), true);
    call(commit(0, shift));
    shift_ = shift;
  }
  void begin() {
    move_to(from_);
    for (const auto& x : held_) call({token::H_ENTER, {H_EXACT, x.ptex, x.high, x.low}});
  }
  void resize(unsigned to) {
    const auto before = shift_;
    call(prepare(0, to), true);
    call(commit(0, to));
    shift_ = to;
    look(before, to);
  }
  // Where each belongs now, where it stood before, and where it would be after a resize to `to` by mistake.
  // H_READ of four, since a mistake about the slot ends in either half.
  void look(unsigned before, unsigned to) {
    std::set<std::uint64_t> fours;
    const auto add = [&](std::uint64_t ptex) { fours.insert((ptex & (hptes_of(shift_) - 1)) / 4 * 4); };
    for (const auto& x : held_) {
      add(rehashed(x, shift_));
      add(rehashed(x, before));
      add(rehashed(x, to));
      for (const auto mistake : all_mistakes) add(rehashed(x, to, mistake));
    }
    for (const auto ptex : fours) call({token::H_READ, {H_READ_4, ptex}});
  }
  Plan ended() {
    std::set<std::uint64_t> ptexs;
    for (const auto& x : held_) ptexs.insert(rehashed(x, shift_));
    for (const auto ptex : ptexs) call({token::H_REMOVE, {0, ptex}});
    move_to(home_);
    return std::move(plan_);
  }

  unsigned home_, from_, shift_;
  std::vector<Words> held_;
  Plan plan_;
};

std::vector<Plan> plans_of(const Situation& at, Pages pages, unsigned least, unsigned most) {
  std::vector<Plan> plans;
  const auto fits = [&](const Witness& w) {
    const unsigned from = w.of.from, to = w.of.to;
    return to >= least && to <= most && to <= at.limit && (from == at.current_shift || from <= at.limit) &&
           may_use(w.a, pages) && (!w.of.pair || may_use(w.b, pages));
  };
  for (auto begin = std::begin(list); begin != std::end(list);) {
    const auto end = std::find_if(begin, std::end(list), [&](const Witness& w) {
      return w.of.from != begin->of.from || w.of.to != begin->of.to;
    });
    const unsigned from = begin->of.from, to = begin->of.to;
    std::vector<Words> alone;
    for (auto w = begin; w != end; ++w)
      if (!w->of.pair && fits(*w)) alone.push_back(w->a);
    while (!alone.empty()) {
      Making making(at.current_shift, from);
      std::vector<Words> later;
      for (const auto& x : alone) {
        if (making.has_room_for(x, to))
          making.add(x);
        else
          later.push_back(x);
      }
      plans.push_back(making.resized_to(to));
      alone = std::move(later);
    }
    for (auto w = begin; w != end; ++w) {
      if (!w->of.pair || !fits(*w)) continue;
      Making making(at.current_shift, from);
      making.add(w->a);
      making.add(w->b);
      plans.push_back(w->of.relation == R::collision ? making.collided_in(to) : making.resized_to(to));
    }
    begin = end;
  }
  return plans;
}

}  // namespace

std::span<const Witness> witnesses() { return list; }

std::vector<Plan> witness_plans(const Situation& at, Pages pages) {
  return plans_of(at, pages, min_shift, largest_tried);
}

std::vector<Plan> vast_witness_plans(const Situation& at, Pages pages) {
  return plans_of(at, pages, largest_tried + 1, max_shift);
}

}  // namespace hptck
