#include "conformance/campaign/hypotheses.h"

#include <algorithm>
#include <utility>

namespace hptck {

Evidence before_last(const Statement& statement, std::span<const Step> steps) {
  return {statement, steps.first(steps.size() - 1)};
}

Deviations needed(const Evidence& evidence, const Deviations& under) {
  auto needed = under;
  under.for_each([&](Deviation deviation) {
    auto fewer = needed;
    fewer.remove(deviation);
    if (accepts(fewer, evidence)) needed = fewer;
  });
  return needed;
}

Deviations responsible_for(const Trace& trace, const Deviations& explanation) {
  const Evidence whole{trace.statement, trace.steps};
  if (!accepts(explanation, whole)) return {};
  const auto all = needed(whole, explanation);
  auto last = all;
  needed(before_last(trace.statement, trace.steps), all).for_each([&](Deviation deviation) {
    last.remove(deviation);
  });
  return last.empty() ? all : last;
}

Hypotheses::Hypotheses(const Deviations& granted) : diagnosed_{granted, {}, granted} {
  if (!granted.empty()) diagnosed_.explanations = {granted};
}

void Hypotheses::keep(const Statement& statement, std::span<const Step> steps) {
  constexpr std::size_t most_kept = 200'000;
  if (steps.empty() || kept_calls_ + steps.size() > most_kept) return;
  kept_calls_ += steps.size();
  kept_.push_back({statement, {steps.begin(), steps.end()}});
}

std::vector<Evidence> Hypotheses::evidence() const {
  std::vector<Evidence> all;
  for (const auto& one : traces_) all.push_back({one.trace.statement, one.trace.steps});
  for (const auto& [statement, steps] : kept_) all.push_back({statement, steps});
  return all;
}

bool Hypotheses::reconsider(const Evidence& evidence) {
  auto all = this->evidence();
  all.push_back(evidence);
  auto diagnosis = diagnose(all, diagnosed_.granted);
  if (!diagnosis.unexplained.empty()) return false;
  diagnosed_.explanations = std::move(diagnosis.explanations);
  diagnosed_.in_force = diagnosed_.explanations.front();
  return true;
}

void Hypotheses::add(Trace trace, std::set<std::string> keys) {
  traces_.push_back({std::move(trace), std::move(keys)});
  diagnose_again();
}

void Hypotheses::diagnose_again() {
  std::sort(traces_.begin(), traces_.end(),
            [](const auto& a, const auto& b) { return a.trace.steps.size() < b.trace.steps.size(); });
  auto diagnosis = diagnose(evidence(), diagnosed_.granted);
  diagnosed_.explanations = std::move(diagnosis.explanations);
  const auto& sets = diagnosed_.explanations;
  if (std::find(sets.begin(), sets.end(), diagnosed_.in_force) == sets.end())
    diagnosed_.in_force = sets.front();
  for (auto index = diagnosis.unexplained.rbegin(); index != diagnosis.unexplained.rend(); ++index) {
    if (*index >= traces_.size()) {
      kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(*index - traces_.size()));
      continue;
    }
    unexplained_.insert(traces_[*index].keys.begin(), traces_[*index].keys.end());
    traces_.erase(traces_.begin() + static_cast<std::ptrdiff_t>(*index));
  }
}

}  // namespace hptck
