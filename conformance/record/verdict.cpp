#include "conformance/record/verdict.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/machines/configuration.h"

namespace hptck {

std::string_view name_of(Verdict verdict) {
  constexpr std::string_view names[] = {"PASS", "FAIL", "INCONCLUSIVE", "NOT APPLICABLE", "ERROR"};
  return names[static_cast<int>(verdict)];
}

int exit_code(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return 0;
    case Verdict::fail:
      return 1;
    case Verdict::error:
      return 3;
    default:
      return 2;
  }
}

namespace {

using Resize = Statement::Resize;

bool any_statement(const CampaignRecord& record, auto predicate) {
  return std::any_of(record.statements.begin(), record.statements.end(), predicate);
}

bool is_of_page_sizes(Clause clause) { return text_of(clause).group.starts_with("Page sizes"); }

// The same for those that are about machines as they are configured.
std::string page_sizes_not_applicable(Clause clause, const CampaignRecord& record) {
  const auto& machines = record.machines;
  if (machines.cover.empty()) return machines.why_not;
  switch (clause) {
    case Clause::host_backing:
    case Clause::host_segments:
    case Clause::host_page_sizes:
    case Clause::host_inhibited:
    case Clause::sizes_same: {
      std::string lacking;
      for (const auto& [name, why] : machines.accelerators) {
        if (name == name_of(machines::Accelerator::tcg)) continue;
        if (why.empty()) return "";  // it could have been seen
        lacking += fmt::format("{}{}: {}", lacking.empty() ? "" : "; ", name, why);
      }
      return "it is about KVM, which cannot be had here: " + lacking;
    }
    default:
      return "";
  }
}

// Why a clause that was not exercised does not apply to this implementation; empty when it does.
std::string not_applicable(Clause clause, const CampaignRecord& record) {
  const auto& text = text_of(clause);
  const auto seen = [&](Clause c) { return record.tally.exercised[static_cast<int>(c)] != 0; };
  const bool absent = seen(Clause::prepare_option_absent) || seen(Clause::commit_option_absent);
  if (text.status == ClauseStatus::unjudged) return text.reason;
  if (is_of_page_sizes(clause)) {
    const auto why = page_sizes_not_applicable(clause, record);
    return why.empty() && text.modality == Modality::may ? "a permission that was not used" : why;
  }
  // What H_ENTER and its neighbours may do, they may do without the option, too.
  const bool resizes = text.group.starts_with("H_RESIZE_HPT_") || text.group == "Pending HPT";
  const bool permits_without = !resizes && text.modality == Modality::may;
  switch (clause) {
    case Clause::prepare_option_absent:
    case Clause::commit_option_absent:
      if (!absent) return "the option is offered";
      break;
    case Clause::prepare_authority:
    case Clause::commit_authority:
      if (absent) return "the option is not offered";
      if (!any_statement(record, [](const Statement& s) { return s.resize == Resize::disabled; })) {
        return "no partition that may not resize its HPT was declared";
      }
      break;
    default:
      if (permits_without) break;
      if (absent) return "the option is not offered";
      if (!record.statements.empty() && text.group != "H_READ" &&
          !any_statement(record, [](const Statement& s) { return s.resize != Resize::disabled; })) {
        return "every partition was declared as one that may not resize its HPT";
      }
      break;
  }
  if (text.group == "Reset") {
    if (!record.description.abilities.contains(Ability::reset)) return "the adapter cannot reboot the guest";
    if (clause == Clause::reset_size &&
        !any_statement(record, [](const Statement& s) { return s.initial_shift != 0; }))
      return "no size of the HPT at start is declared";
  }
  if (clause == Clause::prepare_resource &&
      !any_statement(record, [](const Statement& s) { return s.max_shift != 0; })) {
    return "no largest HPT is declared";
  }
  if ((clause == Clause::prepare_match_busy || clause == Clause::commit_busy) &&
      seen(Clause::prepare_create) && !seen(Clause::prepare_create_busy)) {
    return "preparation always ended within the call that started it";
  }
  if ((clause == Clause::prepare_match_collision || clause == Clause::commit_collided) &&
      seen(Clause::commit_collision)) {
    return "collisions were found by COMMIT, not by preparation";
  }
  if (clause == Clause::commit_collision && seen(Clause::commit_collided))
    return "collisions were found by preparation, not by COMMIT";
  if (text.modality == Modality::may) return "a permission that was not used";
  return "";
}

}  // namespace

