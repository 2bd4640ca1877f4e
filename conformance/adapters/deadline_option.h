// The option that adapters have which reach something that may hang.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <string>

namespace hptck {

/// Adds --deadline-ms, of 1 ms to an hour.
inline void add_deadline(CLI::App& command, std::chrono::milliseconds& deadline, const char* what) {
  command
      .add_option_function<unsigned>(
          "--deadline-ms", [&deadline](unsigned ms) { deadline = std::chrono::milliseconds(ms); }, what)
      ->default_str(std::to_string(deadline.count()))
      ->check(CLI::Range(1u, 3'600'000u));
}

}  // namespace hptck
