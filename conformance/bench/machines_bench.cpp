// How many configurations a second are checked from end to end: a real QEMU started, its device tree and
// every page-size encoding looked at, the whole judged; on as many threads as there are processors. And the
// same of migrations, and of the fake host, which shows what judging costs.
#include <benchmark/benchmark.h>

#include <atomic>
#include <thread>

#include "conformance/adapters/builtin/builtin_machines.h"
#include "conformance/adapters/qemu/qemu_machines.h"
#include "generators/configurations.h"
#include "model/machines/judge.h"

namespace hptck {
namespace {

// In each iteration every thread takes the next plans until all are done.
template <class Plan, class Check>
void side_by_side(benchmark::State& state, const std::vector<Plan>& plans, Check check) {
  std::size_t done = 0, violations = 0;
  for (auto _ : state) {
    std::atomic<std::size_t> next = 0, violated = 0;
    {
      std::vector<std::jthread> threads;
      for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i) {
        threads.emplace_back([&] {
          for (std::size_t at = next++; at < plans.size(); at = next++) violated += check(plans[at]) ? 1 : 0;
        });
      }
    }
    done += plans.size();
    violations += violated;
  }
  state.counters["checked"] = benchmark::Counter(static_cast<double>(done), benchmark::Counter::kIsRate);
  state.counters["violations"] = static_cast<double>(violations);
}

void configurations_on_qemu(benchmark::State& state) {
  const auto machines = make_qemu_machines({});
  auto plans = pairwise_configurations(machines->offer().space, 1);
  plans.resize(std::min<std::size_t>(plans.size(), 150));
  side_by_side(state, plans, [&](const machines::Configuration& one) {
    return violates(judge(one, machines->start(one).observation));
  });
}
BENCHMARK(configurations_on_qemu)->UseRealTime()->Unit(benchmark::kMillisecond)->Iterations(1);

void migrations_on_qemu(benchmark::State& state) {
  const auto machines = make_qemu_machines({});
  side_by_side(state, migrations(machines->offer().space, 1, 12), [&](const MigrationPlan& one) {
    return violates(judge(one.first, one.second, machines->migrate(one.first, one.second).observation));
  });
}
BENCHMARK(migrations_on_qemu)->UseRealTime()->Unit(benchmark::kMillisecond)->Iterations(1);

void configurations_on_the_fake_host(benchmark::State& state) {
  const auto machines = make_builtin_machines({});
  side_by_side(state, pairwise_configurations(machines->offer().space, 1),
               [&](const machines::Configuration& one) {
                 return violates(judge(one, machines->start(one).observation));
               });
}
BENCHMARK(configurations_on_the_fake_host)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hptck

BENCHMARK_MAIN();
