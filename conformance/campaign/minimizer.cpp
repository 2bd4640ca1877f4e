#include "conformance/campaign/minimizer.h"

#include <algorithm>
#include <set>

namespace hptck {
namespace {

using Steps = std::vector<Step>;

// Fewer calls may show another cause, which is then the better explanation; other arguments may not, they
// would only trade one defect for another. A wait that is to be shortened must not be given back as patience,
// or there would be no fixpoint.
enum class Cause { any, same, same_and_no_patience };
using TraceSearch = Search<Steps, Replayed, Cause>;

// Patience grows from try to try.
std::optional<Replayed> try_steps(TraceSearch& search, const Play& play, const Partition& partition,
                                  const Target& target, const Steps& steps, Cause cause) {
  constexpr int patience_ms[] = {0, 2, 25};
  for (const auto ms : patience_ms) {
    if (search.spent() || (ms != 0 && cause == Cause::same_and_no_patience)) return std::nullopt;
    ++search.trials;
    auto replayed = replay(play, partition, steps, target, std::chrono::milliseconds(ms));
    const auto& best = search.best;
    if (cause != Cause::any && replayed.found && replayed.refusal.key != best.refusal.key)
      return std::nullopt;
    if (replayed.found && (replayed.first || !search.found || !best.first)) return replayed;
    const bool waited = std::any_of(replayed.steps.begin(), replayed.steps.end(), [](const Step& s) {
      return s.response && is_long_busy(s.response->status);
    });
    if (!waited) return std::nullopt;
  }
  return std::nullopt;
}

// The shortest of the suffixes of 1, 2, 4, ... steps that shows the target.
void find_suffix(TraceSearch& search, const Steps& whole) {
  for (std::size_t length = 1;; length *= 2) {
    length = std::min(length, whole.size());
    if (search.shows(Steps(whole.end() - static_cast<std::ptrdiff_t>(length), whole.end()))) return;
    if (length == whole.size() || search.spent()) return;
  }
}

// Takes away runs of steps, long runs first. The last step shows the target and stays.
bool remove_steps(TraceSearch& search) {
  bool any = false;
  for (std::size_t run = std::max<std::size_t>(search.best.steps.size() / 2, 1); run >= 1; run /= 2) {
    for (std::size_t at = 0; at + run < search.best.steps.size() && !search.spent();) {
      auto fewer = search.best.steps;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(at),
                  fewer.begin() + static_cast<std::ptrdiff_t>(at + run));
      if (search.shows(fewer))
        any = true;
      else
        at += run;
    }
  }
  return any;
}

bool shorten_waits(TraceSearch& search) {
  bool any = false;
  for (std::size_t i = 0; i < search.best.steps.size(); ++i) {
    for (const std::uint32_t wait_ms : {0u, 1u, 10u}) {
      if (search.best.steps[i].wait_ms <= wait_ms || search.spent()) break;
      auto shorter = search.best.steps;
      shorter[i].wait_ms = wait_ms;
      if (!search.shows(shorter, Cause::same_and_no_patience)) continue;
      any = true;
      break;
    }
  }
  return any;
}

bool resizes(const Call& call) {
  return call.token == token::H_RESIZE_HPT_PREPARE || call.token == token::H_RESIZE_HPT_COMMIT;
}

// Makes arguments plain: one value at a time, everywhere it stands, so that a size stays the same size
// throughout.
bool plain_arguments(TraceSearch& search) {
  bool any = false;
  std::set<std::uint64_t> values;
  for (const auto& step : search.best.steps) {
    if (resizes(step.call)) values.insert(step.call.args.begin(), step.call.args.begin() + 2);
  }
  for (const auto value : values) {
    for (const std::uint64_t plain :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{18}, std::uint64_t{19}, value & 0xffffffff}) {
      if (plain >= value || search.spent()) continue;
      auto simpler = search.best.steps;
      for (auto& step : simpler) {
        if (resizes(step.call))
          std::replace(step.call.args.begin(), step.call.args.begin() + 2, value, plain);
      }
      if (!search.shows(simpler, Cause::same)) continue;
      any = true;
      break;
    }
  }
  return any;
}

constexpr Pass<TraceSearch> trace_passes[] = {
    {"take calls away", remove_steps},
    {"shorten waits", shorten_waits},
    {"make arguments plain", plain_arguments},
};

}  // namespace

Minimized minimize(const Play& play, const Partition& partition, const std::vector<Step>& steps,
                   const Target& target, const MinimizerBudget& budget) {
  TraceSearch search(budget, [&](TraceSearch& self, const Steps& candidate, Cause cause) {
    return try_steps(self, play, partition, target, candidate, cause);
  });
  find_suffix(search, steps);
  Minimized result;
  result.minimality = minimize(search, std::span<const Pass<TraceSearch>>(trace_passes));
  if (search.found)
    result.best = std::move(search.best);
  else
    result.best.steps = steps;
  result.replays = search.trials;
  return result;
}

}  // namespace hptck
