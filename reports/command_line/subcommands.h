// What main.cpp has in its table. A subcommand is a function in a file of its own name: it adds its options
// to the command line and returns what is to be done once that has been parsed. The options' values live in
// what it returns, so that no subcommand sees another's.
#pragma once

#include <functional>
#include <stdexcept>

#include "reports/command_line/adapter_option.h"

namespace hptck::command_line {

/// Returns the exit code. Throws UsageError, InputError, EnvironmentError.
using Action = std::function<int()>;

/// A wrong use of the command line that shows only after parsing.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

Action adapter_check(CLI::App& command, AdapterOption& adapter);
Action certify(CLI::App& command, AdapterOption& adapter);
Action check(CLI::App& command, AdapterOption& adapter);
Action clauses(CLI::App& command, AdapterOption& adapter);
Action deviations(CLI::App& command, AdapterOption& adapter);
Action diagnose(CLI::App& command, AdapterOption& adapter);
Action replay(CLI::App& command, AdapterOption& adapter);
Action report(CLI::App& command, AdapterOption& adapter);
Action serve(CLI::App& command, AdapterOption& adapter);

}  // namespace hptck::command_line
