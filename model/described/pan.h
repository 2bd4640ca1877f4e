// Running Spin's verifier and reading its report, for the test and the benchmark.
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

namespace hptck {

struct PanReport {
  std::uint64_t states = 0, transitions = 0;
  double seconds = 0;  ///< of processor time; pan has one thread
  std::string text;
};

inline PanReport run_pan(const std::string& pan) {
  // A stack so deep that the search is never cut short, and the hash table with which pan is fastest on the
  // large model. -E, because a model that ends is no error here.
  const auto used = [] {
    rusage usage{};
    ::getrusage(RUSAGE_CHILDREN, &usage);
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
  };
  const auto before_it = used();
  const std::string command = "cd \"${TMPDIR:-/tmp}\" && '" + pan + "' -n -E -m1000000 -w20 2>&1";
  const auto close = [](std::FILE* file) { return ::pclose(file); };
  std::unique_ptr<std::FILE, decltype(close)> pipe(::popen(command.c_str(), "r"), close);
  if (!pipe) throw std::runtime_error("pan cannot be run");
  PanReport report;
  for (char part[4096]; std::fgets(part, sizeof part, pipe.get()) != nullptr;) report.text += part;
  pipe.reset();  // waits for it, which is when its time is known
  report.seconds = used() - before_it;
  // Each number stands before its name, on a line of its own.
  const auto before = [&](const char* name) -> std::uint64_t {
    const auto end = report.text.find(name);
    if (end == std::string::npos) throw std::runtime_error("pan said: " + report.text);
    const auto line = report.text.rfind('\n', end) + 1;
    return std::strtoull(report.text.c_str() + line, nullptr, 10);
  };
  report.states = before(" states, stored");
  report.transitions = before(" transitions (=");
  if (report.text.find("errors: 0") == std::string::npos ||
      report.text.find("too small") != std::string::npos)
    throw std::runtime_error("pan said: " + report.text);
  return report;
}

}  // namespace hptck
