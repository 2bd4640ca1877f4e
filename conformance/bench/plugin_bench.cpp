// How many hypercalls a second reach a plugin and come back, in batches as a campaign makes them, and singly
// as the minimizer does. The plugin does next to nothing, so it is the channel that is measured.
#include <benchmark/benchmark.h>

#include <vector>

#include "conformance/adapters/plugin/plugin_adapter.h"

namespace hptck {
namespace {

void hypercalls_in_batches(benchmark::State& state) {
  PluginOptions options;
  options.library = HPTCK_TRIVIAL_PLUGIN;
  const auto adapter = make_plugin_adapter(options);
  adapter->restart({});
  const std::vector<Call> calls(static_cast<std::size_t>(state.range(0)), prepare(0, 19));
  std::vector<Response> responses(calls.size());
  for (auto _ : state) {
    const auto result = adapter->batch(calls, responses);
    if (result.fault) {
      state.SkipWithError(result.fault->evidence.c_str());
      return;
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(hypercalls_in_batches)->Arg(1)->Arg(32)->Arg(512)->UseRealTime();

void fresh_partition(benchmark::State& state) {
  PluginOptions options;
  options.library = HPTCK_TRIVIAL_PLUGIN;
  const auto adapter = make_plugin_adapter(options);
  for (auto _ : state) benchmark::DoNotOptimize(adapter->restart({}));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(fresh_partition)->UseRealTime();

}  // namespace
}  // namespace hptck
