// Deviations: the wrong hypervisors that the built-in one can be turned into. Each is one plausible mistake,
// made at the place in the code where a hypervisor's author would make it, and each can be seen by a guest
// that only issues hypercalls. Left out, because no sequence of answers can prove them wrong: everything that
// the platform's permission to drop a Pending HPT at any time excuses (restarting a preparation, H_CLOSED too
// often, preparing for ever), and a COMMIT that succeeds before preparation is over (it may have ended in
// that moment).
//
// Two clauses are named for each: the one that it breaks, and the one that demands the answer which first
// gives it away. They differ where the mistake is in the state: a Pending HPT that was not discarded shows
// only when COMMIT finds it.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "spec/clause.h"

namespace hptck {

enum class Deviation : std::uint8_t {
  prepare_unchecked_authority,
  prepare_checks_flags_before_authority,
  prepare_checks_flags_before_discard,
  prepare_checks_range_before_discard,
  prepare_checks_resource_before_discard,
  prepare_keeps_other_size,
  prepare_match_is_h_busy,
  prepare_match_says_ready_early,
  prepare_match_collision_is_h_parameter,
  prepare_ignores_flags,
  prepare_narrows_flags_to_word,
  prepare_zero_keeps_pending,
  prepare_zero_is_h_parameter,
  prepare_accepts_17,
  prepare_refuses_18,
  prepare_accepts_47,
  prepare_refuses_46,
  prepare_narrows_shift_to_byte,
  prepare_exceeds_largest_by_one,
  prepare_resource_is_h_no_mem,
  prepare_says_ready_early,
  prepare_busy_code_off_the_table,
  prepare_allocates_half,
  prepare_46_hangs,
  commit_unchecked_authority,
  commit_none_is_h_parameter,
  commit_none_is_h_success,
  commit_none_garbles,
  commit_ignores_flags,
  commit_narrows_flags_to_word,
  commit_flags_is_h_parameter,
  commit_all_flags_dies,
  commit_ignores_shift,
  commit_narrows_shift_to_byte,
  commit_shift_is_h_parameter,
  commit_checks_busy_before_shift,
  commit_closed_switches,
  commit_busy_is_h_long_busy,
  commit_busy_switches,
  commit_collided_is_h_busy,
  commit_collision_is_h_resource,
  commit_collision_switches,
  commit_overwrites_on_collision,
  rehash_forgets_secondary,
  rehash_forgets_1t,
  rehash_takes_first_slot,
  commit_keeps_old_table,
  commit_keeps_pending,
  commit_hardware_switches,
  read_bound_off_by_one,
};

inline constexpr std::size_t deviation_count = static_cast<std::size_t>(Deviation::read_bound_off_by_one) + 1;

struct DeviationText {
  Deviation deviation;
  std::string_view id;    ///< as on the command line: the enumerator's name
  std::string_view text;  ///< one sentence
  Clause breaks;          ///< the clause that the hypervisor does not keep
  Clause shows_at;        ///< the clause whose answer first gives it away to a guest
};

/// Every deviation, in the enumeration's order.
std::span<const DeviationText> deviation_texts();
const DeviationText& text_of(Deviation deviation);
std::optional<Deviation> deviation_named(std::string_view id);

/// A set of deviations, cheap enough to be asked in every hypercall.
class Deviations {
 public:
  Deviations() = default;
  Deviations(std::initializer_list<Deviation> list) {
    for (const auto deviation : list) add(deviation);
  }
  void add(Deviation deviation) { bits_.set(static_cast<std::size_t>(deviation)); }
  bool has(Deviation deviation) const { return bits_[static_cast<std::size_t>(deviation)]; }
  bool operator==(const Deviations&) const = default;

 private:
  std::bitset<deviation_count> bits_;
};

/// The ids, separated by a blank; "none" when there is none.
std::string to_string(const Deviations& deviations);

}  // namespace hptck
