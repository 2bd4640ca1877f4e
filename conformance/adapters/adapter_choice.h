// What an adapter's folder offers to the command line. Adding an adapter is a folder with one of these, and
// one line in adapter_choices.cpp.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conformance/adapters/adapter.h"

namespace hptck {

struct AdapterChoice {
  std::string name;     ///< as in --adapter NAME
  std::string summary;  ///< one line for --help
  /// Adds the adapter's own options to the command; option values live as long as this AdapterChoice.
  std::function<void(CLI::App&)> add_options;
  /// Makes the adapter from the options' values, after parsing.
  std::function<std::unique_ptr<Adapter>()> make;
  /// Receives the words after "--" on the command line, at least one; none for an adapter that starts no
  /// command. CLI11 does not see these words, because it would take "[a]" for a list.
  std::shared_ptr<std::vector<std::string>> command = nullptr;
};

/// Adds --deadline-ms, for an adapter of something that may hang.
inline void add_deadline(CLI::App& command, std::chrono::milliseconds& deadline, const char* what) {
  command
      .add_option_function<unsigned>(
          "--deadline-ms", [&deadline](unsigned ms) { deadline = std::chrono::milliseconds(ms); }, what)
      ->default_str(std::to_string(deadline.count()))
      ->check(CLI::Range(1u, 3'600'000u));
}

}  // namespace hptck
