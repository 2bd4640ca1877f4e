// States a second of our explorer beside Spin's, on the same model and bound: every partition that may
// resize, with all calls of the bound. Both explore all of it, and it counts only if they find the same
// states.
//
// Both have one thread and are timed by the processor time that they use, so that what else the machine does
// tells little. Each is run three times, and the medians are compared.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "model/described/pan.h"
#include "model/described/promela.h"
#include "model/resize/explorer.h"
#include "model/resize/rules.h"

namespace {

using namespace hptck;

struct Runs {
  std::uint64_t states = 0, transitions = 0;
  std::vector<double> seconds;

  double states_per_second() {
    std::ranges::sort(seconds);
    return static_cast<double>(states) / seconds[seconds.size() / 2];
  }
};
Runs explorer_runs, pan_runs;

void note(benchmark::State& state, Runs& runs, double seconds) {
  state.SetIterationTime(seconds);
  runs.seconds.push_back(seconds);
  state.counters["states"] = static_cast<double>(runs.states);
  state.counters["states/s"] = static_cast<double>(runs.states) / seconds;
  state.counters["transitions/s"] = static_cast<double>(runs.transitions) / seconds;
}

void explorer(benchmark::State& state) {
  const auto bound = every_partition();
  const auto rules = specification<Concrete>();
  for (auto _ : state) {
    const auto start = std::clock();
    const auto explored = explore(rules, bound.initial, bound.calls);
    const auto seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    explorer_runs.states = explored.states;
    explorer_runs.transitions = explored.transitions;
    note(state, explorer_runs, seconds);
  }
}
BENCHMARK(explorer)->Iterations(1)->Repetitions(3)->UseManualTime()->Unit(benchmark::kMillisecond);

void pan(benchmark::State& state) {
  for (auto _ : state) {
    const auto report = run_pan(HPTCK_PAN);
    pan_runs.states = report.states;
    pan_runs.transitions = report.transitions;
    note(state, pan_runs, report.seconds);
  }
}
BENCHMARK(pan)->Iterations(1)->Repetitions(3)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  if (explorer_runs.seconds.empty() || pan_runs.seconds.empty()) return 0;
  const auto bound = every_partition();
  const auto extra = extra_states(bound);
  // Spin's first state, and the choice of an initial one, are transitions that the model does not have.
  const auto more = 1 + (extra == 0 ? 0 : bound.initial.size());
  if (pan_runs.states != explorer_runs.states + extra ||
      pan_runs.transitions != explorer_runs.transitions + more) {
    fmt::print("Spin and the explorer disagree: {} and {} states, {} and {} transitions\n",
               pan_runs.states - extra, explorer_runs.states, pan_runs.transitions - more,
               explorer_runs.transitions);
    return 1;
  }
  const auto ours = explorer_runs.states_per_second(), spins = pan_runs.states_per_second();
  fmt::print("{} states, {} transitions, found by both\n", explorer_runs.states, explorer_runs.transitions);
  fmt::print("states a second, medians: explorer {:.0f}, pan {:.0f}; ratio {:.2f}\n", ours, spins,
             ours / spins);
}
