// Conditions made of conditions, for rows of any interface: s is the state, a the arguments.
#pragma once

#include "model/framework/domain.h"

namespace hptck::conditions {

inline constexpr auto is = [](const auto& word, auto value) { return eq(word, lit(value)); };
inline constexpr auto no = [](auto f) {
  return [f](const auto& s, const auto& a) { return negate(f(s, a)); };
};
inline constexpr auto and_ = [](auto f, auto g) {
  return [f, g](const auto& s, const auto& a) { return both(f(s, a), g(s, a)); };
};
inline constexpr auto or_ = [](auto f, auto g) {
  return [f, g](const auto& s, const auto& a) { return either(f(s, a), g(s, a)); };
};

}  // namespace hptck::conditions
