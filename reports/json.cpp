// Every text goes through visible(): JSON could carry control characters, but not bytes that are no UTF-8,
// and a reader who compares reports should find the same evidence in each.
#include "reports/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "reports/finding_text.h"
#include "reports/visible.h"

namespace hptck {
namespace {

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

std::string json_summary(const CampaignRecord& record, const CampaignResult& result) {
  using Json = nlohmann::ordered_json;
  auto options = Json::array();
  for (const auto& option : record.adapter_options) options.push_back(visible(option));
  auto identity = Json::object();
  for (const auto& [key, value] : record.description.identity) identity[visible(key)] = visible(value);
  auto partitions = Json::array();
  for (const auto& statement : record.statements) partitions.push_back(print_statement(statement));
  auto counted = Json::object();
  for (const auto verdict : all_verdicts)
    counted[std::string(name_of(verdict))] =
        std::ranges::count(result.clauses, verdict, &ClauseResult::verdict);
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
