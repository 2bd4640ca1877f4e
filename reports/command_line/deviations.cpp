// hptck deviations: the catalogue of deviations as text.
#include "spec/deviations.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "reports/command_line/subcommands.h"

namespace hptck::command_line {

Action deviations(CLI::App&, AdapterOption&) {
  return [] {
    for (const auto& deviation : deviation_texts())
      fmt::print("  {:<40} {}\n  {:<40} breaks {}; {}\n", deviation.id, deviation.text, "", deviation.breaks,
                 deviation.kind);
    fmt::print("\n{} deviations\n", deviation_count);
    return 0;
  };
}

}  // namespace hptck::command_line
