#include "generators/configurations.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>
#include <random>
#include <set>

#include "model/machines/judge.h"
#include "model/machines/space.h"

namespace hptck {

using machines::Configuration;
using machines::Processor;
using machines::Scheme;
using machines::scheme_of;

namespace {

// A configuration as the numbers of its settings.
enum Setting : std::size_t { type, beneath, processor, maximum, backing, setting_count };
using Numbers = std::array<std::size_t, setting_count>;
using Value = std::pair<std::size_t, std::size_t>;  // setting and number
using Pair = std::pair<Value, Value>;               // the lesser setting first

constexpr std::array processors{Processor::POWER8, Processor::POWER7, Processor::POWER9, Processor::POWER10};

struct Settings {
  std::vector<std::string> types;
  std::vector<ConfigurationSpace::Beneath> beneath;
  std::vector<std::optional<std::string>> maxima;
  std::vector<std::uint8_t> backing_shifts;

  std::size_t count(std::size_t setting) const {
    const std::array counts{types.size(), beneath.size(), processors.size(), maxima.size(),
                            backing_shifts.size()};
    return counts[setting];
  }
  bool any_empty() const {
    for (std::size_t i = 0; i < setting_count; ++i) {
      if (count(i) == 0) return true;
    }
    return false;
  }
  bool has_processor(std::size_t what, std::size_t which) const {
    const auto& there = beneath[what].processors;
    return std::find(there.begin(), there.end(), processors[which]) != there.end();
  }
  // Not every processor is there with every accelerator.
  bool go_together(const Value& a, const Value& b) const {
    if (a.first == Setting::beneath && b.first == Setting::processor)
      return has_processor(a.second, b.second);
    if (b.first == Setting::beneath && a.first == Setting::processor)
      return has_processor(b.second, a.second);
    return true;
  }
  Configuration at(const Numbers& n) const {
    return {.machine = types[n[type]],
            .processor = processors[n[processor]],
            .maximum = maxima[n[maximum]],
            .accelerator = beneath[n[Setting::beneath]].accelerator,
            .backing_shift = backing_shifts[n[backing]],
            .host = beneath[n[Setting::beneath]].host};
  }
};

Settings settings_of(const ConfigurationSpace& space) {
  return {space.types, space.beneath, machines::whole_space().maxima, space.backing_shifts};
}

std::vector<std::string> some_types(const std::vector<std::string>& types, std::mt19937_64& random) {
  std::set<std::size_t> chosen;
  for (const auto scheme : {Scheme::older, Scheme::newer}) {
    const auto is_of = [&](const std::string& one) { return scheme_of(one) == scheme; };
    const auto first = std::find_if(types.begin(), types.end(), is_of);
    const auto last = std::find_if(types.rbegin(), types.rend(), is_of);
    if (first == types.end()) continue;
    chosen.insert(static_cast<std::size_t>(first - types.begin()));
    chosen.insert(static_cast<std::size_t>(types.rend() - last) - 1);
  }
  const auto wanted = std::min(types.size(), chosen.size() + 2);
  while (chosen.size() < wanted) chosen.insert(random() % types.size());
  std::vector<std::string> some;
  for (const auto index : chosen) some.push_back(types[index]);
  return some;
}

}  // namespace

Configuration usual_configuration(const ConfigurationSpace& space) {
  auto settings = settings_of(space);
  assert(!settings.any_empty() && !space.beneath[0].processors.empty());
  std::size_t which = 0;
  while (!settings.has_processor(0, which)) ++which;
  return settings.at({settings.types.size() - 1, 0, which, 0, 0});
}

std::vector<Configuration> all_configurations(const ConfigurationSpace& space) {
  const auto settings = settings_of(space);
  std::vector<Configuration> all;
  Numbers n{};
  if (settings.any_empty()) return all;
  for (;;) {
    if (settings.has_processor(n[beneath], n[processor])) all.push_back(settings.at(n));
    std::size_t setting = 0;
    while (setting < setting_count && ++n[setting] == settings.count(setting)) n[setting++] = 0;
    if (setting == setting_count) return all;
  }
}

// Each row is made for one pair that is still missing; its other settings are those that add most pairs.
std::vector<Configuration> pairwise_configurations(const ConfigurationSpace& space, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  auto settings = settings_of(space);
  settings.types = some_types(space.types, random);
  if (settings.any_empty()) return {};

  std::set<Pair> missing;
  for (std::size_t i = 0; i < setting_count; ++i) {
    for (std::size_t k = i + 1; k < setting_count; ++k) {
      for (std::size_t a = 0; a < settings.count(i); ++a) {
        for (std::size_t b = 0; b < settings.count(k); ++b) {
          if (settings.go_together({i, a}, {k, b})) missing.insert({{i, a}, {k, b}});
        }
      }
    }
  }
  std::vector<Pair> wanted(missing.begin(), missing.end());
  std::shuffle(wanted.begin(), wanted.end(), random);

  std::vector<Numbers> rows;
  const auto take = [&](const Numbers& numbers) {
    rows.push_back(numbers);
    for (std::size_t i = 0; i < setting_count; ++i) {
      for (std::size_t k = i + 1; k < setting_count; ++k) missing.erase({{i, numbers[i]}, {k, numbers[k]}});
    }
  };
  // What each machine type does when nothing is asked of it comes first: it is what most machines are.
  std::size_t usual_processor = 0;
  while (usual_processor + 1 < processors.size() && !settings.has_processor(0, usual_processor))
    ++usual_processor;
  for (std::size_t i = 0; i < settings.types.size(); ++i) take({i, 0, usual_processor, 0, 0});
  for (const auto& pair : wanted) {
    if (!missing.contains(pair)) continue;
    std::vector<Value> chosen{pair.first, pair.second};
    for (std::size_t setting = 0; setting < setting_count; ++setting) {
      if (setting == pair.first.first || setting == pair.second.first) continue;
      std::size_t best = 0, best_gain = 0;
      const auto offset = random() % settings.count(setting);
      for (std::size_t i = 0; i < settings.count(setting); ++i) {
        const Value value{setting, (i + offset) % settings.count(setting)};
        if (!std::all_of(chosen.begin(), chosen.end(),
                         [&](const Value& other) { return settings.go_together(value, other); }))
          continue;
        const auto gain =
            1 + static_cast<std::size_t>(std::count_if(chosen.begin(), chosen.end(), [&](const Value& other) {
              return missing.contains(std::minmax(value, other));
            }));
        if (gain > best_gain) best = value.second, best_gain = gain;
      }
      chosen.emplace_back(setting, best);
    }
    Numbers numbers{};
    for (const auto& [setting, number] : chosen) numbers[setting] = number;
    take(numbers);
  }

  // Whoever tries only some of them has tried each value by then, if the some are enough.
  std::vector<Configuration> first, rest;
  std::set<Value> met;
  for (const auto& row : rows) {
    bool brings_something = false;
    for (std::size_t i = 0; i < setting_count; ++i) brings_something |= met.insert({i, row[i]}).second;
    (brings_something ? first : rest).push_back(settings.at(row));
  }
  first.insert(first.end(), rest.begin(), rest.end());
  return first;
}

// Not every machine type is as good as another here, but nobody can say beforehand where an implementation
// changed what it sends; so the newest, the oldest and those where the schemes meet are there in each round,
// others in turn, and a round is a pair of maxima; those in which the destination has less and those in which
// it has more take turns.
std::vector<MigrationPlan> migrations(const ConfigurationSpace& space, std::uint64_t seed,
                                      std::size_t count) {
  std::mt19937_64 random(seed);
  auto settings = settings_of(space);
  settings.maxima = {std::nullopt, "4k", "64k", "16m", "16g"};
  if (settings.any_empty() || count == 0) return {};

  const auto first_newer = static_cast<std::size_t>(
      std::find_if(settings.types.begin(), settings.types.end(),
                   [](const std::string& one) { return scheme_of(one) == Scheme::newer; }) -
      settings.types.begin());
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < settings.types.size(); ++i) order.push_back(i);
  std::shuffle(order.begin(), order.end(), random);
  // The newest first, then the two on either side of the change of schemes, and the oldest.
  const auto to_front = [&](std::size_t index) {
    const auto at = std::find(order.begin(), order.end(), index);
    if (at != order.end()) std::rotate(order.begin(), at, at + 1);
  };
  to_front(0);
  if (first_newer > 0) to_front(first_newer - 1);
  to_front(first_newer);
  to_front(settings.types.size() - 1);

