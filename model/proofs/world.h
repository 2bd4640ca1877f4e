// What the queries of an obligation are written with: rules to be right or wrong, and terms to speak of.
#pragma once

#include <functional>
#include <string>

#include "model/framework/generic_walk.h"
#include "model/framework/symbolic.h"
#include "model/machines/rules.h"
#include "model/proofs/invariant.h"
#include "model/resize/rules.h"
#include "model/table/hashing.h"
#include "model/table/slot_rules.h"

namespace hptck {

using SymbolicState = State<Symbolic>;
using SymbolicArguments = Arguments<Symbolic>;
using SymbolicList = ResizeList<Symbolic>;

extern template class DecisionList<Symbolic, State<Symbolic>, Arguments<Symbolic>>;
extern template SlotRules<Symbolic> slot_specification<Symbolic>();
extern template SlotRules<Symbolic> slot_rules<Symbolic>(const Deviations&);

enum class Outcome : std::uint8_t { unsat, sat, unknown };

/// One question to the solvers.
struct Query {
  std::string about;
  symbolic::Bool formula;
  Outcome proof = Outcome::unsat;  ///< the outcome that proves
  /// What a model of the formula shows, in words. Empty: its constants are listed.
  std::function<std::string(const z3::model&)> shown = {};
  /// A fact that the proof establishes besides, for people.
  std::string fact = {};
};

/// The rules under proof, with what they are compared with, in one context.
struct World {
  z3::context& context;
  Rules<Symbolic> rules;          ///< the specification, or wrong rows
  Rules<Symbolic> specification;  ///< always right
  std::function<symbolic::Bool(const SymbolicState&)> initially = fresh<Symbolic>;
  hashing::Mistake mistake = hashing::Mistake::none;           ///< in the rehash under proof
  SlotRules<Symbolic> slots = slot_specification<Symbolic>();  ///< the rules of one slot, or wrong rows
  machines::PageSizeRules<Symbolic> pages =
      machines::page_size_specification<Symbolic>();  ///< of configurations, or wrong rows

  template <int width>
  symbolic::Word<width> word(const std::string& name) const {
    return symbolic::Word<width>(context.bv_const(name.c_str(), width));
  }
  SymbolicState state(const std::string& name) const {
    return {word<8>(name + ".standing"), word<8>(name + ".phase"),   word<8>(name + ".pending"),
            word<8>(name + ".gone"),     word<8>(name + ".current"), word<8>(name + ".table"),
            word<8>(name + ".marks"),    word<8>(name + ".limit")};
  }
  SymbolicArguments arguments(const std::string& name) const {
    return {word<64>(name + ".flags"), word<64>(name + ".shift"), word<64>(name + ".ptex"),
            word<64>(name + ".pteh")};
  }
  symbolic::Bool bit(const std::string& name) const {
    return symbolic::Bool(context.bool_const(name.c_str()));
  }
  symbolic::Bool truth(bool value = true) const { return symbolic::Bool(context.bool_val(value)); }
};

}  // namespace hptck
