// The minimizer of configurations: from a machine, or a migration, that shows a finding to one that is nearer
// to the usual machine, by setting back one setting after the other and really starting each (minimize.h).
#pragma once

#include <functional>
#include <string>

#include "conformance/campaign/machine_session.h"
#include "conformance/campaign/minimize.h"

namespace hptck {

/// How far it is from the usual machine.
unsigned changes(const machines::Case& one, const machines::Configuration& usual);
/// "machine type X, processor Y"; for people.
std::string changes_text(const machines::Configuration& one, const machines::Configuration& usual);

struct MinimizedCase {
  Finding::Minimality minimality = Finding::Minimality::not_reproduced;
  SeenCase best;  ///< nearest to the usual machine of those that showed it; the input when none did
  unsigned starts = 0;
};
MinimizedCase minimize(const SeenCase& seen, const ConfigurationSpace& space, const Look& look,
                       const std::function<bool(const SeenCase&)>& shows, const std::atomic<bool>* stop);

/// What does not show again in so many starts is put down to the machine that the kit runs on.
inline constexpr unsigned starts_to_reproduce = 3;

}  // namespace hptck
