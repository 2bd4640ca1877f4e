#include "generators/boundaries.h"

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
    pairs.push_back({clause, capabilities::parse_configuration(meets, "generators/boundaries.inc"),
                     capabilities::parse_configuration(misses, "generators/boundaries.inc")});
  return pairs;
}

}  // namespace hptck
