// Plans: short call sequences with a purpose, the unit in which campaigns try things.
//
// A plan is made for the state that the partition is most likely in, so that deep places are reached: a guest
// that draws calls blindly from 2^64 shifts hardly ever commits a table. It is a list of calls, each
// optionally repeated until it no longer answers H_LONG_BUSY_*, because preparation takes its own time.
#pragma once

#include <rapidcheck.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "model/hypercall.h"
#include "model/resize/state.h"

namespace hptck {

struct PlannedCall {
  Call call;
  bool until_done = false;  ///< repeat while the answer is H_LONG_BUSY_*
  bool operator==(const PlannedCall&) const = default;
};

using Plan = std::vector<PlannedCall>;

/// What a plan is made for.
struct Situation {
  bool pending = false;         ///< whether there most likely is a Pending HPT
  unsigned pending_shift = 0;   ///< its shift, if so
  unsigned current_shift = 24;  ///< shift of the current HPT, as far as known
  unsigned limit = max_shift;   ///< largest shift permitted as far as declared
  unsigned start_shift = 0;     ///< shift that a reset comes to, most likely; 0: the guest cannot be rebooted
  bool operator==(const Situation&) const = default;
};

/// The likeliest of the live states: one in which the platform did not drop the Pending HPT, if there is one,
/// and among such one with the current shift that was last thought to be right.
Situation situation_of(std::span<const ConcreteState> live_states, unsigned current_shift = 0);

/// What the situation most likely is after the call, so that several plans can be made before any is
/// answered.
Situation after(Situation at, const Call& call);

/// Shifts over the whole 64-bit range, weighted towards boundaries and towards sizes near the current one.
rc::Gen<std::uint64_t> any_shift(const Situation& situation);
/// Flags over the whole 64-bit range, weighted towards zero and single bits.
rc::Gen<std::uint64_t> any_flags();
/// A plan for the situation.
rc::Gen<Plan> any_plan(const Situation& situation);

/// Draws plans one after another. Equal seeds give equal plans for equal situations.
class PlanSource {
 public:
  explicit PlanSource(std::uint64_t seed) : random_(seed) {}
  /// Now and then, where the situation says that it can be done, one in which the guest is rebooted.
  Plan next(const Situation& situation);

 private:
  rc::Random random_;
  unsigned plans_ = 0;
};

/// Two H_ENTERs of bolted HPTEs that stand in one slot of two HPTEGs of a table of this shift and need the
/// same slot in every smaller one. Slot 0 to 7 and `salt` choose which.
Plan colliding_entries(unsigned shift, unsigned slot, std::uint64_t salt);

/// Reads the last HPTE of a table of this shift and the first beyond it.
Plan probe_size(unsigned shift);

}  // namespace hptck
