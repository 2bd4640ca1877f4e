// hptck check: judges the answers that a trace holds, without an implementation.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "model/oracle.h"
#include "model/trace.h"
#include "reports/command_line/options.h"
#include "reports/command_line/subcommands.h"

namespace hptck::command_line {
namespace {

int run(const std::filesystem::path& path, const Deviations& under) {
  const auto trace = parse_trace(read_file(path), path.string());
  Oracle oracle(trace.statement, under);
  for (std::size_t i = 0; i < trace.steps.size(); ++i) {
    const auto& step = trace.steps[i];
    if (step.response && oracle.step(step.call, *step.response)) continue;
    fmt::print("call {} of {} is refused\n{}", i + 1, trace.steps.size(),
               oracle.explain(step.call, step.response ? &*step.response : nullptr).explanation);
    return 1;
  }
  fmt::print("all {} answers are allowed\n", trace.steps.size());
  return 0;
}

}  // namespace

Action check(CLI::App& command, AdapterOption&) {
  struct Options {
    std::filesystem::path file;
    Deviations under;
  };
  const auto options = std::make_shared<Options>();
  command.add_option("TRACE", options->file, "trace file")->required();
  add_under(command, options->under);
  return [options] { return run(options->file, options->under); };
}

}  // namespace hptck::command_line
