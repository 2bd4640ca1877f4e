#include "reports/command_line/options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

#include "conformance/adapters/adapter.h"
#include "reports/report_formats.h"
#include "reports/summary.h"

namespace hptck::command_line {

void add_under(CLI::App& command, Deviations& under) {
  command
      .add_option_function<std::vector<std::string>>(
          "--under",
          [&under](const std::vector<std::string>& ids) {
            for (const auto& id : ids) under.add(*deviation_named(id));
          },
          "judge by the specification with this deviation; may be repeated (see hptck deviations)")
      ->check([](const std::string& id) {
        return deviation_named(id) ? "" : id + " is not a deviation; see hptck deviations";
      })
      ->type_name("ID")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

std::string whole_number(const std::string& word) {
  const bool digits = !word.empty() && word.find_first_not_of("0123456789") == std::string::npos;
  return digits ? "" : word + " is not a whole number";
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) throw EnvironmentError(fmt::format("{}: cannot be read", path.string()));
  return text.str();
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw EnvironmentError(fmt::format("{}: cannot be written", path.string()));
}

int report_result(const CampaignRecord& record, const std::filesystem::path& journal,
                  const std::filesystem::path& out) {
  const auto result = judge(record);
  const bool colour = ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  // The summary first: it needs no disk.
  fmt::print("{}", terminal_summary(record, result, colour));
  std::fflush(stdout);
  std::string written;
  for (const auto& format : report_formats()) {
    write_file(out / format.file, format.text(record, result));
    written += fmt::format("{}{}", written.empty() ? "" : ", ", (out / format.file).string());
  }
  fmt::print("\n{} written, from {}\n", written, journal.string());
  return exit_code(result.verdict);
}

}  // namespace hptck::command_line
