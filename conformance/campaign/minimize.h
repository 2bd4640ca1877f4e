// Minimizing, whatever it is that shows a finding: candidates that are simpler are tried, what shows it again
// is the best so far, and round after round of passes goes over the best until none of them gains anything,
// or the budget ends.
//
// A candidate is what can be tried (the calls of a trace, a machine's configuration), `Shown` what a trial
// that showed the finding leaves, `How` what a trial may be told besides. A pass is a value: a name, and a
// function that tries simpler versions of the best and says whether one of them showed it. So a way to
// minimize is an entry in a list (trace_passes in minimizer.cpp, case_passes in
// machine_minimizer.cpp).
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "conformance/record/verdict.h"

namespace hptck {

struct MinimizerBudget {
  unsigned replays = 600;                   ///< fresh partitions at most
  std::chrono::milliseconds time{20000};    ///< and no longer than this
  const std::atomic<bool>* stop = nullptr;  ///< set from outside to end it early
};

/// A search that goes on. `try_one` makes the trials, and counts each in `trials`.
template <class Candidate, class Shown, class How = std::monostate>
struct Search {
  using Try = std::function<std::optional<Shown>(Search&, const Candidate&, How)>;

  Search(const MinimizerBudget& all, Try one)
      : budget(all), end(std::chrono::steady_clock::now() + all.time), try_one(std::move(one)) {}

  /// Whether the candidate shows the finding; if so it becomes the best.
  bool shows(const Candidate& candidate, How how = {}) {
    auto shown = try_one(*this, candidate, how);
    if (!shown) return false;
    best = std::move(*shown);
    found = true;
    return true;
  }
  /// To be asked before each trial.
  bool spent() {
    cut_short = trials >= budget.replays || std::chrono::steady_clock::now() >= end ||
                (budget.stop != nullptr && budget.stop->load());
    return cut_short;
  }

  MinimizerBudget budget;
  std::chrono::steady_clock::time_point end;
  Try try_one;
  Shown best{};
  bool found = false;  ///< there is a best
  unsigned trials = 0;
  bool cut_short = false;  ///< the budget kept it from a trial
};

template <class AnySearch>
struct Pass {
  std::string_view name;
  bool (*gains)(AnySearch&);
};

/// Each pass can open the way for the others; a whole round without a gain is the fixpoint.
template <class AnySearch>
Finding::Minimality minimize(AnySearch& search, std::span<const Pass<AnySearch>> passes) {
  if (!search.found) return Finding::Minimality::not_reproduced;
  for (bool gained = true; gained && !search.spent();) {
    gained = false;
    for (const auto& pass : passes) gained |= pass.gains(search);
  }
  return search.cut_short ? Finding::Minimality::budget_ended : Finding::Minimality::one_minimal;
}

}  // namespace hptck
