#include "generators/tour.h"

#include <algorithm>

namespace hptck {
namespace {

// Flags that an implementation overlooks which looks at one bit, a word, or the high half only.
constexpr std::uint64_t telling_flags[] = {1, 2, std::uint64_t{1} << 32, std::uint64_t{1} << 63,
                                           ~std::uint64_t{0}};

class Tour {
 public:
  explicit Tour(const Situation& at)
      : home_(at.current_shift),
        smaller_(std::max(at.current_shift - 1, min_shift)),
        larger_(std::min({at.current_shift + 1, at.limit, max_shift})),
        beyond_limit_(std::min(at.limit + 1, max_shift)) {}

  std::vector<Plan> plans() {
    nothing_pending();
    arguments_of_prepare();
    what_discards();
    arguments_of_commit();
    there_and_back();
    impatience();
    collision();
    failure_keeps_table();
    return std::move(plans_);
  }

 private:
  void add(Plan plan) { plans_.push_back(std::move(plan)); }
  static PlannedCall done(std::uint64_t shift) { return {prepare(0, shift), true}; }
  Plan with_probe(Plan plan, unsigned shift) const {
    for (const auto& call : probe_size(shift)) plan.push_back(call);
    return plan;
  }

  void nothing_pending() {
    add({{commit(0, home_)}, {commit(1, home_)}, {commit(0, 0)}});
    add({{prepare(0, 0)}, {commit(0, smaller_)}});
  }

  void arguments_of_prepare() {
    for (const auto shift :
         {min_shift - 1, max_shift + 1, max_shift, beyond_limit_, min_shift, smaller_, home_, larger_})
      add({{prepare(0, shift)}});
    for (const std::uint64_t shift :
         {std::uint64_t{0x100}, std::uint64_t{0x100} | smaller_, std::uint64_t{1} << 32 | smaller_,
          std::uint64_t{64}, ~std::uint64_t{0}})
      add({{prepare(0, shift)}});
    for (const auto flags : telling_flags) add({{prepare(flags, smaller_)}});
    add({{prepare(1, 0)}, {prepare(0, 0)}, {prepare(0, 28)}});
  }

  // What does not match discards the Pending HPT, whatever it is answered.
  void what_discards() {
    for (const auto& call : {prepare(1, min_shift), prepare(1, larger_), prepare(0, min_shift - 1),
                             prepare(0, max_shift), prepare(0, 0), prepare(0, larger_)})
      add({done(min_shift), {call}, {commit(0, min_shift)}});
    add({{prepare(0, smaller_)}, {prepare(0, larger_)}, {commit(0, smaller_)}, {commit(0, larger_)}});
  }

  void arguments_of_commit() {
    for (const bool until_done : {false, true}) {
      Plan plan{{prepare(0, smaller_), until_done}, {prepare(0, smaller_)}};
      for (const auto flags : telling_flags) plan.push_back({commit(flags, smaller_)});
      for (const std::uint64_t shift : {std::uint64_t{0}, std::uint64_t{min_shift}, std::uint64_t{larger_},
                                        std::uint64_t{0x100} | smaller_})
        plan.push_back({commit(0, shift)});
      plan.push_back({commit(0, smaller_)});
      add(with_probe(plan, smaller_));
    }
    add({{commit(0, smaller_)}, {commit(0, home_)}});
  }

  // Both directions of size, the same size, and twice what happens every second time only.
  void there_and_back() {
    for (const auto shift : {home_, home_, larger_, smaller_, home_})
      add(with_probe({done(shift), {commit(0, shift)}, {commit(0, shift)}}, shift));
  }

  void impatience() {
    Plan plan{{prepare(0, smaller_)}};
    plan.insert(plan.end(), 16, {commit(0, smaller_)});
    add(with_probe(plan, smaller_));
    add(with_probe({done(home_), {commit(0, home_)}}, home_));
  }

  void collision() {
    if (home_ == min_shift) return;
    auto plan = colliding_entries(home_, 3, 5);
    plan.insert(plan.end(), {done(smaller_),
                             {commit(0, smaller_)},
                             {prepare(0, smaller_)},
                             {commit(0, smaller_)},
                             {commit(0, smaller_)}});
    add(with_probe(plan, home_));
    add({done(home_), {prepare(0, home_)}, {commit(0, home_)}, {prepare(0, 0)}});
  }

