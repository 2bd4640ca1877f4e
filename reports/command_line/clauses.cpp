// hptck clauses: the catalogue as text, and with --ambiguities the ambiguity register.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "reports/command_line/subcommands.h"
#include "spec/embedded.h"

namespace hptck::command_line {
namespace {

int list(bool ambiguities) {
  std::string group;
  for (const auto& clause : catalogue().clauses) {
    if (clause.group != group) fmt::print("{}{}\n", group.empty() ? "" : "\n", clause.group);
    group = clause.group;
    fmt::print("  {:<28} {:<4} {}\n", clause.id, clause.modality == Modality::must ? "must" : "may",
               clause.text);
    fmt::print("  {:<33} {}, {}{}\n", "", clause.source == "lopar" ? "LoPAR" : "RFC", clause.place,
               clause.ambiguity.empty() ? "" : "; ambiguity " + clause.ambiguity);
    if (!clause.reason.empty())
      fmt::print("  {:<33} {}: {}\n", "",
                 clause.status == ClauseStatus::partial ? "judged in part" : "not judged", clause.reason);
  }
  if (ambiguities) {
    for (const auto& ambiguity : catalogue().ambiguities) {
      fmt::print("\n{} {}\n  {}\n", ambiguity.id, ambiguity.title, ambiguity.question);
      for (const auto& reading : ambiguity.readings) fmt::print("  - {}\n", reading);
      fmt::print("  chosen: {}\n", ambiguity.chosen);
    }
  }
  fmt::print("\n{} clauses of {}; catalogue {}\n", catalogue().clauses.size(), catalogue().edition,
             catalogue_hash());
  return 0;
}

}  // namespace

Action clauses(CLI::App& command, AdapterOption&) {
  const auto ambiguities = std::make_shared<bool>(false);
  command.add_flag("--ambiguities", *ambiguities, "list the ambiguity register too");
  return [ambiguities] { return list(*ambiguities); };
}

}  // namespace hptck::command_line
