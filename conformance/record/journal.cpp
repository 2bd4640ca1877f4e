#include "conformance/record/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

namespace hptck {
namespace {

using Json = nlohmann::json;

// Bytes of the implementation's stderr need not be UTF-8; they are kept as far as they are.
std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

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

}  // namespace

Journal::Journal(const std::filesystem::path& path, Detail detail) : path_(path), detail_(detail) {
  std::error_code ignored;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), ignored);
  file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file_ < 0)
    throw EnvironmentError(fmt::format("{}: cannot be written: {}", path.string(), std::strerror(errno)));
  line("hptck-journal 1");
}

Journal::~Journal() {
  if (file_ < 0) return;
  try {
    flush();
  } catch (const EnvironmentError&) {
    // Whoever needed to know was told by an earlier flush().
  }
  ::close(file_);
}

void Journal::line(std::string_view text) {
  pending_ += text;
  pending_ += '\n';
}

void Journal::campaign(const CampaignRecord& r) {
  Json abilities = Json::array();
  for (const auto ability : r.description.abilities) {
    if (ability == Ability::forbid_resize) abilities.push_back("forbid_resize");
    if (ability == Ability::reset) abilities.push_back("reset");
    if (ability == Ability::configure) abilities.push_back("configure");
  }
  line("campaign " + dump({{"kit_version", r.kit_version},
                           {"edition", r.edition},
                           {"catalogue_hash", r.catalogue_hash},
                           {"seed", r.seed},
                           {"adapter", r.adapter},
                           {"adapter_options", r.adapter_options},
                           {"name", r.description.name},
                           {"version", r.description.version},
                           {"identity", r.description.identity},
                           {"abilities", abilities},
                           {"under", to_json(r.under)},
                           {"started", r.started}}));
}

void Journal::partition(const Statement& statement) { line(print_statement(statement)); }

void Journal::step(const Step& step) {
  if (detail_ == Detail::sparse) return;
  if (step.wait_ms != 0) line(fmt::format("wait {}", step.wait_ms));
  line(print_step_call(step));
}

void Journal::diagnosis(const std::vector<Deviations>& explanations) {
  Json sets = Json::array();
  for (const auto& deviations : explanations) sets.push_back(to_json(deviations));
  line("diagnosis " + dump({{"explanations", sets}}));
}

void Journal::machines(const ConfigurationRecord& machines) {
  line("machines " + dump({{"cover", machines.cover},
                           {"why_not", machines.why_not},
                           {"accelerators", machines.accelerators}}));
}

void Journal::configuration(const machines::Case& one, std::string_view fault) {
  line((one.destination ? "migration " : "configuration ") + dump(to_json(one, fault)));
}

void Journal::finding(const Finding& finding) { line("finding " + dump(to_json(finding))); }
void Journal::suspicion(const Finding& finding) { line("suspicion " + dump(to_json(finding))); }
void Journal::settled() { line("settled {}"); }
void Journal::tally(const Tally& tally) { line("tally " + dump(to_json(tally))); }
void Journal::error(std::string_view text) { line("error " + dump({{"text", text}})); }
void Journal::end(double seconds) { line("end " + dump({{"seconds", seconds}})); }

void Journal::flush() {
  std::size_t done = 0;
  while (done < pending_.size()) {
    const auto written = ::write(file_, pending_.data() + done, pending_.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      pending_.erase(0, done);
      throw EnvironmentError(fmt::format("{}: cannot be written: {}", path_.string(), std::strerror(errno)));
    }
    done += static_cast<std::size_t>(written);
  }
  pending_.clear();
}

