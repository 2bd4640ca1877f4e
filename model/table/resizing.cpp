#include "model/table/resizing.h"

#include <algorithm>
#include <utility>

#include "model/framework/walk.h"

namespace hptck {
namespace {

using W8 = Concrete::Word<8>;
using W64 = Concrete::Word<64>;

template <class Value>
W8 byte(Value value) {
  return W8(static_cast<std::uint8_t>(value));
}
Shifts<Concrete> shifts_of(unsigned from, unsigned to) { return {byte(from), byte(to)}; }
Carried<Concrete> carried(const HpteWords& hpte, std::uint64_t ptex, Presence presence = Presence::held,
                          bool news = false) {
  const Concrete::Bool no(false);
  const W64 here(ptex);
  return {entry_of(hpte), here, here, byte(presence), byte(Fate::stands), Concrete::Bool(news), no, no};
}
Fate fate(const Carried<Concrete>& s) { return static_cast<Fate>(raw(s.fate)); }

// An HPTE on its way.
struct Arrival {
  HpteWords hpte;
  std::uint64_t here, there;
  bool certain;
  bool returns = false;  // nobody expects it there, so it may also displace one that must be there
};

// Where everything goes.
class Departure {
 public:
  Departure(const Shadow& shadow, const ContentRules& rules, const SincePrepare& since,
            const Shifts<Concrete>& resize)
      : rules_(rules), resize_(resize) {
    std::vector<SincePrepare::Undone> doubtful;  // where something else may come back
    for (const auto& one : since.undone)
      if (carry(one.hpte, one.ptex, one.presence)) doubtful.push_back(one);
    const auto returning = std::exchange(arrivals, {});
    arrivals.reserve(shadow.groups.size() * 8);
    shadow.for_each_slot([&](std::uint64_t ptex, const Possible& slot) {
      open |= slot.anything;
      slot.for_each([&](const HpteWords& hpte) {
        const bool certain = slot.must() && std::ranges::none_of(doubtful, [&](const auto& one) {
                               return one.ptex == ptex && one.hpte.high == hpte.high;
                             });
        carry(hpte, ptex, Presence::held, certain, slot.since >= since.when);
      });
    });
    arrivals.insert(arrivals.end(), returning.begin(), returning.end());
  }

  bool open = false, first_free = false;
  std::vector<Arrival> arrivals;

 private:
  // False: it is lost for certain.
  bool carry(const HpteWords& hpte, std::uint64_t ptex, Presence presence, bool certain = false,
             bool news = false) {
    auto s = carried(hpte, ptex, presence, news);
    if (!walk(rules_.table.commit, s, resize_, status::H_SUCCESS) || fate(s) == Fate::gone) return false;
    open |= fate(s) == Fate::open;
    first_free |= holds(s.first_free);
    const bool returns = presence != Presence::held;
    arrivals.push_back({words_of(s.hpte), ptex, raw(s.there), certain && fate(s) == Fate::stands, returns});
    if (holds(s.copied)) arrivals.push_back({hpte, ptex, ptex, false, returns});
    return true;
  }

  const ContentRules& rules_;
  const Shifts<Concrete> resize_;
};

// The slots of a new table, empty at first.
class Slots {
 public:
  Slots(Shadow& table, std::size_t hptegs) : table_(table) { table.groups.reserve(hptegs); }
  Possible& at(std::uint64_t ptex) {
    const auto hpteg = ptex / 8;
    if (recent_[0].first != hpteg || recent_[0].second == nullptr) {
      std::swap(recent_[0], recent_[1]);
      if (recent_[0].first != hpteg || recent_[0].second == nullptr) {
        const auto [group, added] = table_.groups.try_emplace(hpteg);
        if (added) group->second.fill(table_.background);
        recent_[0] = {hpteg, &group->second};
      }
    }
    return (*recent_[0].second)[ptex % 8];
  }