  // Larger is what allows larger pages; that nothing given allows 64 KiB pages holds of newer types only.
  const std::vector<std::pair<std::size_t, std::size_t>> rounds{
      {3, 0}, {2, 3}, {0, 1}, {3, 3}, {4, 3}, {0, 3}, {3, 2}, {2, 1}, {1, 2}, {3, 4}, {2, 0}, {0, 2}};
  constexpr std::size_t always = 4, in_turn = 2;
  constexpr int attempts = 100;
  const auto most_rounds = rounds.size() + count;  // where nothing can be expected to start
  std::vector<MigrationPlan> plans;
  std::size_t turn = always;
  for (std::size_t round = 0; plans.size() < count && round < most_rounds; ++round) {
    std::vector<std::size_t> types(
        order.begin(), order.begin() + static_cast<std::ptrdiff_t>(std::min(always, order.size())));
    for (std::size_t i = 0; i < in_turn && order.size() > always; ++i) {
      types.push_back(order[turn]);
      if (++turn == order.size()) turn = always;
    }
    const auto& [from, to] = rounds[round % rounds.size()];
    for (const auto chosen : types) {
      if (plans.size() == count) break;
      // What lies beneath is by chance, among what lets both start.
      for (int attempt = 0; attempt < attempts; ++attempt) {
        Numbers source{chosen, random() % settings.beneath.size(), 0, from,
                       random() % settings.backing_shifts.size()};
        const auto& there = settings.beneath[source[beneath]].processors;
        const auto which = there[random() % there.size()];
        source[processor] = static_cast<std::size_t>(std::find(processors.begin(), processors.end(), which) -
                                                     processors.begin());
        auto destination = source;
        destination[maximum] = to;
        destination[backing] = random() % settings.backing_shifts.size();
        const auto other = random() % settings.beneath.size();
        if (settings.has_processor(other, source[processor])) destination[beneath] = other;
        const MigrationPlan plan{settings.at(source), settings.at(destination)};
        if (!outcome_of(plan.first).may_start || !outcome_of(plan.second).may_start) continue;
        plans.push_back(plan);
        break;
      }
    }
  }
  return plans;
}

}  // namespace hptck
