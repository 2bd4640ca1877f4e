#include "model/described/defects.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "model/described/words.h"
#include "model/resize/explorer.h"
#include "model/resize/interface.h"
#include "model/resize/rows.h"
#include "spec/embedded.h"

namespace hptck {
namespace {

using namespace status;
using C = Clause;

// A partition of each standing, its HPT of shift 19 of at most 20, and one whose size is not limited. Shifts
// below, at, between and above all bounds, and register values that only a wide comparison tells from them.
std::vector<ConcreteState> small_partitions() {
  std::vector<ConcreteState> states;
  for (const auto resize :
       {Statement::Resize::enabled, Statement::Resize::disabled, Statement::Resize::absent}) {
    for (const std::uint8_t largest : {20, 46}) {
      const auto more = initial_states({resize, 19, largest});
      states.insert(states.end(), more.begin(), more.end());
    }
  }
  return states;
}

const std::vector<Call>& small_calls() {
  static const auto calls = [] {
    std::vector<Call> all;
    for (const std::uint64_t flags : {0, 1}) {
      for (const std::uint64_t shift : {0, 17, 18, 19, 20, 21, 46, 47}) {
        all.push_back(prepare(flags, shift));
        all.push_back(commit(flags, shift));
      }
    }
    all.push_back({token::H_ENTER, {0, 0, HPTE_BOLTED | HPTE_VALID, 0}});
    return all;
  }();
  return calls;
}

std::vector<ConcreteState> reachable(const Rules<Concrete>& rules) {
  std::vector<ConcreteState> states;
  explore(rules, small_partitions(), small_calls(), [&](const ConcreteState& s) { states.push_back(s); });
  return states;
}

// What an Answers value is made of, by name.
std::set<std::string> names_of(const Answers& allowed) {
  std::set<std::string> names;
  if (allowed.anything) names.insert("any answer");
  if (allowed.long_busy) names.insert("H_LONG_BUSY_*");
  for (std::uint8_t i = 0; i < allowed.count; ++i) names.insert(name_of_status(allowed.codes[i]));
  return names;
}

std::string list(const std::set<std::string>& names) {
  std::vector<std::string> quoted;
  for (const auto& name : names) quoted.push_back("`" + name + "`");
  return quoted.empty() ? "none" : joined(quoted, "and");
}

struct Hypercall {
  const char* name;
  ResizeList<Concrete> Rules<Concrete>::*rows;
  std::uint64_t token;
  std::set<std::string> listed;  // in the syntax box
};

const std::vector<Hypercall>& resize_hypercalls() {
  static const std::vector<Hypercall> both{
      {"H_RESIZE_HPT_PREPARE",
       &Rules<Concrete>::prepare,
       token::H_RESIZE_HPT_PREPARE,
       {"H_SUCCESS", "H_AUTHORITY", "H_PARAMETER", "H_RESOURCE", "H_PTEG_FULL", "H_LONG_BUSY_*"}},
      {"H_RESIZE_HPT_COMMIT",
       &Rules<Concrete>::commit,
       token::H_RESIZE_HPT_COMMIT,
       {"H_SUCCESS", "H_AUTHORITY", "H_CLOSED", "H_PTEG_FULL", "H_BUSY"}}};
  return both;
}

// Calls visit(arguments) for the calls of the hypercall.
template <class Visitor>
void for_each_arguments(const Rules<Concrete>& rules, const Hypercall& hypercall, Visitor visit) {
  for (const auto& call : small_calls()) {
    if (call.token != hypercall.token) continue;
    for_each_rule(rules, call, 0,
                  [&](const ConcreteList&, const ConcreteArguments& arguments) { visit(call, arguments); });
  }
}

// A reading as an edit of the rows.
struct Reading {
  const char* id;
  const char* text;
  std::function<void(Rules<Concrete>&)> edit;
  bool settles_a8 = false;  // then the may rows that keep A8 open are dead by design
};

void take_numbered_items_only(Rules<Concrete>& rules) {
  rules.prepare.remove(C::prepare_hardware)
      .remove(C::prepare_option_absent)
      .remove(C::prepare_resource_transient)
      .remove(C::prepare_create_collision);
  rules.commit.remove(C::commit_hardware).remove(C::commit_option_absent);
}

// A preparation that ended on a collision counts as not fully prepared.
void take_collided_for_unprepared(Rules<Concrete>& rules) {
  rules.prepare.also(C::prepare_match_busy, rows::and_(rows::matches, rows::collided));
  rules.commit.also(C::commit_busy, rows::collided);
}

// The may rows of A8 go: an ended preparation is over.
void take_collided_for_ended(Rules<Concrete>& rules) {
  rules.prepare.unless(C::prepare_match_busy, rows::collided);
  rules.commit.unless(C::commit_busy, rows::collided);
}

const std::vector<Reading>& readings() {
  static const std::vector<Reading> all{
      {"chosen", "the readings that the kit has chosen", [](auto&) {}},
      {"items", "the numbered items alone, a collision at the end of preparation counting as its end",
       [](auto& rules) {
         take_numbered_items_only(rules);
         take_collided_for_ended(rules);
       },
       true},
      {"literal", "the numbered items alone, a collision counting as not fully prepared (A8)",
       [](auto& rules) {
         take_numbered_items_only(rules);
         take_collided_for_unprepared(rules);
       },
       true},
      {"lasting", "H_RESOURCE only above a lasting limit (A2)",
       [](auto& rules) { rules.prepare.remove(C::prepare_resource_transient); }},
      {"later", "a collision shows only at a later PREPARE or at COMMIT (A6)",
       [](auto& rules) { rules.prepare.remove(C::prepare_create_collision); }},
      {"synchronous", "preparation always ends before PREPARE returns, without collision",
       [](auto& rules) {
         rules.prepare.remove(C::prepare_create_busy).remove(C::prepare_create_collision);
         rules.hidden.remove(C::pending_collides);
       }},
  };
  return all;
}

// The rows that answer somewhere, as (clause, answers), and the answers that are given.
struct Answered {
  std::set<std::size_t> rows;
  std::set<std::string> codes;
};

Answered answered(const Rules<Concrete>& rules, const std::vector<ConcreteState>& states,
                  const Hypercall& hypercall) {
  Answered result;
  const auto& rows = rules.*hypercall.rows;
  for_each_arguments(rules, hypercall, [&](const Call&, const ConcreteArguments& arguments) {
    for (const auto& s : states) {
      for_each_outcome(rows, s, arguments, [&](const ConcreteRow& row, const ConcreteState&) {
        if (result.rows.insert(static_cast<std::size_t>(&row - &*rows.begin())).second)
          result.codes.merge(names_of(row.allowed));
      });
    }
  });
  return result;
}

std::set<std::string> without(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::set<std::string> rest;
  std::ranges::set_difference(a, b, std::inserter(rest, rest.end()));
  return rest;
}

std::string codes_section(const Rules<Concrete>& specification) {
  std::string text =
      "### Q1. Return codes listed and return codes produced\n\n"
      "For each reading, the codes that some row answers somewhere, beside the codes in the syntax box.\n\n"
      "| hypercall | reading | produced, not listed | listed, never produced |\n| --- | --- | --- | --- |\n";
  for (const auto& hypercall : resize_hypercalls()) {
    for (const auto& reading : readings()) {
      auto rules = specification;
      reading.edit(rules);
      const auto codes = answered(rules, reachable(rules), hypercall).codes;
      text += fmt::format("| {} | {} | {} | {} |\n", hypercall.name, reading.text,
                          list(without(codes, hypercall.listed)), list(without(hypercall.listed, codes)));
    }
  }
  return text + "\n";
}

std::string dead_rows_section(const Rules<Concrete>& specification) {
  std::string text =
      "### Q2. Rows that never answer\n\n"
      "A row that has been put aside by a reading is not counted. An effect row answers nothing by "
      "itself.\n\n"
      "| reading | rows that answer in no state that can be reached |\n| --- | --- |\n";
  for (const auto& reading : readings()) {
    auto rules = specification;
    reading.edit(rules);
    const auto states = reachable(rules);
    std::vector<std::string> dead;
    for (const auto& hypercall : resize_hypercalls()) {
      const auto alive = answered(rules, states, hypercall).rows;
      std::size_t index = 0;
      for (const auto& row : rules.*hypercall.rows) {
        const bool answers = row.kind == RowKind::effect || alive.contains(index);
        ++index;
        if (answers) continue;
        const bool a8 = row.clause == C::prepare_match_busy || row.clause == C::commit_busy;
        if (reading.settles_a8 && a8 && row.kind == RowKind::may) continue;
        dead.push_back(fmt::format("`{}` ({}, {})", id_of(row.clause),
                                   row.kind == RowKind::may ? "may" : "must", in_words(row.allowed)));
      }
    }
    text += fmt::format("| {} | {} |\n", reading.text, dead.empty() ? "none" : joined(dead, "and"));
  }
  return text + "\n";
}

bool disjoint(const Answers& a, const Answers& b) {
  if (a.anything || b.anything) return false;
  const auto mine = names_of(a);
  return std::ranges::none_of(names_of(b), [&](const auto& name) { return mine.contains(name); });
}

// Rows of one list that match the same call in the same state and demand different answers. A row without a
// condition is the list's "else" and is left out.
std::string order_section(const Rules<Concrete>& rules) {
  std::string text =
      "### Q3. Where only the order of the items decides\n\n"
      "Pairs of items whose conditions hold together, for some call in some state that can be reached, and "
      "whose "
      "answers have nothing in common. The text has to be read as \"first match wins\"; nothing in it says "
      "so.\n\n"
      "| hypercall | first | second | for instance |\n| --- | --- | --- | --- |\n";
  const auto states = reachable(rules);
  for (const auto& hypercall : resize_hypercalls()) {
    const auto& rows = rules.*hypercall.rows;
    std::map<std::pair<std::size_t, std::size_t>, std::string> pairs;
    for_each_arguments(rules, hypercall, [&](const Call& call, const ConcreteArguments& arguments) {
      for (const auto& initial : states) {
        // Without the option no item is reached at all.
        if (static_cast<Standing>(raw(initial.standing)) == Standing::absent) continue;
        auto s = initial;
        const auto a = rows.taken(s, arguments);
        std::vector<std::size_t> matching;
        std::size_t index = 0;
        for (const auto& row : rows) {
          const auto here = index++;
          if (!matched(row, s, a)) continue;
          if (row.kind == RowKind::effect) s = row.next(s, a);
          if (row.kind != RowKind::must || !row.when) continue;
          for (const auto earlier : matching) {
            if (!disjoint((rows.begin() + static_cast<std::ptrdiff_t>(earlier))->allowed, row.allowed))
              continue;
            pairs.try_emplace({earlier, here}, fmt::format("{} when {}", to_string(call), describe(initial)));
          }
          matching.push_back(here);
        }
      }
    });
    for (const auto& [pair, instance] : pairs) {
      const auto& first = *(rows.begin() + static_cast<std::ptrdiff_t>(pair.first));
      const auto& second = *(rows.begin() + static_cast<std::ptrdiff_t>(pair.second));
      text += fmt::format("| {} | `{}`: {} | `{}`: {} | {} |\n", hypercall.name, id_of(first.clause),
                          in_words(first.allowed), id_of(second.clause), in_words(second.allowed), instance);
    }
  }
  return text + "\n";
}

// What the same COMMIT may answer next, after each answer, the Pending HPT being of the size asked for.
std::string after_failure_section(const Rules<Concrete>& rules) {
  std::string text =
      "### Q4. What a failed call says about the next one\n\n"
      "After a call with flags zero and the Pending HPT's own shift was answered like this, what may the "
      "same "
      "call answer next? Everything that the kit's readings let a right platform do is counted, hidden steps "
      "included. H_HARDWARE is left out on both sides.\n\n"
      "| hypercall | answer | possible answers to the same call, made again |\n| --- | --- | --- |\n";
  const auto states = reachable(rules);
  for (const auto& hypercall : resize_hypercalls()) {
    const auto& rows = rules.*hypercall.rows;
    std::map<std::string, std::set<std::string>> next_answers;
    for (const auto& s : states) {
      if (!may_change_unseen(s)) continue;
      const ConcreteArguments own{Concrete::Word<64>(0), Concrete::Word<64>(raw(s.pending)),
                                  Concrete::Word<64>(0), Concrete::Word<64>(0)};
      for_each_outcome(rows, s, own, [&](const ConcreteRow& row, const ConcreteState& next) {
        for (const auto& answer : names_of(row.allowed)) {
          if (answer == "H_HARDWARE") continue;
          for_each_candidate(rules.hidden, next, no_arguments, [&](const ConcreteState& later, ClauseSet) {
            for_each_outcome(rows, later, own, [&](const ConcreteRow& second, const ConcreteState&) {
              auto names = names_of(second.allowed);
              names.erase("H_HARDWARE");
              next_answers[answer].merge(names);
            });
          });
        }
      });
    }
    for (const auto& [answer, next] : next_answers)
      text += fmt::format("| {} | `{}` | {} |\n", hypercall.name, answer, list(next));
  }
  return text + "\n";
}

// Which error returns of PREPARE leave no Pending HPT although there was one.
std::string lost_section(const Rules<Concrete>& rules) {
  std::string text =
      "### Q5. Answers under which a Pending HPT is lost\n\n"
      "A Pending HPT was there before the call. Is one there after it, by the rows alone, without a hidden "
      "step?\n\n"
      "| hypercall | answer | the Pending HPT afterwards |\n| --- | --- | --- |\n";
  const auto states = reachable(rules);
  for (const auto& hypercall : resize_hypercalls()) {
    const auto& rows = rules.*hypercall.rows;
    std::map<std::string, std::set<std::string>> afterwards;
    for_each_arguments(rules, hypercall, [&](const Call&, const ConcreteArguments& arguments) {
      for (const auto& s : states) {
        if (!may_change_unseen(s)) continue;
        for_each_outcome(rows, s, arguments, [&](const ConcreteRow& row, const ConcreteState& next) {
          const bool became_current = static_cast<Gone>(raw(next.gone)) == Gone::committed;
          const auto fate = !may_change_unseen(next) ? (became_current ? "is the current HPT" : "none")
                            : raw(next.pending) == raw(s.pending) ? "the same"
                                                                  : "another";
          for (const auto& answer : names_of(row.allowed)) afterwards[answer].insert(fate);
        });
      }
    });
    for (const auto& [answer, fates] : afterwards)
      text += fmt::format("| {} | `{}` | {} |\n", hypercall.name, answer,
                          joined({fates.begin(), fates.end()}, "or"));
  }
  return text + "\n";
}

std::string escaped(std::string text) {
  // A `*` between backquotes stands for itself; elsewhere it is escaped.
  std::string result;
  bool quoted = false;
  for (const char c : text) {
    if (c == '`') quoted = !quoted;
    if (c == '*' && !quoted) result += '\\';
    result += c;
  }
  return result;
}

}  // namespace

std::string computed_defects(const Rules<Concrete>& specification) {
  return escaped(codes_section(specification) + dead_rows_section(specification) +
                 order_section(specification) + after_failure_section(specification) +
                 lost_section(specification));
}

}  // namespace hptck
