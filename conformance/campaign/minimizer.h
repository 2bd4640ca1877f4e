// The minimizer: from a long trace that shows a finding to a short one that still shows it, by trying. It
// knows nothing of the implementation and needs no model of it.
//
// Delta debugging over typed passes to a fixpoint: find a short suffix that shows it, take calls away in
// halves, quarters and singly, take waits away, make arguments plain. Each trial is a replay in a fresh
// partition. A trial that does not show the target is repeated with more patience before it counts as failed,
// since preparation takes its own time. RapidCheck's shrinking was rejected: it neither sees responses nor
// has a budget.
#pragma once

#include <atomic>
#include <chrono>
#include <vector>

#include "conformance/campaign/replay.h"

namespace hptck {

struct MinimizerBudget {
  unsigned replays = 600;                   ///< fresh partitions at most
  std::chrono::milliseconds time{20000};    ///< and no longer than this
  const std::atomic<bool>* stop = nullptr;  ///< set from outside to end it early
};

struct Minimized {
  Finding::Minimality minimality = Finding::Minimality::not_reproduced;
  Replayed best;  ///< the shortest replay that showed the target; the input when none did
  unsigned replays = 0;
};

/// `steps` ends with the call that showed the target.
Minimized minimize(Adapter& adapter, const Partition& partition, const std::vector<Step>& steps,
                   const Target& target, const MinimizerBudget& budget);

}  // namespace hptck
