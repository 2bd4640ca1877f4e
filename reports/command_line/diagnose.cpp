// hptck diagnose: the smallest sets of deviations that explain what a journal holds, its findings' traces
// first.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "conformance/campaign/explanations.h"
#include "conformance/record/journal.h"
#include "model/diagnosis.h"
#include "model/machines/judge.h"
#include "reports/command_line/options.h"
#include "reports/command_line/subcommands.h"

namespace hptck::command_line {
namespace {

int run(const std::filesystem::path& path) {
  std::vector<Trace> partitions;
  std::vector<machines::Case> cases;
  auto record = read_journal(read_file(path), path.string(), &partitions, &cases);
  std::vector<Evidence> evidence;
  for (const auto& finding : record.findings) {
    if (finding.kind == Finding::Kind::violation && finding.configuration.empty())
      evidence.push_back({finding.trace.statement, finding.trace.steps});
  }
  const auto findings = evidence.size();
  std::sort(evidence.begin(), evidence.end(),
            [](const Evidence& a, const Evidence& b) { return a.steps.size() < b.steps.size(); });
  for (const auto& partition : partitions) {
    if (!partition.steps.empty()) evidence.push_back({partition.statement, partition.steps});
  }
  const auto diagnosis = diagnose(evidence);
  record.diagnosis = diagnosis.explanations;
  const auto of_machines = machines::diagnose(cases);
  if (!of_machines.empty()) record.diagnosis = each_with_each(record.diagnosis, of_machines);
  const auto lines = diagnosis_lines(record);
  for (std::size_t i = 0; i < lines.size(); ++i) fmt::print("{}{}\n", i == 0 ? "" : "or as well: ", lines[i]);
  record.diagnosis.front().for_each(
      [](Deviation deviation) { fmt::print("  {}: {}\n", id_of(deviation), text_of(deviation).text); });
  for (const auto index : diagnosis.unexplained) {
    fmt::print("no known deviation explains {} of {} calls\n",
               index < findings ? "a finding" : fmt::format("partition {}", index - findings + 1),
               evidence[index].steps.size());
  }
  if (of_machines.empty()) fmt::print("no known deviations explain the machines together\n");
  fmt::print("{} findings, {} partitions and {} machines looked at\n", record.findings.size(),
             evidence.size() - findings, cases.size());
  return diagnosis.unexplained.empty() && !of_machines.empty() && record.diagnosis.front().empty() ? 0 : 1;
}

}  // namespace

Action diagnose(CLI::App& command, AdapterOption&) {
  const auto journal = std::make_shared<std::filesystem::path>();
  command.add_option("JOURNAL", *journal, "journal file, not a sparse one")->required();
  return [journal] { return run(*journal); };
}

}  // namespace hptck::command_line