 private:
  Shadow& table_;
  // The HPTEs of one HPTEG go to one or two, as a rule; those are at hand.
  std::array<std::pair<std::uint64_t, Shadow::Group*>, 2> recent_{};
};

template <class Visitor>
void for_certain_ones_first(const std::vector<Arrival>& arrivals, Visitor visit) {
  for (const bool certain : {true, false})
    for (const auto& one : arrivals)
      if (one.certain == certain) visit(one);
}

// Each HPTE gets the first slot that is free when its turn comes; whose turn it is when is not known.
void place_in_first_free(const std::vector<Arrival>& arrivals, Slots& slots) {
  struct Count {
    std::uint64_t certain = 0, all = 0;
  };
  std::unordered_map<std::uint64_t, Count> in_group;
  for (const auto& one : arrivals) {
    in_group[one.there / 8].certain += one.certain;
    ++in_group[one.there / 8].all;
  }
  for_certain_ones_first(arrivals, [&](const Arrival& one) {
    const auto count = in_group[one.there / 8];
    for (std::uint64_t k = 0; k < std::min<std::uint64_t>(count.all, 8); ++k) {
      auto& slot = slots.at(one.there / 8 * 8 + k);
      slot.add(one.hpte);
      slot.because = Clause::commit_bolted;
      slot.none = k >= count.certain;
    }
  });
}

void place(const Departure& departure, const ContentRules& rules, const Shifts<Concrete>& resize,
           std::int64_t answer, Slots& slots, Moved& result) {
  for_certain_ones_first(departure.arrivals, [&](const Arrival& one) {
    auto& slot = slots.at(one.there);
    if (!one.certain) {
      if (!slot.must() || one.returns) slot.add(one.hpte);
    } else if (!slot.some || slot.none) {
      slot.some = true;
      slot.none = false;
      slot.first = one.hpte;
      slot.because = Clause::commit_bolted;
    } else if (auto second = carried(one.hpte, one.here);
               walk(rules.table.collision, second, resize, answer)) {
      result.open |= fate(second) == Fate::open;
      slot.add(one.hpte);
    } else {
      result.collision = Collision{one.hpte, one.here, one.there};
    }
  });
}

}  // namespace

Fate fate_of(const FateList<Concrete>& list, const HpteWords& hpte, std::uint64_t ptex, unsigned from,
             unsigned to, std::int64_t answer) {
  auto s = carried(hpte, ptex);
  walk(list, s, shifts_of(from, to), answer);
  return fate(s);
}

bool may_collide(const Shadow& shadow, const ContentRules& rules, unsigned to) {
  if (to > min_shift) to -= rules.short_by;
  const auto resize = shifts_of(0, to);
  std::unordered_map<std::uint64_t, std::uint64_t> claimed;  // by whom
  bool collides = shadow.background.anything;
  shadow.for_each_slot([&](std::uint64_t here, const Possible& slot) {
    collides |= slot.anything;
    if (collides) return;
    slot.for_each([&](const HpteWords& hpte) {
      auto s = carried(hpte, here);
      walk(rules.table.commit, s, resize, status::H_PTEG_FULL);
      if (fate(s) != Fate::stands) return;
      const auto [first, added] = claimed.try_emplace(raw(s.there), here);
      collides |= !added && first->second != here;
    });
  });
  return collides;
}

Moved moved(const Shadow& shadow, const ContentRules& rules, const SincePrepare& since, unsigned from,
            unsigned to, std::int64_t answer, std::uint32_t now) {
  const auto resize = shifts_of(from, to);
  Moved result;
  const Departure departure(shadow, rules, since, resize);
  result.open = departure.open;
  if (result.open) return result;
  auto& table = result.table;
  table.background = exactly({}, Clause::commit_nothing_else);
  table.background.since = now;
  Slots slots(table, std::min(2 * shadow.groups.size(), departure.arrivals.size()));
  if (departure.first_free)
    place_in_first_free(departure.arrivals, slots);
  else
    place(departure, rules, resize, answer, slots, result);
  return result;
}

}  // namespace hptck
