// Speed of the oracle: steps a second on a recorded walk in which preparation is asynchronous, the Pending HPT
// may have been dropped, and up to some twenty states are live at once.
#include <benchmark/benchmark.h>

#include <random>

#include "model/oracle.h"

namespace {

using namespace hptck;
using namespace hptck::status;

struct Walk {
  std::vector<std::pair<Call, Response>> steps;
  double live_states = 0;
};

// Each call is answered at random among what the oracle allows.
Walk record(const Statement& statement, std::size_t length) {
  std::mt19937_64 random(1);
  Oracle oracle(statement);
  Walk walk;
  const std::uint64_t shifts[] = {18, 19, 20, 24, 24, 25, 0, 17, 47, 0x100000013};
  const std::int64_t codes[] = {H_SUCCESS, H_BUSY, H_CLOSED, H_LONG_BUSY_ORDER_10_MSEC, H_LONG_BUSY_ORDER_10_MSEC, H_PARAMETER, H_PTEG_FULL, H_RESOURCE};
  while (walk.steps.size() < length) {
    const auto kind = random() % 8;
    const auto flags = random() % 8 == 0 ? 1 : 0;
    const auto shift = shifts[random() % 10];
    const auto call = kind < 4 ? prepare(flags, shift)
                    : kind < 7 ? commit(flags, shift)
                               : read_hpte((std::uint64_t{1} << 20) - random() % 2);
    for (int tries = 0; tries < 100; ++tries) {
      const Response response{codes[random() % 8]};
      if (!oracle.step(call, response)) continue;
      walk.steps.emplace_back(call, response);
      walk.live_states += static_cast<double>(oracle.states().size());
      break;
    }
  }
  walk.live_states /= static_cast<double>(length);
  return walk;
}

void oracle_step(benchmark::State& state) {
  const Statement statement{Statement::Resize::enabled, 24, 30};
  const auto walk = record(statement, 4096);
  Oracle oracle(statement);
  for (auto _ : state) {
    oracle.restart(statement);
    for (const auto& [call, response] : walk.steps) {
      if (!oracle.step(call, response)) state.SkipWithError("refused");
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(walk.steps.size()));
  state.counters["live_states"] = walk.live_states;
}
BENCHMARK(oracle_step);

}  // namespace

BENCHMARK_MAIN();
