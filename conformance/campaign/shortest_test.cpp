// The shortest sequences that the product search finds are no property of the model alone: the built-in
// hypervisor, which shares no row with it, shows each deviation with the same calls. Where the model leaves
// open what the hypervisor has decided (when a preparation ends, whether PREPARE or COMMIT meets a collision)
// the sequence is tried with other sizes, with waits, and with a COMMIT put in that meets the collision.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/adapters/builtin/builtin_adapter.h"
#include "generators/plan.h"
#include "model/diagnosis.h"
#include "model/resize/explorer.h"

namespace hptck {
namespace {

std::vector<Deviation> told_apart() {
  std::vector<Deviation> all;
  for (int i = 0; i < deviation_count; ++i) {
    const auto deviation = static_cast<Deviation>(i);
    if (text_of(deviation).seen_in == SeenIn::control &&
        shortest_difference({deviation}, {}, telling_statements()).trace)
      all.push_back(deviation);
  }
  return all;
}

// What is put in before a call: what brings the built-in hypervisor to where the sequence is.
enum class Extra { nothing, commit, commit_and_prepare };

// The calls with one size for another.
std::vector<Call> variant(const Trace& trace, unsigned size, std::size_t at, Extra extra, bool rehearsed) {
  std::vector<Call> calls;
  // A mistake that is made every second time wants a first time.
  if (rehearsed) calls = {prepare(0, 24), commit(0, 24)};
  std::uint64_t pending = 0;
  const auto put_in = [&](std::size_t i) {
    if (i != at || extra == Extra::nothing) return;
    calls.push_back(commit(0, pending));
    if (extra == Extra::commit_and_prepare) calls.push_back(prepare(0, pending));
  };
  for (std::size_t i = 0; i < trace.steps.size(); ++i) {
    put_in(i);
    auto call = trace.steps[i].call;
    const bool resize = call.token == token::H_RESIZE_HPT_PREPARE || call.token == token::H_RESIZE_HPT_COMMIT;
    if (resize && call.args[1] == min_shift) call.args[1] = size;
    if (call.token == token::H_READ && call.args[1] == std::uint64_t{1} << (min_shift - 4))
      call.args[1] = std::uint64_t{1} << (size - 4);
    if (call.token == token::H_RESIZE_HPT_PREPARE) pending = call.args[1];
    calls.push_back(call);
  }
  put_in(trace.steps.size());
  return calls;
}

bool shows(Adapter& adapter, const Partition& partition, const std::vector<Call>& calls, unsigned waits) {
  std::vector<Step> steps;
  const auto statement = adapter.restart(partition);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (waits >> i & 1) adapter.wait(std::chrono::milliseconds(100));
    Response response;
    issue(adapter, {&calls[i], 1}, {&response, 1});
    steps.push_back({0, calls[i], response});
  }
  return !accepts({}, {statement, steps});
}

class ToldApart : public testing::TestWithParam<Deviation> {};

TEST_P(ToldApart, the_built_in_hypervisor_shows_it_with_the_shortest_sequence) {
  const auto trace = *shortest_difference({GetParam()}, {}, telling_statements()).trace;
  BuiltinOptions options;
  options.permissions = {0, 0, 0, 0};
  options.deviations.add(GetParam());
  if (trace.statement.resize == Statement::Resize::absent) options.resize = BuiltinOptions::Resize::absent;
  const auto adapter = make_builtin_adapter(options);
  options.deviations = {};
  const auto right = make_builtin_adapter(options);
  const Partition partition{trace.statement.resize != Statement::Resize::disabled};
  std::size_t shown = 0;
  for (const auto extra : {Extra::nothing, Extra::commit, Extra::commit_and_prepare}) {
    for (const bool rehearsed : {false, true}) {
      for (const unsigned size : {18u, 23u, 25u, 30u}) {
        for (std::size_t at = 1; at <= (extra == Extra::nothing ? 1 : trace.steps.size()); ++at) {
          const auto calls = variant(trace, size, at, extra, rehearsed);
          if (shown != 0 && calls.size() >= shown) continue;
          for (unsigned waits = 0; waits < 1u << calls.size(); ++waits) {
            // The same calls do no harm to one that is right.
            EXPECT_FALSE(shows(*right, partition, calls, waits));
            if (!shows(*adapter, partition, calls, waits)) continue;
            shown = calls.size();
            break;
          }
        }
      }
    }
  }
  EXPECT_NE(shown, 0u) << print_trace(trace);
  // An HPTE more that collides, a COMMIT that meets it, and a PREPARE that says so.
  EXPECT_LE(shown, trace.steps.size() + 3) << print_trace(trace);
}

INSTANTIATE_TEST_SUITE_P(All, ToldApart, testing::ValuesIn(told_apart()),
                         [](const auto& parameter) { return std::string(id_of(parameter.param)); });

}  // namespace
}  // namespace hptck
