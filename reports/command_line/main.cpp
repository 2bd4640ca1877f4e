// The hptck command: the table of its subcommands, and the one place where trouble becomes an exit code.
//
//   0 conformant   1 not conformant   2 inconclusive   3 kit or environment error   64 usage
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <vector>

#include "reports/command_line/subcommands.h"
#include "reports/command_line/version.h"

namespace hptck::command_line {
namespace {

constexpr int exit_environment = 3, exit_usage = 64;

struct Subcommand {
  const char *name, *summary;
  Action (*add)(CLI::App& command, AdapterOption& adapter);
};

constexpr Subcommand subcommands[] = {
    {"certify", "try an implementation under test and report a verdict for every clause", certify},
    {"replay", "issue a trace's calls in a fresh partition and judge the answers; exit 1: a clause is broken",
     replay},
    {"adapter-check",
     "say whether an adapter carries hypercalls as it should, whatever they are answered; exit 1: it does "
     "not",
     adapter_check},
    {"check", "judge the answers recorded in a trace, without an implementation; exit 1: a clause is broken",
     check},
    {"diagnose",
     "name the smallest sets of known deviations that explain a journal; exit 0: nothing to explain",
     diagnose},
    {"deviations", "list the known ways to be wrong, with the clauses that they break", deviations},
    {"report", "make the reports again from a journal", report},
    {"serve", "be the built-in hypervisor for --adapter stdio: answer JSON-RPC on standard input and output",
     serve},
    {"clauses", "list the clauses, with their places in the specification", clauses},
};

bool is_subcommand(std::string_view word) {
  return std::ranges::any_of(subcommands, [&](const Subcommand& one) { return one.name == word; });
}

int run(int argc, char** argv) {
  CLI::App app{"hptck: does a hypervisor keep the PAPR rules for resizing a guest's hash page table?"};
  app.set_version_flag("--version", std::string("hptck ") + version);
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 conformant, 1 not conformant, 2 inconclusive, 3 kit or environment error, 64 usage.");

  std::vector<std::string> words(argv, argv + argc);
  const auto named = std::ranges::find_if(words, is_subcommand);
  AdapterOption adapter(words, named == words.end() ? "" : *named);
  std::vector<std::pair<CLI::App*, Action>> actions;
  for (const auto& one : subcommands) {
    auto* command = app.add_subcommand(one.name, one.summary);
    actions.emplace_back(command, one.add(*command, adapter));
  }
  try {
    app.parse(adapter.take_command(argc, argv), argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, std::cout, std::cerr) == 0 ? 0 : exit_usage;
  }
  const auto given = std::ranges::find_if(actions, [](const auto& one) { return one.first->parsed(); });
  return given->second();
}

}  // namespace
}  // namespace hptck::command_line

int main(int argc, char** argv) {
  using namespace hptck::command_line;
  try {
    return run(argc, argv);
  } catch (const UsageError& error) {
    fmt::print(stderr, "hptck: {}\n", error.what());
    return exit_usage;
  } catch (const std::exception& error) {  // InputError, EnvironmentError, and what nobody foresaw
    fmt::print(stderr, "hptck: {}\n", error.what());
    return exit_environment;
  }
}
