// The page-size rules at work: what a configuration has to come to, and what is to be said of what was seen
// of one. Both walk the rows of model/machines/rows.h; a set of deviations walks edited rows, so that
// `judge(..., deviations)` asks whether a hypervisor with just those mistakes would have been seen like that.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/machines/configuration.h"
#include "model/machines/observation.h"
#include "spec/deviations.h"

namespace hptck::machines {

/// What the rules say of a configuration.
struct Outcome {
  bool may_start = false, may_refuse = false;  ///< one at least; both where a `may` clause leaves it open
  std::optional<Clause> refused_by;            ///< where may_refuse
  bool warned = false;                         ///< where may_start: a warning is due
  std::uint8_t maximum_shift = 0;              ///< where may_start: the effective maximum
  Environment environment;                     ///< where may_start
  bool operator==(const Outcome&) const = default;
};
Outcome outcome_of(const Configuration& configuration, const Deviations& deviations = {});

/// What they say of a migration between two configurations that both started.
struct MigrationOutcome {
  bool may_accept = false, may_refuse = false;
  std::optional<Clause> refused_by;  ///< where may_refuse
  bool operator==(const MigrationOutcome&) const = default;
};
MigrationOutcome migration_of(const Configuration& source, const Configuration& destination,
                              const Deviations& deviations = {});

struct Finding {
  Clause clause;
  bool violated;            ///< else exercised: seen at work, and kept
  std::string explanation;  ///< where violated
  bool operator==(const Finding&) const = default;
};
using Findings = std::vector<Finding>;

Findings judge(const Configuration& configuration, const Observation& seen,
               const Deviations& deviations = {});
Findings judge(const Configuration& source, const Configuration& destination,
               const MigrationObservation& seen, const Deviations& deviations = {});

Findings judge(const Case& one, const Deviations& deviations = {});
bool violates(const Findings& findings);

/// What is seen of a hypervisor that does as the rows with these deviations say. Where they leave something
/// open it starts, and accepts.
Observation predicted(const Configuration& configuration, const Deviations& deviations,
                      std::span<const PageEncoding> encodings);
MigrationObservation predicted(const Configuration& source, const Configuration& destination,
                               const Deviations& deviations, std::span<const PageEncoding> encodings);

/// The smallest sets of deviations under which nothing of all that was seen is a violation; the empty set
/// alone if nothing is. Empty: no set of up to `at_most` explains it.
std::vector<Deviations> diagnose(std::span<const Case> cases, std::size_t at_most = 3);

/// The smallest configuration (or pair, where no single one does) whose outcome the deviation changes, the
/// one nearest to the usual machine by the number of settings changed.
struct Exhibit {
  Configuration configuration;
  std::optional<Configuration> destination;
};
std::optional<Exhibit> smallest_exhibit(Deviation deviation);

}  // namespace hptck::machines
