// Plain ASCII apart from what the implementation wrote, and colour as the only use of escape sequences: the
// summary goes into logs as often as to a terminal. Box drawing was rejected for that.
#include "reports/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "reports/finding_text.h"
#include "reports/visible.h"

namespace hptck {
namespace {

constexpr std::size_t width = 110;
constexpr Verdict verdicts[] = {Verdict::pass, Verdict::fail, Verdict::inconclusive, Verdict::not_applicable,
                                Verdict::error};

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

/// One line broken at spaces into lines of at most `columns`; what it was indented by is kept on each.
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
  // The command line is in the machine-readable reports; here it would bury the rest.
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

/// What stands right of a verdict: its reason, or where to read on.
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

std::size_t count(const CampaignResult& result, Verdict verdict) {
  return static_cast<std::size_t>(
      std::count_if(result.clauses.begin(), result.clauses.end(),
                    [&](const ClauseResult& clause) { return clause.verdict == verdict; }));
}

std::string counts(const CampaignRecord& record, const CampaignResult& result) {
  auto text = fmt::format("\n{} clauses:", result.clauses.size());
  for (const auto verdict : verdicts) {
    text +=
        fmt::format("{} {} {}", verdict == verdicts[0] ? "" : ",", count(result, verdict), name_of(verdict));
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

// What a diagnosis leaves open.
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

nlohmann::ordered_json ids_of(const Deviations& deviations) {
  auto ids = nlohmann::ordered_json::array();
  deviations.for_each([&](Deviation deviation) { ids.push_back(id_of(deviation)); });
  return ids;
}

nlohmann::ordered_json json_of(const Finding& finding) {
  auto clauses = nlohmann::ordered_json::array();
  for (const auto clause : finding.clauses) clauses.push_back(id_of(clause));
  return {{"key", visible(finding.key)},
          {"kind", name_of(finding.kind)},
          {"clauses", clauses},
          {"headline", visible(finding.headline)},
          {"explanation", visible(finding.explanation)},
          {"evidence", visible(finding.evidence)},
          {"trace", finding.configuration.empty() ? visible(print_trace(finding.trace)) : ""},
          {"configuration", visible(finding.configuration)},
          {"minimality", name_of(finding.minimality)},
          {"replays", finding.replays},
          {"first_call", finding.first_call},
          {"occurrences", finding.occurrences},
          {"file", visible(finding.file)},
          {"replay_command", visible(finding.replay_command)},
          {"under", ids_of(finding.under)},
          {"deviations", ids_of(finding.deviations)},
          {"unexplained", finding.unexplained},
          {"hostile", finding.hostile}};
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

std::string json_summary(const CampaignRecord& record, const CampaignResult& result) {
  using Json = nlohmann::ordered_json;
  // Every text goes through visible(): JSON could carry control characters, but not bytes that are no UTF-8,
  // and a reader who compares reports should find the same evidence in each.
  auto options = Json::array();
  for (const auto& option : record.adapter_options) options.push_back(visible(option));
  auto identity = Json::object();
  for (const auto& [key, value] : record.description.identity) identity[visible(key)] = visible(value);
  auto partitions = Json::array();
  for (const auto& statement : record.statements) partitions.push_back(print_statement(statement));
  auto counted = Json::object();
  for (const auto verdict : verdicts) counted[std::string(name_of(verdict))] = count(result, verdict);
  auto clauses = Json::array();
  for (const auto& clause : result.clauses) {
    clauses.push_back({{"clause", id_of(clause.clause)},
                       {"group", text_of(clause.clause).group},
                       {"verdict", name_of(clause.verdict)},
                       {"exercised", clause.exercised},
                       {"findings", clause.findings},
                       {"reason", visible(clause.reason)}});
  }
  auto diagnosis = Json::array();
  for (const auto& deviations : record.diagnosis) diagnosis.push_back(ids_of(deviations));
  auto accelerators = Json::object();
  for (const auto& [name, why] : record.machines.accelerators) accelerators[visible(name)] = visible(why);
  auto found = Json::array();
  for (const auto& finding : record.findings) found.push_back(json_of(finding));

  const Json summary = {
      {"hptck_summary", 1},
      {"kit_version", visible(record.kit_version)},
      {"edition", visible(record.edition)},
      {"catalogue_hash", visible(record.catalogue_hash)},
      // A string, because many readers keep numbers as doubles, and a rounded seed names another campaign.
      {"seed", fmt::format("{}", record.seed)},
      {"under", ids_of(record.under)},
      {"adapter", {{"name", visible(record.adapter)}, {"options", options}}},
      {"implementation",
       {{"name", visible(record.description.name)},
        {"version", visible(record.description.version)},
        {"identity", identity}}},
      {"partitions", partitions},
      {"started", visible(record.started)},
      {"seconds", record.seconds},
      {"complete", record.complete},
      {"calls", record.tally.calls},
      {"machines",
       {{"cover", visible(record.machines.cover)},
        {"why_not", visible(record.machines.why_not)},
        {"accelerators", accelerators},
        {"configurations", record.tally.configurations},
        {"migrations", record.tally.migrations}}},
      {"verdict", name_of(result.verdict)},
      {"reason", visible(result.reason)},
      {"error", visible(record.error)},
      {"counts", counted},
      {"clauses", clauses},
      {"findings", found},
      {"diagnosis", diagnosis},
  };
  return summary.dump(2) + '\n';
}

}  // namespace hptck
