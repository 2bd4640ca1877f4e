#include "conformance/record/record_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace hptck {
namespace {

constexpr const char* kinds[] = {"violation", "died", "hung", "garbled"};
constexpr const char* minimalities[] = {"1-minimal", "budget ended", "not reproduced"};

template <std::size_t count>
int index_of(const char* const (&names)[count], const std::string& name) {
  const auto it = std::find(std::begin(names), std::end(names), name);
  if (it == std::end(names)) throw std::invalid_argument(fmt::format("\"{}\" is not known here", name));
  return static_cast<int>(it - std::begin(names));
}

Clause clause_named(const std::string& id) {
  for (int i = 0; i < clause_count; ++i) {
    if (id_of(static_cast<Clause>(i)) == id) return static_cast<Clause>(i);
  }
  throw std::invalid_argument(fmt::format("\"{}\" is not a clause of this build's catalogue", id));
}

constexpr std::pair<Ability, const char*> abilities[] = {
    {Ability::forbid_resize, "forbid_resize"}, {Ability::reset, "reset"}, {Ability::configure, "configure"}};

// Every encoding is asked for in the same order, so the statuses alone say all; equal ones in a row are
// counted.
Json answers_to_json(const std::vector<machines::EnterAnswer>& answers) {
  Json runs = Json::array();
  for (std::size_t i = 0; i < answers.size();) {
    std::size_t end = i + 1;
    while (end < answers.size() && answers[end].status == answers[i].status) ++end;
    runs.push_back({answers[i].status, end - i});
    i = end;
  }
  return runs;
}

std::vector<machines::EnterAnswer> answers_from(const Json& json) {
  static const auto encodings = machines::every_page_encoding();
  std::vector<machines::EnterAnswer> answers;
  for (const auto& run : json) {
    const auto count = run.at(1).get<std::size_t>();
    if (count > encodings.size() - answers.size())
      throw std::invalid_argument("more answers than there are page-size encodings");
    for (std::size_t i = 0; i < count; ++i)
      answers.push_back({encodings[answers.size()], run.at(0).get<std::int64_t>()});
  }
  return answers;
}

}  // namespace

Json to_json(const Deviations& deviations) {
  Json ids = Json::array();
  deviations.for_each([&](Deviation deviation) { ids.push_back(id_of(deviation)); });
  return ids;
}

Deviations deviations_from(const Json& json) {
  Deviations deviations;
  for (const auto& id : json) {
    const auto deviation = deviation_named(id.get<std::string>());
    if (!deviation)
      throw std::invalid_argument(
          fmt::format("\"{}\" is not a deviation of this build's catalogue", id.get<std::string>()));
    deviations.add(*deviation);
  }
  return deviations;
}

Json to_json(const CampaignRecord& r) {
  Json names = Json::array();
  for (const auto& [ability, name] : abilities) {
    if (r.description.abilities.contains(ability)) names.push_back(name);
  }
  return {{"kit_version", r.kit_version},
          {"edition", r.edition},
          {"catalogue_hash", r.catalogue_hash},
          {"seed", r.seed},
          {"adapter", r.adapter},
          {"adapter_options", r.adapter_options},
          {"name", r.description.name},
          {"version", r.description.version},
          {"identity", r.description.identity},
          {"abilities", names},
          {"under", to_json(r.under)},
          {"started", r.started}};
}

CampaignRecord campaign_from(const Json& json) {
  CampaignRecord record;
  record.kit_version = json.at("kit_version");
  record.edition = json.at("edition");
  record.catalogue_hash = json.at("catalogue_hash");
  record.seed = json.at("seed");
  record.adapter = json.at("adapter");
  record.adapter_options = json.at("adapter_options").get<std::vector<std::string>>();
  record.description.name = json.at("name");
  record.description.version = json.at("version");
  record.description.identity = json.at("identity").get<std::map<std::string, std::string>>();
  record.started = json.at("started");
  if (json.contains("under")) record.under = deviations_from(json.at("under"));
  for (const auto& given : json.at("abilities")) {
    for (const auto& [ability, name] : abilities)
      if (given == name) record.description.abilities.insert(ability);
  }
  return record;
}

