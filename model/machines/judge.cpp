// The rows say what may happen; here it is held against what did. An answer that a row refuses is that row's
// clause broken. The property says more than one answer: each of its parts is held against the clause that
// gives or takes it, so that a page size too many is the filter's fault and a wrong encoding is not.
//
// H_ENTER is judged by what the machine itself advertised, where that was looked at and can be read: LoPAR
// ties the two together, and a page size that is wrongly advertised and then accepted is one mistake, not
// two.
#include "model/machines/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "model/framework/diagnosis.h"
#include "model/framework/walk.h"
#include "model/machines/rows.h"
#include "model/machines/facts.h"

namespace hptck::machines {
namespace {

using W8 = Concrete::Word<8>;
using W64 = Concrete::Word<64>;
using ConcreteMachine = Machine<Concrete>;

// --- Walking, with what was met on the way.

struct Run {
  bool allowed = false;
  Clause ended{};  ///< of the row that gave the answer, or refused it
  ConcreteMachine machine;
  std::vector<std::pair<Clause, bool>> effects = {};  ///< and whether each changed anything

  void done(const auto& row, const ConcreteMachine& before, const ConcreteMachine& after) {
    effects.emplace_back(row.clause, before != after);
  }
};

template <class A>
Run run(const DecisionList<Concrete, ConcreteMachine, A>& list, const ConcreteMachine& machine,
        const A& asked, std::int64_t answer) {
  Run result{false, {}, machine};
  auto reached = machine;
  const auto ended = walk(list, reached, asked, answer, result);
  result.machine = reached;
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

Probe<Concrete> probe_of(PageEncoding encoding, std::uint64_t memory_bytes, std::uint8_t destination = 0,
                         bool older = false) {
  return {W8(encoding.large), W8(encoding.lp), W64(memory_bytes), W8(destination), W8(older)};
}

// --- The property as a machine writes it, mistakes and all.

std::vector<std::uint32_t> written_by(const ConcreteMachine& machine) {
  const auto written = static_cast<Written>(raw(machine.written));
  if (written == Written::absent) return {};
  std::vector<std::uint32_t> cells;
  for (std::size_t b = 0; b < base_shifts.size(); ++b) {
    std::vector<std::uint32_t> sizes;
    std::uint32_t of_processor = 0;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      if (pairs[i].base != base_shifts[b]) continue;
      ++of_processor;
      if ((raw(machine.sizes) & bit_of(i)) != 0)
        sizes.insert(sizes.end(), {pairs[i].actual, raw(machine.lp[i])});
    }
    if (sizes.empty() && written != Written::keeps_empty) continue;
    const auto count = static_cast<std::uint32_t>(sizes.size() / 2);
    cells.insert(cells.end(), {base_shifts[b], static_cast<std::uint32_t>(raw(machine.slb[b])),
                               written == Written::counts_all ? of_processor : count});
    cells.insert(cells.end(), sizes.begin(), sizes.end());
  }
  return cells;
}

// --- Messages.

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}
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

// --- Findings, one a clause; a violation outweighs, and the first explains.

class Collected {
 public:
  void exercised(Clause clause) { found_.try_emplace(clause, Finding{clause, false, ""}); }
  void violated(Clause clause, const std::string& explanation) {
    auto& finding = found_[clause];
    if (!finding.violated) finding = {clause, true, explanation};
  }
  Findings list() const {
    Findings all;
    for (const auto& [clause, finding] : found_) all.push_back(finding);
    return all;
  }
  bool has_violation() const {
    return std::any_of(found_.begin(), found_.end(), [](const auto& one) { return one.second.violated; });
  }

