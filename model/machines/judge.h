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

/// The answer to an H_ENTER with the Exact flag, into an empty slot, of a page of that encoding with all
/// other real page number bits zero and WIMG 0010.
struct EnterAnswer {
  PageEncoding encoding;
  std::int64_t status;
};

/// What a runner saw of one machine.
struct Observation {
  bool started = false;  ///< it got as far as a guest (or a device tree dump)
  std::optional<int>
      exit_status;       ///< of a machine that ended by itself; nothing: it lives, or a signal ended it
  std::string messages;  ///< standard error
  /// The cells of ibm,segment-page-sizes in each CPU node; empty: there is none. Nothing: not looked at.
  std::optional<std::vector<std::uint32_t>> property;
  std::vector<EnterAnswer> enter;          ///< empty: not asked
  std::uint64_t memory_bytes = 512 << 20;  ///< a page larger than that may be refused (ambiguity A22)
};

/// What a runner saw of a migration.
struct MigrationObservation {
  bool accepted = false;           ///< the destination went on running the guest
  std::string messages;            ///< of the destination
  std::vector<EnterAnswer> enter;  ///< answers of the destination afterwards
  std::uint64_t memory_bytes = 512 << 20;
};

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

/// Something seen, of either kind.
struct Case {
  Configuration configuration;
  std::optional<Configuration> destination;  ///< there: a migration
  Observation seen;                          ///< where no destination is there
  MigrationObservation migrated;             ///< else
};
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
