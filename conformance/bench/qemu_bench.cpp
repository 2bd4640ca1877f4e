// What the QEMU adapter costs, as ratios taken in one run with both sides taking turns, so that a slow or
// busy machine slows both. Absolute figures are printed beside them and mean little elsewhere.
//
//   batch_over_bare: calls a second through Adapter::batch over what the same agent reaches on the same calls
//     when it repeats them with nobody looking. The cheapest hypercalls are taken: the dearer the call, the
//     less the channel shows.
//   start_over_nothing: process start to the first hypercall's answer, over process start to the first
//     instructions of an image that does nothing.
#include <benchmark/benchmark.h>

#include <chrono>
#include <vector>

#include "conformance/adapters/qemu/guest_images.h"
#include "conformance/adapters/qemu/machine.h"
#include "conformance/adapters/qemu/qemu_adapter.h"

namespace {

using namespace hptck;
using Seconds = std::chrono::duration<double>;

template <class Work>
double seconds_of(Work&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return Seconds(std::chrono::steady_clock::now() - start).count();
}

std::vector<Call> cheap_calls(std::size_t count) {
  const Call kinds[] = {prepare(0, 0), prepare(1, 20), commit(0, 20), read_hpte(0)};
  std::vector<Call> calls;
  while (calls.size() < count) calls.push_back(kinds[calls.size() % std::size(kinds)]);
  return calls;
}

void batch_over_bare(benchmark::State& state) {
  const auto calls = cheap_calls(static_cast<std::size_t>(state.range(0)));
  constexpr std::uint64_t calls_a_turn = 8192;
  const auto rounds = calls_a_turn / calls.size();
  std::vector<Response> responses(calls.size());
  qemu::Machine machine({}, "enabled", qemu::agent_image());
  double batch_seconds = 0, bare_seconds = 0;
  bool failed = false;
  for (auto _ : state) {
    batch_seconds += seconds_of([&] {
      for (std::uint64_t round = 0; round < rounds; ++round)
        failed |= machine.run(calls, responses).fault.has_value();
    });
    bare_seconds += seconds_of([&] { failed |= machine.run_unchecked(calls, rounds).has_value(); });
    if (failed) {
      state.SkipWithError("QEMU did not answer");
      return;
    }
  }
  const auto issued = static_cast<double>(state.iterations() * rounds * calls.size());
  state.counters["batch_per_s"] = issued / batch_seconds;
  state.counters["bare_per_s"] = issued / bare_seconds;
  state.counters["ratio"] = bare_seconds / batch_seconds;
}
BENCHMARK(batch_over_bare)
    ->Arg(16)
    ->Arg(64)
    ->Arg(256)
    ->Arg(1024)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void start_over_nothing(benchmark::State& state) {
  const Call calls[] = {prepare(0, 0)};
  Response responses[1];
  double start_seconds = 0, nothing_seconds = 0;
  for (auto _ : state) {
    {
      const auto adapter = make_qemu_adapter({});
      start_seconds += seconds_of([&] {
        adapter->restart({});
        if (adapter->batch(calls, responses).fault) state.SkipWithError("QEMU did not answer");
      });
    }  // the end of QEMU counts on neither side
    std::optional<qemu::Machine> nothing;
    nothing_seconds += seconds_of([&] { nothing.emplace(QemuOptions{}, "enabled", qemu::nothing_image()); });
  }
  state.counters["start_ms"] = 1e3 * start_seconds / static_cast<double>(state.iterations());
  state.counters["nothing_ms"] = 1e3 * nothing_seconds / static_cast<double>(state.iterations());
  state.counters["ratio"] = start_seconds / nothing_seconds;
}
BENCHMARK(start_over_nothing)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(30);

/// What a campaign pays for each fresh partition.
void reset(benchmark::State& state) {
  qemu::Machine machine({}, "enabled", qemu::agent_image());
  for (auto _ : state) {
    if (const auto why = machine.reset()) state.SkipWithError(why->evidence.c_str());
  }
}
BENCHMARK(reset)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
