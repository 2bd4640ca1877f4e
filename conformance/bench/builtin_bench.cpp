// How many hypercalls a second the built-in hypervisor answers through its adapter. A campaign against it
// makes 100 million of them, so it has to be well above the rate of the rest of the kit.
#include <benchmark/benchmark.h>

#include "conformance/adapters/builtin/builtin_adapter.h"

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

// A table of 2^18 bytes with a bolted entry in every slot, resized to each of two sizes in turn.
void resize_full_table(benchmark::State& state) {
  BuiltinOptions options;
  options.initial_shift = 18;
  options.permissions = {.hardware_every = 0, .migration_every = 0, .shortage_every = 0, .timeout_steps = 0};
  const auto adapter = make_builtin_adapter(options);
  Response response;
  for (std::uint64_t ptex = 0; ptex < 1u << 14; ++ptex) {
    const Call enter{token::H_ENTER,
                     {H_EXACT, ptex, (ptex * 0x9e3779b1 << 12) | HPTE_BOLTED | HPTE_VALID, 0x10}};
    adapter->batch({&enter, 1}, {&response, 1});
  }
  std::array<Response, 2> responses;
  for (std::uint64_t shift = 20; auto _ : state) {
    const std::array calls{prepare(0, shift), commit(0, shift)};
    benchmark::DoNotOptimize(adapter->batch(calls, responses));
    shift = shift == 20 ? 19 : 20;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(resize_full_table);

void fresh_partition(benchmark::State& state) {
  const auto adapter = make_builtin_adapter({});
  for (auto _ : state) benchmark::DoNotOptimize(adapter->restart({}));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(fresh_partition);

}  // namespace
}  // namespace hptck
