// Machines: what an adapter offers beside its one partition when it can start a machine of any configuration.
// The page-size rules are about that. The resize rules need one machine only, which is why this is an
// interface of its own and no part of an adapter's duties. Like an adapter it carries and does not judge.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "conformance/adapters/adapter.h"
#include "model/machines/observation.h"

namespace hptck {

/// What can be configured here, as it was found by looking.
struct MachineOffer {
  machines::ConfigurationSpace space;
  std::map<machines::Accelerator, std::string> lacking;  ///< which cannot be had, and why
  unsigned at_once = 1;                                  ///< how many threads may start machines side by side
  /// How many to try unless the user says otherwise: as many as take some seconds.
  std::uint64_t usual_configurations = 150, usual_migrations = 16;
};

/// What was seen of one machine. With a fault, the observation is what was seen before.
struct SeenMachine {
  machines::Observation observation;
  std::optional<Fault> fault;
};

struct SeenMigration {
  machines::MigrationObservation observation;
  std::optional<Fault> fault;
  std::string not_tried;  ///< why there was no migration: the source did not start, say
};

class Machines {
 public:
  virtual ~Machines() = default;

  /// Looks what can be configured. Ends the adapter's own partition first, which would disturb the machines.
  /// Throws EnvironmentError.
  virtual MachineOffer offer() = 0;

  /// Starts the machine, looks at it as the guest sees it, and ends it. The configuration is one of what is
  /// offered, its maximum anything at all. May be called by several threads. Throws EnvironmentError.
  virtual SeenMachine start(const machines::Configuration& configuration) = 0;

  /// Starts the source, moves its guest to the destination, and looks at what that guest has there. As
  /// start().
  virtual SeenMigration migrate(const machines::Configuration& source,
                                const machines::Configuration& destination) = 0;
};

}  // namespace hptck
