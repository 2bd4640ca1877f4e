// hptck replay: what a finding left beside the journal, a trace or a configuration, tried once more.
#include "conformance/campaign/replay.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>

#include "conformance/campaign/machine_session.h"
#include "conformance/record/configuration_file.h"
#include "model/oracle.h"
#include "reports/command_line/options.h"
#include "reports/command_line/subcommands.h"

namespace hptck::command_line {
namespace {

// What was seen of a machine or a migration, a line each.
std::string text_of_seen(const machines::Case& one) {
  std::string text;
  const auto& seen = one.seen;
  if (one.destination)
    text +=
        one.migrated.accepted ? "  the guest went on at the destination\n" : "  the migration was refused\n";
  else
    text += seen.started       ? "  it started\n"
            : seen.exit_status ? fmt::format("  it ended with exit status {}\n", *seen.exit_status)
                               : std::string("  it did not start, and did not end by itself\n");
  if (seen.property) {
    const auto read = machines::environment_in(*seen.property);
    text += fmt::format("  ibm,segment-page-sizes {}\n",
                        read.environment ? text_of(*read.environment) : read.fault);
  }
  std::string accepted;
  for (const auto& answer : one.destination ? one.migrated.enter : seen.enter) {
    if (answer.status == status::H_SUCCESS)
      accepted += answer.encoding.large ? fmt::format(" {:#04x}", answer.encoding.lp) : std::string(" 4k");
  }
  if (!accepted.empty()) text += fmt::format("  H_ENTER accepted{}\n", accepted);
  const auto& messages = one.destination ? one.migrated.messages : seen.messages;
  if (!messages.empty()) text += fmt::format("  its messages:\n{}\n", messages);
  return text + '\n';
}

// Starts a machine, or migrates a guest, and says what was seen.
int replay_configuration(const ConfigurationFile& file, const Deviations& under, unsigned attempts,
                         const AdapterOption& chosen) {
  auto adapter = chosen.make();
  auto* machines = adapter->machines();
  if (machines == nullptr)
    throw UsageError(
        fmt::format("--adapter {}: it starts no machines of other configurations", chosen.name()));
  if (!file.intent.empty()) fmt::print("{}\n", file.intent);
  for (unsigned attempt = 1;; ++attempt) {
    const auto seen = see_again(*machines, file.configuration, file.destination);
    if (!seen.not_tried.empty()) throw EnvironmentError(seen.not_tried);
    const auto findings = judge(seen.one, under);
    const bool wrong = violates(findings) || seen.fault;
    if (!wrong && attempt < attempts) continue;
    fmt::print(
        "{}\n\n{}",
        file.destination ? text_of(file.configuration, *file.destination) : text_of(file.configuration),
        text_of_seen(seen.one));
    if (seen.fault) fmt::print("{}\n", seen.fault->evidence);
    for (const auto& one : findings) {
      if (one.violated)
        fmt::print("{}: {} Seen: {}\n", id_of(one.clause), text_of(one.clause).text, one.explanation);
    }
    fmt::print("{}\n",
               wrong ? fmt::format("reproduced, in attempt {} of {}: it is against the specification",
                                   attempt, attempts)
                     : fmt::format("not reproduced in {} attempts: the specification allows what was seen",
                                   attempts));
    return wrong ? 1 : 0;
  }
}

// One attempt: the trace's calls in a fresh partition, each with its answer, and why the last is refused if
// it is.
struct Attempt {
  std::string text;
  bool refused = false;
};

Attempt attempt_at(const Trace& trace, const Deviations& under, const Play& play) {
  Attempt attempt;
  std::optional<Oracle> oracle;
  Call last;
  Watch watch;
  watch.begins = [&](const Statement& statement) { oracle.emplace(statement, under); };
  watch.sees = [&](const Step& step) -> Watch::Next {
    if (step.wait_ms != 0) attempt.text += fmt::format("  wait {} ms\n", step.wait_ms);
    last = step.call;
    if (!step.response) return {false};
    attempt.text += fmt::format("  {}\n", print_step_call({0, step.call, step.response}));
    if (oracle->step(step.call, *step.response)) return {true};
    attempt.text += '\n' + oracle->explain(step.call, &*step.response).explanation;
    attempt.refused = true;
    return {false};
  };
  const Partition partition{trace.statement.resize != Statement::Resize::disabled};
  const auto played = play(partition, trace.steps, {}, watch);
  if (played.fault) {
    attempt.text += fmt::format("  {} -> no answer\n\n{}\n", to_string(last), played.fault->evidence);
    attempt.text += oracle->explain(last, nullptr).explanation;
    attempt.refused = true;
  }
  return attempt;
}

int replay_trace(const Trace& trace, const Deviations& under, unsigned attempts,
                 const AdapterOption& chosen) {
  auto adapter = chosen.make();
  const auto play = play_on(*adapter);
  if (!trace.intent.empty()) fmt::print("{}\n", trace.intent);
  // Preparation takes its own time, so a trace may need more than one try.
  for (unsigned count = 1;; ++count) {
    const auto attempt = attempt_at(trace, under, play);
    if (!attempt.refused && count < attempts) continue;
    fmt::print(
        "{}\n{}\n", attempt.text,
        attempt.refused
            ? fmt::format("reproduced, in attempt {} of {}: the answer is against the specification", count,
                          attempts)
            : fmt::format("not reproduced in {} attempts: the specification allows every answer", attempts));
    return attempt.refused ? 1 : 0;
  }
}

}  // namespace

Action replay(CLI::App& command, AdapterOption& adapter) {
  struct Options {
    std::filesystem::path file;
    unsigned attempts = 5;
    Deviations under;
  };
  const auto options = std::make_shared<Options>();
  command.add_option("TRACE", options->file, "trace file")->required();
  command.add_option("--attempts", options->attempts, "tries until an answer is refused")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  add_under(command, options->under);
  adapter.add_to(command);
  return [options, &adapter] {
    const auto& [file, attempts, under] = *options;
    const auto text = read_file(file);
    if (is_configuration_file(text))
      return replay_configuration(parse_configuration_file(text, file.string()), under, attempts, adapter);
    return replay_trace(parse_trace(text, file.string()), under, attempts, adapter);
  };
}

}  // namespace hptck::command_line
