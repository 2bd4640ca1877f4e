// Which clause a refused answer of a resize hypercall is held against. As a rule it is the row that refused;
// but an effect that was not done shows only later, at a row that is right, and a check that fires without
// cause shows at the row behind it.
#include <fmt/format.h>

#include "model/framework/refusal.h"
#include "model/resize/interface.h"

namespace hptck {
namespace {

// An answer that only a partition with a Pending HPT gives to COMMIT.
bool acts_on_pending(std::int64_t code) {
  return code == status::H_SUCCESS || code == status::H_BUSY || code == status::H_PTEG_FULL;
}

const char* word_for(Gone gone) {
  constexpr const char* names[] = {"none",       "never", "committed", "dropped",  "zero",
                                   "discarding", "flags", "range",     "resource", "reset"};
  return names[static_cast<int>(gone)];
}

// The check that fired although its condition does not hold, when the answer names one: H_BUSY says that the
// Pending HPT is not prepared, whichever row should have answered.
std::optional<Clause> unwarranted(Clause row, std::int64_t code) {
  const bool commit_row = group_of(row) == Group::H_RESIZE_HPT_COMMIT;
  const bool matching = row == Clause::prepare_match_busy || row == Clause::prepare_match_ready;
  const bool creating = row == Clause::prepare_create;
  if (commit_row && row != Clause::commit_collided && row != Clause::commit_success) return std::nullopt;
  if (!commit_row && !matching && !creating && row != Clause::prepare_resource) return std::nullopt;
  switch (code) {
    case status::H_AUTHORITY:
      return commit_row ? Clause::commit_authority : Clause::prepare_authority;
    case status::H_FUNCTION:
    case status::H_NOT_AVAILABLE:
      return commit_row ? Clause::commit_option_absent : Clause::prepare_option_absent;
    case status::H_BUSY:
      return commit_row ? std::optional(Clause::commit_busy) : std::nullopt;
    case status::H_PARAMETER:
      return commit_row || matching ? std::nullopt : std::optional(Clause::prepare_range);
    case status::H_PTEG_FULL:
      if (commit_row) return Clause::commit_collision;
      if (matching) return Clause::prepare_match_collision;
      return creating ? std::optional(Clause::prepare_create_collision) : std::nullopt;
    default:
      return std::nullopt;
  }
}

// For keys. Codes that no hypercall here lists are one kind, or an implementation that answers at random
// would have as many defects as there are numbers.
std::string kind_of_status(std::int64_t code) {
  if (is_long_busy(code)) return "H_LONG_BUSY";
  const auto name = name_of_status(code);
  return name.starts_with("H_") ? name : "unlisted-code";
}

}  // namespace

std::optional<Clause> ResizeCalls::witnessed(Clause row, const State& before) {
  switch (row) {
    case Clause::commit_no_pending:
      switch (gone_of(before)) {
        case Gone::committed:
          return Clause::commit_clears;
        case Gone::zero:
          return Clause::prepare_zero;
        case Gone::flags:
        case Gone::range:
        case Gone::resource:
          return Clause::prepare_discard;
        case Gone::dropped:
          return Clause::pending_dropped;
        case Gone::reset:
          return Clause::reset_no_pending;
        default:
          return std::nullopt;
      }
    case Clause::read_within:
    case Clause::read_beyond:
      switch (table_of(before)) {
        case Table::committed:
          return Clause::commit_current;
        case Table::kept:
          return Clause::commit_failure_keeps_table;
        case Table::reset:
          return Clause::reset_size;
        case Table::initial:
          return std::nullopt;
      }
      return std::nullopt;
    case Clause::prepare_match_busy:
    case Clause::prepare_match_collision:
    case Clause::prepare_match_ready:
    case Clause::commit_busy:
    case Clause::commit_collided:
    case Clause::commit_collision:
    case Clause::commit_success:
      return Clause::prepare_create;
    default:
      return std::nullopt;
  }
}

// Where an unended preparation was possible until now, the collision came unseen: it was among the states
// only because an answer between (H_LONG_BUSY_* by ambiguity A8, or that of another hypercall) suited it.
ClauseSet ResizeCalls::also_exercised(const ClauseSet& exercised, std::span<const State> before) {
  ClauseSet more;
  const auto unended = [](const State& s) { return in(s, Phase::preparing) || in(s, Phase::prepared); };
  if (exercised.contains(Clause::prepare_match_collision) &&
      std::any_of(before.begin(), before.end(), unended))
    more.add(Clause::pending_collides);
  return more;
}

std::pair<Clause, std::string> ResizeCalls::blame(const Note& note, const State& s, std::int64_t code) {
  const auto effect = witnessed(note.row, s);
  if (note.row == Clause::commit_no_pending && acts_on_pending(code) && effect && !is_far_fetched(s)) {
    return {*effect, fmt::format("kept-after-{}", word_for(gone_of(s)))};
  }
  if ((note.row == Clause::read_within || note.row == Clause::read_beyond) && effect &&
      (code == status::H_SUCCESS || code == status::H_PARAMETER)) {
    return {*effect, fmt::format("wrong-size-{}", name_of_status(code))};
  }
  if (const auto check = unwarranted(note.row, code))
    return {*check, fmt::format("{}-unwarranted", name_of_status(code))};
  return {note.row, fmt::format("{}-for-{}", kind_of_status(code), text_of(note.expected))};
}

}  // namespace hptck
