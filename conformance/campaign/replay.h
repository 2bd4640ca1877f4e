// Replaying calls in a fresh partition, and recognizing what they were kept for.
//
// There is one loop that issues calls again, play(); what is made of the answers is up to whoever watches it.
// A replay is judged by its own oracle from the first call on, so that what it finds stands by itself. Real
// hypervisors prepare asynchronously: a replay may be told to be patient, that is, to let some time pass
// after each H_LONG_BUSY_*, as LoPAR asks guests to do. The waits become part of the trace.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "conformance/adapters/adapter.h"
#include "conformance/record/journal.h"
#include "model/oracle.h"

namespace hptck {

/// How the calls are issued.
struct Pace {
  std::size_t calls_together = 1;         ///< at most, where no wait stands between them
  std::chrono::milliseconds patience{0};  ///< after each H_LONG_BUSY_*, with one call at a time only
};

struct Played {
  Statement statement;
  std::optional<Fault> fault;  ///< what ended it
};

/// Told how a replay goes. Where a call is not answered, its step has no response and is the last.
struct Watch {
  struct Next {
    bool goes_on = true;
    std::vector<Call> calls = {};  ///< to be issued before the remaining steps, with one call at a time only
  };
  std::function<void(const Statement&)> begins = [](const Statement&) {};
  std::function<Next(const Step&)> sees;
};

/// A way to replay: issues the steps' calls in a fresh partition, until they end, one is not answered, or
/// the watch has seen enough.
using Play = std::function<Played(const Partition&, std::span<const Step>, const Pace&, const Watch&)>;

/// The adapter's, which has to outlive it. With a journal, everything is written down as it happens, so that
/// a kit which is killed while it replays loses no more than at any other time.
Play play_on(Adapter& adapter, Journal* journal = nullptr);

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

/// Replays the steps up to the target.
Replayed replay(const Play& play, const Partition& partition, std::span<const Step> steps,
                const Target& target, std::chrono::milliseconds patience);

/// A violation that a trace held unseen, and the calls that show it.
struct HiddenCause {
  std::vector<Step> steps;
  Refusal refusal;
};

/// Replays the steps and looks at the size of the HPT after each COMMIT and reset, with H_READ. There is a
/// hidden cause if an answer was refused before the last step, and what it taught makes the last answer
/// right.
std::optional<HiddenCause> hidden_cause(const Play& play, const Partition& partition,
                                        std::span<const Step> steps, const Deviations& under);

/// How a fault is named in a finding.
Finding::Kind kind_of(const Fault& fault);

}  // namespace hptck
