#include "conformance/campaign/investigation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "conformance/campaign/deadly_hptes.h"

namespace hptck {
namespace {

using Clock = std::chrono::steady_clock;

// Bounds on what a hopeless implementation can make of a campaign.
constexpr std::size_t most_findings = 64, most_faults = 64, most_suspicions_at_once = 4;
constexpr double most_seconds = 180;
constexpr unsigned replays_after_that = 20;

// A hang that did not show again is no proof of anything.
bool is_proven(const Suspicion& suspicion) {
  return !suspicion.fault || suspicion.fault->kind == Fault::Kind::died;
}

// The finding as it was met, with all the calls that led to it.
Finding as_seen(const Suspicion& suspicion) {
  Minimized nothing;
  nothing.best.statement = suspicion.statement;
  nothing.best.steps = suspicion.steps;
  return finding_of(suspicion, nothing, suspicion.refusal, suspicion.key, false);
}

}  // namespace

bool Investigation::is_exhausted() const {
  return known_.all().size() >= most_findings || faults_ >= most_faults;
}

Investigation::Conclusion Investigation::consider(const Incident& incident) {
  const auto& last = incident.history.back();
  Suspicion suspicion{.target = {.kind = incident.fault ? kind_of(*incident.fault) : Finding::Kind::violation,
                                 .token = last.call.token,
                                 .status = last.response ? last.response->status : 0,
                                 .rows = incident.refusal.rows,
                                 .under = diagnosed().in_force,
                                 .hostile = incident.hostile},
                      .refusal = incident.refusal,
                      .key = incident.refusal.key,
                      .fault = incident.fault,
                      .partition = incident.partition,
                      .statement = incident.statement};
  if (incident.fault) {
    suspicion.key = fault_key(suspicion.target.kind, incident.refusal, incident.hostile);
    ++faults_;
    const auto before = suspicions_.size();
    suspect(std::move(suspicion), incident);
    if (suspicions_.size() > before) return Conclusion::open;
    // Seen before, and not for an HPTE that could be avoided.
    avoidance_.call(last.call);
    return Conclusion::avoided;
  }
  if (!incident.after_others && !unexplained().contains(suspicion.key)) {
    const auto before = diagnosed().in_force.size();
    if (hypotheses_.reconsider({incident.statement, incident.history})) {
      const auto& now = diagnosed().in_force;
      // As many deviations as before: the one thought of was not the right one. More: there is another.
      if (now.size() > before) {
        suspicion.diagnosed = true;
        suspicion.target.under = needed(before_last(incident.statement, incident.history), now);
        suspect(std::move(suspicion), incident);
      }
      return Conclusion::explained;
    }
    hypotheses_.is_unexplained(suspicion.key);
  }
  suspect(std::move(suspicion), incident);
  return Conclusion::open;
}

// Known kinds are counted, new ones kept with the calls that led to them, each once.
void Investigation::suspect(Suspicion suspicion, const Incident& incident) {
  if (!suspicion.diagnosed) {
    if (known_.is_met_again(suspicion.key, incident.after_others) ||
        suspicions_.size() >= most_suspicions_at_once)
      return;
    for (const auto& other : suspicions_) {
      if (other.key == suspicion.key) return;
    }
  }
  suspicion.steps.assign(incident.history.begin(), incident.history.end());
  suspicion.call_number = incident.call_number;
  suspicion.after_others = incident.after_others;
  suspicions_.push_back(std::move(suspicion));
}

// Whatever happens on the way, what was seen is not lost: it is written down before minimizing starts, and
// stands as it was seen when minimizing cannot end.
bool Investigation::look_into_all() {
  if (suspicions_.empty()) return false;
  const auto began = Clock::now();
  const auto suspicions = std::exchange(suspicions_, {});
  for (const auto& suspicion : suspicions) means_.sink.suspicion(as_seen(suspicion));
  std::size_t done = 0;
  std::optional<EnvironmentError> trouble;
  try {
    for (; done < suspicions.size() && !stopped(); ++done) look_into(suspicions[done]);
  } catch (const EnvironmentError& error) {
    trouble = error;
  }
  for (; done < suspicions.size(); ++done) {
    const auto& suspicion = suspicions[done];
    if (is_proven(suspicion) && !known_.contains(suspicion.key))
      add_finding(as_seen(suspicion), suspicion.target);
  }
  means_.sink.settled();
  seconds_ += std::chrono::duration<double>(Clock::now() - began).count();
  if (trouble) throw *trouble;
  return true;
}

void Investigation::look_into(const Suspicion& suspicion) {
  if (!suspicion.diagnosed && known_.is_settled(suspicion.key)) return;
  means_.progress("minimizing: " + suspicion.refusal.headline);
  auto budget = means_.budget;
  if (seconds_ > most_seconds) budget.replays = std::min(budget.replays, replays_after_that);
  auto minimized = minimize(means_.play, suspicion.partition, suspicion.steps, suspicion.target, budget);
  const bool found = minimized.best.found;
  if (!found && !is_proven(suspicion)) {
    throw EnvironmentError(
        fmt::format("{} once, and not again in {} replays: the machine may be overloaded\n{}",
                    suspicion.refusal.headline, minimized.replays, suspicion.fault->evidence));
  }
  if (!found) minimized.best.statement = suspicion.statement;
  const bool hidden = found && look_for_hidden_cause(suspicion, minimized);
  const auto& refusal = found ? minimized.best.refusal : suspicion.refusal;
  auto key = !found            ? suspicion.key
             : suspicion.fault ? fault_key(suspicion.target.kind, refusal, suspicion.target.hostile)
                               : refusal.key;
  Trace trace;
  trace.statement = minimized.best.statement;
  trace.steps = minimized.best.steps;
  if (!suspicion.fault) {
    // An answer that is right after all shows only that the diagnosis was not.
    if (accepts({}, {trace.statement, trace.steps})) return;
    // Two deviations can look the same to the oracle; they are two findings.
    if (suspicion.diagnosed && known_.is_settled(key)) key += fmt::format("#{}", known_.all().size() + 1);
  }
  const auto others_tried = suspicion.fault ? learn_to_avoid(suspicion, minimized.best) : "";
  if (!known_.is_settled(key)) {
    auto target = suspicion.target;
    target.rows = refusal.rows;
    auto finding = finding_of(suspicion, minimized, refusal, key, hidden);
    finding.explanation += others_tried;
    add_finding(std::move(finding), target);
  }
  if (!suspicion.fault) hypotheses_.add(std::move(trace), {suspicion.key, key});
  known_.is_found_as(suspicion.key, key);
}

// Something may have gone wrong unseen before: then that is the finding, and this one its consequence.
bool Investigation::look_for_hidden_cause(const Suspicion& suspicion, const Minimized& minimized) {
  if (suspicion.fault || suspicion.target.token == token::H_READ) return false;
  const auto cause =
      hidden_cause(means_.play, suspicion.partition, minimized.best.steps, suspicion.target.under);
  if (!cause) return false;
  const auto& last = cause->steps.back();
  look_into({.target = {.token = last.call.token,
                        .status = last.response->status,
                        .rows = cause->refusal.rows,
                        .under = suspicion.target.under},
             .refusal = cause->refusal,
             .key = cause->refusal.key,
             .fault = {},
             .partition = suspicion.partition,
             .statement = suspicion.statement,
             .steps = cause->steps,
             .call_number = suspicion.call_number});
  return true;
}

// Avoids what the implementation did not survive. What is said of it goes into the finding.
std::string Investigation::learn_to_avoid(const Suspicion& suspicion, const Replayed& deadly) {
  const auto lesson =
      lesson_of(deadly, diagnosed().in_force, means_.seed, [&](const std::vector<Step>& steps) {
        std::optional<bool> dies;
        if (stopped() || seconds_ > most_seconds) return dies;
        means_.progress("minimizing: trying other HPTEs");
        dies =
            replay(means_.play, suspicion.partition, steps, suspicion.target, std::chrono::milliseconds(10))
                .fault.has_value();
        return dies;
      });
  if (lesson.kinds.empty()) avoidance_.call(deadly.steps.back().call);
  for (const auto& kind : lesson.kinds) avoidance_.hpte(kind);
  return lesson.text;
}

// What is avoided is part of the key: an implementation that does not survive the same call for another
// reason has another fault.
std::string Investigation::fault_key(Finding::Kind kind, const Refusal& refusal, bool hostile) const {
  constexpr const char* kinds[] = {"violation", "died", "hung", "garbled"};
  return fmt::format("{}:{}{}{}", kinds[static_cast<int>(kind)], refusal.key, hostile ? ":hostile" : "",
                     avoidance_.hptes_text());
}

void Investigation::add_finding(Finding finding, const Target& target) {
  const auto place = known_.place_of(finding);
  if (!place) return;
  means_.sink.finding(finding, *place + 1, print_trace(finding.trace));
  known_.put(std::move(finding), target, *place);
}

}  // namespace hptck