  void failure_keeps_table() {
    add(with_probe({done(larger_), {commit(1, larger_)}}, home_));
    add(with_probe({done(larger_), {commit(0, min_shift)}}, home_));
    add(with_probe({{prepare(0, larger_)}, {commit(0, larger_)}}, larger_));
    add({{prepare(0, 0)}});
  }

  unsigned home_, smaller_, larger_, beyond_limit_;
  std::vector<Plan> plans_;
};

}  // namespace

std::vector<Plan> tour(const Situation& at) { return Tour(at).plans(); }

std::vector<Plan> reset_tour(const Situation& at) {
  const auto home = at.current_shift;
  const auto smaller = std::max(home - 1, min_shift), larger = std::min({home + 1, at.limit, max_shift});
  const auto joined = [](std::initializer_list<Plan> parts) {
    Plan plan;
    for (const auto& part : parts) plan.insert(plan.end(), part.begin(), part.end());
    return plan;
  };
  const auto done = [](std::uint64_t shift) { return Plan{{prepare(0, shift), true}}; };
  const auto resized = [&](std::uint64_t shift) { return joined({done(shift), {{commit(0, shift)}}}); };
  const auto reads = [](const Plan& entered) {
    Plan plan;
    for (const auto& one : entered) plan.push_back({read_hpte(one.call.args[1])});
    return plan;
  };
  const Plan reset{{reset_guest()}}, probe = probe_size(home);
  const auto pair = home == min_shift ? Plan{} : colliding_entries(home, 3, 5);
  // A page for each slot, in both halves of the table where that has two that a smaller one joins; some not
  // bolted.
  Plan entries;
  for (unsigned slot = 0; slot < 8; ++slot) {
    const auto low_and_high = colliding_entries(std::max(home, min_shift + 1), slot, 5 + slot);
    entries.push_back(low_and_high[home == min_shift ? 0 : slot % 2]);
    if (slot > 3) entries.back().call.args[2] &= ~HPTE_BOLTED;
  }
  // The plainest first: who does not survive one is asked for no more.
  std::vector<Plan> plans{joined({reset, {{commit(0, home)}}, probe, reset})};
  plans.push_back(joined({entries, reset, reads(entries), entries, reset}));
  plans.push_back(joined({entries, reads(entries), reset, reads(entries)}));
  for (const auto shift : {smaller, larger}) {
    const Plan commits{{commit(0, shift)}};
    plans.push_back(joined({done(shift), reset, commits, probe}));
    plans.push_back(joined({done(shift), reset, reset, commits, probe}));
    plans.push_back(joined({{{prepare(0, shift)}}, reset, commits, probe}));
    plans.push_back(joined({resized(shift), probe_size(shift), reset, probe, probe_size(shift)}));
    // What goes on in the new life has to do with nothing in the old one.
    plans.push_back(joined({{{prepare(0, shift)}}, reset, resized(shift), reset, probe}));
    plans.push_back(joined({entries, {{prepare(0, shift)}}, reset, reads(entries), commits, probe}));
  }
  plans.push_back(joined({pair, resized(larger), reset, reads(pair), probe}));
  if (pair.empty()) return plans;
  const Plan one{pair.back()};
  plans.push_back(joined({one, resized(smaller), reset, reads(one), probe}));
  // The two are not in each other's way any more.
  plans.push_back(joined({pair, done(smaller), {{commit(0, smaller)}}, reset, {{commit(0, smaller)}}}));
  plans.push_back(joined({pair, done(smaller), reset, resized(smaller), reset, probe}));
  return plans;
}

std::vector<Plan> forbidden_tour(const Situation& at) {
  std::vector<Plan> plans{{{prepare(0, at.current_shift)}},
                          {{commit(0, at.current_shift)}},
                          {{prepare(1, at.current_shift)}},
                          {{commit(1, at.current_shift)}},
                          {{prepare(0, 0)}},
                          {{prepare(0, min_shift - 1)}},
                          {{prepare(~std::uint64_t{0}, 0)}},
                          {{commit(0, 0)}}};
  // What a partition may do, it may do in every life.
  if (at.start_shift != 0)
    plans.push_back({{reset_guest()}, {prepare(0, at.current_shift)}, {commit(0, at.current_shift)}});
  return plans;
}

}  // namespace hptck