std::vector<std::string> diagnosis_lines(const CampaignRecord& record) {
  std::vector<std::string> lines;
  for (const auto& deviations : record.diagnosis) {
    auto line = record.edition;
    deviations.for_each([&](Deviation deviation) {
      line += line.size() == record.edition.size()
                  ? deviations.size() == 1 ? " with deviation " : " with deviations "
                  : ", ";
      line += id_of(deviation);
    });
    lines.push_back(line);
  }
  return lines;
}

CampaignResult judge(const CampaignRecord& record) {
  CampaignResult result;
  for (int i = 0; i < clause_count; ++i) {
    ClauseResult one;
    one.clause = static_cast<Clause>(i);
    one.exercised = record.tally.exercised[i];
    result.clauses.push_back(one);
  }
  const auto at = [&](Clause clause) -> ClauseResult& {
    return result.clauses[static_cast<std::size_t>(clause)];
  };

  record.under.for_each([&](Deviation deviation) {
    at(broken_by(deviation)).verdict = Verdict::fail;
    at(broken_by(deviation)).reason = fmt::format("taken for granted: {}", id_of(deviation));
  });

  // Evidence that fits one clause only comes first. Evidence that fits any of several is held against none of
  // them when one of them is known to be broken, else against the first.
  for (const bool definite : {true, false}) {
    for (std::size_t i = 0; i < record.findings.size(); ++i) {
      const auto& finding = record.findings[i];
      if (finding.consequence || finding.hostile || finding.clauses.empty() ||
          (finding.clauses.size() == 1) != definite)
        continue;
      auto blamed = finding.clauses.front();
      for (const auto clause : finding.clauses) {
        if (at(clause).verdict == Verdict::fail) blamed = clause;
      }
      at(blamed).verdict = Verdict::fail;
      at(blamed).findings.push_back(i);
    }
  }

  // A clause that a consequence names was seen broken, if not by its own fault: that is no pass.
  for (std::size_t i = 0; i < record.findings.size(); ++i) {
    if (!record.findings[i].consequence || record.findings[i].hostile) continue;
    for (const auto clause : record.findings[i].clauses) {
      if (at(clause).verdict != Verdict::fail && at(clause).findings.empty())
        at(clause).findings.push_back(i);
    }
  }

  std::string unseen;
  for (auto& one : result.clauses) {
    if (one.verdict == Verdict::fail) continue;
    if (!one.findings.empty()) {
      one.reason =
          fmt::format("finding {} may be a consequence of another clause's", one.findings.front() + 1);
      continue;
    }
    if (one.exercised != 0 && text_of(one.clause).status != ClauseStatus::unjudged) {
      one.verdict = Verdict::pass;
      continue;
    }
    one.reason = not_applicable(one.clause, record);
    if (!one.reason.empty()) {
      one.verdict = Verdict::not_applicable;
      continue;
    }
    one.verdict = record.error.empty() ? Verdict::inconclusive : Verdict::error;
    one.reason =
        record.error.empty() ? "never seen at work" : "never seen at work before the kit's own trouble";
    unseen += fmt::format("{}{}", unseen.empty() ? "" : ", ", id_of(one.clause));
  }

  const auto failed = std::count_if(result.clauses.begin(), result.clauses.end(),
                                    [](const ClauseResult& c) { return c.verdict == Verdict::fail; });
  const auto counts = [](const Finding& f) { return !f.hostile; };
  if (failed != 0 || std::any_of(record.findings.begin(), record.findings.end(), counts)) {
    result.verdict = Verdict::fail;
    const auto ways = std::count_if(record.findings.begin(), record.findings.end(),
                                    [&](const Finding& f) { return !f.consequence && counts(f); });
    result.reason = fmt::format("{} clause{} broken, in {} way{}", failed, failed == 1 ? "" : "s", ways,
                                ways == 1 ? "" : "s");
  } else if (!record.error.empty()) {
    result.verdict = Verdict::error;
    result.reason = "the kit or its environment failed: " + record.error;
  } else if (!record.complete) {
    result.verdict = Verdict::inconclusive;
    result.reason = "the campaign was cut short";
  } else if (!unseen.empty()) {
    result.verdict = Verdict::inconclusive;
    result.reason = "never seen at work: " + unseen;
  } else if (record.tally.exercised[static_cast<int>(Clause::commit_success)] == 0) {
    result.verdict = Verdict::inconclusive;
    result.reason =
        at(Clause::commit_success).verdict == Verdict::not_applicable
            ? fmt::format("nothing of resizing could be seen: {}", at(Clause::commit_success).reason)
            : "no COMMIT ever succeeded";
  } else {
    result.verdict = Verdict::pass;
    result.reason = "every clause that applies was seen at work and none was broken";
  }
  return result;
}

}  // namespace hptck
