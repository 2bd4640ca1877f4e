// Explanations of two kinds of evidence that have nothing to do with each other, such as what a partition
// answered and what machines were seen to do, are explanations of both in any combination.
#pragma once

#include <vector>

#include "spec/deviations.h"

namespace hptck {

inline std::vector<Deviations> each_with_each(const std::vector<Deviations>& some,
                                              const std::vector<Deviations>& others) {
  std::vector<Deviations> all;
  for (const auto& one : some) {
    for (const auto& other : others) {
      auto both = one;
      other.for_each([&](Deviation deviation) { both.add(deviation); });
      all.push_back(both);
    }
  }
  return all;
}

}  // namespace hptck
