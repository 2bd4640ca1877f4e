#include "conformance/campaign/minimizer.h"

#include <algorithm>
#include <set>

namespace hptck {
namespace {

using Clock = std::chrono::steady_clock;
using Steps = std::vector<Step>;

class Search {
 public:
  Search(Adapter& adapter, const Partition& partition, const Target& target, const MinimizerBudget& budget)
      : adapter_(adapter),
        partition_(partition),
        target_(target),
        budget_(budget),
        end_(Clock::now() + budget.time) {}

  bool spent() const {
    return replays_ >= budget_.replays || Clock::now() >= end_ ||
           (budget_.stop != nullptr && budget_.stop->load());
  }
  unsigned replays() const { return replays_; }
  const Replayed& best() const { return best_; }
  const Steps& steps() const { return best_.steps; }
  bool found() const { return best_.found; }

  // Whether the steps show the target; if so they become the best. Patience grows from try to try. Fewer
  // calls may show another cause, which is then the better explanation; other arguments may not, they would
  // only trade one defect for another.
  enum class Cause { any, same, same_and_no_patience };
  bool try_steps(const Steps& steps, Cause cause = Cause::any) {
    // A wait that is to be shortened must not be given back as patience, or there would be no fixpoint.
    constexpr int patience_ms[] = {0, 2, 25};
    for (const auto ms : patience_ms) {
      if (spent() || (ms != 0 && cause == Cause::same_and_no_patience)) return false;
      ++replays_;
      auto replayed = replay(adapter_, partition_, steps, target_, std::chrono::milliseconds(ms));
      if (cause != Cause::any && replayed.found && replayed.refusal.key != best_.refusal.key) return false;
      if (replayed.found && (replayed.first || !best_.found || !best_.first)) {
        best_ = std::move(replayed);
        return true;
      }
      const bool waited = std::any_of(replayed.steps.begin(), replayed.steps.end(), [](const Step& s) {
        return s.response && is_long_busy(s.response->status);
      });
      if (!waited) return false;
    }
    return false;
  }

 private:
  Adapter& adapter_;
  Partition partition_;
  Target target_;
  MinimizerBudget budget_;
  Clock::time_point end_;
  unsigned replays_ = 0;
  Replayed best_;
};

// The shortest of the suffixes of 1, 2, 4, ... steps that shows the target.
bool find_suffix(Search& search, const Steps& whole) {
  for (std::size_t length = 1;; length *= 2) {
    length = std::min(length, whole.size());
    if (search.try_steps(Steps(whole.end() - static_cast<std::ptrdiff_t>(length), whole.end()))) return true;
    if (length == whole.size() || search.spent()) return false;
  }
}

// Takes away runs of steps, long runs first. The last step shows the target and stays. True: something went.
bool remove_steps(Search& search) {
  bool any = false;
  for (std::size_t run = std::max<std::size_t>(search.steps().size() / 2, 1); run >= 1; run /= 2) {
    for (std::size_t at = 0; at + run < search.steps().size() && !search.spent();) {
      auto fewer = search.steps();
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(at),
                  fewer.begin() + static_cast<std::ptrdiff_t>(at + run));
      if (search.try_steps(fewer))
        any = true;
      else
        at += run;
    }
  }
  return any;
}

bool shorten_waits(Search& search) {
  bool any = false;
  for (std::size_t i = 0; i < search.steps().size(); ++i) {
    for (const std::uint32_t wait_ms : {0u, 1u, 10u}) {
      if (search.steps()[i].wait_ms <= wait_ms || search.spent()) break;
      auto shorter = search.steps();
      shorter[i].wait_ms = wait_ms;
      if (!search.try_steps(shorter, Search::Cause::same_and_no_patience)) continue;
      any = true;
      break;
    }
  }
  return any;
}

// Makes arguments plain: one value at a time, everywhere it stands, so that a size stays the same size
// throughout.
bool plain_arguments(Search& search) {
  bool any = false;
  std::set<std::uint64_t> values;
  for (const auto& step : search.steps()) {
    if (step.call.token == token::H_RESIZE_HPT_PREPARE || step.call.token == token::H_RESIZE_HPT_COMMIT) {
      values.insert(step.call.args.begin(), step.call.args.begin() + 2);
    }
  }
  for (const auto value : values) {
    for (const std::uint64_t plain :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{18}, std::uint64_t{19}, value & 0xffffffff}) {
      if (plain >= value || search.spent()) continue;
      auto simpler = search.steps();
      for (auto& step : simpler) {
        if (step.call.token != token::H_RESIZE_HPT_PREPARE && step.call.token != token::H_RESIZE_HPT_COMMIT)
          continue;
        std::replace(step.call.args.begin(), step.call.args.begin() + 2, value, plain);
      }
      if (!search.try_steps(simpler, Search::Cause::same)) continue;
      any = true;
      break;
    }
  }
  return any;
}

}  // namespace

Minimized minimize(Adapter& adapter, const Partition& partition, const std::vector<Step>& steps,
                   const Target& target, const MinimizerBudget& budget) {
  Search search(adapter, partition, target, budget);
  Minimized result;
  if (find_suffix(search, steps)) {
    // Each pass can open the way for the others; a whole round without a gain is the fixpoint.
    for (bool gained = true; gained && !search.spent();) {
      gained = remove_steps(search);
      gained |= shorten_waits(search);
      gained |= plain_arguments(search);
    }
    result.minimality = search.spent() ? Finding::Minimality::budget_ended : Finding::Minimality::one_minimal;
    result.best = search.best();
  } else {
    result.best.steps = steps;
  }
  result.replays = search.replays();
  return result;
}

}  // namespace hptck
