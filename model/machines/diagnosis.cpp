// What was seen of machines, as a source of the search for the smallest set of deviations
// (model/framework/diagnosis.h).
#include "model/framework/diagnosis.h"

#include <algorithm>

#include "model/machines/judge.h"

namespace hptck::machines {
namespace {

struct CasesSeen {
  struct Refused {
    std::size_t evidence;
  };
  std::span<const Case> cases;
  std::vector<Deviation> all = {};

  const std::vector<Deviation>& candidates() const { return all; }
  bool explains(const Deviations& deviations, std::size_t evidence) const {
    return !violates(judge(cases[evidence], deviations));
  }
  bool gets_past(const Deviations& deviations, const Refused& refused) const {
    return explains(deviations, refused.evidence);
  }
  std::optional<Refused> first_refusal(const Deviations& deviations) const {
    for (std::size_t i = 0; i < cases.size(); ++i)
      if (!explains(deviations, i)) return Refused{i};
    return std::nullopt;
  }
};

}  // namespace

std::vector<Deviations> diagnose(std::span<const Case> cases, std::size_t at_most) {
  CasesSeen seen{cases};
  for (std::size_t i = 0; i < deviation_count; ++i) {
    const auto deviation = static_cast<Deviation>(i);
    if (text_of(deviation).seen_in == SeenIn::configuration) seen.all.push_back(deviation);
  }
  auto sets = smallest_sets(seen, {}, {at_most, ~std::size_t{0}}).sets;
  std::ranges::sort(sets, {}, [](const Deviations& set) { return to_string(set); });
  return sets;
}

}  // namespace hptck::machines
