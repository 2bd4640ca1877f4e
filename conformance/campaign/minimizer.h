// The minimizer of traces: from a long one that shows a finding to a short one that still shows it, by
// trying. It knows nothing of the implementation and needs no model of it.
//
// Delta debugging over typed passes to a fixpoint (minimize.h): find a short suffix that shows it, take calls
// away in halves, quarters and singly, take waits away, make arguments plain. Each trial is a replay in a
// fresh partition. A trial that does not show the target is repeated with more patience before it counts as
// failed, since preparation takes its own time. RapidCheck's shrinking was rejected: it neither sees
// responses nor has a budget.
#pragma once

#include <vector>

#include "conformance/campaign/minimize.h"
#include "conformance/campaign/replay.h"

namespace hptck {

struct Minimized {
  Finding::Minimality minimality = Finding::Minimality::not_reproduced;
  Replayed best;  ///< the shortest replay that showed the target; the input when none did
  unsigned replays = 0;
};

/// `steps` ends with the call that showed the target.
Minimized minimize(const Play& play, const Partition& partition, const std::vector<Step>& steps,
                   const Target& target, const MinimizerBudget& budget);

}  // namespace hptck