 private:
  std::map<Clause, Finding> found_;
};

std::string pair_text(std::uint32_t base, std::uint32_t actual) {
  const auto size = [](std::uint32_t shift) {
    return shift < 64 ? size_text(static_cast<std::uint8_t>(shift)) : fmt::format("2^{}", shift);
  };
  return base == actual ? fmt::format("{} pages", size(base))
                        : fmt::format("{} pages in {} segments", size(actual), size(base));
}

std::optional<std::size_t> index_of(std::uint32_t base, std::uint32_t actual) {
  for (std::size_t i = 0; i < pairs.size(); ++i)
    if (pairs[i].base == base && pairs[i].actual == actual) return i;
  return std::nullopt;
}

void judge_property(const Configuration& configuration, const ConcreteMachine& machine,
                    const std::vector<std::uint32_t>& cells, Collected& findings) {
  if (static_cast<Written>(raw(machine.written)) != Written::proper) {
    if (cells != written_by(machine))
      findings.violated(Clause::sizes_property, "ibm,segment-page-sizes is not as the deviation has it");
    return;
  }
  // Of a machine that should have been refused nothing may be left to advertise.
  if (raw(machine.sizes) == 0 && cells.empty()) return;
  const auto read = environment_in(cells);
  if (!read.environment) {
    findings.violated(Clause::sizes_property, read.fault);
    return;
  }
  findings.exercised(Clause::sizes_property);
  const auto maximum = raw(machine.maximum);
  std::uint8_t seen = 0;
  for (const auto& segment : read.environment->segments) {
    const auto base = std::find(base_shifts.begin(), base_shifts.end(), segment.shift);
    if (base != base_shifts.end()) {
      const auto wanted = raw(machine.slb[static_cast<std::size_t>(base - base_shifts.begin())]);
      if (segment.slb_encoding != wanted)
        findings.violated(Clause::sizes_slb,
                          fmt::format("the SLB encoding of {} is given as {:#x}, not {:#x}",
                                      pair_text(segment.shift, segment.shift), segment.slb_encoding, wanted));
      findings.exercised(Clause::sizes_slb);
    }
    for (const auto& size : segment.sizes) {
      const auto i = index_of(segment.shift, size.shift);
      if (i) seen |= bit_of(*i);
      if (i && (raw(machine.sizes) & bit_of(*i)) != 0) {
        if (size.encoding != raw(machine.lp[*i]))
          findings.violated(
              Clause::sizes_encoding,
              fmt::format("the encoding of {} is given as {:#x}, not {:#x}",
                          pair_text(segment.shift, size.shift), size.encoding, raw(machine.lp[*i])));
        findings.exercised(Clause::sizes_encoding);
        continue;
      }
      const auto shown = pair_text(segment.shift, size.shift) + " are advertised, ";
      if (!i)
        findings.violated(Clause::sizes_processor, shown + "which the processor does not have");
      else if (size.shift > maximum)
        findings.violated(Clause::sizes_maximum,
                          fmt::format("{}above the maximum, {}", shown, size_text(maximum)));
      else if ((rows::unmixed & bit_of(*i)) == 0)
        findings.violated(Clause::sizes_mixed,
                          shown + "which differ from the base size and are not of 16 MiB");
      else
        findings.violated(Clause::sizes_processor, shown + "against what the deviation does");
    }
  }
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if ((raw(machine.sizes) & ~seen & bit_of(i)) == 0) continue;
    const bool on_kvm = configuration.accelerator != Accelerator::tcg;
    findings.violated(on_kvm ? Clause::sizes_same : Clause::sizes_processor,
                      pair_text(pairs[i].base, pairs[i].actual) + " are not advertised");
  }
  findings.exercised(Clause::sizes_processor);
}

void judge_answers(const EnterList<Concrete>& list, const ConcreteMachine& machine, std::uint8_t destination,
                   bool older, const std::vector<EnterAnswer>& answers, std::uint64_t memory_bytes,
                   Collected& findings) {
  for (const auto& answer : answers) {
    const auto result =
        run(list, machine, probe_of(answer.encoding, memory_bytes, destination, older), answer.status);
    if (result.allowed)
      findings.exercised(result.ended);
    else
      findings.violated(
          result.ended,
          fmt::format("H_ENTER answers {} to {}", answer.status,
                      answer.encoding.large ? fmt::format("L with LP {:#04x}", answer.encoding.lp) : "no L"));
  }
}

}  // namespace

// --- Facts.

