// What an obligation about entries and slots asks the solvers: that something follows, or that something is
// possible. A model is shown by its constants, in hexadecimal, which is how one sees fields. The obligations
// about control states have words of their own for a model, and do not use this.
#pragma once

#include <fmt/format.h>

#include "model/proofs/obligations.h"
#include "model/proofs/world.h"

namespace hptck {

inline std::string shown_constants(const z3::model& model) {
  std::string text;
  for (unsigned i = 0; i < model.num_consts(); ++i) {
    const auto constant = model.get_const_decl(i);
    const auto value = model.get_const_interp(constant);
    text += fmt::format("{}{} = {}", i == 0 ? "" : ", ", constant.name().str(),
                        value.is_bv() ? fmt::format("{:#x}", value.get_numeral_uint64()) : value.to_string());
  }
  return text;
}
inline Query claim(std::string about, const symbolic::Bool& hypothesis, const symbolic::Bool& conclusion) {
  return {std::move(about), both(hypothesis, negate(conclusion)), Outcome::unsat, shown_constants};
}
inline Query witness(std::string about, const symbolic::Bool& formula) {
  return {std::move(about), formula, Outcome::sat, shown_constants};
}

/// Wrong rows: deviations of the catalogue, each by itself, or an edit that is none of them.
template <class... Deviations>
std::vector<Seed> seeds(Deviations... deviations) {
  return {Seed{std::string(id_of(deviations)), {deviations}}...};
}
inline Seed edited(std::string name, void (*edit)(World&)) { return {std::move(name), {}, edit}; }
inline std::vector<Seed> operator+(std::vector<Seed> some, const Seed& one) {
  some.push_back(one);
  return some;
}
inline std::vector<Seed> operator+(std::vector<Seed> some, std::vector<Seed> more) {
  for (auto& seed : more) some.push_back(std::move(seed));
  return some;
}

}  // namespace hptck
