#include "conformance/campaign/deadly_hptes.h"

#include <fmt/format.h>

#include <algorithm>

#include "generators/contents.h"

namespace hptck {
namespace {

// Of the current HPT, before the step; 0 where it is not known.
unsigned shift_before(const Replayed& replayed, std::size_t step, const Deviations& deviations) {
  Oracle oracle(replayed.statement, deviations);
  for (std::size_t i = 0; i < step; ++i)
    if (!oracle.step(replayed.steps[i].call, *replayed.steps[i].response)) return 0;
  const auto shift = situation_of(oracle.states()).current_shift;
  return shift >= min_shift ? shift : 0;
}

}  // namespace

DeadlyHptes lesson_of(const Replayed& deadly, const Deviations& deviations, std::uint64_t seed,
                      const std::function<std::optional<bool>(const std::vector<Step>&)>& dies) {
  const auto entry = first_unusual_entry(deadly.steps);
  const auto shift = entry && deadly.found ? shift_before(deadly, *entry, deviations) : 0;
  if (shift == 0) return {};
  const auto& enter = deadly.steps[*entry].call;
  const auto kind = *kind_of(enter);
  DeadlyHptes lesson{{kind}, {}};
  std::string same, survived;
  PageSource source(seed);
  for (const auto& other : other_kinds(kind, deadly.statement.pages.value_or(0))) {
    const Wanted wanted{other.page, other.secondary, other.bolted};
    const auto placed =
        place(source.next(wanted, shift, enter.args[1] / 8), wanted, shift, enter.args[1] % 8);
    auto steps = deadly.steps;
    steps[*entry].call.args = {enter.args[0], placed.ptex, placed.high, placed.low};
    const auto died = dies(steps);
    if (!died) break;
    if (*died) lesson.kinds.push_back(other);
    auto& list = *died ? same : survived;
    list += (list.empty() ? "" : "; ") + to_string(other);
  }
  // If a plain one does the same, it is not the kind that matters.
  if (std::any_of(lesson.kinds.begin(), lesson.kinds.end(), is_plain)) lesson.kinds.clear();
  if (!same.empty() || !survived.empty())
    lesson.text = fmt::format(
        "The HPTE that matters is {}. In its place, these do the same: {}. With these the "
        "hypervisor goes on: {}.\n",
        to_string(kind), same.empty() ? "none" : same, survived.empty() ? "none" : survived);
  return lesson;
}

}  // namespace hptck
