// Each call is first judged for every slot that it concerns, on the table as it is, and only then applied: a
// refused answer leaves no trace. Here are the calls that concern every slot.
#include "model/table/contents.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace hptck {
namespace {

constexpr HpteWords unbolted{HPTE_VALID, 0}, bolted{HPTE_VALID | HPTE_BOLTED, 0};

// The shift argument as COMMIT's declaration has it; 0 for one that is no size.
unsigned size_asked(const Call& call) {
  const auto low_half = static_cast<std::int32_t>(static_cast<std::uint32_t>(call.args[1]));
  return low_half >= static_cast<std::int32_t>(min_shift) && low_half <= static_cast<std::int32_t>(max_shift)
             ? static_cast<unsigned>(low_half)
             : 0;
}

constexpr auto no_collision =
    "No two bolted HPTEs that the guest entered need one slot in a table of that size.\n";

}  // namespace

Contents::Contents(const Deviations& deviations, Rigour rigour) : rules_(content_rules(deviations, rigour)) {
  // Whether H_READ has to show every HPTE as it stands.
  const auto& row = rules_.slot.read.back();
  for (const auto& hpte : {bolted, unbolted}) {
    const auto entry = entry_of(hpte);
    const Concrete::Word<64> zero(0);
    shows_as_is_ &= holds(row.returns(entry, {Concrete::Bool(true), zero, zero, {zero, zero}, entry}));
  }
}

void Contents::restart() {
  table_ = {};
  since_ = {};
  now_ = failed_commit_ = 0;
  hostile_ = forfeited_ = left_open_ = platforms_own_ = false;
  exercised_ = {};
}

void Contents::forget() {
  table_ = {};
  table_.background = unknown_slot();
  forfeited_ = true;
}

bool Contents::step(const Call& call, const Response& response, Sizes sizes, Refused* why) {
  exercised_ = {};
  extent_ = {};
  if (!concerns(call, response)) return true;
  ++now_;
  // What was prepared while the table was empty went unnoticed.
  if (table_.groups.empty()) since_.pending = sizes.pending;
  const auto judged = [&](const Call& taken) {
    if (judge_call(taken, response, sizes, why)) return true;
    exercised_ = {};
    return false;
  };
  if (rules_.calls.misreadings.empty()) return judged(call);
  auto taken = call;
  for (const auto& misread : rules_.calls.misreadings) misread(taken, sizes.before);
  return judged(taken);
}

bool Contents::judge_call(const Call& call, const Response& response, Sizes sizes, Refused* why) {
  switch (call.token) {
    case token::H_ENTER:
      return enter(call, response, sizes, why);
    case token::H_READ:
      return read(call, response, sizes.before, why);
    case token::H_REMOVE:
    case token::H_PROTECT:
      return remove_or_protect(call, response, sizes, why);
    case token::H_BULK_REMOVE:
      return bulk_remove(call, response, sizes, why);
    case token::H_RESIZE_HPT_PREPARE:
      return prepare(call, response, sizes.before, why);
    case token::H_RESIZE_HPT_COMMIT:
      return commit(call, response, sizes, why);
    case token::reset:
      reset(sizes);
      return true;
    default:
      return true;
  }
}

bool Contents::may_collide(unsigned to) const {
  return platforms_own_ || hostile_ || forfeited_ || hptck::may_collide(table_, rules_, to);
}

// Whether a table of the size asked for may have less room for two bolted HPTEs than the current one.
bool Contents::collision_possible(unsigned asked, unsigned current) const {
  return (asked - rules_.short_by < current || rules_.growing_collides) && may_collide(asked);
}

bool Contents::prepare(const Call& call, const Response& response, unsigned shift, Refused* why) {
  const auto size = size_asked(call);
  const auto answer = response.status;
  const bool full = answer == status::H_PTEG_FULL;
  const bool prepares = answer == status::H_SUCCESS || is_long_busy(answer) || full;
  const bool same = size != 0 && size == since_.pending && call.args[0] == 0;
  if (full && size != 0 && shift != 0) {
    const bool collided = since_.collided && (same || rules_.pending_unsure);
    if (!collided && !hostile_ && !collision_possible(size, shift))
      return refuse(why, same ? Clause::prepare_match_collision : Clause::prepare_create_collision,
                    "no-collision", no_collision);
    since_.collided = true;
  }
  if (same && prepares) return true;
  if (!rules_.pending_unsure && answer != status::H_HARDWARE && !full) since_.collided = false;
  if (answer == status::H_HARDWARE || answer == status::H_AUTHORITY) return true;
  since_.pending = prepares && call.args[0] == 0 ? size : 0;
  if (since_.pending == 0) return true;
  since_.when = now_;
  since_.undone.clear();
  since_.collided |= shift != 0 && collision_possible(size, shift);
  return true;
}

