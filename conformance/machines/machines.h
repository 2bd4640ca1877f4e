// Something that starts machines as they are configured and says what it saw: QEMU, or the fake host in this
// process. It judges nothing (model/capabilities/judge.h does) and never decides by itself what it is not
// able to do: `cannot` says why a configuration cannot be tried here, and nothing else is left out.
#pragma once

#include <optional>
#include <string>

#include "model/capabilities/judge.h"

namespace hptck {

class Machines {
 public:
  virtual ~Machines() = default;

  /// For reports: what it is, with its version.
  virtual std::string describe() const = 0;
  /// Why the configuration cannot be tried here; nothing: it can.
  virtual std::optional<std::string> cannot(const capabilities::Configuration& configuration) const = 0;
  /// Throws EnvironmentError where the environment fails; whatever the machine does is an observation.
  virtual capabilities::Observation start(const capabilities::Configuration& configuration) = 0;
  /// Both start.
  virtual capabilities::MigrationObservation migrate(const capabilities::Configuration& source,
                                                     const capabilities::Configuration& destination) = 0;
};

}  // namespace hptck
