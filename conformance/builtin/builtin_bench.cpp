// How many hypercalls a second the built-in hypervisor answers through its adapter. A campaign against it
// makes 100 million of them, so it has to be well above the rate of the rest of the kit.
#include <benchmark/benchmark.h>

#include "conformance/builtin/builtin_adapter.h"

namespace hptck {
namespace {

std::vector<Call> resize_calls() {
  std::vector<Call> calls;
  for (const std::uint64_t shift : {18, 19, 24, 30, 31, 47, 0, 20})
    for (const std::uint64_t flags : {0, 1}) {
      calls.push_back(prepare(0, shift));
      calls.push_back(prepare(flags, shift));
      calls.push_back(commit(flags, shift));
      calls.push_back(read_hpte((std::uint64_t{1} << 20) - 1));
    }
  return calls;
}

void resize_hypercalls(benchmark::State& state) {
  const auto adapter = make_builtin_adapter({});
  const auto calls = resize_calls();
  std::vector<Response> responses(calls.size());
  for (auto _ : state) benchmark::DoNotOptimize(adapter->batch(calls, responses));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(calls.size()));
}
BENCHMARK(resize_hypercalls);

// As above, with bolted entries to rehash at every COMMIT.
void resize_hypercalls_with_entries(benchmark::State& state) {
  const auto adapter = make_builtin_adapter({});
  const auto calls = resize_calls();
  std::vector<Response> responses(calls.size());
  for (std::uint64_t vsid = 0; vsid < 8; ++vsid) {
    const Call enter{token::H_ENTER, {H_EXACT, vsid * 8, vsid << 12 | HPTE_BOLTED | HPTE_VALID, 0x10}};
    Response response;
    adapter->batch({&enter, 1}, {&response, 1});
  }
  for (auto _ : state) benchmark::DoNotOptimize(adapter->batch(calls, responses));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(calls.size()));
}
BENCHMARK(resize_hypercalls_with_entries);

void fresh_partition(benchmark::State& state) {
  const auto adapter = make_builtin_adapter({});
  for (auto _ : state) benchmark::DoNotOptimize(adapter->restart({}));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(fresh_partition);

}  // namespace
}  // namespace hptck
