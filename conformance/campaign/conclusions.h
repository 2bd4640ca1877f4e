// What is said of findings once the campaign is over and all that was seen has been diagnosed: which clause a
// finding is held against, which findings are only consequences of others, and which are one deviation shown
// in several ways. A pure function, run before anything final is written down.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "conformance/campaign/hypotheses.h"
#include "conformance/campaign/known_findings.h"

namespace hptck {

/// `unexplained`: keys of what no set of known deviations explains.
std::vector<Finding> concluded(const std::vector<Found>& all, const Diagnosed& diagnosed,
                               const std::set<std::string>& unexplained);

}  // namespace hptck
