// Plain ASCII apart from what the implementation wrote, and colour as the only use of escape sequences: the
// summary goes into logs as often as to a terminal. Box drawing was rejected for that.
#include "reports/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "reports/finding_text.h"
#include "reports/visible.h"

namespace hptck {
namespace {

constexpr std::size_t width = 110;

std::string_view escape_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "\x1b[32m";
    case Verdict::fail:
      return "\x1b[1;31m";
    case Verdict::inconclusive:
      return "\x1b[33m";
    case Verdict::not_applicable:
      return "\x1b[2m";
    case Verdict::error:
      return "\x1b[1;35m";
  }
  throw std::logic_error("no such verdict");
}

std::string painted(std::string_view text, std::string_view escape, bool colour) {
  return colour ? fmt::format("{}{}\x1b[0m", escape, text) : std::string(text);
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xc0) != 0x80; }));
}

/// One line broken at spaces into lines of at most `columns`; each keeps the indentation of the first.
std::vector<std::string> wrapped_line(std::string_view line, std::size_t columns) {
  const auto indent = std::string(std::min(line.find_first_not_of(' '), line.size()), ' ');
  line.remove_prefix(indent.size());
  std::vector<std::string> lines{indent};
  while (!line.empty()) {
    const auto word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(word.size() + 1, line.size()));
    auto& last = lines.back();
    const bool first_word = last.size() == indent.size();
    if (!first_word && columns_of(last) + 1 + columns_of(word) > columns) {
      lines.push_back(indent + std::string(word));
    } else {
      last += (first_word ? "" : " ") + std::string(word);
    }
  }
  return lines;
}

/// Every line of `text`, indented, and wrapped unless verbatim.
std::string indented(std::string_view text, std::size_t indent, bool verbatim) {
  std::string out;
  for (;;) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    for (const auto& piece : verbatim ? std::vector{std::string(line)} : wrapped_line(line, width - indent)) {
      out += (piece.empty() ? "" : std::string(indent, ' ') + piece) + '\n';
    }
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

std::string heading(const CampaignRecord& record) {
  const auto& iut = record.description;
  std::string text = fmt::format("hptck {}, {}, catalogue {}\n", record.kit_version, record.edition,
                                 record.catalogue_hash.substr(0, 12));
  text += fmt::format("Implementation: {} {}", iut.name, iut.version);
  // The command line is left to the machine-readable reports, because it is often longer than all the rest
  // here.
  for (const auto& [key, value] : iut.identity) {
    if (key != "command") text += fmt::format(", {} {}", key, value);
  }
  text += fmt::format("\nAdapter: {} {}\n", record.adapter, fmt::join(record.adapter_options, " "));
  for (const auto& statement : record.statements) {
    text += fmt::format("Declared: {}\n", print_statement(statement));
  }
  if (!record.machines.cover.empty()) {
    text += fmt::format("Machines: {} cover", record.machines.cover);
    for (const auto& [name, why] : record.machines.accelerators)
      text += fmt::format(", {}{}", name, why.empty() ? "" : " not (" + why + ")");
    text += '\n';
  }
  text += fmt::format("Seed: {}\n", record.seed);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    out += indented(visible_line(std::string_view(text).substr(at, end - at)), 0, false);
    at = end + 1;
  }
  return out;
}

/// What stands to the right of a verdict: its reason, or the findings to read.
std::string remark_on(const ClauseResult& clause) {
  if (clause.findings.empty()) return visible_line(clause.reason);
  std::string numbers;
  for (const auto index : clause.findings) {
    numbers += fmt::format("{}{}", numbers.empty() ? "" : ", ", index + 1);
  }
  return fmt::format("see finding{} {}", clause.findings.size() == 1 ? "" : "s", numbers);
}