bool Contents::commit(const Call& call, const Response& response, Sizes sizes, Refused* why) {
  const auto size = size_asked(call);
  const auto answer = response.status;
  const bool full = answer == status::H_PTEG_FULL;
  if (full && sizes.before != 0 && size != 0 && !since_.collided && !hostile_ &&
      !collision_possible(size, sizes.before))
    return refuse(why, Clause::commit_collision, "no-collision", no_collision);
  // To a table of the same size nobody sees it.
  const bool may_switch =
      answer == status::H_SUCCESS
          ? sizes.after == size || sizes.after == 0 || sizes.pending == sizes.before
          : sizes.pending == sizes.before && std::ranges::count(rules_.switching_failures, answer) != 0;
  if (sizes.after != sizes.before || may_switch) {
    const Switch seen{answer, size, sizes.after, [&] { return since_.collided || may_collide(size); }};
    const bool left_open =
        std::ranges::any_of(rules_.leaves_open, [&](const auto& when) { return when(seen); });
    if (sizes.after != 0 && !hostile_ && !left_open) return move_to(sizes.before, sizes.after, answer, why);
    forget();
    left_open_ = left_open;
    return true;
  }
  failed_commit_ = now_;
  if (full) {
    since_.collided = true;
    exercised_.add(Clause::commit_collision);
  }
  keep_after_failure(answer, sizes.before);
  return true;
}

bool Contents::move_to(unsigned from, unsigned to, std::int64_t answer, Refused* why) {
  auto result = moved(table_, rules_, since_, from, to, answer, now_);
  if (result.open) {
    forget();
    return true;
  }
  if (const auto& two = result.collision)
    return refuse(
        why, Clause::commit_collision, "collision",
        fmt::format("Two bolted HPTEs need slot {} of HPTEG {:#x} in the new table: {}, now at PTEX "
                    "{:#x}, and another.\n",
                    two->there % 8, two->there / 8, text_of(two->hpte), two->here));
  table_ = std::move(result.table);
  since_.undone.clear();
  since_.pending = 0;
  since_.collided = false;
  return true;
}

// Takes out what does not outlive a COMMIT that failed.
void Contents::keep_after_failure(std::int64_t answer, unsigned shift) {
  const auto& list = rules_.table.failure;
  if (list.size() == 1) return;  // the specification's, which keeps everything
  for (auto& [hpteg, group] : table_.groups)
    for (std::uint64_t i = 0; i < 8; ++i) {
      auto kept = group[i];
      kept.some = false;
      kept.more.clear();
      group[i].for_each([&, ptex = hpteg * 8 + i](const HpteWords& hpte) {
        if (fate_of(list, hpte, ptex, shift, shift, answer) == Fate::gone)
          kept.none = true;
        else
          kept.add(hpte);
      });
      group[i] = std::move(kept);
    }
}

// That a slot is empty is seen at work only where something stood before, so those slots alone wait for
// somebody to look.
void Contents::reset(Sizes sizes) {
  if (!rules_.pending_outlives) {
    since_.pending = 0;
    since_.collided = false;
  }
  since_.undone.clear();
  failed_commit_ = 0;
  const auto fate = [&](const HpteWords& hpte) {
    return fate_of(rules_.table.reset, hpte, 0, sizes.before, sizes.after, status::H_SUCCESS);
  };
  const bool bolted_stay = fate(bolted) == Fate::stands, all_stay = fate(unbolted) == Fate::stands;
  if (fate(bolted) == Fate::open) return forget();
  if (all_stay || (bolted_stay && forfeited_)) return;
  const auto old = std::exchange(table_, {});
  table_.background.because = Clause::reset_empty;
  table_.background.since = now_;
  hostile_ = forfeited_ = left_open_ = platforms_own_ = false;
  old.for_each_slot([&](std::uint64_t ptex, const Possible& before) {
    if (!within(ptex, sizes.after) || (!before.some && !before.anything)) return;
    if (bolted_stay && (before.anything || is_bolted(before.first)))
      table_.slot(ptex) = before;
    else
      table_.slot(ptex).confirmed = false;
  });
}

}  // namespace hptck
