// The resize hypercalls as an interface of the framework: which list and which arguments a call goes to, what
// can happen between two calls, which calls no row tells apart, and which clause is to blame for an answer.
// docs/decisions/0028 says what each member is for.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/framework/state_set.h"
#include "model/resize/rules.h"
#include "model/trace.h"

namespace hptck {

using ConcreteArguments = Arguments<Concrete>;
using ConcreteList = ResizeList<Concrete>;
using ConcreteRow = ResizeRow<Concrete>;

inline const ConcreteArguments no_arguments{Concrete::Word<64>(0), Concrete::Word<64>(0),
                                            Concrete::Word<64>(0), Concrete::Word<64>(0)};

inline bool in(const ConcreteState& s, Phase phase) { return static_cast<Phase>(raw(s.phase)) == phase; }
inline Gone gone_of(const ConcreteState& s) { return static_cast<Gone>(raw(s.gone)); }
inline Table table_of(const ConcreteState& s) { return static_cast<Table>(raw(s.table)); }
/// Without a Pending HPT nothing happens unseen.
inline bool may_change_unseen(const ConcreteState& s) {
  return in(s, Phase::preparing) || in(s, Phase::prepared) || in(s, Phase::collided);
}

/// Finds the call's list and calls visit(list, arguments), for each reading of the arguments: the shift
/// register has two where its halves disagree (ambiguity A1). `start_shift` is the size of the HPT that is
/// declared for the guest's start; where that is 0, a reset may come to any (A18). False: a hypercall that
/// the model has no rows for.
template <class Visitor>
bool for_each_rule(const Rules<Concrete>& rules, const Call& call, unsigned start_shift, Visitor visit) {
  using W = Concrete::Word<64>;
  const auto& args = call.args;
  const W zero(0);
  switch (call.token) {
    case token::H_RESIZE_HPT_PREPARE:
    case token::H_RESIZE_HPT_COMMIT: {
      const auto& list = call.token == token::H_RESIZE_HPT_PREPARE ? rules.prepare : rules.commit;
      const auto low_half =
          static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(args[1])));
      visit(list, ConcreteArguments{W(args[0]), W(low_half), zero, zero});
      if (low_half != args[1]) visit(list, ConcreteArguments{W(args[0]), W(args[1]), zero, zero});
      return true;
    }
    case token::H_READ:
      visit(rules.read, ConcreteArguments{W(args[0]), zero, W(args[1]), zero});
      return true;
    case token::H_ENTER:
      visit(rules.enter, ConcreteArguments{W(args[0]), zero, W(args[1]), W(args[2])});
      return true;
    case token::reset: {
      const auto least = start_shift == 0 ? min_shift : start_shift;
      const auto greatest = start_shift == 0 ? max_shift : start_shift;
      for (auto shift = least; shift <= greatest; ++shift)
        visit(rules.reset, ConcreteArguments{zero, W(shift), zero, zero});
      return true;
    }
    default:
      return false;
  }
}

/// The statement's initial states: all that it leaves open.
std::vector<ConcreteState> initial_states(const Statement& statement);

/// A number below 2^24 that two calls share only when no row can tell them apart; `fine`: nor any row of any
/// deviation.
std::uint64_t call_class_of(const Call& call, bool fine = false);

/// After a refused answer: every state that the partition might be in if the call did the right thing,
/// nothing, or what its answer suggests. Wide on purpose, so that one violation does not raise another.
std::vector<ConcreteState> widened(std::span<const ConcreteState> live, bool standing_declared,
                                   const Call& call, const Response& response);

struct ResizeCalls {
  using State = ConcreteState;
  using Call = hptck::Call;
  using List = ConcreteList;
  using Arguments = ConcreteArguments;
  struct Digest {
    unsigned current = 0;  ///< shift of the current HPT, where all live states agree; else 0
    unsigned pending = 0;  ///< the least shift that a Pending HPT may have; 0: there is none
  };

  Rules<Concrete> rules;
  bool deviates = false;     ///< the rules are not the specification's
  unsigned start_shift = 0;  ///< declared for every start of the guest; 0: it is not

  const ConcreteList& hidden() const { return rules.hidden; }
  static const ConcreteArguments& no_arguments() { return hptck::no_arguments; }
  template <class Visitor>
  bool for_each_reading(const Call& call, Visitor visit) const {
    return for_each_rule(rules, call, start_shift, visit);
  }
  /// What a reset comes to depends on the partition, and sets are remembered for all.
  std::uint64_t class_of(const Call& call) const {
    return call_class_of(call, deviates) | (call.token == token::reset ? start_shift : 0u);
  }
  static State unpacked(std::uint64_t bits) { return hptck::unpacked(bits); }
  /// Representatives of what a row may answer.
  static std::vector<std::int64_t> answers_of(const Answers& answers);
  static std::string name_of(const Call& call) { return name_of_token(call.token); }
  static Digest digest_of(std::span<const State> states);

  /// The platform dropped the Pending HPT, which explains too much to be believed where something else will
  /// do.
  static bool is_far_fetched(const State& s) {
    return in(s, Phase::cancelled) && gone_of(s) == Gone::dropped;
  }
  /// Where no size is declared for the start, none that comes bears witness to anything.
  State settled(const Call& call, State s) const {
    if (call.token == token::reset && start_shift == 0) s.table = constant(s.table, lit(Table::initial));
    return s;
  }
  /// The effect that the answer of this row bears witness to, when it holds; and that is to blame, when the
  /// answer shows that the effect was not done. None: the row speaks for itself.
  static std::optional<Clause> witnessed(Clause row, const State& before);
  static ClauseSet also_exercised(const ClauseSet& exercised, std::span<const State> before);
  /// The clause to blame in one state, and a word that tells kinds of violation on one clause apart.
  static std::pair<Clause, std::string> blame(const Note& note, const State& s, std::int64_t answer);
};

}  // namespace hptck
