// The calls that have to do with slots: each is taken apart into the slots that it concerns, and put together
// from what they say (model/table/one_slot.cpp).
#include <fmt/format.h>

#include <algorithm>

#include "model/table/contents.h"
#include "model/table/slot_rows.h"

namespace hptck {
namespace {

using W = Concrete::Word<64>;

constexpr W zero{0};
constexpr hashing::Entry<Concrete> nothing{zero, zero};

HpteWords shown_in(const Response& response, unsigned i) {
  return {response.out[2 * i], response.out[2 * i + 1]};
}

bool is_alike(const HpteWords& held, const HpteWords& shown) {
  // Nearly always they are the same words, and what is alike to itself need not be worked out.
  return held == shown || holds(slot_rows::alike(entry_of(held), entry_of(shown)));
}

// Two that are the same where the size of the table is known.
Concrete::Bool may_be_within(std::uint64_t ptex, const Contents::Sizes& sizes) {
  return Concrete::Bool(within(ptex, sizes.greatest));
}
bool may_be_beyond(std::uint64_t ptex, const Contents::Sizes& sizes) {
  return sizes.least != 0 && !within(ptex, sizes.least);
}

std::int64_t outcome_of(std::uint64_t specifier) {
  const auto code = specifier & bulk::code;
  return code == bulk::success     ? status::H_SUCCESS
         : code == bulk::not_found ? status::H_NOT_FOUND
         : code == bulk::parameter ? status::H_PARAMETER
                                   : status::H_HARDWARE;
}
Clause clause_of(std::int64_t outcome) {
  return outcome == status::H_SUCCESS     ? Clause::bulk_removes
         : outcome == status::H_NOT_FOUND ? Clause::bulk_not_found
         : outcome == status::H_PARAMETER ? Clause::bulk_parameter
                                          : Clause::bulk_hardware;
}

}  // namespace

void Contents::apply(Changes& changes) {
  for (auto& change : changes) {
    if (change.row) exercised_.add(*change.row);
    if (!change.within) extent_.beyond = std::min(extent_.beyond.value_or(change.ptex), change.ptex);
    if (!change.beyond) extent_.within = std::max(extent_.within.value_or(change.ptex), change.ptex);
    change.to.since = now_;
    table_.slot(change.ptex) = std::move(change.to);
  }
}

// The same, of a call that changes what is there: which may matter to the next COMMIT.
void Contents::carry_out(Changes& changes) {
  bool comes = false, goes = false;
  for (const auto& change : changes) {
    bool was = false, will_be = false;
    const auto& slot = at(change.ptex);
    slot.for_each([&](const HpteWords& one) { was |= is_bolted(one); });
    change.to.for_each([&](const HpteWords& one) { will_be |= is_bolted(one); });
    goes |= was && !will_be;
    comes |= will_be && !was;
    if (!rules_.remembers_undone) continue;
    slot.for_each([&](const HpteWords& one) {
      if (change.to.some && change.to.first == one) return;
      since_.undone.push_back({change.ptex, one, change.to.some ? Presence::changed : Presence::removed});
    });
  }
  if (goes && since_.pending != 0 && !since_.collided) since_.collided = may_collide(since_.pending);
  apply(changes);
  if (comes && since_.pending != 0 && may_collide(since_.pending)) since_.collided = true;
}

// The common case, and all that scanning a table is: slots of one HPTEG show what must be there, or nothing
// where nothing is. They are found together and confirmed in place. False: look at each by itself, for
// nothing has been done.
bool Contents::shows_expected(std::uint64_t first, unsigned count, const Response& response, unsigned shift) {
  const auto last = first + count - 1;
  if (first / 8 != last / 8 || !within(last, shift) || !shows_as_is_) return false;
  const auto group = table_.groups.find(first / 8);
  const bool found = group != table_.groups.end();
  for (unsigned i = 0; i < count; ++i) {
    const auto& slot = found ? group->second[first % 8 + i] : table_.background;
    const HpteWords shown{response.out[2 * i], response.out[2 * i + 1]};
    const bool empty = !slot.some && slot.none && !slot.anything && !is_valid(shown);
    if (empty ? count == 1 && !slot.confirmed : !slot.must() || !is_alike(slot.first, shown)) return false;
  }
  for (unsigned i = 0; i < count; ++i) {
    note_seen(found ? group->second[first % 8 + i] : table_.background);
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
  const auto first = four ? call.args[1] & rules_.calls.read_four_mask : call.args[1];
  const unsigned count = four ? 4 : 1;
  exercised_.add(Clause::read_contents);
  if (shows_expected(first, count, response, shift)) return true;
  Changes changes;
  for (unsigned i = 0; i < count; ++i) {
    const auto ptex = first + i;
    const auto shown = shown_in(response, i);
    if (!within(ptex, shift)) continue;
    const auto& before = at(ptex);
    note_seen(before);
    // Four slots at once are how a whole table is scanned: what stays empty is not worth remembering.
    if (four && before.must_be_empty() && !is_valid(shown)) continue;
    const Asked asked{
        &rules_.slot.read, response.status, {Concrete::Bool(true), zero, zero, nothing, entry_of(shown)}};
    if (!take_slot(ptex, asked, changes, why)) return false;
    platforms_own_ |= is_platforms_own(shown);
  }
  apply(changes);
  return true;
}

bool Contents::enter(const Call& call, const Response& response, const Sizes& sizes, Refused* why) {
  const auto shift = sizes.before;
  const auto flags = call.args[0];
  auto ptex = call.args[1];
  const bool success = response.status == status::H_SUCCESS;
  if ((flags & ~H_EXACT) != 0) {
    if (success) table_.forget_group(ptex / 8);
    return true;
  }
  const HpteWords hpte{call.args[2], call.args[3]};
  const bool platform_in_the_way = platforms_own_ && response.status == status::H_PTEG_FULL;
  const auto other_ptex = [&](Clause clause, const char* what) {
    return refuse(why, clause, "wrong-ptex",
                  fmt::format("The PTEX returned, {:#x}, {}.\n", response.out[0], what));
  };
  Asked asked{&rules_.slot.enter,
              response.status,
              {may_be_within(ptex, sizes), zero, zero, entry_of(hpte), nothing},
              may_be_beyond(ptex, sizes)};
  Changes changes;
  if ((flags & H_EXACT) != 0) {
    if (!take_slot(ptex, asked, changes, why)) {
      if (platform_in_the_way) table_.slot(ptex) = unknown_slot();
      return platform_in_the_way;
    }
    if (success && response.out[0] != (ptex & rules_.calls.exact_returned_mask))
      return other_ptex(Clause::enter_exact, "is not the one asked for");
  } else if (success) {
    auto chosen = response.out[0];
    if (rules_.calls.enter_returns_group && chosen % 8 == 0) {
      // It took the first that is free, whichever it says.
      while (chosen % 8 != 7 && at(chosen).must()) ++chosen;
      if (at(chosen).some && at(chosen).none) {
        table_.forget_group(ptex / 8);
        return true;
      }
    }
    if (chosen / 8 != ptex / 8) return other_ptex(Clause::enter_group, "is in another HPTEG");
    asked.list = &rules_.slot.enter_chosen;
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
    // A refused call says nothing of a slot but that it is in use.
    asked.list = &rules_.slot.enter_passed;
    for (unsigned i = 0; i < rules_.calls.enter_slots; ++i)
      if (!take_slot(ptex / 8 * 8 + i, asked, changes, why)) return platform_in_the_way;
  }
  carry_out(changes);
  if (!success || !is_valid(hpte)) return true;
  if (shift == 0)
    forfeited_ = true;
  else
    hostile_ |= !holds(
        hashing::stands_right(entry_of(hpte), W(ptex), Concrete::Word<8>(static_cast<std::uint8_t>(shift))));
  return true;
}

bool Contents::remove_or_protect(const Call& call, const Response& response, const Sizes& sizes,
                                 Refused* why) {
  const bool removes = call.token == token::H_REMOVE;
  const auto known =
      removes ? H_AVPN | H_ANDCOND : H_AVPN | slot_rows::protection_bits | 0x3f00;  // keys and pp0
  const auto flags = call.args[0], ptex = call.args[1];
  if ((flags & ~known) != 0) {
    if (response.status == status::H_SUCCESS)
      table_.slot(ptex) = removes ? exactly({}, Clause::remove_removes) : unknown_slot();
    return true;
  }
  Changes changes;
  const Asked asked{
      removes ? &rules_.slot.remove : &rules_.slot.protect,
      response.status,
      {may_be_within(ptex, sizes), W(flags), W(call.args[2]), nothing, entry_of(shown_in(response, 0))},
      may_be_beyond(ptex, sizes)};
  if (!take_slot(ptex, asked, changes, why)) return false;
  carry_out(changes);
  return true;
}

bool Contents::bulk_remove(const Call& call, const Response& response, const Sizes& sizes, Refused* why) {
  const auto answer = response.status;
  const bool stops = answer == status::H_HARDWARE || answer == status::H_BUSY;
  const auto type_of = [&](unsigned i) { return call.args[2 * i] & bulk::type; };
  const auto wrong = [&](Clause clause, unsigned i, const std::string& what) {
    return refuse(why, clause, "specifier", fmt::format("Translation specifier {}: {}.\n", i + 1, what));
  };
  Changes changes;
  auto expected = status::H_SUCCESS;
  bool may_have_stopped = false;
  const auto ends_with = [&](std::int64_t status) {
    exercised_.add(clause_of(status));
    expected = status;
  };
  unsigned i = 0;
  for (; i < 4 && type_of(i) != bulk::end; ++i) {
    const auto specifier = call.args[2 * i], answered = response.out[2 * i];
    const bool avpn = (specifier & bulk::avpn) != 0, andcond = (specifier & bulk::andcond) != 0;
    const bool untouched = answered == specifier;
    if (type_of(i) != bulk::request) {
      ends_with(status::H_PARAMETER);
      break;
    }
    if (stops && untouched) {
      may_have_stopped = true;
      exercised_.add(Clause::bulk_hardware);
      break;
    }
    // Nothing says what becomes of a specifier that asks for the impossible.
    if (avpn && andcond && untouched && answer == status::H_PARAMETER) {
      ends_with(status::H_PARAMETER);
      break;
    }
    if (const auto type = answered & bulk::type;
        type != bulk::response && !(type == bulk::request && rules_.calls.bulk_may_leave_type))
      return wrong(Clause::bulk_removes, i, fmt::format("{:#x} is no response", answered));
    const auto ptex = specifier & bulk::ptex;
    const auto flags = (avpn ? H_AVPN : 0) | (andcond ? H_ANDCOND : 0);
    const auto outcome = outcome_of(answered);
    const Asked asked{&rules_.slot.bulk,
                      outcome,
                      {may_be_within(ptex, sizes), W(flags), W(call.args[2 * i + 1]), nothing, nothing},
                      may_be_beyond(ptex, sizes)};
    if (!take_slot(ptex, asked, changes, why)) return false;
    if (i >= rules_.calls.bulk_carried_out && outcome == status::H_SUCCESS) changes.pop_back();
    exercised_.add(clause_of(outcome));
    const auto ending = std::ranges::find(rules_.calls.bulk_endings, outcome, &CallRules::Ending::outcome);
    if (ending == rules_.calls.bulk_endings.end()) continue;
    expected = ending->status;
    break;
  }
  if (!may_have_stopped && !(stops && i == 0) && answer != expected)
    return wrong(
        expected == status::H_SUCCESS ? Clause::bulk_removes : Clause::bulk_parameter, std::min(i, 3u),
        fmt::format("the call ends with {}, not {}", name_of_status(answer), name_of_status(expected)));
  // Should one of the requests behind it have been carried out after all, this is where it went wrong.
  for (++i; expected == status::H_PARAMETER && i < 4 && type_of(i) == bulk::request; ++i) {
    const auto ptex = call.args[2 * i] & bulk::ptex;
    auto left = at(ptex, changes);
    if (!left.some || left.is_by_whole_table()) continue;
    left.because = Clause::bulk_parameter;
    left.confirmed = false;
    changes.push_back({ptex, std::move(left)});
  }
  carry_out(changes);
  return true;
}

}  // namespace hptck
