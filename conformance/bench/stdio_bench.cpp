// What the protocol costs: hypercalls a second through the stdio adapter in batches of 512, against `hptck
// serve`, which answers them faster than they can be written down. So it is the two ends of the channel that
// are measured, in two processes.
#include <benchmark/benchmark.h>

#include <vector>

#include "conformance/adapters/stdio/stdio_adapter.h"

namespace hptck {
namespace {

void batches(benchmark::State& state) {
  const auto adapter = make_stdio_adapter({.command = {HPTCK_PROGRAM, "serve", "--scheme", "a"}});
  adapter->restart({});
  const Call kinds[] = {prepare(0, 0), prepare(1, 20), commit(0, 20), read_hpte(0)};
  std::vector<Call> calls;
  while (calls.size() < static_cast<std::size_t>(state.range(0)))
    calls.push_back(kinds[calls.size() % std::size(kinds)]);
  std::vector<Response> responses(calls.size());
  for (auto _ : state) {
    if (const auto result = adapter->batch(calls, responses); result.fault) {
      state.SkipWithError(result.fault->evidence.c_str());
      return;
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(calls.size()));
}
BENCHMARK(batches)->Arg(1)->Arg(16)->Arg(512)->UseRealTime()->Unit(benchmark::kMicrosecond);

void fresh_partition(benchmark::State& state) {
  const auto adapter = make_stdio_adapter({.command = {HPTCK_PROGRAM, "serve", "--scheme", "a"}});
  for (auto _ : state) benchmark::DoNotOptimize(adapter->restart({}));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(fresh_partition)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace hptck
