#include "generators/exhaustive.h"

#include <algorithm>

namespace hptck {

std::vector<PlannedCall> alphabet(unsigned initial_shift, unsigned limit) {
  const auto smaller = std::max(initial_shift - 1, min_shift);
  const auto larger = std::min({initial_shift + 1, limit, max_shift});
  return {
      {prepare(0, smaller), true},
      {prepare(0, larger), false},
      {prepare(1, smaller)},
      {prepare(0, min_shift - 1)},
      {prepare(0, max_shift + 1)},
      {prepare(0, max_shift)},
      {prepare(0, 0)},
      {commit(0, smaller)},
      {commit(0, larger)},
      {commit(1, smaller)},
  };
}

std::uint64_t for_each_sequence(const std::vector<PlannedCall>& letters, unsigned length,
                                const std::function<bool(const Plan&)>& visit) {
  std::uint64_t visited = 0;
  for (unsigned size = 1; size <= length; ++size) {
    std::vector<std::size_t> digits(size, 0);
    for (bool more = true; more;) {
      Plan plan;
      for (const auto digit : digits) plan.push_back(letters[digit]);
      ++visited;
      if (!visit(plan)) return visited;
      std::size_t i = 0;
      while (i < size && ++digits[i] == letters.size()) digits[i++] = 0;
      more = i < size;
    }
  }
  return visited;
}

}  // namespace hptck
