// The kit against hypervisors known to be wrong: the kill table, and diagnosis of pairs.
//
// A kit that passes good hypervisors has shown nothing yet. Here every deviation of the catalogue is switched
// on in the built-in hypervisor and certified; all that can be told apart have to be killed, each on the
// clause that it breaks. How many calls that takes is set beside what a plain generator takes, one that knows
// the hypercalls but not the model (flags 0 or 1, shift 0 to 64), under the same oracle; and the length of
// the minimized trace beside the shortest that there is (model/resize/explorer.h).
//
//   0 all killed, every pair diagnosed   1 not so   3 environment   64 usage
#include <fmt/format.h>
#include <rapidcheck.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>

#include "conformance/adapters/builtin/builtin_adapter.h"
#include "conformance/campaign/campaign.h"
#include "generators/tour.h"
#include "model/resize/explorer.h"
#include "model/oracle.h"

namespace hptck {
namespace {

struct Options {
  std::vector<std::string> ids;
  unsigned seeds = 5;
  std::uint64_t calls = 20000;
  unsigned pairs = 0;
  std::uint64_t seed = 1;
  std::filesystem::path out = "out/mutants";
};

BuiltinOptions hypervisor_with(const Deviations& deviations) {
  BuiltinOptions options;
  options.deviations = deviations;
  deviations.for_each([&](Deviation deviation) {
    if (text_of(deviation).needs_absent) options.resize = BuiltinOptions::Resize::absent;
    // Some of the hash's bits count in the largest tables only.
    if (deviation == Deviation::rehash_1t_not_spread || deviation == Deviation::rehash_b_in_avpn)
      options.max_shift = max_shift;
  });
  return options;
}

struct Certified {
  CampaignRecord record;
  std::vector<Clause> failed;
  std::optional<std::uint64_t> detected;  // the call, from 1
  std::size_t shortest_finding = 0;
};

Certified certified(const Deviations& deviations, std::uint64_t seed, const Options& options) {
  const auto adapter = make_builtin_adapter(hypervisor_with(deviations));
  CampaignOptions campaign;
  campaign.seed = seed;
  campaign.calls = options.calls;
  campaign.configurations.cover = ConfigurationCover::none;
  Certified result;
  result.record.edition = catalogue().edition;
  Journal journal(options.out / "journal.txt", Journal::Detail::sparse);
  run_campaign(*adapter, campaign, journal, result.record, nullptr);
  if (!result.record.error.empty()) throw EnvironmentError(result.record.error);
  for (const auto& clause : judge(result.record).clauses) {
    if (clause.verdict == Verdict::fail) result.failed.push_back(clause.clause);
  }
  for (const auto& finding : result.record.findings) {
    if (finding.consequence) continue;
    if (!result.detected || finding.first_call < *result.detected) {
      result.detected = finding.first_call;
      result.shortest_finding = finding.trace.steps.size();
    }
  }
  return result;
}

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

// One line a deviation. False: not as it should be.
bool kill_table(const Options& options) {
  bool sound = true;
  std::vector<double> ours_all, plain_all, ratios;
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  unsigned killed = 0, alike = 0, contents = 0;
  fmt::print("{:<40} {:>9} {:>9} {:>9} {:>9}  {}\n", "deviation", "calls", "plainly", "minimized", "shortest",
             "killed on");
  for (int i = 0; i < deviation_count; ++i) {
    const auto deviation = static_cast<Deviation>(i);
    const auto& text = text_of(deviation);
    if (is_of_configurations(deviation)) continue;
    if (!options.ids.empty() &&
        std::find(options.ids.begin(), options.ids.end(), text.id) == options.ids.end())
      continue;
    contents += text.seen_in == SeenIn::contents;
    std::optional<std::size_t> shortest;
    const auto difference = text.seen_in == SeenIn::control
                                ? shortest_difference({deviation}, {}, telling_statements())
                                : Difference{};
    if (difference.trace) shortest = difference.trace->steps.size();
    std::vector<std::uint64_t> ours, plain;
    std::vector<std::size_t> lengths;
    std::string trouble;
    for (unsigned seed = 1; seed <= options.seeds; ++seed) {
      const auto result = certified({deviation}, seed, options);
      if (difference.exhausted) {
        if (!result.record.findings.empty()) trouble = "a finding although nothing tells it apart";
        continue;
      }
      ours.push_back(result.detected.value_or(options.calls + 1));
      plain.push_back(detected_plainly(deviation, seed, options.calls).value_or(options.calls + 1));
      if (!result.detected) {
        trouble = fmt::format("not killed with seed {}", seed);
        continue;
      }
      lengths.push_back(result.shortest_finding);
      // Where something else explains as well what was seen, its clause is as good.
      std::vector<Clause> explained{broken_by(deviation)};
      for (const auto& explanation : result.record.diagnosis)
        explanation.for_each([&](Deviation one) { explained.push_back(broken_by(one)); });
      const bool ties = std::find(result.record.diagnosis.begin(), result.record.diagnosis.end(),
                                  Deviations{deviation}) != result.record.diagnosis.end();
      const bool among_them = ties && !result.failed.empty() &&
                              std::all_of(result.failed.begin(), result.failed.end(), [&](Clause one) {
                                return std::find(explained.begin(), explained.end(), one) != explained.end();
                              });
      if (result.failed != std::vector{broken_by(deviation)} && !among_them) {
        trouble = "killed on";
        for (const auto clause : result.failed) trouble += fmt::format(" {}", id_of(clause));
      }
      const auto& explanations = result.record.diagnosis;
      if (text.seen_in != SeenIn::faults &&
          std::find(explanations.begin(), explanations.end(), Deviations{deviation}) == explanations.end())
        trouble += " not diagnosed";
    }
    nlohmann::ordered_json row{{"deviation", text.id}, {"breaks", text.breaks}, {"trouble", trouble}};
    if (difference.exhausted) {
      ++alike;
      fmt::print("{:<40} {:>9} {:>9} {:>9} {:>9}  cannot be told apart ({} product states){}\n", text.id, "",
                 "", "", "", difference.nodes, trouble.empty() ? "" : "; TROUBLE: " + trouble);
      row["product_states"] = difference.nodes;
    } else {
      if (trouble.empty()) ++killed;
      const auto ours_median = median(ours), plain_median = median(plain);
      ours_all.push_back(static_cast<double>(ours_median));
      plain_all.push_back(static_cast<double>(plain_median));
      ratios.push_back(static_cast<double>(plain_median) / static_cast<double>(ours_median));
      const auto shown = [&](std::uint64_t calls) {
        return or_never(calls > options.calls ? std::nullopt : std::optional(calls), options.calls);
      };
      fmt::print("{:<40} {:>9} {:>9} {:>9} {:>9}  {}\n", text.id, shown(ours_median), shown(plain_median),
                 median(lengths), shortest ? fmt::format("{}", *shortest) : "",
                 trouble.empty() ? text.breaks : "TROUBLE: " + trouble);
      row["calls"] = ours_median;
      row["calls_plainly"] = plain_median;
      row["minimized"] = median(lengths);
      if (shortest) row["shortest"] = *shortest;
    }
    std::fflush(stdout);
    rows.push_back(std::move(row));
    sound &= trouble.empty();
  }
  fmt::print("\n{} killed, {} cannot be told apart; {} are seen in contents\n", killed, alike, contents);
  fmt::print(
      "median calls to detection over {} seeds: {:.0f}, plainly {:.0f} ({} at most): {:.1f} times fewer; "
      "median of the ratios {:.1f}\n",
      options.seeds, median(ours_all), median(plain_all), options.calls, median(plain_all) / median(ours_all),
      median(ratios));
  std::ofstream(options.out / "kill-table.json")
      << nlohmann::ordered_json{{"deviations", rows},
                                {"median_calls", median(ours_all)},
                                {"median_calls_plainly", median(plain_all)},
                                {"median_ratio", median(ratios)}}
             .dump(2)
      << '\n';
  return sound;
}

// Whether every answer of one hypervisor is one that the other may give.
bool within(const Deviations& one, const Deviations& other) {
  return shortest_difference(one, other, telling_statements()).exhausted;
}

// Whether two built-in hypervisors give the same answers to the same calls, a tour and random plans. One
// mistake can make another unreachable in a hypervisor of scheme A that would show in another.
bool answer_alike(const Deviations& one, const Deviations& other, const Options& options) {
  const auto first = make_builtin_adapter(hypervisor_with(one)),
             second = make_builtin_adapter(hypervisor_with(other));
  PlanSource plans(options.seed);
  std::uint64_t calls = 0;
  while (calls < options.calls) {
    Situation at = situation_of(initial_states(first->restart({calls % 8 != 0})));
    second->restart({calls % 8 != 0});
    at.start_shift = at.current_shift;
    auto list = reset_tour(at);
    const auto resizes = tour(at);
    list.insert(list.end(), resizes.begin(), resizes.end());
    for (int i = 0; i < 200; ++i) {
      list.push_back(plans.next(at));
      for (const auto& planned : list.back()) at = after(at, planned.call);
    }
    for (const auto& plan : list) {
      for (const auto& planned : plan) {
        for (int repeat = 0; repeat < (planned.until_done ? 30 : 1); ++repeat, ++calls) {
          Response a, b;
          issue(*first, {&planned.call, 1}, {&a, 1});
          issue(*second, {&planned.call, 1}, {&b, 1});
          if (a != b) return false;
        }
      }
    }
  }
  return true;
}

bool diagnose_pairs(const Options& options) {
  std::mt19937_64 random(options.seed);
  std::vector<Deviation> visible;
  for (int i = 0; i < deviation_count; ++i) {
    const auto deviation = static_cast<Deviation>(i);
    // Where the option is absent nothing else shows, so such a deviation pairs with its like only.
    if (text_of(deviation).seen_in == SeenIn::control && !text_of(deviation).needs_absent &&
        !shortest_difference({deviation}, {}, telling_statements()).exhausted)
      visible.push_back(deviation);
  }
  unsigned exact = 0, tied = 0, equivalent = 0, masked = 0, unknown = 0;
  for (unsigned n = 0; n < options.pairs; ++n) {
    const auto one = visible[random() % visible.size()];
    auto other = one;
    while (other == one) other = visible[random() % visible.size()];
    const Deviations pair{one, other};
    const auto result = certified(pair, n + 1, options);
    const auto& explanations = result.record.diagnosis;
    std::string outcome;
    bool all_explained = true;
    for (const auto& finding : result.record.findings) all_explained &= !finding.unexplained;
    const auto found = std::find(explanations.begin(), explanations.end(), pair);
    if (!all_explained || explanations.empty()) {
      outcome = "UNKNOWN: something seen is not explained";
    } else if (found != explanations.end()) {
      outcome = explanations.size() == 1 ? "the pair"
                                         : fmt::format("the pair, one of {} ties", explanations.size());
      ++(explanations.size() == 1 ? exact : tied);
    } else {
      for (const auto& explanation : explanations) {
        if (!within(pair, explanation)) continue;
        if (within(explanation, pair)) {
          outcome = fmt::format("equivalent: {}", to_string(explanation));
          ++equivalent;
        } else {
          outcome = fmt::format("masked: whatever both answer, a hypervisor with {} may answer",
                                to_string(explanation));
          ++masked;
        }
        break;
      }
      for (const auto& explanation : explanations) {
        if (!outcome.empty() || !answer_alike(pair, explanation, options)) continue;
        outcome = fmt::format("masked: the built-in hypervisor with {} gives the same answers to {} calls",
                              to_string(explanation), options.calls);
        ++masked;
      }
      if (outcome.empty()) {
        const auto difference = shortest_difference(pair, explanations.front(), telling_statements());
        outcome = fmt::format("UNKNOWN: {} leaves {} to be seen", to_string(explanations.front()),
                              difference.trace ? print_trace(*difference.trace) : "something");
      }
    }
    unknown += outcome.starts_with("UNKNOWN");
    fmt::print("{:>4} {} + {}: {}\n", n + 1, id_of(one), id_of(other), outcome);
    std::fflush(stdout);
  }
  fmt::print(
      "\n{} pairs: {} diagnosed as the pair, {} as the pair among ties, {} as an equivalent set, {} masked, "
      "{} "
      "unknown\n",
      options.pairs, exact, tied, equivalent, masked, unknown);
  return unknown == 0;
}

int run(int argc, char** argv) {
  CLI::App app{"hptck_mutants: does the kit catch hypervisors known to be wrong?"};
  Options options;
  app.add_option("DEVIATION", options.ids, "only these; default: all")->check([](const std::string& id) {
    return deviation_named(id) ? "" : id + " is not a deviation; see hptck deviations";
  });
  app.add_option("--seeds", options.seeds, "campaigns a deviation, with seeds from 1")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--calls", options.calls, "hypercalls a campaign")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  app.add_option("--pairs", options.pairs, "diagnose this many random pairs in place of the kill table")
      ->check(CLI::Range(0, 1'000'000));
  app.add_option("--seed", options.seed, "which pairs")->capture_default_str();
  app.add_option("--out", options.out, "directory for kill-table.json")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, std::cout, std::cerr) == 0 ? 0 : 64;
  }
  std::filesystem::create_directories(options.out);
  return (options.pairs != 0 ? diagnose_pairs(options) : kill_table(options)) ? 0 : 1;
}

}  // namespace
}  // namespace hptck

int main(int argc, char** argv) {
  try {
    return hptck::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "hptck_mutants: {}\n", error.what());
    return 3;
  }
}
