// Replaying calls in a fresh partition, and recognizing what they were kept for.
//
// A replay is judged by its own oracle from the first call on, so that what it finds stands by itself. Real
// hypervisors prepare asynchronously: a replay may be told to be patient, that is, to let some time pass
// after each H_LONG_BUSY_*, as LoPAR asks guests to do. The waits become part of the trace.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "conformance/adapters/adapter.h"
#include "conformance/record/verdict.h"
#include "model/oracle.h"

namespace hptck {

/// What to look for: the observation, not the blame, so that a minimizer may find a better explanation.
struct Target {
  Finding::Kind kind = Finding::Kind::violation;
  std::uint64_t token = 0;  ///< of the call refused or never answered
  std::int64_t status = 0;  ///< of a violation; all of H_LONG_BUSY_* count as one
  ClauseSet rows;           ///< the rows that refused: a replay may show fewer, not others
  Deviations under = {};    ///< already diagnosed: what they explain is not refused
  bool hostile = false;     ///< the guest is a hostile one; else a replay may not make it one
};

struct Replayed {
  std::vector<Step> steps;  ///< as it went, up to and including the call that showed the target
  Statement statement;
  bool found = false;
  bool first = false;          ///< nothing else was refused before the target
  Refusal refusal;             ///< of the target
  std::optional<Fault> fault;  ///< the fault that ended the replay, target or not
};

/// Restarts the partition and issues the steps' calls, up to the target.
Replayed replay(Adapter& adapter, const Partition& partition, std::span<const Step> steps,
                const Target& target, std::chrono::milliseconds patience);

/// Issues the steps' calls in a fresh partition and looks at the size of the HPT after each COMMIT and reset,
/// with H_READ. Found: an answer was refused before the last step, and what it taught makes the last answer
/// right; `refusal` says why and `steps` end with it. A defect that stayed hidden is so brought to light
/// where it is.
Replayed replay_probing(Adapter& adapter, const Partition& partition, std::span<const Step> steps,
                        const Deviations& under);

/// How a fault is named in a finding.
Finding::Kind kind_of(const Fault& fault);

}  // namespace hptck
