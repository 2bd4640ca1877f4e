// The deviations' table. The id is the enumerator's name, made by a macro so that the two cannot part.
#include "conformance/builtin/deviation.h"

#include <algorithm>
#include <array>

namespace hptck {
namespace {

#define HPTCK_DEVIATION(name, text, breaks, shows_at) \
  DeviationText { Deviation::name, #name, text, Clause::breaks, Clause::shows_at }

constexpr std::array table{
    HPTCK_DEVIATION(prepare_unchecked_authority,
                    "PREPARE does not ask whether the partition may resize its HPT.", prepare_authority,
                    prepare_authority),
    HPTCK_DEVIATION(prepare_checks_flags_before_authority,
                    "PREPARE answers H_PARAMETER to flags even where the partition may not resize its HPT.",
                    prepare_authority, prepare_authority),
    HPTCK_DEVIATION(prepare_checks_flags_before_discard,
                    "PREPARE answers H_PARAMETER to flags before it has discarded the Pending HPT.",
                    prepare_discard, commit_no_pending),
    HPTCK_DEVIATION(
        prepare_checks_range_before_discard,
        "PREPARE answers H_PARAMETER to a shift out of range before it has discarded the Pending HPT.",
        prepare_discard, commit_no_pending),
    HPTCK_DEVIATION(prepare_checks_resource_before_discard,
                    "PREPARE answers H_RESOURCE to too large a size before it has discarded the Pending HPT.",
                    prepare_discard, commit_no_pending),
    HPTCK_DEVIATION(prepare_keeps_other_size,
                    "PREPARE of another size is answered for, and keeps, the Pending HPT that is there.",
                    prepare_discard, commit_shift),
    HPTCK_DEVIATION(prepare_match_is_h_busy,
                    "PREPARE repeated during preparation answers H_BUSY in place of H_LONG_BUSY_*.",
                    prepare_match_busy, prepare_match_busy),
    HPTCK_DEVIATION(prepare_match_says_ready_early, "PREPARE repeated during preparation answers H_SUCCESS.",
                    prepare_match_busy, commit_success),
    HPTCK_DEVIATION(prepare_match_collision_is_h_parameter,
                    "PREPARE repeated after preparation ended on a collision answers H_PARAMETER.",
                    prepare_match_collision, prepare_match_collision),
    HPTCK_DEVIATION(prepare_ignores_flags, "PREPARE does not look at flags.", prepare_flags, prepare_flags),
    HPTCK_DEVIATION(prepare_narrows_flags_to_word, "PREPARE looks at the low half of flags only.",
                    prepare_flags, prepare_flags),
    HPTCK_DEVIATION(prepare_zero_keeps_pending, "PREPARE of shift zero leaves the Pending HPT in place.",
                    prepare_zero, commit_no_pending),
    HPTCK_DEVIATION(prepare_zero_is_h_parameter, "PREPARE takes a shift of zero for one out of range.",
                    prepare_zero, prepare_zero),
    HPTCK_DEVIATION(prepare_accepts_17, "PREPARE takes a shift of 17 for a size.", prepare_range,
                    prepare_range),
    HPTCK_DEVIATION(prepare_refuses_18, "PREPARE takes a shift of 18 for one out of range.", prepare_range,
                    prepare_create),
    HPTCK_DEVIATION(prepare_accepts_47, "PREPARE takes a shift of 47 for a size.", prepare_range,
                    prepare_range),
    HPTCK_DEVIATION(prepare_refuses_46, "PREPARE takes a shift of 46 for one out of range.", prepare_range,
                    prepare_resource),
    HPTCK_DEVIATION(prepare_narrows_shift_to_byte, "PREPARE looks at the low eight bits of shift only.",
                    prepare_range, prepare_range),
    HPTCK_DEVIATION(prepare_exceeds_largest_by_one,
                    "PREPARE permits a table of twice the largest size that the partition may have.",
                    prepare_resource, prepare_resource),
    HPTCK_DEVIATION(prepare_resource_is_h_no_mem, "PREPARE of too large a size answers H_NO_MEM.",
                    prepare_resource, prepare_resource),
    HPTCK_DEVIATION(prepare_says_ready_early,
                    "The PREPARE that starts a preparation answers H_SUCCESS at once.", prepare_create,
                    commit_success),
    HPTCK_DEVIATION(prepare_busy_code_off_the_table,
                    "PREPARE of a large table estimates a time that no H_LONG_BUSY_* stands for.",
                    prepare_create, prepare_create),
    HPTCK_DEVIATION(prepare_allocates_half, "The Pending HPT has half the size asked for.", prepare_create,
                    read_within),
    HPTCK_DEVIATION(prepare_46_hangs,
                    "PREPARE of the largest legal size, where it is more than permitted, is never answered.",
                    prepare_resource, prepare_resource),
    HPTCK_DEVIATION(commit_unchecked_authority,
                    "COMMIT does not ask whether the partition may resize its HPT.", commit_authority,
                    commit_authority),
    HPTCK_DEVIATION(commit_none_is_h_parameter, "COMMIT without a Pending HPT answers H_PARAMETER.",
                    commit_no_pending, commit_no_pending),
    HPTCK_DEVIATION(commit_none_is_h_success,
                    "COMMIT without a Pending HPT answers H_SUCCESS and does nothing.", commit_no_pending,
                    commit_no_pending),
    HPTCK_DEVIATION(commit_none_garbles,
                    "COMMIT of shift zero without a Pending HPT overwrites the guest's memory.",
                    commit_no_pending, commit_no_pending),
    HPTCK_DEVIATION(commit_ignores_flags, "COMMIT does not look at flags.", commit_flags, commit_flags),
    HPTCK_DEVIATION(commit_narrows_flags_to_word, "COMMIT looks at the low half of flags only.", commit_flags,
                    commit_flags),
    HPTCK_DEVIATION(commit_flags_is_h_parameter, "COMMIT answers H_PARAMETER to flags other than zero.",
                    commit_flags, commit_flags),
    HPTCK_DEVIATION(commit_all_flags_dies,
                    "With a Pending HPT, the hypervisor dies of a COMMIT with every flag set.", commit_flags,
                    commit_flags),
    HPTCK_DEVIATION(commit_ignores_shift, "COMMIT commits whatever is pending.", commit_shift, commit_shift),
    HPTCK_DEVIATION(commit_narrows_shift_to_byte, "COMMIT looks at the low eight bits of shift only.",
                    commit_shift, commit_shift),
    HPTCK_DEVIATION(commit_shift_is_h_parameter,
                    "COMMIT answers H_PARAMETER to a shift other than the Pending HPT's.", commit_shift,
                    commit_shift),
    HPTCK_DEVIATION(commit_checks_busy_before_shift,
                    "During preparation COMMIT answers H_BUSY also to a shift other than the Pending HPT's.",
                    commit_shift, commit_shift),
    HPTCK_DEVIATION(
        commit_closed_switches,
        "COMMIT answers H_CLOSED to flags or another shift, but the Pending HPT has become current.",
        commit_failure_keeps_table, read_within),
    HPTCK_DEVIATION(commit_busy_is_h_long_busy, "During preparation COMMIT answers one of H_LONG_BUSY_*.",
                    commit_busy, commit_busy),
    HPTCK_DEVIATION(commit_busy_switches,
                    "During preparation COMMIT answers H_BUSY, but the Pending HPT has become current.",
                    commit_failure_keeps_table, read_beyond),
    HPTCK_DEVIATION(commit_collided_is_h_busy,
                    "COMMIT answers H_BUSY after preparation has ended on a collision.", commit_collided,
                    commit_collided),
    HPTCK_DEVIATION(commit_collision_is_h_resource,
                    "COMMIT answers H_RESOURCE when two bolted HPTEs need one slot.", commit_collision,
                    commit_collision),
    HPTCK_DEVIATION(commit_collision_switches,
                    "COMMIT answers H_PTEG_FULL, but the Pending HPT has become current.",
                    commit_failure_keeps_table, read_within),
    HPTCK_DEVIATION(commit_overwrites_on_collision,
                    "COMMIT keeps the last of the bolted HPTEs that need one slot and answers H_SUCCESS.",
                    commit_collision, commit_collision),
    HPTCK_DEVIATION(rehash_forgets_secondary,
                    "COMMIT takes the HPTEG of a secondary HPTE for that of its primary hash.", commit_bolted,
                    commit_bolted),
    HPTCK_DEVIATION(rehash_forgets_1t, "COMMIT hashes 1 TiB segments as if they were of 256 MiB.",
                    commit_bolted, commit_bolted),
    HPTCK_DEVIATION(rehash_takes_first_slot,
                    "COMMIT puts a bolted HPTE into the first free slot of its HPTEG.", commit_bolted,
                    commit_bolted),
    HPTCK_DEVIATION(commit_keeps_old_table, "COMMIT answers H_SUCCESS and drops the Pending HPT.",
                    commit_current, read_within),
    HPTCK_DEVIATION(commit_keeps_pending, "After H_SUCCESS of COMMIT the Pending HPT can be committed again.",
                    commit_clears, commit_no_pending),
    HPTCK_DEVIATION(commit_hardware_switches,
                    "Every second COMMIT that succeeds says H_HARDWARE, as if nothing had changed.",
                    commit_hardware, read_beyond),
    HPTCK_DEVIATION(read_bound_off_by_one, "H_READ takes the first PTEX beyond the HPT for one within.",
                    read_beyond, read_beyond),
};

#undef HPTCK_DEVIATION

constexpr bool in_order() {
  if (table.size() != deviation_count) return false;
  for (std::size_t index = 0; index < table.size(); ++index)
    if (static_cast<std::size_t>(table[index].deviation) != index) return false;
  return true;
}
static_assert(in_order(), "one row for each deviation, in the enumeration's order");

}  // namespace

std::span<const DeviationText> deviation_texts() { return table; }

const DeviationText& text_of(Deviation deviation) { return table[static_cast<std::size_t>(deviation)]; }

std::optional<Deviation> deviation_named(std::string_view id) {
  const auto found = std::ranges::find(table, id, &DeviationText::id);
  if (found == table.end()) return std::nullopt;
  return found->deviation;
}

std::string to_string(const Deviations& deviations) {
  std::string ids;
  for (const auto& text : table)
    if (deviations.has(text.deviation)) ids.append(ids.empty() ? "" : " ").append(text.id);
  return ids.empty() ? "none" : ids;
}

}  // namespace hptck
