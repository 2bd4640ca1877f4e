// Configurations on either side of each page-size rule, found by Z3 (model/proofs/boundaries.h): the places
// where a wrong bound shows.
#pragma once

#include <string>
#include <vector>

#include "generators/configurations.h"

namespace hptck {

/// Two that differ in one setting by one step. Only the first meets the clause's condition.
struct BoundaryPair {
  std::string clause;  ///< id
  machines::Configuration meets, misses;
};
std::vector<BoundaryPair> boundary_configurations();

/// Those of them that the space has, each once. With TCG nothing depends on the backing, so there they have
/// the space's first one; with KVM only those on the space's hosts are left.
std::vector<machines::Configuration> boundary_configurations_in(const ConfigurationSpace& space);

}  // namespace hptck
