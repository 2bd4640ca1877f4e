// Configurations on either side of a rule: for each row that a configuration can meet or miss, two that
// differ in one setting by the least step there is, of which only the first meets it. Z3 finds them; what it
// found is kept in generators/boundaries.inc, because a campaign needs no solver.
#pragma once

#include <string>
#include <vector>

#include "model/machines/configuration.h"
#include "spec/clause.h"

namespace hptck {

struct Boundary {
  Clause clause;
  machines::Configuration meets, misses;
};

/// In the order of the rows; without KVM where that will do. Rows that every configuration meets have none.
std::vector<Boundary> find_boundaries();

}  // namespace hptck
