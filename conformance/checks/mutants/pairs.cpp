// Hypervisors with two deviations at once: is the pair what a campaign diagnoses? Other explanations are as
// good if they predict the same answers, or if one deviation hides the other.
#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "conformance/checks/mutants/mutants.h"
#include "generators/tour.h"
#include "model/oracle.h"
#include "model/resize/explorer.h"

namespace hptck::mutants {
namespace {

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

enum class Outcome : std::uint8_t { exact, tied, equivalent, masked, unknown };

std::pair<Outcome, std::string> outcome_of(const Deviations& pair, const CampaignRecord& record,
                                           const Options& options) {
  const auto& explanations = record.diagnosis;
  if (explanations.empty() || std::ranges::any_of(record.findings, &Finding::unexplained))
    return {Outcome::unknown, "UNKNOWN: something seen is not explained"};
  if (std::ranges::find(explanations, pair) != explanations.end()) {
    if (explanations.size() == 1) return {Outcome::exact, "the pair"};
    return {Outcome::tied, fmt::format("the pair, one of {} ties", explanations.size())};
  }
  for (const auto& explanation : explanations) {
    if (!within(pair, explanation)) continue;
    if (within(explanation, pair))
      return {Outcome::equivalent, fmt::format("equivalent: {}", to_string(explanation))};
    return {Outcome::masked, fmt::format("masked: whatever both answer, a hypervisor with {} may answer",
                                         to_string(explanation))};
  }
  for (const auto& explanation : explanations) {
    if (answer_alike(pair, explanation, options))
      return {Outcome::masked,
              fmt::format("masked: the built-in hypervisor with {} gives the same answers to {} calls",
                          to_string(explanation), options.calls)};
  }
  const auto difference = shortest_difference(pair, explanations.front(), telling_statements());
  return {Outcome::unknown, fmt::format("UNKNOWN: {} leaves {} to be seen", to_string(explanations.front()),
                                        difference.trace ? print_trace(*difference.trace) : "something")};
}

// Those that show in the answers of the resize hypercalls. Where the option is absent nothing else shows, so
// such a deviation pairs with its like only.
std::vector<Deviation> visible_ones() {
  std::vector<Deviation> visible;
  for (int i = 0; i < deviation_count; ++i) {
    const auto deviation = static_cast<Deviation>(i);
    if (text_of(deviation).seen_in == SeenIn::control && !text_of(deviation).needs_absent &&
        !shortest_difference({deviation}, {}, telling_statements()).exhausted)
      visible.push_back(deviation);
  }
  return visible;
}

}  // namespace

bool diagnose_pairs(const Options& options) {
  std::mt19937_64 random(options.seed);
  const auto visible = visible_ones();
  std::array<unsigned, 5> counts{};
  const auto count = [&](Outcome outcome) -> unsigned& { return counts[static_cast<std::size_t>(outcome)]; };
  for (unsigned n = 0; n < options.pairs; ++n) {
    const auto one = visible[random() % visible.size()];
    auto other = one;
    while (other == one) other = visible[random() % visible.size()];
    const auto [outcome, words] =
        outcome_of({one, other}, certified({one, other}, n + 1, options).record, options);
    ++count(outcome);
    fmt::print("{:>4} {} + {}: {}\n", n + 1, id_of(one), id_of(other), words);
    std::fflush(stdout);
  }
  fmt::print(
      "\n{} pairs: {} diagnosed as the pair, {} as the pair among ties, {} as an equivalent set, {} masked, "
      "{} "
      "unknown\n",
      options.pairs, count(Outcome::exact), count(Outcome::tied), count(Outcome::equivalent),
      count(Outcome::masked), count(Outcome::unknown));
  return count(Outcome::unknown) == 0;
}

}  // namespace hptck::mutants
