#include "model/oracle.h"

#include <algorithm>
#include <utility>

#include "model/machines/rules.h"
#include "model/resize/rules.h"
#include "model/table/slot_rules.h"

namespace hptck {
namespace {

unsigned current_of(const ConcreteState& s) { return raw(s.current); }

}  // namespace

Oracle::Oracle(const Statement& statement, const Deviations& deviations, Rigour rigour)
    : states_(ResizeCalls{rules<Concrete>(deviations), !deviations.empty()}), contents_(deviations, rigour) {
  restart(statement);
}

void Oracle::restart(const Statement& statement) {
  states_.interface().start_shift = statement.initial_shift;
  states_.become(initial_states(statement));
  contents_.restart();
  standing_declared_ = statement.resize != Statement::Resize::unknown;
  exercised_ = {};
}

// Where the current HPT's size is not known: which there may be. No call that concerns a slot changes it.
Contents::Sizes Oracle::sizes(unsigned before, unsigned after, unsigned pending) const {
  if (before != 0) return {before, after, pending};
  const auto [least, greatest] = std::ranges::minmax(states_.states(), {}, current_of);
  return {before, after, pending, current_of(least), current_of(greatest)};
}

// An answer that fits a slot of the table, or none, leaves out the sizes that do not have it, or that do.
void Oracle::learn_size() {
  const auto& extent = contents_.extent();
  if (!extent.within && !extent.beyond) return;
  std::vector<ConcreteState> next;
  for (const auto& s : states_.states())
    if ((!extent.within || within(*extent.within, current_of(s))) &&
        (!extent.beyond || !within(*extent.beyond, current_of(s))))
      next.push_back(s);
  if (!next.empty()) states_.become(std::move(next));
}

bool Oracle::step(const Call& call, const Response& response) {
  const auto before = states_.digest();
  if (!states_.step(call, response.status)) {
    exercised_ = {};
    return false;
  }
  exercised_ = states_.exercised();
  if (!contents_.concerns(call, response)) return true;
  if (!contents_.step(call, response, sizes(before.current, states_.digest().current, before.pending))) {
    states_.undo();
    exercised_ = {};
    return false;
  }
  exercised_ |= contents_.exercised();
  // H_READ has rows that tell sizes apart.
  if (before.current == 0 && call.token != token::H_READ) learn_size();
  return true;
}

// Whether what is in the table suits the answer, of which some live state allows the status.
bool Oracle::suits_contents(const Call& call, const Response& response,
                            const StateSet<ResizeCalls>::Next& next, Contents::Refused* why) const {
  if (!contents_.concerns(call, response)) return true;
  const auto& before = states_.digest();
  const auto after = next.known ? ResizeCalls::digest_of(next.states).current : before.current;
  auto contents = contents_;
  return contents.step(call, response, sizes(before.current, after, before.pending), why);
}

bool Oracle::allows(const Call& call, const Response& response) const {
  const auto next = states_.after(call, response.status);
  return !next.refused() && suits_contents(call, response, next, nullptr);
}

Refusal Oracle::explain(const Call& call, const Response* response) const {
  if (response == nullptr) return refusal_of(states_, call, std::nullopt);
  const auto next = states_.after(call, response->status);
  Contents::Refused why;
  if (next.refused() || suits_contents(call, *response, next, &why))
    return refusal_of(states_, call, response->status);
  Refusal refusal;
  refusal.by_contents = true;
  refusal.clauses = why.clauses;
  for (const auto clause : why.clauses) refusal.rows.add(clause);
  refusal.rows.add(why.row);
  const auto names = ids_of(why.clauses);
  refusal.key =
      without_blanks(fmt::format("{}:{}:contents:{}", name_of_token(call.token), names, why.detail));
  refusal.headline = fmt::format("{} answered {}, against {}", to_string(call),
                                 to_string(defined_part(call, *response)), names);
  for (const auto clause : why.clauses)
    refusal.explanation +=
        fmt::format("{} asks: {}\n({}.)\n", id_of(clause), text_of(clause).text, place_of(clause));
  refusal.explanation += why.explanation;
  return refusal;
}

void Oracle::resync(const Call& call, const Response& response) {
  contents_.forget();
  states_.become(widened(states_.states(), standing_declared_, call, response));
  exercised_ = {};
}

ClauseSet clauses_with_rows() {
  ClauseSet clauses;
  const auto add = [&](const auto&, const auto& list) {
    for (const auto& row : list) clauses.add(row.clause);
  };
  for_each_list(specification<Concrete>(), add);
  for_each_list(slot_specification<Concrete>(), add);
  for_each_list(machines::page_size_specification<Concrete>(), add);
  for_each_list(TableRules<Concrete>(), add);
  return clauses;
}

}  // namespace hptck
