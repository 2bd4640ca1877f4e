// Each call is first judged for every slot that it concerns, on the table as it is, and only then applied: a
// refused answer leaves no trace. COMMIT is the one call that concerns every slot.
#include "model/table/contents.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/framework/walk.h"
#include "model/table/slot_rows.h"
#include "spec/embedded.h"

namespace hptck {
namespace {

using W = Concrete::Word<64>;
using W8 = Concrete::Word<8>;
using Entry = hashing::Entry<Concrete>;

constexpr W zero{0};
constexpr Entry nothing{zero, zero};

constexpr std::uint64_t secondary = hashing::HPTE_SECONDARY, large = hashing::HPTE_LARGE;

Entry entry_of(const HpteWords& hpte) { return {W(hpte.high), W(hpte.low)}; }
HpteWords hpte_of(const Entry& entry) { return {raw(entry.high), raw(entry.low)}; }
bool is_valid(const HpteWords& hpte) { return (hpte.high & HPTE_VALID) != 0; }
bool is_bolted(const HpteWords& hpte) { return is_valid(hpte) && (hpte.high & HPTE_BOLTED) != 0; }

bool is_alike(const HpteWords& held, const HpteWords& shown) {
  // Nearly always they are the same words, and what is alike to itself need not be worked out.
  return held == shown || holds(slot_rows::alike(entry_of(held), entry_of(shown)));
}

// Bolted, of a 1 TiB segment with the virtual real mode area's VSID: ambiguity A9.
bool is_platforms_own(const HpteWords& hpte) {
  constexpr std::uint64_t real_mode_vsid = 0x1ffffff;
  const auto avpn = raw(hashing::avpn_of(entry_of(hpte)));
  return is_bolted(hpte) && hpte.high >> 62 == 1 && avpn >> 17 == real_mode_vsid;
}

bool stands_right(const HpteWords& hpte, std::uint64_t ptex, unsigned shift) {
  return holds(hashing::stands_right(entry_of(hpte), W(ptex), W8(static_cast<std::uint8_t>(shift))));
}

Possible exactly(const HpteWords& hpte, Clause because) {
  Possible one;
  one.because = because;
  one.confirmed = false;
  one.some = is_valid(hpte);
  one.none = !one.some;
  if (one.some) one.first = hpte;
  return one;
}

void add(Possible& slot, const HpteWords& hpte) {
  if (!slot.some) {
    slot.some = true;
    slot.first = hpte;
    return;
  }
  if (slot.first == hpte || std::find(slot.more.begin(), slot.more.end(), hpte) != slot.more.end()) return;
  slot.more.push_front(hpte);
}

template <class Visitor>
void for_each_hpte(const Possible& slot, Visitor visit) {
  if (slot.some) visit(slot.first);
  for (const auto& one : slot.more) visit(one);
}

std::string text_of(const HpteWords& hpte) {
  if (!is_valid(hpte)) return "no valid HPTE";
  return fmt::format(
      "{:#x} {:#x} ({}{}, {} segment)", hpte.high, hpte.low, is_bolted(hpte) ? "bolted" : "not bolted",
      (hpte.high & secondary) != 0 ? ", secondary" : "", hpte.high >> 62 == 1 ? "1 TiB" : "256 MiB");
}

std::string text_of(const Possible& slot) {
  if (slot.anything) return "anything";
  std::string text = slot.none ? "no valid HPTE" : "";
  for_each_hpte(slot, [&](const HpteWords& one) {
    if (!text.empty()) text += ", or ";
    text += text_of(one);
  });
  return text;
}

// The shift argument as COMMIT's declaration has it; 0 for one that is no size.
unsigned size_asked(const Call& call) {
  const auto low_half = static_cast<std::int32_t>(static_cast<std::uint32_t>(call.args[1]));
  return low_half >= static_cast<std::int32_t>(min_shift) && low_half <= static_cast<std::int32_t>(max_shift)
             ? static_cast<unsigned>(low_half)
             : 0;
}

bool within(std::uint64_t ptex, unsigned shift) { return shift == 0 || ptex >> (shift - 4) == 0; }

// Deviations of the control states that leave contents in a way which depends on the scheme.
constexpr Deviation inexact[] = {
    Deviation::prepare_allocates_half,         Deviation::prepare_says_ready_early,
    Deviation::prepare_match_says_ready_early, Deviation::commit_ignores_busy,
    Deviation::commit_ignores_collided,        Deviation::commit_swaps,
    Deviation::commit_keeps_pending,           Deviation::commit_closed_switches,
    Deviation::commit_busy_switches,           Deviation::commit_collision_switches,
    Deviation::commit_hardware_switches,
};

// The rehash's mistakes that a deviation stands for.
constexpr std::pair<Deviation, hashing::Mistake> rehash_mistakes[] = {
    {Deviation::rehash_forgets_secondary, hashing::Mistake::secondary_bits_not_complemented},
    {Deviation::rehash_forgets_1t, hashing::Mistake::terabyte_as_256m},
    {Deviation::rehash_1t_not_spread, hashing::Mistake::terabyte_vsid_not_spread},
    {Deviation::rehash_base_is_4k, hashing::Mistake::base_page_is_4k},
    {Deviation::rehash_base_is_actual, hashing::Mistake::base_page_is_the_actual_page},
    {Deviation::rehash_b_in_avpn, hashing::Mistake::segment_size_left_in_avpn},
    {Deviation::rehash_one_bit_short, hashing::Mistake::one_bit_too_few_recovered},
    {Deviation::rehash_one_bit_over, hashing::Mistake::one_bit_too_many_recovered},
    {Deviation::rehash_keeps_hpteg, hashing::Mistake::hpteg_kept},
};

// Whether COMMIT or a reset, which have to do with all slots, made the slot what it is, and nobody has looked
// since.
bool is_by_whole_table(const Possible& slot) {
  return !slot.confirmed &&
         (slot.because == Clause::commit_bolted || slot.because == Clause::commit_nothing_else ||
          slot.because == Clause::reset_empty);
}

}  // namespace

Contents::Contents(const Deviations& deviations, Rigour rigour)
    : deviations_(deviations), rigour_(rigour), rules_(slot_rules<Concrete>(deviations)) {
  exact_ = rigour == Rigour::as_specified ||
           std::none_of(std::begin(inexact), std::end(inexact), [&](Deviation one) { return has(one); });
  rehashes_wrong_ = std::any_of(std::begin(rehash_mistakes), std::end(rehash_mistakes),
                                [&](const auto& mistake) { return has(mistake.first); });
  // Then a Pending HPT may be another than the last PREPARE asked for.
  deviations.for_each([&](Deviation one) {
    pending_unsure_ |= text_of(broken_by(one)).group == "H_RESIZE_HPT_PREPARE" ||
                       std::find(std::begin(inexact), std::end(inexact), one) != std::end(inexact);
  });
  restart();
}

void Contents::restart() {
  groups_.clear();
  background_ = {};
  now_ = failed_commit_ = prepared_ = 0;
  hostile_ = forfeited_ = unknown_by_deviation_ = platforms_own_ = collided_ = false;
  pending_ = 0;
  undone_.clear();
  exercised_ = {};
}

void Contents::forget() {
  groups_.clear();
  background_ = {};
  background_.anything = true;
  forfeited_ = true;
}

const Possible& Contents::at(std::uint64_t ptex) const {
  const auto group = groups_.find(ptex / 8);
  return group == groups_.end() ? background_ : group->second[ptex % 8];
}

const Possible& Contents::at(std::uint64_t ptex, const std::vector<Change>& changes) const {
  for (auto change = changes.rbegin(); change != changes.rend(); ++change)
    if (change->ptex == ptex) return change->to;
  return at(ptex);
}

Possible& Contents::slot(std::uint64_t ptex) {
  const auto [group, added] = groups_.try_emplace(ptex / 8);
  if (added) group->second.fill(background_);
  return group->second[ptex % 8];
}

void Contents::forget_group(std::uint64_t hpteg) {
  for (std::uint64_t i = 0; i < 8; ++i) {
    auto& one = slot(hpteg * 8 + i);
    one = {};
    one.anything = true;
  }
}

std::vector<Held> Contents::held() const {
  std::vector<Held> all;
  for (const auto& [hpteg, group] : groups_)
    for (std::uint64_t i = 0; i < 8; ++i)
      for_each_hpte(group[i], [&](const HpteWords& one) {
        all.push_back({hpteg * 8 + i, one.high, one.low, group[i].must()});
      });
  std::ranges::sort(all, {}, [](const Held& one) { return std::pair(one.ptex, one.high); });
  return all;
}

// --- One slot.

Contents::Outcome Contents::judge(const Possible& slot, const Asked& asked) const {
  Outcome outcome;
  bool first = true;
  const auto look = [&](const HpteWords& hpte) {
    auto next = entry_of(hpte);
    const auto ended = walk(*asked.list, next, asked.call, asked.status);
    if (!ended) {
      if (first && ended.row != nullptr) outcome.row = ended.row->clause;
      first &= ended.row == nullptr;
      return;
    }
    if (!outcome.allowed) {
      outcome.row = ended.row->clause;
      outcome.to = {};
      outcome.to.none = false;
    }
    outcome.allowed = true;
    if (const auto words = hpte_of(next); is_valid(words))
      add(outcome.to, words);
    else
      outcome.to.none = true;
  };
  // What must be there first: it says best which row refuses.
  for_each_hpte(slot, look);
  if (slot.none) look({});
  return outcome;
}

// Judges a slot, and notes what becomes of it.
bool Contents::take_slot(std::uint64_t ptex, const Asked& asked, std::vector<Change>& changes,
                         Refused* why) const {
  const auto& before = at(ptex, changes);
  const bool reads = asked.list == &rules_.read;
  const bool mutates = asked.status == status::H_SUCCESS && !reads;
  if (before.anything) {
    if (asked.status != status::H_SUCCESS) return true;
    if (reads) {
      changes.push_back({ptex, exactly(hpte_of(asked.call.returned), Clause::read_contents)});
      changes.back().to.confirmed = true;
    } else if (asked.list == &rules_.enter || asked.list == &rules_.enter_chosen) {
      changes.push_back({ptex, exactly(hpte_of(slot_rows::entered(asked.call.entered, asked.call)),
                                       asked.list->back().clause)});
    } else if (asked.list == &rules_.remove || asked.list == &rules_.bulk) {
      changes.push_back({ptex, exactly({}, asked.list->back().clause)});
    }
    return true;
  }
  auto outcome = judge(before, asked);
  if (!outcome.allowed) {
    const auto shown = hpte_of(asked.call.returned);
    if (reads && is_platforms_own(shown)) {
      changes.push_back({ptex, exactly(shown, Clause::read_contents)});
      changes.back().to.confirmed = true;
      return true;
    }
    const std::string what = reads ? "shows " + text_of(shown) : "says " + name_of_status(asked.status);
    refuse(why, before, ptex, outcome.row, what);
    return false;
  }
  auto& to = outcome.to;
  to.because = before.because;
  to.confirmed = before.confirmed;
  to.since = before.since;
  if (reads) {
    to.because = Clause::read_contents;
    to.confirmed = true;
  } else if (mutates || before.confirmed || !is_by_whole_table(before)) {
    to.because = outcome.row;
    to.confirmed = false;
  }
  changes.push_back({ptex, std::move(to), outcome.row});
  return true;
}

void Contents::apply(std::vector<Change>& changes) {
  for (auto& change : changes) {
    change.to.since = now_;
    slot(change.ptex) = std::move(change.to);
  }
}

// The one to blame is who last had to do with the slot, unless it was seen to be as it should since.
void Contents::refuse(Refused* why, const Possible& slot, std::uint64_t ptex, Clause row,
                      const std::string& what) const {
  if (why == nullptr) return;
  const bool by_read = row == Clause::read_contents;
  const bool after_failure = failed_commit_ > slot.since;
  const bool by_whole_table = is_by_whole_table(slot);
  auto blamed = by_read || by_whole_table ? slot.because : row;
  if (blamed == Clause::commit_bolted || blamed == Clause::commit_nothing_else) {
    const bool bolted = slot.must() && is_bolted(slot.first);
    blamed = bolted ? Clause::commit_bolted : Clause::commit_nothing_else;
  }
  why->clauses = {blamed};
  if (by_whole_table && !by_read) why->clauses.push_back(row);
  if (after_failure && (by_read || by_whole_table)) {
    if (by_whole_table)
      why->clauses.push_back(Clause::commit_failure_keeps_table);
    else
      why->clauses = {Clause::commit_failure_keeps_table};
  }
  why->row = row;
  why->detail = slot.must() ? (is_bolted(slot.first) ? "bolted" : "unbolted")
                : slot.some ? "perhaps"
                            : "none";
  why->explanation =
      fmt::format("Slot {} of HPTEG {:#x} (PTEX {:#x}) may hold {}, since {}. The answer {}.\n", ptex % 8,
                  ptex / 8, ptex, text_of(slot), id_of(slot.because), what);
}

// --- The calls.

bool Contents::step(const Call& call, const Response& response, Sizes sizes, Refused* why) {
  exercised_ = {};
  if (!concerns(call, response)) return true;
  ++now_;
  // What was prepared while the table was empty went unnoticed.
  if (groups_.empty()) pending_ = sizes.pending;
  switch (call.token) {
    case token::reset:
      reset(sizes);
      return true;
    case token::H_ENTER:
      return enter(call, response, sizes.before, why);
    case token::H_READ:
      return read(call, response, sizes.before, why);
    case token::H_REMOVE:
      return remove(call, response, sizes.before, why);
    case token::H_PROTECT:
      return protect(call, response, sizes.before, why);
    case token::H_BULK_REMOVE:
      return bulk_remove(call, response, sizes.before, why);
    case token::H_RESIZE_HPT_PREPARE:
      return prepare(call, response, sizes.before, why);
    case token::H_RESIZE_HPT_COMMIT:
      return commit(call, response, sizes, why);
    default:
      return true;
  }
}

// Seen at work, if it fits; a refused step takes nothing.
void Contents::note_seen(const Possible& slot) {
  if (slot.because == Clause::commit_bolted || slot.because == Clause::commit_nothing_else) {
    exercised_.add(slot.must() && is_bolted(slot.first) ? Clause::commit_bolted
                   : slot.some                          ? Clause::commit_unbolted
                                                        : Clause::commit_nothing_else);
  }
  if (slot.because == Clause::reset_empty && !slot.confirmed && !slot.some)
    exercised_.add(Clause::reset_empty);
  if (failed_commit_ > slot.since) exercised_.add(Clause::commit_failure_keeps_table);
}

void Contents::note_answered(const std::vector<Change>& changes) {
  for (const auto& change : changes)
    if (change.row) exercised_.add(*change.row);
}

// The common case, and all that scanning a table is: slots of one HPTEG show what must be there, or nothing
// where nothing is. They are found together and confirmed in place. False: look at each by itself, for
// nothing has been done.
bool Contents::shows_expected(std::uint64_t first, unsigned count, const Response& response, unsigned shift) {
  const auto last = first + count - 1;
  if (first / 8 != last / 8 || !within(last, shift) || has(Deviation::read_hides_unbolted)) return false;
  const auto group = groups_.find(first / 8);
  const bool found = group != groups_.end();
  for (unsigned i = 0; i < count; ++i) {
    const auto& slot = found ? group->second[first % 8 + i] : background_;
    const HpteWords shown{response.out[2 * i], response.out[2 * i + 1]};
    const bool empty = !slot.some && slot.none && !slot.anything && !is_valid(shown);
    if (empty ? count == 1 && !slot.confirmed : !slot.must() || !is_alike(slot.first, shown)) return false;
  }
  for (unsigned i = 0; i < count; ++i) {
    note_seen(found ? group->second[first % 8 + i] : background_);
    if (!found || !group->second[first % 8 + i].some) continue;
    auto& slot = group->second[first % 8 + i];
    slot.confirmed = true;
    slot.because = Clause::read_contents;
    slot.since = now_;
  }
  return true;
}

bool Contents::read(const Call& call, const Response& response, unsigned shift, Refused* why) {
  constexpr std::uint64_t translated = 1ull << (63 - 25);  // R-XLATE: the page number as a logical one
  const bool four = (call.args[0] & H_READ_4) != 0;
  if (response.status != status::H_SUCCESS || (call.args[0] & ~(H_READ_4 | translated)) != 0) return true;
  const auto first =
      four && !has(Deviation::read_four_unaligned) ? call.args[1] & ~std::uint64_t{3} : call.args[1];
  if (shows_expected(first, four ? 4 : 1, response, shift)) {
    exercised_.add(Clause::read_contents);
    return true;
  }
  std::vector<Change> changes;
  for (unsigned i = 0; i < (four ? 4u : 1u); ++i) {
    const auto ptex = first + i;
    const HpteWords shown{response.out[2 * i], response.out[2 * i + 1]};
    if (!within(ptex, shift)) continue;
    const auto& before = at(ptex);
    note_seen(before);
    // Four slots at once are how a whole table is scanned: what stays empty is not worth remembering.
    if (four && !before.some && before.none && !before.anything && !is_valid(shown)) continue;
    const Asked asked{
        &rules_.read, response.status, {Concrete::Bool(true), zero, zero, nothing, entry_of(shown)}};
    if (!take_slot(ptex, asked, changes, why)) {
      exercised_ = {};
      return false;
    }
    if (is_platforms_own(shown)) platforms_own_ = true;
  }
  exercised_.add(Clause::read_contents);
  apply(changes);
  return true;
}

bool Contents::enter(const Call& call, const Response& response, unsigned shift, Refused* why) {
  const auto flags = call.args[0], ptex_asked = call.args[1];
  bool exact = (flags & H_EXACT) != 0;
  auto ptex = ptex_asked;
  const bool success = response.status == status::H_SUCCESS;
  if (has(Deviation::enter_beyond_wraps) && shift != 0) ptex &= (std::uint64_t{1} << (shift - 4)) - 1;
  if ((flags & ~H_EXACT) != 0) {
    if (success) forget_group(ptex / 8);
    return true;
  }
  const HpteWords hpte{call.args[2], call.args[3]};
  const SlotCall<Concrete> seen{Concrete::Bool(within(ptex, shift)), zero, zero, entry_of(hpte), nothing};
  if (has(Deviation::enter_exact_ignored)) exact = false;
  std::vector<Change> changes;
  const auto other_ptex = [&](Clause clause, const char* what) {
    if (why != nullptr) {
      why->clauses = {clause};
      why->row = clause;
      why->detail = "wrong-ptex";
      why->explanation = fmt::format("The PTEX returned, {:#x}, {}.\n", response.out[0], what);
    }
    return false;
  };
  if (exact) {
    const Asked asked{&rules_.enter, response.status, seen};
    if (!take_slot(ptex, asked, changes, why)) {
      if (!(platforms_own_ && response.status == status::H_PTEG_FULL)) return false;
      auto& one = slot(ptex);
      one = {};
      one.anything = true;
      return true;
    }
    if (success) {
      const auto expected = has(Deviation::enter_exact_returns_group) ? ptex & ~std::uint64_t{7} : ptex;
      if (response.out[0] != expected) return other_ptex(Clause::enter_exact, "is not the one asked for");
    }
  } else if (success) {
    auto chosen = response.out[0];
    if (has(Deviation::enter_returns_group) && chosen % 8 == 0) {
      // It took the first that is free, whichever it says.
      while (chosen % 8 != 7 && at(chosen).must()) ++chosen;
      if (const auto& taken = at(chosen); taken.some && taken.none) {
        forget_group(ptex / 8);
        return true;
      }
    }
    if (has(Deviation::enter_exact_returns_group) && (flags & H_EXACT) != 0) chosen = ptex;
    if (chosen / 8 != ptex / 8) return other_ptex(Clause::enter_group, "is in another HPTEG");
    const Asked asked{&rules_.enter_chosen, response.status, seen};
    if (!take_slot(chosen, asked, changes, why)) {
      bool full = true;
      for (std::uint64_t i = 0; i < 8; ++i) full &= at(ptex / 8 * 8 + i).must();
      if (full && why != nullptr) why->clauses = {Clause::enter_full};
      return false;
    }
    if (!changes.empty() && changes.back().row)
      changes.back().to.because = *(changes.back().row = Clause::enter_group);
    ptex = chosen;
  } else {
    const unsigned seen_slots = has(Deviation::enter_sees_seven_slots) ? 7 : 8;
    for (unsigned i = 0; i < seen_slots; ++i) {
      const Asked asked{&rules_.enter_passed, response.status, seen};
      if (take_slot(ptex / 8 * 8 + i, asked, changes, why)) continue;
      if (platforms_own_ && response.status == status::H_PTEG_FULL) return true;
      return false;
    }
    // A refused call says nothing of a slot but that it is in use.
  }
  const bool hostile = success && is_valid(hpte) && shift != 0 && !stands_right(hpte, ptex, shift);
  const bool adds = note_collision(changes);
  note_answered(changes);
  apply(changes);
  if (hostile) hostile_ = true;
  if (success && is_valid(hpte) && shift == 0) forfeited_ = true;
  if (adds && pending_ != 0 && may_collide(pending_)) collided_ = true;
  return true;
}

bool Contents::remove(const Call& call, const Response& response, unsigned shift, Refused* why) {
  const auto flags = call.args[0];
  auto ptex = call.args[1];
  if (has(Deviation::remove_beyond_wraps) && shift != 0) ptex &= (std::uint64_t{1} << (shift - 4)) - 1;
  if ((flags & ~(H_AVPN | H_ANDCOND)) != 0) {
    if (response.status == status::H_SUCCESS) slot(ptex) = exactly({}, Clause::remove_removes);
    return true;
  }
  std::vector<Change> changes;
  const Asked asked{&rules_.remove,
                    response.status,
                    {Concrete::Bool(within(ptex, shift)), W(flags), W(call.args[2]), nothing,
                     entry_of({response.out[0], response.out[1]})}};
  if (!take_slot(ptex, asked, changes, why)) return false;
  note_answered(changes);
  note_collision(changes);
  apply(changes);
  return true;
}

bool Contents::protect(const Call& call, const Response& response, unsigned shift, Refused* why) {
  constexpr std::uint64_t known = H_AVPN | slot_rows::protection_bits | 0x3f00;  // keys and pp0
  const auto flags = call.args[0];
  auto ptex = call.args[1];
  if (has(Deviation::protect_beyond_wraps) && shift != 0) ptex &= (std::uint64_t{1} << (shift - 4)) - 1;
  std::vector<Change> changes;
  if ((flags & ~known) != 0) {
    if (response.status == status::H_SUCCESS) slot(ptex) = {}, slot(ptex).anything = true;
    return true;
  }
  const Asked asked{&rules_.protect,
                    response.status,
                    {Concrete::Bool(within(ptex, shift)), W(flags), W(call.args[2]), nothing, nothing}};
  if (!take_slot(ptex, asked, changes, why)) return false;
  note_answered(changes);
  note_collision(changes);
  apply(changes);
  return true;
}

bool Contents::bulk_remove(const Call& call, const Response& response, unsigned shift, Refused* why) {
  std::vector<Change> changes;
  auto expected = status::H_SUCCESS;
  bool may_have_stopped = false;
  const auto wrong = [&](Clause clause, unsigned i, const std::string& what) {
    exercised_ = {};
    if (why != nullptr) {
      why->clauses = {clause};
      why->row = clause;
      why->detail = "specifier";
      why->explanation = fmt::format("Translation specifier {}: {}.\n", i + 1, what);
    }
    return false;
  };
  unsigned i = 0;
  for (; i < 4; ++i) {
    const auto asked_high = call.args[2 * i], low = call.args[2 * i + 1], answered = response.out[2 * i];
    if ((asked_high & bulk::type) == bulk::end) break;
    if ((asked_high & bulk::type) != bulk::request) {
      expected = status::H_PARAMETER;
      exercised_.add(Clause::bulk_parameter);
      break;
    }
    const bool stopped = response.status == status::H_HARDWARE || response.status == status::H_BUSY;
    if (stopped && answered == asked_high) {
      may_have_stopped = true;
      exercised_.add(Clause::bulk_hardware);
      break;
    }
    // Nothing says what becomes of a specifier that asks for the impossible.
    const bool impossible = (asked_high & bulk::andcond) != 0 && (asked_high & bulk::avpn) != 0;
    if (impossible && answered == asked_high && response.status == status::H_PARAMETER) {
      expected = status::H_PARAMETER;
      exercised_.add(Clause::bulk_parameter);
      break;
    }
    const bool left = has(Deviation::bulk_leaves_requests) && (answered & bulk::type) == bulk::request;
    if ((answered & bulk::type) != bulk::response && !left)
      return wrong(Clause::bulk_removes, i, fmt::format("{:#x} is no response", answered));
    auto ptex = asked_high & bulk::ptex;
    const auto flags =
        ((asked_high & bulk::avpn) != 0 ? H_AVPN : 0) | ((asked_high & bulk::andcond) != 0 ? H_ANDCOND : 0);
    const auto code = answered & bulk::code;
    const auto said = code == bulk::success     ? status::H_SUCCESS
                      : code == bulk::not_found ? status::H_NOT_FOUND
                      : code == bulk::parameter ? status::H_PARAMETER
                                                : status::H_HARDWARE;
    const Asked asked{
        &rules_.bulk, said, {Concrete::Bool(within(ptex, shift)), W(flags), W(low), nothing, nothing}};
    if (!take_slot(ptex, asked, changes, why)) {
      exercised_ = {};
      return false;
    }
    if (has(Deviation::bulk_removes_first_only) && i > 0 && said == status::H_SUCCESS) changes.pop_back();
    exercised_.add(said == status::H_SUCCESS     ? Clause::bulk_removes
                   : said == status::H_NOT_FOUND ? Clause::bulk_not_found
                   : said == status::H_PARAMETER ? Clause::bulk_parameter
                                                 : Clause::bulk_hardware);
    if (said == status::H_PARAMETER && has(Deviation::bulk_goes_on_after_parameter)) continue;
    if (said == status::H_NOT_FOUND && has(Deviation::bulk_stops_at_not_found)) break;
    if (said == status::H_PARAMETER || said == status::H_HARDWARE) {
      expected = said;
      break;
    }
  }
  const bool nothing_done =
      i == 0 && (response.status == status::H_HARDWARE || response.status == status::H_BUSY);
  if (!may_have_stopped && !nothing_done && response.status != expected)
    return wrong(expected == status::H_SUCCESS ? Clause::bulk_removes : Clause::bulk_parameter,
                 std::min(i, 3u),
                 fmt::format("the call ends with {}, not {}", name_of_status(response.status),
                             name_of_status(expected)));
  // Should one of the requests behind it have been carried out after all, this is where it went wrong.
  if (expected == status::H_PARAMETER) {
    for (++i; i < 4 && (call.args[2 * i] & bulk::type) == bulk::request; ++i) {
      auto untouched = at(call.args[2 * i] & bulk::ptex, changes);
      if (!untouched.some || is_by_whole_table(untouched)) continue;
      untouched.because = Clause::bulk_parameter;
      untouched.confirmed = false;
      changes.push_back({call.args[2 * i] & bulk::ptex, std::move(untouched)});
    }
  }
  note_collision(changes);
  apply(changes);
  return true;
}

// --- A reboot.

// Every slot is empty. That is seen at work only where something stood before, so those slots alone wait for
// somebody to look.
void Contents::reset(Sizes sizes) {
  const bool stays = has(Deviation::reset_keeps_entries), bolted_stay = has(Deviation::reset_keeps_bolted);
  if (!has(Deviation::reset_keeps_pending) && !has(Deviation::reset_keeps_prepared)) {
    pending_ = 0;
    collided_ = false;
  }
  undone_.clear();
  failed_commit_ = 0;
  if (stays || bolted_stay) {
    if (sizes.before == 0 || sizes.after == 0) return forget();
    if (sizes.before == sizes.after && (stays || forfeited_)) return;
  }
  const bool same = sizes.before == sizes.after;
  const auto old = std::exchange(groups_, {});
  background_ = {};
  background_.because = Clause::reset_empty;
  background_.since = now_;
  hostile_ = forfeited_ = unknown_by_deviation_ = platforms_own_ = false;
  for (const auto& [hpteg, group] : old) {
    if (!within(hpteg * 8, sizes.after)) continue;
    for (std::uint64_t i = 0; i < 8; ++i) {
      const auto& before = group[i];
      if (!before.some && !before.anything) continue;
      auto& one = slot(hpteg * 8 + i);
      if (bolted_stay && same && (before.anything || is_bolted(before.first)))
        one = before;
      else
        one.confirmed = false;
    }
  }
}

// --- Resizing.

// Whether two bolted HPTEs, as far as known, may need one slot in a table of that shift.
bool Contents::may_collide(unsigned to) const {
  if (has(Deviation::prepare_allocates_half) && to > min_shift) --to;
  if (platforms_own_ || hostile_ || forfeited_ || background_.anything) return true;
  const bool by_group = has(Deviation::commit_false_collision);
  const bool any = has(Deviation::commit_unbolted_collide);
  std::unordered_map<std::uint64_t, std::uint64_t> first;  // place there to place here
  std::vector<Held> there;
  for (const auto& [hpteg, group] : groups_) {
    for (std::uint64_t i = 0; i < 8; ++i) {
      if (group[i].anything) return true;
      bool collides = false;
      const auto here = hpteg * 8 + i;
      for_each_hpte(group[i], [&](const HpteWords& one) {
        if (!is_bolted(one) && !any) return;
        if (!carried({here, one.high, one.low, true}, 0, to, there)) return;
        for (const auto& held : there) {
          const auto [other, added] = first.try_emplace(by_group ? held.ptex / 8 : held.ptex, here);
          collides |= !added && other->second != here;
        }
      });
      if (collides) return true;
    }
  }
  return false;
}

// Before bolted HPTEs go, remembers whether they collided in what is pending. True: one comes.
bool Contents::note_collision(const std::vector<Change>& changes) {
  bool comes = false, goes = false;
  for (const auto& change : changes) {
    bool was = false, will_be = false;
    for_each_hpte(at(change.ptex), [&](const HpteWords& one) { was |= is_bolted(one); });
    for_each_hpte(change.to, [&](const HpteWords& one) { will_be |= is_bolted(one); });
    goes |= was && !will_be;
    comes |= will_be && !was;
  }
  if (goes && pending_ != 0 && !collided_) collided_ = may_collide(pending_);
  if (has(Deviation::commit_resurrects_removed) || has(Deviation::commit_loses_protection)) {
    for (const auto& change : changes)
      for_each_hpte(at(change.ptex), [&](const HpteWords& one) {
        const bool removed = !change.to.some && has(Deviation::commit_resurrects_removed);
        const bool changed = change.to.some && has(Deviation::commit_loses_protection);
        if (removed || (changed && !(change.to.first == one)))
          undone_.push_back({change.ptex, one.high, one.low, false});
      });
  }
  return comes;
}

bool Contents::prepare(const Call& call, const Response& response, unsigned shift, Refused* why) {
  const auto size = size_asked(call);
  const bool is_answered = response.status == status::H_SUCCESS || is_long_busy(response.status) ||
                           response.status == status::H_PTEG_FULL;
  const bool same = size != 0 && size == pending_ && call.args[0] == 0;
  const unsigned real = has(Deviation::prepare_allocates_half) && size != 0 ? size - 1 : size;
  if (response.status == status::H_PTEG_FULL && size != 0 && shift != 0) {
    if (!(collided_ && (same || pending_unsure_)) && !hostile_ &&
        !((real < shift || rehashes_wrong_) && may_collide(size))) {
      if (why != nullptr) {
        why->clauses = {same ? Clause::prepare_match_collision : Clause::prepare_create_collision};
        why->row = why->clauses.front();
        why->detail = "no-collision";
        why->explanation =
            "No two bolted HPTEs that the guest entered need one slot in a table of that size.\n";
      }
      return false;
    }
    collided_ = true;
  }
  if (same && is_answered) return true;
  if (!pending_unsure_ && response.status != status::H_HARDWARE && !(response.status == status::H_PTEG_FULL))
    collided_ = false;
  if (response.status == status::H_HARDWARE || response.status == status::H_AUTHORITY) return true;
  pending_ = is_answered && call.args[0] == 0 ? size : 0;
  if (pending_ == 0) return true;
  prepared_ = now_;
  undone_.clear();
  if (shift != 0 && (pending_ < shift || rehashes_wrong_) && may_collide(pending_)) collided_ = true;
  return true;
}

// Whether a failing COMMIT with this answer may have switched all the same.
bool Contents::switches_on(std::int64_t answer) const {
  return !exact_ && ((answer == status::H_CLOSED && has(Deviation::commit_closed_switches)) ||
                     (answer == status::H_BUSY && has(Deviation::commit_busy_switches)) ||
                     (answer == status::H_PTEG_FULL && has(Deviation::commit_collision_switches)) ||
                     (answer == status::H_HARDWARE && has(Deviation::commit_hardware_switches)));
}

// Whether some deviation may have had to do with this switch of which it is not known what it does to
// contents.
bool Contents::leaves_unknown(std::int64_t answer, unsigned size, Sizes sizes) const {
  if (exact_) return false;
  return std::any_of(std::begin(inexact), std::end(inexact), [&](Deviation one) {
    if (!has(one)) return false;
    switch (one) {
      case Deviation::commit_closed_switches:
      case Deviation::commit_busy_switches:
      case Deviation::commit_collision_switches:
      case Deviation::commit_hardware_switches:
        return switches_on(answer);
      case Deviation::commit_ignores_collided:
        return collided_ || size == 0 || may_collide(size);
      case Deviation::prepare_allocates_half:
        return sizes.after != size;
      default:
        return true;
    }
  });
}

bool Contents::commit(const Call& call, const Response& response, Sizes sizes, Refused* why) {
  const auto size = size_asked(call);
  const bool switched = sizes.after != sizes.before ||
                        (response.status == status::H_SUCCESS &&
                         (sizes.after == size || sizes.after == 0 || sizes.pending == sizes.before));
  const unsigned real = has(Deviation::prepare_allocates_half) && size != 0 ? size - 1 : size;
  const auto no_collision = [&] {
    return sizes.before != 0 && size != 0 && !collided_ && !hostile_ &&
           !((real < sizes.before || rehashes_wrong_) && may_collide(size));
  };
  if (response.status == status::H_PTEG_FULL && no_collision()) {
    if (why != nullptr) {
      why->clauses = {Clause::commit_collision};
      why->row = Clause::commit_collision;
      why->detail = "no-collision";
      why->explanation =
          "No two bolted HPTEs that the guest entered need one slot in a table of that size.\n";
    }
    return false;
  }
  if (switched) {
    const bool unknown = leaves_unknown(response.status, size, sizes);
    if (sizes.after == 0 || hostile_ || unknown) {
      const bool was_hostile = hostile_;
      forget();
      unknown_by_deviation_ = unknown;
      hostile_ = was_hostile;
      return true;
    }
    return move_to(sizes.before, sizes.after, response.status, why);
  }
  // To a table of the same size nobody sees it.
  if (sizes.pending == sizes.before && switches_on(response.status)) {
    forget();
    unknown_by_deviation_ = true;
    return true;
  }
  failed_commit_ = now_;
  if (response.status == status::H_PTEG_FULL) {
    collided_ = true;
    exercised_.add(Clause::commit_collision);
    if (has(Deviation::commit_collision_frees_table)) {
      groups_.clear();
      background_ = {};
    }
    if (has(Deviation::commit_collision_moves) && sizes.before != 0) {
      for (auto& [hpteg, group] : groups_) {
        if (hpteg < std::uint64_t{1} << (sizes.before - 8)) continue;
        for (auto& one : group) {
          if (!one.some || !is_bolted(one.first)) continue;
          one.none = true;
          if (one.more.empty()) one.some = false;
        }
      }
    }
  }
  const bool counts = response.status == status::H_CLOSED || response.status == status::H_BUSY ||
                      response.status == status::H_PTEG_FULL;
  if (counts && has(Deviation::commit_failure_drops_unbolted)) {
    for (auto& [hpteg, group] : groups_)
      for (auto& one : group) {
        if (!one.some || is_bolted(one.first)) continue;
        one.none = true;
        one.some = false;
        one.more.clear();
      }
  }
  return true;
}

// What becomes of an HPTE in a table of another shift: as a rule it stands in one place. False when not even
// the deviations tell.
bool Contents::carried(const Held& hpte, unsigned from, unsigned to, std::vector<Held>& all) const {
  all.clear();
  const HpteWords words{hpte.high, hpte.low};
  const auto size = W8(static_cast<std::uint8_t>(to));
  if (deviations_.empty()) {
    all.push_back(hpte);
    all.back().ptex = raw(hashing::rehashed_ptex(entry_of(words), W(hpte.ptex), size));
    return true;
  }
  const auto slot = hpte.ptex % 8;
  const bool bolted = is_bolted(words);
  const bool is_large = (words.high & large) != 0, is_secondary = (words.high & secondary) != 0,
             is_terabyte = words.high >> 62 == 1;
  auto mistake = hashing::Mistake::none;
  unsigned mistakes = 0;
  for (const auto& [deviation, what] : rehash_mistakes) {
    if (!has(deviation)) continue;
    mistake = what;
    ++mistakes;
  }
  // What two of them come to together is not known; to a diagnosis that is no explanation.
  if (mistakes > 1 && rigour_ == Rigour::as_far_as_known) return false;
  // What these mistakes make of such HPTEs is not agreed on.
  const bool huge = is_large && (words.low >> 12 & 0xff) == 0x03;
  if (has(Deviation::rehash_forgets_1t) && is_terabyte && huge) return false;
  if (has(Deviation::rehash_one_bit_over) && is_secondary && from == min_shift) return false;
  if (has(Deviation::commit_clears_table) && from != 0) return true;
  if ((has(Deviation::rehash_loses_last_slot) && slot == 7) ||
      (has(Deviation::rehash_loses_first_hpteg) && hpte.ptex / 8 == 0) ||
      (has(Deviation::rehash_loses_last_hpteg) && from != 0 && (hpte.ptex / 8 + 1) >> (from - 7) != 0) ||
      (has(Deviation::rehash_loses_secondary) && is_secondary) ||
      (has(Deviation::rehash_loses_large) && is_large) || (has(Deviation::rehash_loses_1t) && is_terabyte))
    return true;
  Held there = hpte;
  there.ptex = raw(hashing::rehashed_ptex(entry_of(words), W(hpte.ptex), size, mistake));
  if (has(Deviation::commit_unbolted_unhashed) && !bolted)
    there.ptex = hpte.ptex & ((std::uint64_t{1} << (to - 4)) - 1);
  if (has(Deviation::rehash_drops_bolted_bit)) there.high &= ~HPTE_BOLTED;
  if (has(Deviation::rehash_drops_secondary_bit)) there.high &= ~secondary;
  if (has(Deviation::rehash_clears_second_half)) there.low = 0;
  all.push_back(there);
  if (has(Deviation::commit_leaves_copies) && bolted && from != 0 && to > from &&
      all.front().ptex != hpte.ptex)
    all.push_back({hpte.ptex, hpte.high, hpte.low, false});
  return true;
}

bool Contents::move_to(unsigned from, unsigned to, std::int64_t answer, Refused* why) {
  Possible empty;
  empty.because = Clause::commit_nothing_else;
  empty.confirmed = false;
  empty.since = now_;
  std::vector<Held> arrivals;
  arrivals.reserve(groups_.size() * 8);
  const bool loses_entered = has(Deviation::commit_loses_entered);
  for (const auto& [hpteg, group] : groups_) {
    for (std::uint64_t i = 0; i < 8; ++i) {
      const auto& one = group[i];
      if (one.anything) {
        forget();
        return true;
      }
      for_each_hpte(one, [&](const HpteWords& hpte) {
        Held here{hpteg * 8 + i, hpte.high, hpte.low, one.must() && is_bolted(hpte)};
        if (loses_entered && one.since >= prepared_) here.certain = false;
        arrivals.push_back(here);
      });
    }
  }
  const auto present = arrivals.size();
  for (const auto& old : undone_) {
    for (auto& one : arrivals)
      if (one.ptex == old.ptex && one.high == old.high) one.certain = false;
    arrivals.push_back(old);
  }

  // Each HPTE gets the first slot that is free when its turn comes; whose turn it is when is not known.
  const bool first_slots = has(Deviation::rehash_takes_first_slot);
  struct Count {
    std::uint64_t certain = 0, all = 0;
  };
  std::unordered_map<std::uint64_t, Count> in_group;
  std::vector<Held> all;
  if (first_slots)
    for (const auto& here : arrivals) {
      if (!carried(here, from, to, all)) continue;
      for (const auto& there : all) {
        in_group[there.ptex / 8].certain += there.certain;
        ++in_group[there.ptex / 8].all;
      }
    }

  const bool overwrites = has(Deviation::commit_overwrites_on_collision) ||
                          has(Deviation::commit_ignores_collided) ||
                          (has(Deviation::commit_collision_switches) && answer == status::H_PTEG_FULL);
  std::unordered_map<std::uint64_t, Group> groups;
  // The HPTEs of one HPTEG go to one or two, as a rule; those are at hand.
  std::array<std::pair<std::uint64_t, Group*>, 2> recent{};
  const auto place = [&](std::uint64_t ptex) -> Possible& {
    const auto hpteg = ptex / 8;
    if (recent[0].first != hpteg || recent[0].second == nullptr) {
      std::swap(recent[0], recent[1]);
      if (recent[0].first != hpteg || recent[0].second == nullptr) {
        const auto [group, added] = groups.try_emplace(hpteg);
        if (added) group->second.fill(empty);
        recent[0] = {hpteg, &group->second};
      }
    }
    return (*recent[0].second)[ptex % 8];
  };
  groups.reserve(std::min(2 * groups_.size(), arrivals.size()));
  std::optional<std::pair<Held, std::uint64_t>> collision;
  for (const bool certain_ones : {true, false}) {
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
      const auto& here = arrivals[i];
      const bool is_undone = i >= present;
      if (here.certain != certain_ones) continue;
      if (!carried(here, from, to, all)) {
        forget();
        return true;
      }
      for (const auto& there : all) {
        const HpteWords words{there.high, there.low};
        if (first_slots) {
          const auto count = in_group[there.ptex / 8];
          for (std::uint64_t k = 0; k < std::min<std::uint64_t>(count.all, 8); ++k) {
            auto& one = place(there.ptex / 8 * 8 + k);
            add(one, words);
            one.because = Clause::commit_bolted;
            one.none = k >= count.certain;
          }
          continue;
        }
        auto& slot = place(there.ptex);
        if (there.certain) {
          if (slot.some && !slot.none) {
            if (overwrites) {
              add(slot, words);
              continue;
            }
            collision = {here, there.ptex};
            continue;
          }
          slot.some = true;
          slot.none = false;
          slot.first = words;
          slot.because = Clause::commit_bolted;
        } else if (!slot.must() || is_undone) {
          add(slot, words);
        }
      }
    }
  }
  if (collision) {
    // In a table that is not smaller right places do not collide, so the guest is to blame.
    if (to >= from) {
      forget();
      return true;
    }
    if (why != nullptr) {
      why->clauses = {Clause::commit_collision};
      why->row = Clause::commit_collision;
      why->detail = "collision";
      why->explanation = fmt::format(
          "Two bolted HPTEs need slot {} of HPTEG {:#x} in the new table: {}, now at PTEX {:#x}, and "
          "another.\n",
          collision->second % 8, collision->second / 8,
          text_of(HpteWords{collision->first.high, collision->first.low}), collision->first.ptex);
    }
    return false;
  }
  groups_ = std::move(groups);
  background_ = empty;
  undone_.clear();
  pending_ = 0;
  collided_ = false;
  return true;
}

}  // namespace hptck
