// hptck report: the reports once more, from a journal alone.
#include <CLI/CLI.hpp>
#include <filesystem>

#include "conformance/record/journal.h"
#include "reports/command_line/options.h"
#include "reports/command_line/subcommands.h"

namespace hptck::command_line {

Action report(CLI::App& command, AdapterOption&) {
  struct Options {
    std::filesystem::path journal, out = "out";
  };
  const auto options = std::make_shared<Options>();
  command.add_option("JOURNAL", options->journal, "journal file")->required();
  command.add_option("--out", options->out, "directory for the reports")->capture_default_str();
  return [options] {
    const auto& [journal, out] = *options;
    const auto record = read_journal(read_file(journal), journal.string());
    std::filesystem::create_directories(out);
    return report_result(record, journal, out);
  };
}

}  // namespace hptck::command_line
