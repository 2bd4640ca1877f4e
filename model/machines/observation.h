// What can be configured, and what was seen of a machine that was: the two things that an adapter which
// starts machines says. They stand apart from judge.h because an adapter carries and does not judge: it needs
// to know what a machine is, and none of the rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/machines/configuration.h"

namespace hptck::machines {

/// What an implementation offers to be configured. The maxima tried are those of whole_space() (space.h).
struct ConfigurationSpace {
  struct Beneath {
    Accelerator accelerator;
    Host host;
    std::vector<Processor> processors;
  };
  std::vector<std::string> types;  ///< the oldest first
  std::vector<Beneath> beneath;    ///< the usual one first
  std::vector<std::uint8_t> backing_shifts;
};

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

/// Something seen, of either kind.
struct Case {
  Configuration configuration;
  std::optional<Configuration> destination;  ///< there: a migration
  Observation seen;                          ///< where no destination is there
  MigrationObservation migrated;             ///< else
};

}  // namespace hptck::machines
