// Ordered decision lists. A hypercall is one list, its rows in the document's order. First match wins, and
// the list, not the author of a row, supplies "no earlier row matched". That is how LoPAR writes semantics,
// and it keeps visible what independent guards would hide: an effect in mid-list (PREPARE discards a Pending
// HPT that does not match, and goes on, perhaps to an error).
//
// The answer is an input, status and outputs: a row says which it allows, so that little nondeterminism is
// left.
//   must    matched: the answer has to be one of these, then the next state
//   may     matched and the answer is one of these: then the next state; otherwise the walk goes on
//   effect  matched: the state changes and the walk goes on
// Conditions and next states are generic lambdas over a value domain (model/framework/domain.h), so a row is
// written once (GenericRow) and read in a domain by putting it into a DecisionList of that domain. There the
// lambdas sit behind std::function: a list can then be edited, which is how a deviation is made, and one
// oracle serves the specification and every wrong hypervisor. A walk over function objects is some three
// times slower than over the types themselves; the oracle remembers steps, so it does not show.
//
// There is one kind of row for every interface: the state S and the arguments A are parameters. What is
// asked of them is an ite() that chooses between two states, for terms, and a true_of() that says "always" in
// the state's domain.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <tuple>
#include <vector>

#include "model/framework/domain.h"
#include "model/hypercall.h"
#include "spec/clause.h"

namespace hptck {

enum class RowKind : std::uint8_t { must, may, effect };

/// A finite set of status values, all of H_LONG_BUSY_* counting as one member.
struct Answers {
  std::array<std::int64_t, 3> codes{};
  std::uint8_t count = 0;
  bool long_busy = false;
  bool anything = false;
  bool failure = false;  ///< everything but H_SUCCESS

  constexpr bool allow(std::int64_t code) const {
    if (anything || (failure && code != status::H_SUCCESS) || (long_busy && is_long_busy(code))) return true;
    for (std::uint8_t i = 0; i < count; ++i) {
      if (codes[i] == code) return true;
    }
    return false;
  }
};

/// Whether an answer, known only as a value of the domain, is allowed.
template <class Word>
constexpr auto allows(const Answers& allowed, const Word& code) {
  const auto always = eq(code, code);
  if (allowed.anything) return always;
  auto any = negate(always);
  if (allowed.long_busy)
    any = both(negate(ult(code, lit(status::H_LONG_BUSY_ORDER_1_MSEC))),
               negate(ult(lit(status::H_LONG_BUSY_ORDER_100_SEC), code)));
  if (allowed.failure) any = either(any, negate(eq(code, lit(status::H_SUCCESS))));
  for (std::uint8_t i = 0; i < allowed.count; ++i) any = either(any, eq(code, lit(allowed.codes[i])));
  return any;
}

template <class... Codes>
constexpr Answers answers(Codes... codes) {
  return {{codes...}, sizeof...(codes), false, false};
}
inline constexpr Answers long_busy{{}, 0, true, false};
inline constexpr Answers anything{{}, 0, false, true};
inline constexpr Answers any_failure{{}, 0, false, false, true};

/// A condition that always holds, in every domain.
struct Always {};
/// A next state that is the present one.
struct Unchanged {};

/// A row as it is written: for every domain.
template <class When, class Then, class Returns = Always>
struct GenericRow {
  RowKind kind;
  Clause clause;
  When when;
  Answers allowed;
  Then then;
  Returns returns = {};
};

/// `returns`: whether the outputs fit, where the row looks at them.
template <class When, class Then, class Returns = Always>
constexpr auto must(Clause clause, When when, Answers allowed, Then then, Returns returns = {}) {
  return GenericRow<When, Then, Returns>{RowKind::must, clause, when, allowed, then, returns};
}
template <class When, class Then>
constexpr auto may(Clause clause, When when, Answers allowed, Then then) {
  return GenericRow<When, Then>{RowKind::may, clause, when, allowed, then};
}
template <class When, class Then>
constexpr auto effect(Clause clause, When when, Then then) {
  return GenericRow<When, Then>{RowKind::effect, clause, when, Answers{}, then};
}

template <class... Rows>
constexpr auto decision_list(Rows... rows) {
  return std::tuple<Rows...>(rows...);
}

/// A row as it is read in one domain, of a state S and of arguments A.
template <class Domain, class S, class A>
struct Row {
  using Bool = typename Domain::Bool;
  using Condition = std::function<Bool(const S&, const A&)>;

  RowKind kind;
  Clause clause;
  Condition when;  ///< empty: always
  Answers allowed;
  std::function<S(const S&, const A&)> then;  ///< empty: the state stays
  Condition returns;                          ///< empty: no output is looked at
  bool inserted = false;                      ///< by a deviation

