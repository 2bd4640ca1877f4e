// hptck adapter-check: whether an adapter is fit to certify with.
#include "conformance/checks/adapter_check/adapter_check.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>

#include "reports/command_line/options.h"
#include "reports/command_line/subcommands.h"

namespace hptck::command_line {

Action adapter_check(CLI::App& command, AdapterOption& adapter) {
  const auto json = std::make_shared<std::filesystem::path>();
  command.add_option("--json", *json, "file for the result as JSON");
  adapter.add_to(command);
  return [json, &adapter] {
    const auto made = adapter.make();
    const auto report = check_adapter(*made, [] {
      return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
    });
    fmt::print("{}", text_of(report));
    if (!json->empty()) write_file(*json, json_of(report, adapter.name()));
    return report.passed() ? 0 : 1;
  };
}

}  // namespace hptck::command_line