Facts<Concrete> facts_of(const Configuration& c) {
  const auto maximum = maximum_in(c.maximum);
  auto number = maximum.bytes;
  if (maximum.form == Form::size) {
    const auto suffix = lowered(c.maximum->substr(c.maximum->size() - 1));
    number >>= suffix == "k" ? 10 : suffix == "m" ? 20 : suffix == "g" ? 30 : 0;
  }
  std::uint8_t with_encodings = 0;
  for (const auto& segment : c.host.sizes.segments) {
    for (const auto& size : segment.sizes) {
      const auto i = index_of(segment.shift, size.shift);
      if (!i || size.encoding != pairs[*i].lp) continue;
      const auto base =
          std::find(base_shifts.begin(), base_shifts.end(), segment.shift) - base_shifts.begin();
      if (segment.slb_encoding == slb_encodings[static_cast<std::size_t>(base)]) with_encodings |= bit_of(*i);
    }
  }
  const auto word = [](auto value) { return W8(static_cast<std::uint8_t>(value)); };
  return {word(scheme_of(c.machine)),
          word(c.processor),
          word(maximum.form),
          W64(maximum.bytes),
          W64(number),
          word(c.accelerator),
          word(c.backing_shift),
          word(c.host.needs_contiguous),
          word(c.host.terabyte_segments),
          word(c.host.slb_entries),
          word(c.host.kernel_shift),
          word(with_encodings),
          word(pairs_in(c.host.sizes))};
}

Arrival<Concrete> arrival_of(const Configuration& from, const Configuration& to,
                             const ConcreteMachine& destination) {
  const bool same =
      from.machine == to.machine && from.processor == to.processor && from.accelerator == to.accelerator;
  const bool older = scheme_of(from.machine) == Scheme::older && scheme_of(to.machine) == Scheme::older;
  const auto& machine = from.machine;
  const bool unsent = machine.starts_with("pseries-3.") || machine == "pseries-4.0";
  return {W8(same),
          W8(older),
          W8(unsent),
          W8(from.backing_shift == to.backing_shift),
          destination.maximum,
          destination.sizes};
}

Environment environment_of(const ConcreteMachine& machine) {
  auto proper = machine;
  proper.written = W8(static_cast<std::uint8_t>(Written::proper));
  return environment_in(written_by(proper)).environment.value_or(Environment{});
}

Environment environment_with(std::uint8_t mask) {
  const auto facts = facts_of({});
  auto machine = rows::gives_encodings(rows::gives_slb_encodings(nothing_yet(facts), facts), facts);
  machine.sizes = W8(mask);
  return environment_of(machine);
}

std::uint8_t pairs_in(const Environment& environment) {
  std::uint8_t mask = 0;
  for (const auto& segment : environment.segments)
    for (const auto& size : segment.sizes)
      if (const auto i = index_of(segment.shift, size.shift)) mask |= bit_of(*i);
  return mask;
}

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
  const auto from = start(source, started, deviations), to = start(destination, started, deviations);
  const auto arrival = arrival_of(source, destination, to.machine);
  const auto& list = rules_for(deviations).migrate;
  const auto accepts = run(list, from.machine, arrival, started);
  const auto refuses = run(list, from.machine, arrival, refused);
  MigrationOutcome outcome{accepts.allowed, refuses.allowed, std::nullopt};
  if (refuses.allowed) outcome.refused_by = refuses.ended;
  return outcome;
}

// --- Judging.

