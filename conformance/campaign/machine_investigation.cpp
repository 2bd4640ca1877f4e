#include "conformance/campaign/machine_investigation.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "conformance/campaign/machine_minimizer.h"
#include "conformance/campaign/replay.h"
#include "conformance/record/configuration_file.h"

namespace hptck {
namespace {

using machines::Case;
using machines::Configuration;

// Bounds on what a hopeless implementation can make of a campaign.
constexpr std::size_t most_findings = 32, most_deviations = 4;

using Cases = std::vector<const JudgedCase*>;

std::optional<Clause> first_violated(const machines::Findings& findings) {
  for (const auto& one : findings) {
    if (one.violated) return one.clause;
  }
  return std::nullopt;
}

// The cases of each kind, that is, which break the same clauses; the kind of most cases first.
std::vector<Cases> kinds_of(const Cases& wrong) {
  std::map<std::vector<Clause>, Cases> kinds;
  for (const auto* one : wrong) {
    std::vector<Clause> clauses;
    for (const auto& finding : one->findings) {
      if (finding.violated) clauses.push_back(finding.clause);
    }
    kinds[clauses].push_back(one);
  }
  std::vector<Cases> by_size;
  for (auto& [clauses, cases] : kinds) by_size.push_back(std::move(cases));
  std::stable_sort(by_size.begin(), by_size.end(),
                   [](const auto& a, const auto& b) { return a.size() > b.size(); });
  return by_size;
}

// The deviations of the model say all about a machine but why it would break down now and then. So a kind of
// violation that cannot be explained together with the others is left out, and said to be unexplained.
std::vector<Deviations> diagnosis_of(const std::vector<JudgedCase>& seen, const MachineMeans& means) {
  Cases wrong;
  std::vector<Case> right;
  for (const auto& one : seen) {
    if (violates(one.findings))
      wrong.push_back(&one);
    else
      right.push_back(one.seen.one);
  }
  std::vector<Deviations> diagnosis{means.granted};
  if (wrong.empty()) return diagnosis;
  means.progress("diagnosing");
  std::vector<Case> taken;
  const auto explain = [&](const Cases& more) {
    auto cases = taken;
    for (const auto* one : more) cases.push_back(one->seen.one);
    const auto wrong_ones = cases;
    cases.insert(cases.end(), right.begin(), right.end());
    auto sets = machines::diagnose(cases, most_deviations);
    if (sets.empty()) return;
    taken = wrong_ones;
    diagnosis = std::move(sets);
    for (auto& set : diagnosis) means.granted.for_each([&](Deviation one) { set.add(one); });
  };
  const auto kinds = kinds_of(wrong);
  Cases together;
  for (const auto& kind : kinds) together.insert(together.end(), kind.begin(), kind.end());
  explain(together);
  if (!taken.empty()) return diagnosis;
  for (const auto& kind : kinds) {
    if (means.stop == nullptr || !means.stop->load()) explain(kind);
  }
  return diagnosis;
}

// What is to become one finding.
struct MachineSuspicion {
  std::optional<Deviation> deviation;  ///< that explains it
  Deviations under;                    ///< judged by these, what shows it breaks a clause
  std::function<bool(const SeenCase&)> shows;
};

// Each deviation of the explanation; what is left, by the clause that it is first seen to break; and faults
// that nobody would take for an answer, where the guest ran and then something broke.
std::vector<MachineSuspicion> suspicions_of(const std::vector<JudgedCase>& seen, const Deviations& explained,
                                            const Deviations& granted) {
  std::vector<MachineSuspicion> all;
  explained.for_each([&](Deviation deviation) {
    if (granted.has(deviation)) return;
    auto others = explained;
    others.remove(deviation);
    all.push_back({deviation, others, [others, explained](const SeenCase& one) {
                     return violates(judge(one.one, others)) && !violates(judge(one.one, explained));
                   }});
  });
  std::vector<Clause> clauses;
  for (const auto& one : seen) {
    if (!violates(one.findings)) continue;
    const auto clause = first_violated(judge(one.seen.one, explained));
    if (clause && std::find(clauses.begin(), clauses.end(), *clause) == clauses.end())
      clauses.push_back(*clause);
  }
  for (const auto clause : clauses) {
    all.push_back({std::nullopt, explained, [clause, explained](const SeenCase& one) {
                     return first_violated(judge(one.one, explained)) == clause;
                   }});
  }
  for (const auto kind : {Fault::Kind::died, Fault::Kind::hung, Fault::Kind::garbled}) {
    all.push_back({std::nullopt, {}, [kind, granted](const SeenCase& one) {
                     return one.fault && one.fault->kind == kind && !violates(judge(one.one, granted));
                   }});
  }
  return all;
}

std::string text_of_case(const Case& one) {
  return one.destination ? text_of(one.configuration, *one.destination) : text_of(one.configuration);
}

// What is said of it.
void describe(Finding& finding, const SeenCase& seen, const MachineSuspicion& suspicion,
              const Configuration& usual) {
  const auto& one = seen.one;
  finding.configuration = text_of_case(one);
  finding.clauses.clear();
  finding.explanation.clear();
  finding.headline.clear();
  for (const auto& broken : judge(one, suspicion.under)) {
    if (!broken.violated) continue;
    if (finding.headline.empty())
      finding.headline = fmt::format("{}: {}", id_of(broken.clause),
                                     broken.explanation.substr(0, broken.explanation.find('\n')));
    finding.explanation += fmt::format("{}: {} Seen: {}\n", id_of(broken.clause), text_of(broken.clause).text,
                                       broken.explanation);
    if (finding.clauses.empty()) finding.clauses.push_back(broken.clause);
  }
  if (suspicion.deviation) finding.clauses = {broken_by(*suspicion.deviation)};
  if (finding.headline.empty() && seen.fault) {
    finding.kind = kind_of(*seen.fault);
    finding.headline = "the machine did not survive being looked at";
    finding.explanation = "The guest ran, and issued legal calls of H_ENTER, or was migrated.\n";
  }
  finding.explanation += fmt::format("The usual machine is {}. From it, it takes: {}", text_of(usual),
                                     changes_text(one.configuration, usual));
  if (one.destination)
    finding.explanation += fmt::format("; and at the destination: {}", changes_text(*one.destination, usual));
  finding.explanation += ".\n";
  finding.evidence = seen.fault        ? seen.fault->evidence
                     : one.destination ? one.migrated.messages
                                       : one.seen.messages;
  finding.deviations = {};
  if (suspicion.deviation) finding.deviations.add(*suspicion.deviation);
  finding.unexplained = !suspicion.deviation && finding.kind == Finding::Kind::violation;
  finding.under = suspicion.under;
  finding.key =
      fmt::format("configuration/{}/{}", finding.clauses.empty() ? "none" : id_of(finding.clauses.front()),
                  suspicion.deviation ? id_of(*suspicion.deviation) : "unknown");
}

// Makes a finding of what shows the suspicion, where anything does.
void look_into(const MachineSuspicion& suspicion, const std::vector<JudgedCase>& seen,
               const MachineMeans& means, std::vector<Finding>& findings) {
  const auto usual = usual_configuration(means.space);
  const SeenCase* nearest = nullptr;
  Finding finding;
  finding.occurrences = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const auto& one = seen[i].seen;
    if (!suspicion.shows(one)) continue;
    if (finding.occurrences++ == 0) finding.first_call = i + 1;
    if (nearest == nullptr || changes(one.one, usual) < changes(nearest->one, usual)) nearest = &one;
  }
  if (nearest == nullptr || findings.size() >= most_findings) return;

