// What is said of a finding when it is made. What a later diagnosis knows better is said in conclusions.cpp.
#include <fmt/format.h>

#include "conformance/campaign/investigation.h"

namespace hptck {
namespace {

std::string text_on_consequence(bool of_hidden) {
  return of_hidden ? "Looking at the size of the HPT after each COMMIT and reset shows that another "
                     "clause is broken before, so this is a consequence of that.\n"
                   : "Every trace found that shows this breaks another clause first, so it may "
                     "be a consequence of that.\n";
}

}  // namespace

Finding finding_of(const Suspicion& suspicion, const Minimized& minimized, const Refusal& refusal,
                   const std::string& key, bool consequence_of_hidden) {
  const auto& best = minimized.best;
  Finding finding;
  finding.consequence = consequence_of_hidden || (best.found ? !best.first : suspicion.after_others);
  finding.kind = suspicion.target.kind;
  finding.key = key;
  finding.hostile = suspicion.target.hostile;
  if (finding.hostile) {
    finding.headline =
        fmt::format("{} was not answered to a hostile guest", to_string(suspicion.steps.back().call));
    finding.explanation =
        "The guest had entered an HPTE where it does not belong. LoPAR says nothing of "
        "such a guest; the hypervisor should survive it nevertheless.\n";
  } else {
    finding.clauses = refusal.clauses;
    finding.headline = refusal.headline;
    finding.explanation = refusal.explanation;
  }
  const auto& fault = best.fault ? best.fault : suspicion.fault;
  if (fault) finding.evidence = fault->evidence;
  if (finding.consequence) finding.explanation += text_on_consequence(consequence_of_hidden);
  finding.trace.intent = finding.headline;
  finding.trace.statement = best.statement;
  finding.trace.steps = best.steps;
  finding.under = needed(before_last(best.statement, best.steps), suspicion.target.under);
  if (finding.kind == Finding::Kind::violation && finding.clauses.size() == 1 && !finding.consequence) {
    finding.trace.expect = Trace::Expect::refused;
    finding.trace.refused_clause = finding.clauses.front();
  }
  finding.minimality = minimized.minimality;
  finding.replays = minimized.replays;
  finding.first_call = suspicion.call_number;
  return finding;
}

}  // namespace hptck
