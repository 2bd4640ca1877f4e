// Every deviation in turn: how many calls it takes to kill the hypervisor that has it, with this kit and
// plainly, how long the minimized trace is beside the shortest that there is, and whether the right clause
// was found broken.
#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "conformance/checks/mutants/mutants.h"
#include "model/oracle.h"
#include "model/resize/explorer.h"

namespace hptck::mutants {
namespace {

// The plain generator, under the same oracle. It is given the kind of partition in which the deviation shows.
std::optional<std::uint64_t> detected_plainly(Deviation deviation, std::uint64_t seed,
                                              std::uint64_t most_calls) {
  const auto adapter = make_builtin_adapter(hypervisor_with({deviation}));
  const auto clause = broken_by(deviation);
  const bool forbidden = clause == Clause::prepare_authority || clause == Clause::commit_authority;
  Oracle oracle(adapter->restart({!forbidden}));
  rc::Random random(seed);
  const auto flags = rc::gen::inRange<std::uint64_t>(0, 2), shift = rc::gen::inRange<std::uint64_t>(0, 65),
             hypercall = rc::gen::inRange<std::uint64_t>(0, 2);
  const auto draw = [&](const auto& gen) { return gen(random.split(), 100).value(); };
  for (std::uint64_t calls = 1; calls <= most_calls; ++calls) {
    const auto call =
        draw(hypercall) == 0 ? prepare(draw(flags), draw(shift)) : commit(draw(flags), draw(shift));
    Response response;
    const auto batch = adapter->batch({&call, 1}, {&response, 1});
    if (batch.fault || !oracle.step(call, response)) return calls;
  }
  return std::nullopt;
}

template <class Number>
Number median(std::vector<Number> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? Number{} : values[values.size() / 2];
}

std::string or_never(const std::optional<std::uint64_t>& calls, std::uint64_t most) {
  return calls ? fmt::format("{}", *calls) : fmt::format(">{}", most);
}

// What came of one deviation.
struct Row {
  const DeviationText& text;
  Difference difference;
  std::vector<std::uint64_t> ours, plain;  ///< calls to detection; more than were made: never
  std::vector<std::size_t> lengths;
  std::string trouble;  ///< why it is not as it should be
};

// Whether the campaign found broken what the deviation breaks. Where something else explains as well what was
// seen, its clause is as good.
bool killed_on_its_clause(const Certified& result, Deviation deviation) {
  if (result.failed == std::vector{broken_by(deviation)}) return true;
  const auto& explanations = result.record.diagnosis;
  std::vector<Clause> explained{broken_by(deviation)};
  for (const auto& explanation : explanations)
    explanation.for_each([&](Deviation one) { explained.push_back(broken_by(one)); });
  const auto is_explained = [&](Clause one) { return std::ranges::find(explained, one) != explained.end(); };
  return std::ranges::find(explanations, Deviations{deviation}) != explanations.end() &&
         !result.failed.empty() && std::ranges::all_of(result.failed, is_explained);
}

void certify_once(Row& row, Deviation deviation, std::uint64_t seed, const Options& options) {
  const auto result = certified({deviation}, seed, options);
  if (row.difference.exhausted) {
    if (!result.record.findings.empty()) row.trouble = "a finding although nothing tells it apart";
    return;
  }
  row.ours.push_back(result.detected.value_or(options.calls + 1));
  row.plain.push_back(detected_plainly(deviation, seed, options.calls).value_or(options.calls + 1));
  if (!result.detected) {
    row.trouble = fmt::format("not killed with seed {}", seed);
    return;
  }
  row.lengths.push_back(result.shortest_finding);
  if (!killed_on_its_clause(result, deviation)) {
    row.trouble = "killed on";
    for (const auto clause : result.failed) row.trouble += fmt::format(" {}", id_of(clause));
  }
  const auto& explanations = result.record.diagnosis;
  if (row.text.seen_in != SeenIn::faults &&
      std::ranges::find(explanations, Deviations{deviation}) == explanations.end())
    row.trouble += " not diagnosed";
}

Row row_of(Deviation deviation, const Options& options) {
  const auto& text = text_of(deviation);
  Row row{text, {}, {}, {}, {}, {}};
  if (text.seen_in == SeenIn::control)
    row.difference = shortest_difference({deviation}, {}, telling_statements());
  for (unsigned seed = 1; seed <= options.seeds; ++seed) certify_once(row, deviation, seed, options);
  return row;
}

void print(const Row& row, const Options& options) {
  const auto& [text, difference, ours, plain, lengths, trouble] = row;
  if (difference.exhausted) {
    fmt::print("{:<40} {:>9} {:>9} {:>9} {:>9}  cannot be told apart ({} product states){}\n", text.id, "",
               "", "", "", difference.nodes, trouble.empty() ? "" : "; TROUBLE: " + trouble);
  } else {
    const auto shown = [&](std::uint64_t calls) {
      return or_never(calls > options.calls ? std::nullopt : std::optional(calls), options.calls);
    };
    fmt::print("{:<40} {:>9} {:>9} {:>9} {:>9}  {}\n", text.id, shown(median(ours)), shown(median(plain)),
               median(lengths), difference.trace ? fmt::format("{}", difference.trace->steps.size()) : "",
               trouble.empty() ? text.breaks : "TROUBLE: " + trouble);
  }
  std::fflush(stdout);
}

nlohmann::ordered_json json_of(const Row& row) {
  nlohmann::ordered_json json{
      {"deviation", row.text.id}, {"breaks", row.text.breaks}, {"trouble", row.trouble}};
  if (row.difference.exhausted) {
    json["product_states"] = row.difference.nodes;
    return json;
  }
  json["calls"] = median(row.ours);
  json["calls_plainly"] = median(row.plain);
  json["minimized"] = median(row.lengths);
  if (row.difference.trace) json["shortest"] = row.difference.trace->steps.size();
  return json;
}

}  // namespace

bool kill_table(const Options& options) {
  fmt::print("{:<40} {:>9} {:>9} {:>9} {:>9}  {}\n", "deviation", "calls", "plainly", "minimized", "shortest",
             "killed on");
  auto rows = nlohmann::ordered_json::array();
  std::vector<double> ours, plain, ratios;
  unsigned killed = 0, alike = 0, contents = 0;
  bool sound = true;
  for (int i = 0; i < deviation_count; ++i) {
    const auto deviation = static_cast<Deviation>(i);
    const bool asked =
        options.ids.empty() || std::ranges::find(options.ids, id_of(deviation)) != options.ids.end();
    if (is_of_configurations(deviation) || !asked) continue;
    const auto row = row_of(deviation, options);
    print(row, options);
    rows.push_back(json_of(row));
    contents += row.text.seen_in == SeenIn::contents;
    sound &= row.trouble.empty();
    if (row.difference.exhausted) {
      ++alike;
      continue;
    }
    killed += row.trouble.empty();
    ours.push_back(static_cast<double>(median(row.ours)));
    plain.push_back(static_cast<double>(median(row.plain)));
    ratios.push_back(plain.back() / ours.back());
  }
  fmt::print("\n{} killed, {} cannot be told apart; {} are seen in contents\n", killed, alike, contents);
  fmt::print(
      "median calls to detection over {} seeds: {:.0f}, plainly {:.0f} ({} at most): {:.1f} times fewer; "
      "median of the ratios {:.1f}\n",
      options.seeds, median(ours), median(plain), options.calls, median(plain) / median(ours),
      median(ratios));
  std::ofstream(options.out / "kill-table.json")
      << nlohmann::ordered_json{{"deviations", rows},
                                {"median_calls", median(ours)},
                                {"median_calls_plainly", median(plain)},
                                {"median_ratio", median(ratios)}}
             .dump(2)
      << '\n';
  return sound;
}

}  // namespace hptck::mutants
