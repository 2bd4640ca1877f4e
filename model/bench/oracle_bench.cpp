// Speed of the oracle: steps a second on a recorded walk in which preparation is asynchronous, the Pending
// HPT may have been dropped, and up to some twenty states are live at once.
#include <benchmark/benchmark.h>

#include <random>

#include "model/oracle.h"

namespace {

using namespace hptck;
using namespace hptck::status;

// A call and its answer, small enough for a long walk to stay in the cache's good graces.
struct Recorded {
  std::uint64_t flags, shift;
  std::int16_t status;
  std::uint8_t kind;
};

Call call_of(const Recorded& r) {
  using namespace token;
  constexpr std::uint64_t tokens[] = {
      H_RESIZE_HPT_PREPARE, H_RESIZE_HPT_PREPARE, H_RESIZE_HPT_PREPARE, H_RESIZE_HPT_PREPARE,
      H_RESIZE_HPT_COMMIT,  H_RESIZE_HPT_COMMIT,  H_RESIZE_HPT_COMMIT,  H_READ};
  return {tokens[r.kind], {r.flags, r.shift}};
}

struct Walk {
  std::vector<Recorded> steps;
  double live_states = 0;
};

// Each call is answered at random among what the oracle allows. One argument in sixteen is any 64-bit value.
Walk record(const Statement& statement, std::size_t length) {
  std::mt19937_64 random(1);
  Oracle oracle(statement);
  Walk walk;
  const std::uint64_t shifts[] = {18, 19, 20, 24, 24, 25, 0, 17, 47, 0x100000013};
  const std::int16_t codes[] = {
      H_SUCCESS,   H_BUSY,      H_CLOSED,  H_LONG_BUSY_ORDER_10_MSEC, H_LONG_BUSY_ORDER_10_MSEC,
      H_PARAMETER, H_PTEG_FULL, H_RESOURCE};
  while (walk.steps.size() < length) {
    Recorded step{random() % 8 == 0 ? 1u : 0u, shifts[random() % 10], 0,
                  static_cast<std::uint8_t>(random() % 8)};
    if (random() % 16 == 0) step.flags = random();
    if (random() % 16 == 0) step.shift = random();
    if (step.kind == 7) step.shift = (std::uint64_t{1} << 20) - random() % 2;
    for (int tries = 0; tries < 100; ++tries) {
      step.status = codes[random() % 8];
      if (!oracle.step(call_of(step), {step.status})) continue;
      walk.steps.push_back(step);
      walk.live_states += static_cast<double>(oracle.states().size());
      break;
    }
  }
  walk.live_states /= static_cast<double>(length);
  return walk;
}

void oracle_step(benchmark::State& state) {
  const Statement statement{Statement::Resize::enabled, 24, 30};
  const auto walk = record(statement, std::size_t{1} << 20);
  for (auto _ : state) {
    Oracle oracle(statement);
    for (const auto& step : walk.steps) {
      if (!oracle.step(call_of(step), {step.status})) state.SkipWithError("refused");
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(walk.steps.size()));
  state.counters["live_states"] = walk.live_states;
}
BENCHMARK(oracle_step);

}  // namespace

BENCHMARK_MAIN();
