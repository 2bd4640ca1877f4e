// Configurations on either side of each page-size rule, found by Z3 (model/proofs/boundaries.h): the places
// where a wrong bound shows.
#pragma once

#include <string>
#include <vector>

#include "model/capabilities/configuration.h"

namespace hptck {

/// Two that differ in one setting by one step. Only the first meets the clause's condition.
struct BoundaryPair {
  std::string clause;  ///< id
  capabilities::Configuration meets, misses;
};
std::vector<BoundaryPair> boundary_configurations();

}  // namespace hptck