std::string table(const CampaignResult& result, bool colour) {
  std::size_t name_width = 0;
  for (const auto& one : result.clauses) name_width = std::max(name_width, id_of(one.clause).size() + 2);
  constexpr std::size_t count_width = 11, verdict_width = 14;
  const auto remark_at = name_width + 2 + count_width + 2 + verdict_width + 2;

  std::string text;
  std::string_view group;
  for (const auto& clause : result.clauses) {
    if (text_of(clause.clause).group != group) {
      group = text_of(clause.clause).group;
      text += fmt::format("\n{:<{}}  {:>{}}  verdict\n", group, name_width, "exercised", count_width);
    }
    const auto remark = wrapped_line(remark_on(clause), width - remark_at);
    const auto verdict = name_of(clause.verdict);
    text += fmt::format("  {:<{}}  {:>{}}  {}", id_of(clause.clause), name_width - 2, clause.exercised,
                        count_width, painted(verdict, escape_of(clause.verdict), colour));
    if (!remark[0].empty()) text += std::string(verdict_width - verdict.size() + 2, ' ') + remark[0];
    text += '\n';
    for (std::size_t i = 1; i < remark.size(); ++i) text += std::string(remark_at, ' ') + remark[i] + '\n';
  }
  return text;
}

std::string findings(const CampaignRecord& record, bool colour) {
  std::string text;
  for (std::size_t i = 0; i < record.findings.size(); ++i) {
    const auto& finding = record.findings[i];
    text += '\n' +
            painted(fmt::format("Finding {} of {}: {}", i + 1, record.findings.size(), subject_of(finding)),
                    "\x1b[1m", colour);
    text += '\n' + indented(visible_line(finding.headline), 2, false);
    for (const auto& section : sections_of(finding)) {
      text += '\n';
      if (!section.title.empty()) text += fmt::format("  {}:\n", section.title);
      text += indented(section.body, section.title.empty() ? 2 : 4, section.verbatim);
    }
  }
  return text;
}

std::string counts(const CampaignRecord& record, const CampaignResult& result) {
  auto text = fmt::format("\n{} clauses:", result.clauses.size());
  for (const auto verdict : all_verdicts) {
    text +=
        fmt::format("{} {} {}", verdict == all_verdicts[0] ? "" : ",",
                    std::ranges::count(result.clauses, verdict, &ClauseResult::verdict), name_of(verdict));
  }
  text += fmt::format("\n{} finding{} in {} hypercalls", record.findings.size(),
                      record.findings.size() == 1 ? "" : "s", record.tally.calls);
  if (record.tally.configurations != 0)
    text +=
        fmt::format(", {} machines and {} migrations", record.tally.configurations, record.tally.migrations);
  if (record.seconds > 0) text += fmt::format(", {:.1f} s", record.seconds);
  if (!record.complete) text += "; the journal was cut short";
  return text + '\n';
}

// The findings that the diagnosis does not explain.
std::string unexplained_lines(const CampaignRecord& record) {
  std::string text;
  for (std::size_t i = 0; i < record.findings.size(); ++i) {
    const auto& finding = record.findings[i];
    if (finding.hostile) {
      text += fmt::format("  Finding {} is of a hostile guest, which LoPAR says nothing about.\n", i + 1);
      continue;
    }
    if (finding.unexplained) text += fmt::format("  Finding {} is no known deviation's doing.\n", i + 1);
    if (finding.kind != Finding::Kind::violation)
      text += fmt::format("  Finding {} is a fault, which no deviation of the model explains.\n", i + 1);
  }
  return text;
}

}  // namespace

std::string terminal_summary(const CampaignRecord& record, const CampaignResult& result, bool colour) {
  auto text = heading(record) + table(result, colour) + findings(record, colour) + counts(record, result);
  if (!record.error.empty()) text += '\n' + indented("Error: " + visible(record.error), 0, false);
  if (!record.findings.empty() || !record.under.empty()) {
    const auto lines = diagnosis_lines(record);
    for (std::size_t i = 0; i < lines.size(); ++i)
      text += (i == 0 ? "\nDiagnosis: " : "  or as well: ") + lines[i] + '\n';
    text += unexplained_lines(record);
  }
  text += '\n' +
          painted(fmt::format("Verdict: {}", name_of(result.verdict)), escape_of(result.verdict), colour) +
          '\n';
  if (!result.reason.empty()) text += indented(visible_line(result.reason), 0, false);
  return text;
}

}  // namespace hptck
