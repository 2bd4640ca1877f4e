// What the kill table (kill_table.cpp) and the diagnosis of pairs (pairs.cpp) have in common: a built-in
// hypervisor with deviations switched on, and what came of certifying it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "conformance/adapters/builtin/builtin_adapter.h"
#include "conformance/record/verdict.h"

namespace hptck::mutants {

struct Options {
  std::vector<std::string> ids;
  unsigned seeds = 5;
  std::uint64_t calls = 20000;
  unsigned pairs = 0;
  std::uint64_t seed = 1;
  std::filesystem::path out = "out/mutants";
};

BuiltinOptions hypervisor_with(const Deviations& deviations);

struct Certified {
  CampaignRecord record;
  std::vector<Clause> failed;
  std::optional<std::uint64_t> detected;  // the call, from 1
  std::size_t shortest_finding = 0;
};

Certified certified(const Deviations& deviations, std::uint64_t seed, const Options& options);

/// One line a deviation, and kill-table.json. False: not as it should be.
bool kill_table(const Options& options);
/// One line a pair. False: what was seen of one is not explained.
bool diagnose_pairs(const Options& options);

}  // namespace hptck::mutants
