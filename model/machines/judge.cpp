// The rows say what may happen; here it is held against what did. An answer that a row refuses is that row's
// clause broken. A configuration is a call with one answer, a migration another; what is more than an answer,
// the device tree's property, is held against the rows in property.cpp.
//
// H_ENTER is judged by what the machine itself advertised, where that was looked at and can be read: LoPAR
// ties the two together, and a page size that is wrongly advertised and then accepted is one mistake, not
// two.
#include "model/machines/judge.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/framework/walk.h"
#include "model/machines/facts.h"
#include "model/machines/findings.h"

namespace hptck::machines {
namespace {

using W8 = Concrete::Word<8>;
using W64 = Concrete::Word<64>;
using ConcreteMachine = Machine<Concrete>;

struct Run {
  ConcreteMachine machine;
  bool allowed = false;
  Clause ended = {};                                  ///< of the row that gave the answer, or refused it
  std::vector<std::pair<Clause, bool>> effects = {};  ///< and whether each changed anything

  void done(const auto& row, const ConcreteMachine& before, const ConcreteMachine& after) {
    effects.emplace_back(row.clause, before != after);
  }
};

template <class A>
Run run(const DecisionList<Concrete, ConcreteMachine, A>& list, const ConcreteMachine& machine,
        const A& asked, std::int64_t answer) {
  Run result{machine};
  const auto ended = walk(list, result.machine, asked, answer, result);
  result.allowed = ended.answered;
  if (ended.row != nullptr) result.ended = ended.row->clause;
  return result;
}

const PageSizeRules<Concrete>& rules_for(const Deviations& deviations) {
  static const auto specification = page_size_rules<Concrete>();
  if (deviations.empty()) return specification;
  // Diagnosis asks for the same few sets again and again.
  thread_local std::pair<Deviations, PageSizeRules<Concrete>> last{{}, specification};
  if (last.first != deviations) last = {deviations, page_size_rules<Concrete>(deviations)};
  return last.second;
}

Run start(const Configuration& configuration, std::int64_t answer, const Deviations& deviations) {
  const auto facts = facts_of(configuration);
  return run(rules_for(deviations).start, nothing_yet(facts), facts, answer);
}

// Two machines that started, and the one as the other's destination.
struct Meeting {
  Run from, to;
  Arrival<Concrete> arrival;
};
Meeting meeting(const Configuration& source, const Configuration& destination, const Deviations& deviations) {
  auto from = start(source, started, deviations), to = start(destination, started, deviations);
  const auto arrival = arrival_of(source, destination, to.machine);
  return {std::move(from), std::move(to), arrival};
}

// H_ENTER of one machine, perhaps after a migration.
struct Entering {
  const EnterList<Concrete>& list;
  const ConcreteMachine& machine;
  std::uint64_t memory_bytes;
  W8 destination{0}, older{0};

  Run answered(PageEncoding encoding, std::int64_t status) const {
    const Probe<Concrete> probe{W8(encoding.large), W8(encoding.lp), W64(memory_bytes), destination, older};
    return run(list, machine, probe, status);
  }
};
Entering entering_after(const Meeting& met, std::uint64_t memory_bytes, const Deviations& deviations) {
  return {rules_for(deviations).enter_after, met.from.machine, memory_bytes, met.to.machine.sizes,
          met.arrival.older};
}

// --- Messages.

bool has_warning(const std::string& messages) {
  const auto text = lowered(messages);
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const std::string_view line(text.data() + at, end - at);
    if (line.find("warning") != line.npos && line.find("hpt-max-page-size") != line.npos) return true;
    at = end + 1;
  }
  return false;
}
constexpr std::string_view our_warning = "warning: a small hpt-max-page-size";

// The clause of a row that answered was seen at work, that of a row that refused is broken.
template <class Explanation>
void take(Collected& findings, const Run& run, Explanation explanation) {
  if (run.allowed)
    findings.exercised(run.ended);
  else
    findings.violated(run.ended, explanation());
}

void judge_answers(const Entering& entering, const std::vector<EnterAnswer>& answers, Collected& findings) {
  for (const auto& [encoding, status] : answers)
    take(findings, entering.answered(encoding, status), [encoding = encoding, status = status] {
      return fmt::format("H_ENTER answers {} to {}", status,
                         encoding.large ? fmt::format("L with LP {:#04x}", encoding.lp) : "no L");
    });
}

void judge_refusal(const Configuration& configuration, const Run& refusal, const Observation& seen,
                   const Deviations& deviations, Collected& findings) {
  const auto how = !seen.exit_status                                                  ? refused_by_signal
                   : *seen.exit_status == 0                                           ? refused_with_zero
                   : seen.messages.find_first_not_of(" \t\r\n") == seen.messages.npos ? refused_silently
                                                                                      : refused_properly;
  const auto end = run(rules_for(deviations).refusal, refusal.machine, facts_of(configuration), how);
  take(findings, end, [&] {
    return how == refused_by_signal   ? "it ended by a signal"
           : how == refused_with_zero ? "it ended with exit status 0"
                                      : "it ended without saying why";
  });
}

}  // namespace

// --- Outcomes.

Outcome outcome_of(const Configuration& configuration, const Deviations& deviations) {
  Outcome outcome;
  const auto up = start(configuration, started, deviations);
  const auto down = start(configuration, refused, deviations);
  outcome.may_start = up.allowed;
  outcome.may_refuse = down.allowed;
  if (down.allowed) outcome.refused_by = down.ended;
  if (up.allowed) {
    outcome.warned = raw(up.machine.warned) != 0;
    outcome.maximum_shift = raw(up.machine.maximum);
    outcome.environment = environment_of(up.machine);
  }
  return outcome;
}

