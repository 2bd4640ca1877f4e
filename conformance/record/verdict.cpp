#include "conformance/record/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "conformance/record/needs.h"

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

// Why a clause that was not exercised does not apply to this implementation; empty when it does.
std::string not_applicable(Clause clause, const CampaignRecord& record) {
  const auto& text = text_of(clause);
  if (text.status == ClauseStatus::unjudged) return text.reason;
  for (const auto need : text.needs) {
    auto reason = why_lacking(need, record);
    if (!reason.empty()) return reason;
  }
  return text.modality == Modality::may ? "a permission that was not used" : "";
}

ClauseResult& at(CampaignResult& result, Clause clause) {
  return result.clauses[static_cast<std::size_t>(clause)];
}

// Evidence that fits one clause only comes first. Evidence that fits any of several is held against none of
// them when one of them is known to be broken, else against the first.
void hold_findings_against_clauses(const CampaignRecord& record, CampaignResult& result) {
  for (const bool definite : {true, false}) {
    for (std::size_t i = 0; i < record.findings.size(); ++i) {
      const auto& finding = record.findings[i];
      if (finding.consequence || finding.hostile || finding.clauses.empty() ||
          (finding.clauses.size() == 1) != definite)
        continue;
      auto blamed = finding.clauses.front();
      for (const auto clause : finding.clauses) {
        if (at(result, clause).verdict == Verdict::fail) blamed = clause;
      }
      at(result, blamed).verdict = Verdict::fail;
      at(result, blamed).findings.push_back(i);
    }
  }
  // A clause that a consequence names was seen broken, if not by its own fault: that is no pass.
  for (std::size_t i = 0; i < record.findings.size(); ++i) {
    if (!record.findings[i].consequence || record.findings[i].hostile) continue;
    for (const auto clause : record.findings[i].clauses) {
      if (at(result, clause).verdict != Verdict::fail && at(result, clause).findings.empty())
        at(result, clause).findings.push_back(i);
    }
  }
}

// The verdict on a clause that is not broken, and why.
void judge_unbroken(ClauseResult& one, const CampaignRecord& record) {
  if (!one.findings.empty()) {
    one.reason = fmt::format("finding {} may be a consequence of another clause's", one.findings.front() + 1);
    return;
  }
  if (one.exercised != 0 && text_of(one.clause).status != ClauseStatus::unjudged) {
    one.verdict = Verdict::pass;
    return;
  }
  one.reason = not_applicable(one.clause, record);
  if (!one.reason.empty()) {
    one.verdict = Verdict::not_applicable;
    return;
  }
  one.verdict = record.error.empty() ? Verdict::inconclusive : Verdict::error;
  one.reason =
      record.error.empty() ? "never seen at work" : "never seen at work before the kit's own trouble";
}

// "1 clause broken, in 2 ways"
std::string ways_broken(const CampaignRecord& record, std::ptrdiff_t clauses) {
  const auto ways = std::ranges::count_if(
      record.findings, [](const Finding& finding) { return !finding.consequence && !finding.hostile; });
  return fmt::format("{} clause{} broken, in {} way{}", clauses, clauses == 1 ? "" : "s", ways,
                     ways == 1 ? "" : "s");
}

// The verdict on the implementation, and why, once the clauses have theirs.
std::pair<Verdict, std::string> verdict_on_all(const CampaignRecord& record, CampaignResult& result) {
  const auto failed = std::ranges::count(result.clauses, Verdict::fail, &ClauseResult::verdict);
  if (failed != 0 || !std::ranges::all_of(record.findings, &Finding::hostile))
    return {Verdict::fail, ways_broken(record, failed)};
  if (!record.error.empty()) return {Verdict::error, "the kit or its environment failed: " + record.error};
  if (!record.complete) return {Verdict::inconclusive, "the campaign was cut short"};
  std::string unseen;
  for (const auto& one : result.clauses) {
    if (one.verdict == Verdict::inconclusive && one.findings.empty())
      unseen += fmt::format("{}{}", unseen.empty() ? "" : ", ", id_of(one.clause));
  }
  if (!unseen.empty()) return {Verdict::inconclusive, "never seen at work: " + unseen};
  const auto& success = at(result, Clause::commit_success);
  if (success.exercised == 0)
    return {Verdict::inconclusive, success.verdict == Verdict::not_applicable
                                       ? fmt::format("nothing of resizing could be seen: {}", success.reason)
                                       : "no COMMIT ever succeeded"};
  return {Verdict::pass, "every clause that applies was seen at work and none was broken"};
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
  for (int i = 0; i < clause_count; ++i)
    result.clauses.push_back(
        {static_cast<Clause>(i), Verdict::inconclusive, record.tally.exercised[i], {}, ""});
  record.under.for_each([&](Deviation deviation) {
    at(result, broken_by(deviation)).verdict = Verdict::fail;
    at(result, broken_by(deviation)).reason = fmt::format("taken for granted: {}", id_of(deviation));
  });
  hold_findings_against_clauses(record, result);
  for (auto& one : result.clauses) {
    if (one.verdict != Verdict::fail) judge_unbroken(one, record);
  }
  std::tie(result.verdict, result.reason) = verdict_on_all(record, result);
  return result;
}

}  // namespace hptck
