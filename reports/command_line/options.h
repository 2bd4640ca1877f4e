// Options and files that several subcommands have.
#pragma once

#include <filesystem>
#include <string>

#include "conformance/record/verdict.h"
#include "spec/deviations.h"

namespace CLI {
class App;
}

namespace hptck::command_line {

/// --under ID, which may be repeated.
void add_under(CLI::App& command, Deviations& under);
/// For check(): CLI11 wraps negative numbers round into unsigned options.
std::string whole_number(const std::string& word);

/// They throw EnvironmentError.
std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, const std::string& text);

/// Prints the summary, writes every report to the directory `out`, and returns the exit code.
int report_result(const CampaignRecord& record, const std::filesystem::path& journal,
                  const std::filesystem::path& out);

}  // namespace hptck::command_line
