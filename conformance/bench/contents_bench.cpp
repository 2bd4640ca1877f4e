// What it costs to judge contents: everything that stands in a table, before a resize and after it. Each
// figure has both of its sides measured in one run, since absolute figures mean little elsewhere.
//
//   check_over_resize (built-in): the oracle's time over the hypervisor's. A full table of 2^18 bytes grows
//     to 2^19 (PREPARE until it is prepared, and COMMIT); then each HPTE is looked at where it should be, and
//     the whole table besides. The oracle is given all of these calls.
//   checked_over_bare (QEMU): HPTEs entered and read back a second through adapter and oracle, over what the
//     same agent reaches on the same calls when nobody looks at the answers.
//   large_table (QEMU): an HPTE in every slot of 2^24 bytes, all read, resized to 2^25 bytes, all read again.
//
// Pages are drawn beforehand: a guest's pages are not what is measured.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <span>
#include <vector>

#include "conformance/adapters/builtin/builtin_adapter.h"
#include "conformance/adapters/qemu/guest_images.h"
#include "conformance/adapters/qemu/machine.h"
#include "conformance/adapters/qemu/qemu_adapter.h"
#include "generators/contents.h"
#include "model/oracle.h"

namespace {

using namespace hptck;

template <class Work>
double seconds_of(Work&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

constexpr std::uint64_t slots_of(unsigned shift) { return std::uint64_t{1} << (shift - 4); }

// Bolted HPTEs for the first slots of a table of this shift, each in its right place. Kinds of page take
// turns; `secondaries`: so do the two HPTEGs of a page.
std::vector<Placed> right_hptes(unsigned shift, std::uint64_t count, Pages pages, bool secondaries) {
  PageSource source(1);
  const auto kinds = page_kinds(pages);
  std::vector<Placed> all;
  for (std::uint64_t ptex = 0; ptex < count; ++ptex) {
    const Wanted wanted{kinds[ptex % kinds.size()], secondaries && ptex / kinds.size() % 2 != 0, true, 2};
    all.push_back(place(source.next(wanted, shift, ptex / 8), wanted, shift, ptex % 8));
  }
  return all;
}

std::vector<Call> entering(std::span<const Placed> hptes) {
  std::vector<Call> calls;
  for (const auto& one : hptes) calls.push_back({token::H_ENTER, {H_EXACT, one.ptex, one.high, one.low}});
  return calls;
}

Call read_four(std::uint64_t ptex) { return {token::H_READ, {H_READ_4, ptex}}; }

std::vector<Call> reading(std::uint64_t slots) {
  std::vector<Call> calls;
  for (std::uint64_t ptex = 0; ptex < slots; ptex += 4) calls.push_back(read_four(ptex));
  return calls;
}

// An adapter, the oracle that judges it, and the time that each of them has taken.
struct Checked {
  Adapter& adapter;
  Oracle& oracle;
  double adapter_seconds = 0, oracle_seconds = 0;
  bool failed = false;

  void issue(std::span<const Call> calls) {
    std::array<Response, 1024> responses;
    while (!calls.empty() && !failed) {
      const auto part = calls.first(std::min(calls.size(), responses.size()));
      adapter_seconds += seconds_of(
          [&] { failed |= adapter.batch(part, std::span(responses).first(part.size())).fault.has_value(); });
      oracle_seconds += seconds_of([&] {
        for (std::size_t i = 0; i < part.size(); ++i) failed |= !oracle.step(part[i], responses[i]);
      });
      calls = calls.subspan(part.size());
    }
  }

  // The clock of a simulated platform ticks in wait(): that is its work, too.
  void resize(unsigned shift) {
    const auto call = prepare(0, shift);
    for (Response response{status::H_LONG_BUSY_ORDER_1_MSEC}; is_long_busy(response.status) && !failed;) {
      adapter_seconds += seconds_of([&] {
        failed |= adapter.batch({&call, 1}, {&response, 1}).fault.has_value();
        if (is_long_busy(response.status)) adapter.wait(std::chrono::milliseconds(1));
      });
      oracle_seconds += seconds_of([&] { failed |= !oracle.step(call, response); });
    }
    const auto last = commit(0, shift);
    issue({&last, 1});
    const auto states = oracle.states();
    failed |= std::any_of(states.begin(), states.end(),
                          [&](const ConcreteState& state) { return raw(state.current) != shift; });
  }

  double take(double Checked::*seconds) { return std::exchange(this->*seconds, 0); }
};

void check_over_resize(benchmark::State& state) {
  constexpr unsigned shift = 18;
  BuiltinOptions options;
  options.scheme = state.range(0) == 0 ? Scheme::a : Scheme::b;
  options.initial_shift = shift;
  options.permissions = {.hardware_every = 0, .migration_every = 0, .shortage_every = 0, .timeout_steps = 0};
  const auto adapter = make_builtin_adapter(options);
  Oracle oracle(adapter->restart({}));
  Checked checked{*adapter, oracle};
  checked.issue(entering(right_hptes(shift, slots_of(shift), all_pages, true)));
  checked.issue(reading(slots_of(shift)));

  double resize = 0, resize_oracle = 0, reads = 0, reads_oracle = 0;
  for (auto _ : state) {
    checked.take(&Checked::adapter_seconds);
    checked.take(&Checked::oracle_seconds);
    checked.resize(shift + 1);
    resize += checked.take(&Checked::adapter_seconds);
    resize_oracle += checked.take(&Checked::oracle_seconds);

    state.PauseTiming();
    std::set<std::uint64_t> places;
    for (const auto& held : oracle.contents().held()) places.insert(held.ptex / 4 * 4);
    std::vector<Call> looks;
    for (const auto ptex : places) looks.push_back(read_four(ptex));
    for (const auto& call : reading(slots_of(shift + 1))) looks.push_back(call);
    state.ResumeTiming();
    checked.issue(looks);
    reads += checked.take(&Checked::adapter_seconds);
    reads_oracle += checked.take(&Checked::oracle_seconds);

    state.PauseTiming();
    checked.resize(shift);
    checked.issue(reading(slots_of(shift)));
    const auto held = oracle.contents().held();
    if (checked.failed || held.size() != slots_of(shift) || !held.front().certain)
      state.SkipWithError("the table is not as it should be");
    state.ResumeTiming();
  }
  const auto ms = [&](double seconds) { return 1e3 * seconds / static_cast<double>(state.iterations()); };
  state.counters["resize_ms"] = ms(resize);
  state.counters["with_reads_ms"] = ms(resize + reads);
  state.counters["with_oracle_ms"] = ms(resize + reads + resize_oracle + reads_oracle);
  state.counters["oracle_resize_ms"] = ms(resize_oracle);
  state.counters["oracle_reads_ms"] = ms(reads_oracle);
  state.counters["ratio"] = (resize_oracle + reads_oracle) / resize;
}
BENCHMARK(check_over_resize)
    ->ArgName("scheme_b")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(30);

// How many HPTEs H_READ shows: one, or four.
void checked_over_bare(benchmark::State& state) {
  constexpr std::uint64_t entries = 1 << 14;
  const auto adapter = make_qemu_adapter({});
  const auto statement = adapter->restart({});
  Oracle oracle(statement);
  auto calls = entering(right_hptes(statement.initial_shift, entries, statement.pages.value_or(0), true));
  for (std::uint64_t ptex = 0; ptex < entries; ptex += static_cast<std::uint64_t>(state.range(0)))
    calls.push_back(state.range(0) == 4 ? read_four(ptex) : read_hpte(ptex));
  qemu::Machine machine({}, "enabled", qemu::agent_image());
  double checked_seconds = 0, oracle_seconds = 0, bare_seconds = 0;
  for (auto _ : state) {
    state.PauseTiming();
    oracle.restart(adapter->restart({}));
    bool failed = machine.reset().has_value();
    state.ResumeTiming();
    Checked checked{*adapter, oracle};
    checked_seconds += seconds_of([&] { checked.issue(calls); });
    oracle_seconds += checked.oracle_seconds;
    bare_seconds += seconds_of([&] {
      for (std::size_t at = 0; at < calls.size() && !failed; at += 1024) {
        const auto count = std::min<std::size_t>(1024, calls.size() - at);
        failed |= machine.run_unchecked({calls.data() + at, count}, 1).has_value();
      }
    });
    if (failed || checked.failed) {
      state.SkipWithError("QEMU did not answer as it should");
      return;
    }
  }
  const auto all = static_cast<double>(state.iterations() * entries);
  state.counters["entries_per_s"] = all / checked_seconds;
  state.counters["bare_entries_per_s"] = all / bare_seconds;
  state.counters["oracle_ns_per_entry"] = 1e9 * oracle_seconds / all;
  state.counters["ratio"] = bare_seconds / checked_seconds;
}
BENCHMARK(checked_over_bare)
    ->ArgName("hptes_a_read")
    ->Arg(1)
    ->Arg(4)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(20);

void large_table(benchmark::State& state) {
  constexpr unsigned shift = 24;
  QemuOptions options;
  options.memory = "2G";  // QEMU gives a partition 1/128 of its memory for the HPT
  const auto adapter = make_qemu_adapter(options);
  const auto statement = adapter->restart({});
  if (statement.initial_shift != shift) {
    state.SkipWithError("the initial HPT is not as large as expected");
    return;
  }
  // No secondary HPTEs: Debian's QEMU 7.2 does not survive a resize over one.
  const auto calls = entering(right_hptes(shift, slots_of(shift), statement.pages.value_or(0), false));
  double fill = 0, read = 0, resize = 0, read_again = 0, oracle_seconds = 0;
  for (auto _ : state) {
    Oracle oracle(adapter->restart({}));
    Checked checked{*adapter, oracle};
    fill += seconds_of([&] { checked.issue(calls); });
    read += seconds_of([&] { checked.issue(reading(slots_of(shift))); });
    resize += seconds_of([&] { checked.resize(shift + 1); });
    read_again += seconds_of([&] { checked.issue(reading(slots_of(shift + 1))); });
    oracle_seconds += checked.oracle_seconds;
    if (checked.failed || oracle.contents().forfeited() || oracle.contents().held().size() != calls.size()) {
      state.SkipWithError("the table is not as it should be");
      return;
    }
  }
  const auto mean = [&](double seconds) { return seconds / static_cast<double>(state.iterations()); };
  state.counters["fill_s"] = mean(fill);
  state.counters["read_s"] = mean(read);
  state.counters["resize_s"] = mean(resize);
  state.counters["read_again_s"] = mean(read_again);
  state.counters["oracle_s"] = mean(oracle_seconds);
  state.counters["total_s"] = mean(fill + read + resize + read_again);
}
BENCHMARK(large_table)->Unit(benchmark::kSecond)->UseRealTime()->Iterations(1);

}  // namespace

BENCHMARK_MAIN();
