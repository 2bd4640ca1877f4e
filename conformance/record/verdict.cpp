#include "conformance/record/verdict.h"

#include <fmt/format.h>

#include <algorithm>

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