CampaignRecord read_journal(std::string_view text, std::string_view name, std::vector<Trace>* partitions,
                            std::vector<machines::Case>* cases) {
  CampaignRecord record;
  std::size_t number = 0;
  bool headed = false;
  std::vector<Finding> suspicions;  // that nobody came to minimize
  std::uint32_t wait_ms = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    // A last line without its newline is what a killed kit leaves.
    if (end == std::string_view::npos) break;
    const auto line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (number == 1) {
      if (line != "hptck-journal 1")
        throw InputError(name, 1, 1, "not a journal: the first line is \"hptck-journal 1\"");
      continue;
    }
    const auto space = std::min(line.find(' '), line.size());
    const auto keyword = line.substr(0, space);
    if (record.complete) throw InputError(name, number, 1, "a record after the end");
    if (!headed && keyword != "campaign")
      throw InputError(name, number, 1, "expected the \"campaign\" record");
    if (keyword == "wait") {
      wait_ms = parse_wait(line, number, name);
      continue;
    }
    if (keyword == "partition") {
      const auto statement = parse_statement(line, number, name);
      if (partitions != nullptr) {
        partitions->emplace_back();
        partitions->back().statement = statement;
      }
      if (std::find(record.statements.begin(), record.statements.end(), statement) ==
          record.statements.end()) {
        record.statements.push_back(statement);
      }
      continue;
    }
    if (keyword != "campaign" && keyword != "finding" && keyword != "suspicion" && keyword != "settled" &&
        keyword != "machines" && keyword != "configuration" && keyword != "migration" &&
        keyword != "diagnosis" && keyword != "tally" && keyword != "error" && keyword != "end") {
      auto step = parse_step_call(line, number, name);
      step.wait_ms = std::exchange(wait_ms, 0);
      if (partitions != nullptr && !partitions->empty()) partitions->back().steps.push_back(step);
      if (step.response) ++record.tally.calls;
      continue;
    }
    try {
      const auto json = Json::parse(line.substr(std::min(space + 1, line.size())));
      if (keyword == "campaign") {
        if (headed) throw InputError(name, number, 1, "a second \"campaign\" record");
        headed = true;
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
        for (const auto& ability : json.at("abilities")) {
          if (ability == "forbid_resize") record.description.abilities.insert(Ability::forbid_resize);
          if (ability == "reset") record.description.abilities.insert(Ability::reset);
          if (ability == "configure") record.description.abilities.insert(Ability::configure);
        }
      } else if (keyword == "finding") {
        auto finding = finding_from(json);
        // A later record of the same finding tells how often it was met in the end.
        const auto same = [&](const Finding& f) { return f.key == finding.key; };
        const auto known = std::find_if(record.findings.begin(), record.findings.end(), same);
        if (known == record.findings.end())
          record.findings.push_back(std::move(finding));
        else
          *known = std::move(finding);
      } else if (keyword == "suspicion") {
        suspicions.push_back(finding_from(json));
      } else if (keyword == "settled") {
        suspicions.clear();
      } else if (keyword == "machines") {
        record.machines = {json.at("cover"), json.at("why_not"),
                           json.at("accelerators").get<std::map<std::string, std::string>>()};
      } else if (keyword == "configuration" || keyword == "migration") {
        ++(keyword == "migration" ? record.tally.migrations : record.tally.configurations);
        auto one = case_from(json);
        if (cases != nullptr) cases->push_back(std::move(one));
      } else if (keyword == "diagnosis") {
        record.diagnosis.clear();
        for (const auto& set : json.at("explanations")) record.diagnosis.push_back(deviations_from(set));
      } else if (keyword == "tally") {
        record.tally = tally_from(json);
      } else if (keyword == "error") {
        record.error = json.at("text");
      } else {
        record.seconds = json.at("seconds");
        record.complete = true;
      }
    } catch (const InputError&) {
      throw;
    } catch (const Json::parse_error& error) {
      throw InputError(name, number, space + 1 + error.byte, "not JSON");
    } catch (const std::exception& error) {
      throw InputError(name, number, space + 2, fmt::format("\"{}\" record: {}", keyword, error.what()));
    }
  }
  for (auto& suspicion : suspicions) {
    const auto same = [&](const Finding& f) { return f.key == suspicion.key; };
    if (std::none_of(record.findings.begin(), record.findings.end(), same))
      record.findings.push_back(std::move(suspicion));
  }
  if (number == 0) throw InputError(name, 1, 1, "the journal is empty");
  if (!headed) throw InputError(name, number + 1, 1, "the journal ends before its \"campaign\" record");
  return record;
}

}  // namespace hptck
