// Running Spin's verifier and reading its report, for the test and the benchmark.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

namespace hptck {

struct PanReport {
  std::uint64_t states = 0, transitions = 0;
  double seconds = 0;  ///< as pan measures itself
  std::string text;
};

inline PanReport run_pan(const std::string& pan) {
  // The stack is as deep as there can be states, so the search is never cut short; -E, because a model that
  // ends is no error here.
  std::string command = "cd \"${TMPDIR:-/tmp}\" && '" + pan + "' -n -E -m2000000 -w22 2>&1";
  const auto close = [](std::FILE* file) { return ::pclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> pipe(::popen(command.c_str(), "r"), close);
  if (!pipe) throw std::runtime_error("pan cannot be run");
  PanReport report;
  for (char part[4096]; std::fgets(part, sizeof part, pipe.get()) != nullptr;) report.text += part;
  // Each number stands before its name, on a line of its own; the time after it.
  const auto before = [&](const char* name) -> std::uint64_t {
    const auto end = report.text.find(name);
    if (end == std::string::npos) throw std::runtime_error("pan said: " + report.text);
    const auto line = report.text.rfind('\n', end) + 1;
    return std::strtoull(report.text.c_str() + line, nullptr, 10);
  };
  report.states = before(" states, stored");
  report.transitions = before(" transitions (=");
  const std::string elapsed = "elapsed time ";
  const auto at = report.text.find(elapsed);
  if (at != std::string::npos)
    report.seconds = std::strtod(report.text.c_str() + at + elapsed.size(), nullptr);
  if (report.text.find("errors: 0") == std::string::npos ||
      report.text.find("too small") != std::string::npos)
    throw std::runtime_error("pan said: " + report.text);
  return report;
}

}  // namespace hptck
