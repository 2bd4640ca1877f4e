// One slot in one call, by the rows of model/table/slot_rows.h: what may stand there then, and who is to
// blame when it is not as it must be. That is whoever last had to do with the slot; so each slot remembers
// the clause that made it what it is, until H_READ has confirmed it.
#include <fmt/format.h>

#include "model/framework/walk.h"
#include "model/table/contents.h"
#include "model/table/slot_rows.h"
#include "spec/embedded.h"

namespace hptck {
namespace {

bool is_by_commit(Clause clause) {
  return clause == Clause::commit_bolted || clause == Clause::commit_nothing_else;
}

}  // namespace

const Possible& Contents::at(std::uint64_t ptex, const Changes& changes) const {
  for (auto change = changes.rbegin(); change != changes.rend(); ++change)
    if (change->ptex == ptex) return change->to;
  return at(ptex);
}

Contents::Outcome Contents::judge(const Possible& slot, const Asked& asked) const {
  Outcome outcome;
  bool first = true;
  auto call = asked.call;
  const auto look = [&](const HpteWords& hpte) {
    auto next = entry_of(hpte);
    const auto ended = walk(*asked.list, next, call, asked.status);
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
    (holds(call.within) ? outcome.within : outcome.beyond) = true;
    if (const auto words = words_of(next); is_valid(words))
      outcome.to.add(words);
    else
      outcome.to.none = true;
  };
  // What must be there first: it says best which row refuses.
  const auto look_at_all = [&] {
    slot.for_each(look);
    if (slot.none) look({});
  };
  look_at_all();
  if (asked.maybe_beyond && holds(call.within)) {
    call.within = Concrete::Bool(false);
    look_at_all();
  }
  return outcome;
}

void Contents::take_unknown(std::uint64_t ptex, const Asked& asked, Changes& changes) const {
  const auto& list = asked.list;
  const auto& call = asked.call;
  const auto& rules = rules_.slot;
  if (asked.status != status::H_SUCCESS) return;
  if (list == &rules.read) {
    changes.push_back({ptex, exactly(words_of(call.returned), Clause::read_contents)});
    changes.back().to.confirmed = true;
  } else if (list == &rules.enter || list == &rules.enter_chosen) {
    changes.push_back({ptex, exactly(words_of(slot_rows::entered(call.entered, call)), list->back().clause)});
  } else if (list == &rules.remove || list == &rules.bulk) {
    changes.push_back({ptex, exactly({}, list->back().clause)});
  }
}

// Judges a slot, and notes what becomes of it.
bool Contents::take_slot(std::uint64_t ptex, const Asked& asked, Changes& changes, Refused* why) const {
  const auto& before = at(ptex, changes);
  const bool reads = asked.list == &rules_.slot.read;
  const auto shown = words_of(asked.call.returned);
  auto outcome = judge(before, asked);
  if (before.anything || (!outcome.allowed && reads && is_platforms_own(shown))) {
    take_unknown(ptex, asked, changes);
    return true;
  }
  if (!outcome.allowed) {
    if (why != nullptr)
      *why = blame(before, ptex, outcome.row,
                   reads ? "shows " + text_of(shown) : "says " + name_of_status(asked.status));
    return false;
  }
  auto& to = outcome.to;
  to.because = before.because;
  to.confirmed = before.confirmed;
  to.since = before.since;
  const bool mutates = asked.status == status::H_SUCCESS && !reads;
  if (reads || mutates || before.confirmed || !before.is_by_whole_table()) {
    to.because = outcome.row;
    to.confirmed = reads;
  }
  changes.push_back({ptex, std::move(to), outcome.row, outcome.within, outcome.beyond});
  return true;
}

bool Contents::refuse(Refused* why, Clause clause, const char* detail, const std::string& explanation) {
  if (why != nullptr) *why = {{clause}, clause, detail, explanation};
  return false;
}

// The one to blame is who last had to do with the slot, unless it was seen to be as it should since.
Contents::Refused Contents::blame(const Possible& slot, std::uint64_t ptex, Clause row,
                                  const std::string& what) const {
  Refused why;
  const bool by_read = row == Clause::read_contents, by_whole_table = slot.is_by_whole_table();
  auto blamed = by_read || by_whole_table ? slot.because : row;
  if (is_by_commit(blamed))
    blamed = slot.must_be_bolted() ? Clause::commit_bolted : Clause::commit_nothing_else;
  why.clauses = {blamed};
  if (by_whole_table && !by_read) why.clauses.push_back(row);
  if (failed_commit_ > slot.since && (by_read || by_whole_table)) {
    if (!by_whole_table) why.clauses.clear();
    why.clauses.push_back(Clause::commit_failure_keeps_table);
  }
  why.row = row;
  why.detail = slot.must_be_bolted() ? "bolted" : slot.must() ? "unbolted" : slot.some ? "perhaps" : "none";
  why.explanation = fmt::format("Slot {} of HPTEG {:#x} (PTEX {:#x}) may hold {}, since {}. The answer {}.\n",
                                ptex % 8, ptex / 8, ptex, text_of(slot), id_of(slot.because), what);
  return why;
}

// Seen at work, if it fits; a refused step takes nothing.
void Contents::note_seen(const Possible& slot) {
  if (is_by_commit(slot.because)) {
    exercised_.add(slot.must_be_bolted() ? Clause::commit_bolted
                   : slot.some           ? Clause::commit_unbolted
                                         : Clause::commit_nothing_else);
  }
  if (slot.because == Clause::reset_empty && !slot.confirmed && !slot.some)
    exercised_.add(Clause::reset_empty);
  if (failed_commit_ > slot.since) exercised_.add(Clause::commit_failure_keeps_table);
}

}  // namespace hptck
