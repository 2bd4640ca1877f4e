#include "conformance/campaign/conclusions.h"

#include <fmt/format.h>

#include <algorithm>

namespace hptck {
namespace {

// Whether the one clause of the finding is a row that refused the target.
bool is_plain(const Found& found) {
  return found.finding.clauses.size() == 1 && found.target.rows.contains(found.finding.clauses[0]);
}

// Whether `other` shows by itself a row that answers as `one` does.
bool explains(const Found& other, const Found& one) {
  return !other.finding.consequence && is_plain(other) && one.target.kind == other.target.kind &&
         one.target.token == other.target.token && one.target.status == other.target.status &&
         one.target.rows.contains(other.finding.clauses[0]);
}

// A clause blamed for an effect that was not done is let off when the row that showed it is known to answer
// so without any such effect before it.
void mark_explained(std::vector<Found>& all) {
  for (auto& one : all) {
    if (one.finding.consequence || is_plain(one)) continue;
    for (std::size_t k = 0; k < all.size(); ++k) {
      if (&all[k] == &one || !explains(all[k], one)) continue;
      one.finding.consequence = true;
      one.finding.explanation +=
          fmt::format("Finding {} shows {} answered so by itself, which explains this one.\n", k + 1,
                      id_of(all[k].finding.clauses[0]));
      break;
    }
  }
}

// Which deviations explain a violation, and which clauses are broken therefore: of each explanation, where
// there are ties. A missing check is one mistake though several clauses ask for other answers.
void name_deviations(Finding& finding, const Diagnosed& diagnosed, const std::set<std::string>& unexplained) {
  std::vector<Clause> clauses;
  for (const auto& explanation : diagnosed.explanations) {
    const auto responsible = responsible_for(finding.trace, explanation);
    if (finding.deviations.empty()) finding.deviations = responsible;
    responsible.for_each([&](Deviation deviation) {
      const auto clause = broken_by(deviation);
      if (std::find(clauses.begin(), clauses.end(), clause) == clauses.end()) clauses.push_back(clause);
    });
  }
  finding.unexplained = clauses.empty() && unexplained.contains(finding.key);
  if (clauses.empty()) return;
  finding.clauses = clauses;
  finding.consequence = false;
}

// What it shows behind is said in terms of the last diagnosis, which knows more than the one under which it
// was met.
void say_what_is_before(Finding& finding, const Deviations& in_force) {
  const auto before = before_last(finding.trace.statement, finding.trace.steps);
  if (accepts(in_force, before)) finding.under = needed(before, in_force);
  if (finding.under.empty()) return;
  finding.explanation +=
      fmt::format("It shows behind what is known already: {}.\n", to_string(finding.under));
  finding.under.for_each([&](Deviation deviation) {
    if (!finding.replay_command.empty())
      finding.replay_command += fmt::format(" --under {}", id_of(deviation));
  });
}

// One deviation is one finding, however it shows.
void mark_repeated(std::vector<Finding>& findings) {
  for (std::size_t i = 1; i < findings.size(); ++i) {
    auto& finding = findings[i];
    for (std::size_t k = 0; k < i && !finding.consequence && !finding.deviations.empty(); ++k) {
      if (findings[k].consequence || findings[k].deviations != finding.deviations) continue;
      finding.consequence = true;
      finding.explanation += fmt::format("Finding {} is the same deviation, shown in another way.\n", k + 1);
    }
  }
}

}  // namespace

std::vector<Finding> concluded(const std::vector<Found>& all, const Diagnosed& diagnosed,
                               const std::set<std::string>& unexplained) {
  auto marked = all;
  mark_explained(marked);
  std::vector<Finding> findings;
  for (auto& one : marked) {
    if (one.finding.kind == Finding::Kind::violation) name_deviations(one.finding, diagnosed, unexplained);
    say_what_is_before(one.finding, diagnosed.in_force);
    findings.push_back(std::move(one.finding));
  }
  mark_repeated(findings);
  return findings;
}

}  // namespace hptck
