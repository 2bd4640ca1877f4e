#include "generators/boundaries.h"

#include <algorithm>

namespace hptck {

std::vector<BoundaryPair> boundary_configurations() {
  struct Lines {
    const char *clause, *meets, *misses;
  };
  static constexpr Lines found[] = {
#include "generators/boundaries.inc"
  };
  std::vector<BoundaryPair> pairs;
  for (const auto& [clause, meets, misses] : found)
    pairs.push_back({clause, machines::parse_configuration(meets, "generators/boundaries.inc"),
                     machines::parse_configuration(misses, "generators/boundaries.inc")});
  return pairs;
}

std::vector<machines::Configuration> boundary_configurations_in(const ConfigurationSpace& space) {
  const auto has = [](const auto& all, const auto& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  };
  std::vector<machines::Configuration> there;
  for (const auto& pair : boundary_configurations()) {
    for (auto one : {pair.meets, pair.misses}) {
      if (one.accelerator == machines::Accelerator::tcg) one.backing_shift = space.backing_shifts.front();
      const bool offered =
          has(space.types, one.machine) && has(space.backing_shifts, one.backing_shift) &&
          std::any_of(space.beneath.begin(), space.beneath.end(), [&](const ConfigurationSpace::Beneath& b) {
            return b.accelerator == one.accelerator && b.host == one.host && has(b.processors, one.processor);
          });
      if (offered && !has(there, one)) there.push_back(std::move(one));
    }
  }
  return there;
}

}  // namespace hptck
