// What judging costs: a whole campaign, plans, oracle and journal included, beside the bare hypercalls.
//
//   checked_over_bare (QEMU): hypercalls a second of a campaign, over what a bare loop in the same agent
//   reaches
//     on the very same hypercalls, unchecked, in the same run. Minimizing is left out: it is not hypercalls
//     that take its time but fresh partitions.
//   builtin_campaign: hypercalls a second against the built-in hypervisor, where judging is most of the work.
#include <benchmark/benchmark.h>

#include <chrono>
#include <filesystem>

#include "conformance/adapters/builtin/builtin_adapter.h"
#include "conformance/adapters/qemu/guest_images.h"
#include "conformance/adapters/qemu/machine.h"
#include "conformance/adapters/qemu/qemu_adapter.h"
#include "conformance/campaign/campaign.h"

namespace {

using namespace hptck;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Writes down what goes through, and how long fresh partitions take, which neither side of the ratio pays
// for.
class Recording : public Adapter {
 public:
  explicit Recording(std::unique_ptr<Adapter> adapter) : adapter_(std::move(adapter)) {}
  Description describe() override {
    auto description = adapter_->describe();
    description.abilities.clear();
    return description;
  }
  Statement restart(const Partition& partition) override {
    const auto start = Clock::now();
    const auto statement = adapter_->restart(partition);
    restart_seconds += seconds_since(start);
    return statement;
  }
  BatchResult batch(std::span<const Call> batch_calls, std::span<Response> responses) override {
    calls.insert(calls.end(), batch_calls.begin(), batch_calls.end());
    return adapter_->batch(batch_calls, responses);
  }
  void wait(std::chrono::milliseconds time) override { adapter_->wait(time); }

  std::vector<Call> calls;
  double restart_seconds = 0;

 private:
  std::unique_ptr<Adapter> adapter_;
};

double run(Adapter& adapter, std::uint64_t calls, Journal::Detail detail) {
  const auto directory = std::filesystem::temp_directory_path() / "hptck-campaign-bench";
  std::filesystem::create_directories(directory);
  CampaignOptions options;
  options.configurations.cover = ConfigurationCover::none;  // the fake host is not what is measured
  options.calls = calls;
  options.minimizer = {0, std::chrono::milliseconds(0)};
  CampaignRecord record;
  const auto start = Clock::now();
  {
    Journal journal(directory / "journal.txt", detail);
    run_campaign(adapter, options, journal, record, {});
  }
  const auto seconds = seconds_since(start);
  std::filesystem::remove_all(directory);
  if (!record.error.empty()) throw std::runtime_error(record.error);
  return seconds;
}

void checked_over_bare(benchmark::State& state) {
  double checked_seconds = 0, bare_seconds = 0, calls = 0;
  for (auto _ : state) {
    Recording adapter(make_qemu_adapter({}));
    adapter.describe();
    adapter.restart({});
    adapter.restart_seconds = 0;
    checked_seconds += run(adapter, 40000, Journal::Detail::full) - adapter.restart_seconds;
    calls += static_cast<double>(adapter.calls.size());
    qemu::Machine machine({}, "enabled", qemu::agent_image());
    const auto start = Clock::now();
    for (std::size_t at = 0; at < adapter.calls.size(); at += 1024) {
      const auto count = std::min<std::size_t>(1024, adapter.calls.size() - at);
      if (machine.run_unchecked({adapter.calls.data() + at, count}, 1))
        state.SkipWithError("QEMU did not answer");
    }
    bare_seconds += seconds_since(start);
  }
  state.counters["checked_per_s"] = calls / checked_seconds;
  state.counters["bare_per_s"] = calls / bare_seconds;
  state.counters["ratio"] = bare_seconds / checked_seconds;
}
BENCHMARK(checked_over_bare)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(3);

void builtin_campaign(benchmark::State& state) {
  constexpr std::uint64_t calls = 500000;
  for (auto _ : state) {
    const auto adapter = make_builtin_adapter({});
    run(*adapter, calls, state.range(0) == 0 ? Journal::Detail::sparse : Journal::Detail::full);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(calls));
}
BENCHMARK(builtin_campaign)
    ->ArgName("full_journal")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