MigrationOutcome migration_of(const Configuration& source, const Configuration& destination,
                              const Deviations& deviations) {
  const auto met = meeting(source, destination, deviations);
  const auto& list = rules_for(deviations).migrate;
  const auto accepts = run(list, met.from.machine, met.arrival, started);
  const auto refuses = run(list, met.from.machine, met.arrival, refused);
  MigrationOutcome outcome{accepts.allowed, refuses.allowed, std::nullopt};
  if (refuses.allowed) outcome.refused_by = refuses.ended;
  return outcome;
}

// --- Judging.

Findings judge(const Configuration& configuration, const Observation& seen, const Deviations& deviations) {
  Collected findings;
  const auto result = start(configuration, seen.started ? started : refused, deviations);
  take(findings, result, [&] {
    return seen.started ? fmt::format("it started, against {}", id_of(result.ended))
                        : fmt::format("it was refused: {}", seen.messages.substr(0, 200));
  });
  if (!seen.started) judge_refusal(configuration, result, seen, deviations, findings);
  // The rows say nothing more of a machine that should not have started.
  if (!seen.started || !result.allowed) return findings.list();
  if (raw(result.machine.warned) != 0) {
    if (has_warning(seen.messages))
      findings.exercised(Clause::option_warning);
    else
      findings.violated(Clause::option_warning, "there is no warning of the small maximum");
  }
  auto machine = result.machine;
  if (seen.property) {
    judge_property(configuration, result.machine, *seen.property, findings);
    const bool proper = static_cast<Written>(raw(machine.written)) == Written::proper;
    if (const auto read = environment_in(*seen.property); proper && read.environment)
      machine.sizes = W8(pairs_in(*read.environment));
  }
  judge_answers({rules_for(deviations).enter, machine, seen.memory_bytes}, seen.enter, findings);
  // The maximum shows in what is advertised or accepted; where that is right, its clauses have been at work.
  if ((seen.property || !seen.enter.empty()) && !findings.has_violation()) {
    for (const auto& [clause, changed] : result.effects) {
      const bool of_maximum = clause == Clause::maximum_given || clause == Clause::maximum_default ||
                              clause == Clause::maximum_older;
      const bool of_filter = clause == Clause::sizes_maximum || clause == Clause::sizes_mixed;
      if (of_maximum || clause == Clause::sizes_same || (of_filter && changed)) findings.exercised(clause);
    }
  }
  return findings.list();
}

Findings judge(const Configuration& source, const Configuration& destination,
               const MigrationObservation& seen, const Deviations& deviations) {
  const auto met = meeting(source, destination, deviations);
  // Where one of them should not have started, that has been said.
  if (!met.from.allowed || !met.to.allowed) return {};
  Collected findings;
  const auto result =
      run(rules_for(deviations).migrate, met.from.machine, met.arrival, seen.accepted ? started : refused);
  take(findings, result, [&] {
    return seen.accepted ? "the destination went on running the guest"
                         : fmt::format("the destination refused: {}", seen.messages.substr(0, 200));
  });
  if (result.allowed && seen.accepted)
    judge_answers(entering_after(met, seen.memory_bytes, deviations), seen.enter, findings);
  return findings.list();
}

Findings judge(const Case& one, const Deviations& deviations) {
  return one.destination ? judge(one.configuration, *one.destination, one.migrated, deviations)
                         : judge(one.configuration, one.seen, deviations);
}

bool violates(const Findings& findings) {
  return std::any_of(findings.begin(), findings.end(), [](const Finding& one) { return one.violated; });
}

// --- Predicting: what a hypervisor is seen to do that does as the rows say.

namespace {

std::vector<EnterAnswer> answers_of(const Entering& entering, std::span<const PageEncoding> encodings) {
  std::vector<EnterAnswer> answers;
  for (const auto encoding : encodings) {
    for (const auto status : {status::H_SUCCESS, status::H_PARAMETER, status::H_NOT_FOUND}) {
      if (!entering.answered(encoding, status).allowed) continue;
      answers.push_back({encoding, status});
      break;
    }
  }
  return answers;
}

}  // namespace

Observation predicted(const Configuration& configuration, const Deviations& deviations,
                      std::span<const PageEncoding> encodings) {
  const auto& rules = rules_for(deviations);
  const auto result = start(configuration, started, deviations);
  Observation seen;
  if (!result.allowed) {
    const auto down = start(configuration, refused, deviations);
    seen.exit_status = 1;
    seen.messages = fmt::format("refused by {}\n", id_of(down.ended));
    for (const auto& row : rules.refusal) {
      if (row.allowed.allow(refused_with_zero)) seen.exit_status = 0;
      if (row.allowed.allow(refused_silently)) seen.messages.clear();
      if (row.allowed.allow(refused_by_signal)) seen.exit_status.reset();
    }
    return seen;
  }
  seen.started = true;
  if (raw(result.machine.warned) != 0) seen.messages = std::string(our_warning) + '\n';
  seen.property = written_by(result.machine);
  seen.enter = answers_of({rules.enter, result.machine, seen.memory_bytes}, encodings);
  return seen;
}

MigrationObservation predicted(const Configuration& source, const Configuration& destination,
                               const Deviations& deviations, std::span<const PageEncoding> encodings) {
  const auto met = meeting(source, destination, deviations);
  MigrationObservation seen;
  seen.accepted = run(rules_for(deviations).migrate, met.from.machine, met.arrival, started).allowed;
  if (seen.accepted)
    seen.enter = answers_of(entering_after(met, seen.memory_bytes, deviations), encodings);
  else
    seen.messages = "refused\n";
  return seen;
}

}  // namespace hptck::machines
