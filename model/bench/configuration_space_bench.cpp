// How long the whole space of configurations takes, enumerated and compared with Z3.
#include <benchmark/benchmark.h>

#include "model/proofs/configuration_space.h"

namespace hptck {
namespace {

void whole_space_compared_with_z3(benchmark::State& state) {
  SpaceComparison compared;
  for (auto _ : state) compared = compare_space(machines::whole_space());
  state.counters["configurations"] = static_cast<double>(compared.configurations);
  state.counters["distinct"] = static_cast<double>(compared.distinct);
  state.counters["outcomes"] = static_cast<double>(compared.outcomes);
  state.counters["disagreements"] = static_cast<double>(compared.disagreements.size());
}
BENCHMARK(whole_space_compared_with_z3)->Unit(benchmark::kSecond)->Iterations(1);

}  // namespace
}  // namespace hptck

BENCHMARK_MAIN();