  template <class When, class Then, class Returns>
  Row(const GenericRow<When, Then, Returns>& row) : kind(row.kind), clause(row.clause), allowed(row.allowed) {
    if constexpr (!std::is_same_v<When, Always>) when = row.when;
    if constexpr (!std::is_same_v<Then, Unchanged>) then = row.then;
    if constexpr (!std::is_same_v<Returns, Always>) returns = row.returns;
  }

  S next(const S& s, const A& a) const { return then ? then(s, a) : s; }
};

/// A list that is read in one domain, and that deviations edit. An edit reaches every row of the clause;
/// where there is none (any more) it does nothing, since one deviation may make another pointless.
template <class Domain, class S, class A>
class DecisionList {
 public:
  using R = Row<Domain, S, A>;

  template <class... Rows>
  explicit DecisionList(const std::tuple<Rows...>& list) {
    rows_.reserve(sizeof...(Rows));
    std::apply([&](const auto&... row) { (rows_.push_back(R(row)), ...); }, list);
  }

  auto begin() const { return rows_.begin(); }
  auto end() const { return rows_.end(); }
  std::size_t size() const { return rows_.size(); }
  const R& back() const { return rows_.back(); }

  /// The arguments as this list takes them in this state.
  A taken(const S& s, A a) const {
    for (const auto& misreading : misreadings_) a = misreading(s, a);
    return a;
  }

  DecisionList& remove(Clause clause) {
    std::erase_if(rows_, [&](const R& row) { return row.clause == clause; });
    return *this;
  }
  /// The check is never made, the effect never done; the place stays, for others to stand before.
  DecisionList& never(Clause clause) {
    return unless(clause, [](const S& s, const A&) { return true_of(s); });
  }
  /// Puts a row before the first one of the clause that the specification has. The row carries the clause of
  /// which it is a misplaced or a mistaken instance.
  template <class When, class Then, class Returns>
  DecisionList& before(Clause clause, const GenericRow<When, Then, Returns>& row) {
    const auto place =
        std::ranges::find_if(rows_, [&](const R& one) { return one.clause == clause && !one.inserted; });
    if (place != rows_.end()) rows_.insert(place, R(row))->inserted = true;
    return *this;
  }
  /// Other answers.
  DecisionList& answer(Clause clause, Answers allowed) {
    return edit(clause, [&](R& row) { row.allowed = allowed; });
  }
  /// Other outputs fit.
  template <class Returns>
  DecisionList& returns(Clause clause, Returns fit) {
    return edit(clause, [&](R& row) { row.returns = fit; });
  }
  /// Another next state, from the clause's rows of that kind.
  template <class Then>
  DecisionList& then(Clause clause, RowKind kind, Then then) {
    return edit(clause, [&](R& row) {
      if (row.kind != kind) return;
      if constexpr (std::is_same_v<Then, Unchanged>)
        row.then = nullptr;
      else
        row.then = then;
    });
  }
  /// More happens than should.
  template <class Then>
  DecisionList& also_then(Clause clause, Then more) {
    return edit(clause, [&](R& row) {
      row.then = [then = row.then, more](const S& s, const A& a) { return more(then ? then(s, a) : s, a); };
    });
  }
  /// The check is left out where the condition holds.
  template <class When>
  DecisionList& unless(Clause clause, When condition) {
    return edit(clause, [&](R& row) {
      row.when = [when = row.when, condition](const S& s, const A& a) {
        const auto not_here = negate(condition(s, a));
        return when ? both(when(s, a), not_here) : not_here;
      };
    });
  }
  /// The check fires also where the condition holds.
  template <class When>
  DecisionList& also(Clause clause, When condition) {
    return edit(clause, [&](R& row) {
      if (row.when)
        row.when = [when = row.when, condition](const S& s, const A& a) {
          return either(when(s, a), condition(s, a));
        };
    });
  }
  /// Every row sees the arguments changed like this.
  template <class Misreading>
  DecisionList& misread(Misreading misreading) {
    misreadings_.push_back(misreading);
    return *this;
  }

 private:
  template <class Edit>
  DecisionList& edit(Clause clause, Edit one) {
    for (auto& row : rows_) {
      if (row.clause == clause) one(row);
    }
    return *this;
  }

  std::vector<R> rows_;
  std::vector<std::function<A(const S&, const A&)>> misreadings_;
};

/// One list of an interface's rules, by name. An interface's rules are a struct of lists with a static
/// lists(), which is what reads them all without naming each.
template <class Rules, class List>
struct NamedList {
  const char* name;
  List Rules::*list;
};

/// Calls visit(name, list) for each list of the rules.
template <class Rules, class Visitor>
void for_each_list(Rules&& rules, Visitor visit) {
  std::apply([&](const auto&... named) { (visit(named.name, rules.*named.list), ...); },
             std::remove_cvref_t<Rules>::lists());
}

}  // namespace hptck
