// The proof obligations: what is proved of the rules, by name.
//
// An obligation is data and a function that writes its queries. The rules that it is about are handed to it,
// so that the same function can be run on wrong rows (its seeds), where it has to fail: a proof that cannot
// fail proves nothing. Seeds are deviations of the catalogue wherever one fits; an edit of its own is the
// exception, where no hypervisor's author would plausibly be wrong in that way.
//
// This header is free of Z3, since others ask it for names.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/clause.h"
#include "spec/deviations.h"

namespace hptck {

struct World;  // model/proofs/world.h
struct Query;

/// Wrong rows under which an obligation has to fail.
struct Seed {
  std::string name;
  Deviations deviations;
  void (*edit)(World&) = nullptr;
};

struct Obligation {
  std::string_view name;      ///< snake_case
  std::string_view sentence;  ///< what is proved
  std::vector<Clause> clauses;
  std::vector<Query> (*queries)(World&);
  std::vector<Seed> seeds;
  Deviations deviations = {};  ///< the rules are read with these, in an obligation about a deviation
};

const std::vector<Obligation>& obligations();

/// A deviation that no guest can tell from the specification.
struct Indistinguishable {
  Deviation deviation;
  std::string_view obligation;  ///< the proof
  std::string_view why;
};

/// Those proved so. Deviations that no row shows at all (seen in contents, or in faults) are not among them.
inline std::span<const Indistinguishable> proven_indistinguishable() {
  static constexpr Indistinguishable list[] = {
      {Deviation::prepare_match_collision_is_h_success,
       "prepare_match_collision_is_h_success_is_no_violation",
       "The platform may have dropped the Pending HPT, PREPARE then started and finished another, and that "
       "met the "
       "same collision at once."},
      {Deviation::prepare_match_restarts, "prepare_match_restarts_is_no_violation",
       "The platform may have dropped the Pending HPT, and PREPARE then started another."},
      {Deviation::prepare_creates_nothing, "prepare_creates_nothing_is_no_violation",
       "The platform may have dropped the Pending HPT as soon as PREPARE had answered."},
      {Deviation::commit_failure_discards, "commit_failure_discards_is_no_violation",
       "The platform may have dropped the Pending HPT as soon as COMMIT had answered."},
      {Deviation::commit_ignores_busy, "commit_ignores_busy_is_no_violation",
       "Preparation may have ended just before COMMIT; what is missing from the table shows in its contents "
       "only."},
      {Deviation::commit_collided_is_h_busy, "commit_collided_is_h_busy_is_no_violation",
       "A table that lacks a bolted HPTE may count as not fully prepared (A8)."},
  };
  return list;
}

}  // namespace hptck