Findings judge(const Configuration& configuration, const Observation& seen, const Deviations& deviations) {
  const auto& rules = rules_for(deviations);
  Collected findings;
  const auto result = start(configuration, seen.started ? started : refused, deviations);
  if (!result.allowed) {
    findings.violated(result.ended, seen.started
                                        ? fmt::format("it started, against {}", id_of(result.ended))
                                        : fmt::format("it was refused: {}", seen.messages.substr(0, 200)));
  } else {
    findings.exercised(result.ended);
  }
  if (!seen.started) {
    const auto how = !seen.exit_status                                                  ? refused_by_signal
                     : *seen.exit_status == 0                                           ? refused_with_zero
                     : seen.messages.find_first_not_of(" \t\r\n") == seen.messages.npos ? refused_silently
                                                                                        : refused_properly;
    const auto end = run(rules.refusal, result.machine, facts_of(configuration), how);
    if (end.allowed)
      findings.exercised(end.ended);
    else
      findings.violated(end.ended, how == refused_by_signal   ? "it ended by a signal"
                                   : how == refused_with_zero ? "it ended with exit status 0"
                                                              : "it ended without saying why");
    return findings.list();
  }
  // Of a machine that should not be, nothing more can be said.
  if (!result.allowed) return findings.list();
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
  judge_answers(rules.enter, machine, 0, false, seen.enter, seen.memory_bytes, findings);
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
  const auto& rules = rules_for(deviations);
  Collected findings;
  const auto from = start(source, started, deviations), to = start(destination, started, deviations);
  // Where one of them should not have started, that has been said.
  if (!from.allowed || !to.allowed) return {};
  const auto arrival = arrival_of(source, destination, to.machine);
  const auto result = run(rules.migrate, from.machine, arrival, seen.accepted ? started : refused);
  if (!result.allowed) {
    findings.violated(result.ended, seen.accepted ? "the destination went on running the guest"
                                                  : fmt::format("the destination refused: {}",
                                                                seen.messages.substr(0, 200)));
    return findings.list();
  }
  findings.exercised(result.ended);
  if (seen.accepted)
    judge_answers(rules.enter_after, from.machine, raw(to.machine.sizes), raw(arrival.older) != 0, seen.enter,
                  seen.memory_bytes, findings);
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

std::vector<EnterAnswer> answers_of(const EnterList<Concrete>& list, const ConcreteMachine& machine,
                                    std::uint8_t destination, bool older, std::uint64_t memory_bytes,
                                    std::span<const PageEncoding> encodings) {
  std::vector<EnterAnswer> answers;
  for (const auto encoding : encodings) {
    const auto probe = probe_of(encoding, memory_bytes, destination, older);
    for (const auto status : {status::H_SUCCESS, status::H_PARAMETER, status::H_NOT_FOUND}) {
      if (!run(list, machine, probe, status).allowed) continue;
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
  seen.enter = answers_of(rules.enter, result.machine, 0, false, seen.memory_bytes, encodings);
  return seen;
}

MigrationObservation predicted(const Configuration& source, const Configuration& destination,
                               const Deviations& deviations, std::span<const PageEncoding> encodings) {
  const auto& rules = rules_for(deviations);
  const auto from = start(source, started, deviations), to = start(destination, started, deviations);
  const auto arrival = arrival_of(source, destination, to.machine);
  MigrationObservation seen;
  seen.accepted = run(rules.migrate, from.machine, arrival, started).allowed;
  if (!seen.accepted) {
    seen.messages = "refused\n";
    return seen;
  }
  seen.enter = answers_of(rules.enter_after, from.machine, raw(to.machine.sizes), raw(arrival.older) != 0,
                          seen.memory_bytes, encodings);
  return seen;
}

// --- Diagnosis.

namespace {

// What was seen of machines, as a source of the search (model/framework/diagnosis.h).
struct CasesSeen {
  struct Refused {
    std::size_t evidence;
  };
  std::span<const Case> cases;
  std::vector<Deviation> all = {};

  const std::vector<Deviation>& candidates() const { return all; }
  bool explains(const Deviations& deviations, std::size_t evidence) const {
    return !violates(judge(cases[evidence], deviations));
  }
  bool gets_past(const Deviations& deviations, const Refused& refused) const {
    return explains(deviations, refused.evidence);
  }
  std::optional<Refused> first_refusal(const Deviations& deviations) const {
    for (std::size_t i = 0; i < cases.size(); ++i)
      if (!explains(deviations, i)) return Refused{i};
    return std::nullopt;
  }
};

}  // namespace

std::vector<Deviations> diagnose(std::span<const Case> cases, std::size_t at_most) {
  CasesSeen seen{cases};
  for (std::size_t i = 0; i < deviation_count; ++i) {
    const auto deviation = static_cast<Deviation>(i);
    if (text_of(deviation).seen_in == SeenIn::configuration) seen.all.push_back(deviation);
  }
  auto sets = smallest_sets(seen, {}, {at_most, ~std::size_t{0}}).sets;
  std::ranges::sort(sets, {}, [](const Deviations& set) { return to_string(set); });
  return sets;
}

}  // namespace hptck::machines
