// The page-size rules at work: machines of many configurations are started, guests moved between them, and
// what was seen is judged, diagnosed, and brought down to the smallest change of the usual machine that shows
// it. Nothing here depends on what was seen before, as it does for a partition, so one wrong machine hides no
// other: all are tried first, several side by side, and only then is anything made of it.
#pragma once

#include <functional>
#include <vector>

#include "conformance/adapters/machines.h"
#include "conformance/campaign/campaign.h"
#include "generators/configurations.h"
#include "model/machines/judge.h"

namespace hptck {

struct ConfigurationFindings {
  std::vector<Finding> findings;
  /// The smallest sets of deviations that explain all that was seen but for unexplained findings.
  std::vector<Deviations> diagnosis;
  std::string trouble;  ///< of the environment, which ended it early; what was found before stands
};

/// `machines` may be none. Tallies, and what is said of the machines, go into the record; what is found
/// comes back, numbered behind the findings that the record has.
ConfigurationFindings try_configurations(Machines* machines, const CampaignOptions& options, Journal& journal,
                                         CampaignRecord& record,
                                         const std::function<void(const std::string& doing)>& progress);

struct SeenCase {
  machines::Case one;
  std::optional<Fault> fault;
  std::string not_tried;  ///< why a guest was not even there to be migrated
};
/// Starts the machine, or migrates a guest, once. Throws EnvironmentError.
SeenCase see_again(Machines& machines, const machines::Configuration& configuration,
                   const std::optional<machines::Configuration>& destination);

}  // namespace hptck