  describe(finding, *nearest, suspicion, usual);
  means.sink.suspicion(finding);
  const auto number = means.findings_before + findings.size() + 1;
  const auto look = [&](const MachinePlan& plan) {
    means.progress(fmt::format("looking for the smallest change, finding {}", number));
    return means.look(plan);
  };
  const auto minimized = minimize(*nearest, means.space, look, suspicion.shows, means.stop);
  const bool stopped = means.stop != nullptr && means.stop->load();
  if (minimized.minimality == Finding::Minimality::not_reproduced && !stopped && nearest->fault &&
      nearest->fault->kind != Fault::Kind::died) {
    means.sink.settled();
    throw EnvironmentError(
        fmt::format("{}: {}\nIt did not show again in {} starts, so this machine may be overloaded.",
                    text_of_case(nearest->one), nearest->fault->evidence, starts_to_reproduce));
  }
  finding.minimality = minimized.minimality;
  finding.replays = minimized.starts;
  const auto& best = minimized.best.one;
  describe(finding, minimized.best, suspicion, usual);
  means.sink.finding(finding, number,
                     print_configuration_file({finding.headline, best.configuration, best.destination}));
  means.sink.settled();
  findings.push_back(std::move(finding));
}

}  // namespace

void investigate_machines(const std::vector<JudgedCase>& seen, const MachineMeans& means,
                          MachineFindings& result) {
  result.diagnosis = diagnosis_of(seen, means);
  for (const auto& suspicion : suspicions_of(seen, result.diagnosis.front(), means.granted))
    look_into(suspicion, seen, means, result.findings);
}

}  // namespace hptck