Json to_json(const Finding& f) {
  Json clauses = Json::array();
  for (const auto clause : f.clauses) clauses.push_back(id_of(clause));
  return {{"kind", kinds[static_cast<int>(f.kind)]},
          {"key", f.key},
          {"clauses", clauses},
          {"headline", f.headline},
          {"explanation", f.explanation},
          {"evidence", f.evidence},
          {"trace", f.configuration.empty() ? print_trace(f.trace) : ""},
          {"configuration", f.configuration},
          {"consequence", f.consequence},
          {"minimality", minimalities[static_cast<int>(f.minimality)]},
          {"replays", f.replays},
          {"first_call", f.first_call},
          {"occurrences", f.occurrences},
          {"file", f.file},
          {"replay_command", f.replay_command},
          {"under", to_json(f.under)},
          {"deviations", to_json(f.deviations)},
          {"unexplained", f.unexplained},
          {"hostile", f.hostile}};
}

Finding finding_from(const Json& json) {
  Finding f;
  f.kind = static_cast<Finding::Kind>(index_of(kinds, json.at("kind")));
  f.key = json.at("key");
  for (const auto& id : json.at("clauses")) f.clauses.push_back(clause_named(id));
  f.headline = json.at("headline");
  f.explanation = json.at("explanation");
  f.evidence = json.at("evidence");
  if (json.contains("configuration")) f.configuration = json.at("configuration");
  if (f.configuration.empty())
    f.trace = parse_trace(json.at("trace").get<std::string>(), "trace of a finding");
  f.consequence = json.at("consequence");
  f.minimality = static_cast<Finding::Minimality>(index_of(minimalities, json.at("minimality")));
  f.replays = json.at("replays");
  f.first_call = json.at("first_call");
  f.occurrences = json.at("occurrences");
  f.file = json.at("file");
  f.replay_command = json.at("replay_command");
  // Journals from before there was a diagnosis do not have these.
  if (json.contains("under")) f.under = deviations_from(json.at("under"));
  if (json.contains("deviations")) f.deviations = deviations_from(json.at("deviations"));
  if (json.contains("unexplained")) f.unexplained = json.at("unexplained");
  if (json.contains("hostile")) f.hostile = json.at("hostile");
  return f;
}

Json to_json(const Tally& tally) {
  Json exercised = Json::object();
  for (int i = 0; i < clause_count; ++i) {
    if (tally.exercised[i] != 0) exercised[std::string(id_of(static_cast<Clause>(i)))] = tally.exercised[i];
  }
  Json json{{"calls", tally.calls}, {"exercised", exercised}};
  if (tally.configurations != 0) json["configurations"] = tally.configurations;
  if (tally.migrations != 0) json["migrations"] = tally.migrations;
  return json;
}

Tally tally_from(const Json& json) {
  Tally tally;
  tally.calls = json.at("calls");
  tally.configurations = json.value("configurations", std::uint64_t{0});
  tally.migrations = json.value("migrations", std::uint64_t{0});
  for (const auto& [id, count] : json.at("exercised").items())
    tally.exercised[static_cast<int>(clause_named(id))] = count;
  return tally;
}

Json to_json(const machines::Case& one, std::string_view fault) {
  Json json;
  if (one.destination) {
    json = {{"migration", text_of(one.configuration, *one.destination)},
            {"accepted", one.migrated.accepted},
            {"messages", one.migrated.messages},
            {"enter", answers_to_json(one.migrated.enter)},
            {"memory_bytes", one.migrated.memory_bytes}};
  } else {
    const auto& seen = one.seen;
    json = {{"configuration", text_of(one.configuration)},
            {"started", seen.started},
            {"messages", seen.messages},
            {"enter", answers_to_json(seen.enter)},
            {"memory_bytes", seen.memory_bytes}};
    if (seen.exit_status) json["exit_status"] = *seen.exit_status;
    if (seen.property) json["property"] = *seen.property;
  }
  if (!fault.empty()) json["fault"] = fault;
  return json;
}

machines::Case case_from(const Json& json) {
  machines::Case one;
  if (json.contains("migration")) {
    const auto [source, destination] = machines::parse_migration(json.at("migration").get<std::string>());
    one.configuration = source;
    one.destination = destination;
    one.migrated = {json.at("accepted"), json.at("messages"), answers_from(json.at("enter")),
                    json.at("memory_bytes")};
    return one;
  }
  one.configuration = machines::parse_configuration(json.at("configuration").get<std::string>());
  one.seen.started = json.at("started");
  if (json.contains("exit_status")) one.seen.exit_status = json.at("exit_status").get<int>();
  one.seen.messages = json.at("messages");
  if (json.contains("property")) one.seen.property = json.at("property").get<std::vector<std::uint32_t>>();
  one.seen.enter = answers_from(json.at("enter"));
  one.seen.memory_bytes = json.at("memory_bytes");
  return one;
}

}  // namespace hptck
