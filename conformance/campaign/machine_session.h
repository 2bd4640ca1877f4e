// A session with machines: starts them, or migrates guests between them, several side by side, and writes
// down what was seen of each. Nothing here depends on what was seen before, as it does for a partition, so
// one wrong machine hides no other: all are tried before anything is made of what was seen.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "conformance/adapters/machines.h"
#include "conformance/record/journal.h"
#include "generators/configurations.h"
#include "model/machines/judge.h"

namespace hptck {

struct MachinePlan {
  machines::Configuration configuration;
  std::optional<machines::Configuration> destination = {};  ///< there: a migration
};

struct SeenCase {
  machines::Case one;
  std::optional<Fault> fault;
  std::string not_tried;  ///< why a guest was not even there to be migrated
};
/// Starts the machine, or migrates a guest, once. Throws EnvironmentError.
SeenCase see_again(Machines& machines, const machines::Configuration& configuration,
                   const std::optional<machines::Configuration>& destination);

/// Something seen, and what the rules say of it.
struct JudgedCase {
  SeenCase seen;
  machines::Findings findings;
};

/// A way to look at a machine again. What was seen is written down, unless it was not tried.
using Look = std::function<SeenCase(const MachinePlan&)>;
Look look_at(Machines& machines, Journal& journal);

/// Tries all, `at_once` of them side by side, judges them by the specification with the deviations, and
/// counts them in the tally. Returns those that were tried, in the order of the plans. `done` is told of
/// each, and how many there were. Throws EnvironmentError, after what was seen has been written down.
std::vector<JudgedCase> try_each(Machines& machines, unsigned at_once, const std::vector<MachinePlan>& plans,
                                 const Deviations& deviations, const std::function<bool()>& stopped,
                                 Journal& journal, Tally& tally,
                                 const std::function<void(const MachinePlan&, std::size_t count)>& done);

}  // namespace hptck
