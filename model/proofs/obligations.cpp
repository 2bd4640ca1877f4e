// The obligations, in the order in which one needs them: the rows are sound, the invariant carries itself,
// then what the rows promise call by call, then what may be told apart.
//
// Most say "in every state that satisfies the invariant", never "in every reachable state": the invariant is
// proved inductive once, and each obligation is then about one step, whatever went before. Words are
// quantified over in full. That covers both readings of the shift register (A1), which are two instances of
// the shift that the rows see.
#include "model/proofs/obligations.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/proofs/capability_obligations.h"
#include "model/proofs/claims.h"
#include "model/proofs/hashing_obligations.h"
#include "model/proofs/rfc_profile.h"
#include "model/proofs/slot_obligations.h"
#include "model/proofs/world.h"
#include "model/resize/deviations.h"

namespace hptck {
namespace {

using namespace status;
using rows::is;
using symbolic::Bool;
using C = Clause;
using D = Deviation;
using S = SymbolicState;
using A = SymbolicArguments;
using Code = symbolic::Word<64>;
using Queries = std::vector<Query>;

struct NamedCall {
  std::string name;
  SymbolicList Rules<Symbolic>::*list;
  std::uint64_t token;
};
const NamedCall calls[] = {{"PREPARE", &Rules<Symbolic>::prepare, token::H_RESIZE_HPT_PREPARE},
                           {"COMMIT", &Rules<Symbolic>::commit, token::H_RESIZE_HPT_COMMIT},
                           {"H_READ", &Rules<Symbolic>::read, token::H_READ},
                           {"H_ENTER", &Rules<Symbolic>::enter, token::H_ENTER},
                           {"reset", &Rules<Symbolic>::reset, token::reset}};
constexpr std::size_t hidden_kind = std::size(calls);

std::string row_name(const ResizeRow<Symbolic>& row) {
  const char* kinds[] = {"must", "may", "effect"};
  return fmt::format("{} ({})", id_of(row.clause), kinds[static_cast<int>(row.kind)]);
}

// Reading a model.

std::uint64_t number(const z3::model& model, const z3::expr& term) {
  return model.eval(term, true).get_numeral_uint64();
}
std::string shown_state(const z3::model& model, const S& s) {
  const auto n = [&](const auto& word) { return number(model, raw(word)); };
  return fmt::format("standing {} phase {} pending {} gone {} current {} table {} marks {} limit {}",
                     n(s.standing), n(s.phase), n(s.pending), n(s.gone), n(s.current), n(s.table), n(s.marks),
                     n(s.limit));
}
std::string shown_call(const z3::model& model, std::uint64_t token, const A& a, const Code& code) {
  const auto n = [&](const auto& word) { return number(model, raw(word)); };
  Call call{token, {n(a.flags), n(a.shift)}};
  if (token == token::H_READ || token == token::H_ENTER) call.args = {n(a.flags), n(a.ptex), n(a.pteh)};
  return fmt::format("{} = {}", to_string(call), name_of_status(static_cast<std::int64_t>(n(code))));
}

// One answered call, in any state that satisfies the invariant.
struct Answered {
  S s;
  A a;
  Code code;
  Walked<Symbolic, S> walked;
  Bool given;  ///< the invariant holds and the answer is allowed
  std::uint64_t token;

  const S& next() const { return walked.next; }
  Bool answers(std::int64_t status) const { return eq(code, lit(status)); }
  Bool long_busy() const { return allows(hptck::long_busy, code); }

  Query claim(std::string about, const Bool& hypothesis, const Bool& conclusion) const {
    const auto* self = this;
    return {std::move(about), all(given, hypothesis, negate(conclusion)), Outcome::unsat,
            [s = self->s, a = self->a, code = self->code, next = self->next(),
             token = self->token](const z3::model& model) {
              return fmt::format("from {}\n      {}\n      to {}", shown_state(model, s),
                                 shown_call(model, token, a, code), shown_state(model, next));
            }};
  }
};

Answered answered(const World& world, const NamedCall& call) {
  const auto s = world.state("before");
  const auto a = world.arguments("arguments");
  const auto code = world.word<64>("answer");
  const auto walked = walk_all(world.rules.*call.list, s, a, code);
  return {s, a, code, walked, both(invariant(s), walked.accepted), call.token};
}
Answered answered_prepare(const World& world) { return answered(world, calls[0]); }
Answered answered_commit(const World& world) { return answered(world, calls[1]); }

// One hidden step.
struct Hidden {
  Bool may;
  S next;
  std::string name;
};
A no_arguments_of(const World& world) {
  const auto zero = constant(world.word<64>("none"), lit(0));
  return {zero, zero, zero, zero};
}
std::vector<Hidden> hidden_steps(const World& world, const SymbolicList& list, const S& s) {
  const auto a = no_arguments_of(world);
  std::vector<Hidden> steps;
  for (const auto& row : list)
    steps.push_back({row.when ? row.when(s, a) : world.truth(), row.next(s, a), row_name(row)});
  return steps;
}
// The same, and staying as one is.
std::vector<Hidden> at_most_one_hidden(const World& world, const SymbolicList& list, const S& s) {
  auto steps = hidden_steps(world, list, s);
  steps.insert(steps.begin(), {world.truth(), s, "nothing"});
  return steps;
}

Bool permitted_in(const S& s) { return is(s.standing, Standing::permitted); }
Bool shift_is_pending(const S& s, const A& a) { return eq(a.shift, resized<64>(s.pending)); }
Bool shift_matches(const S& s, const A& a) { return rows::matches(s, a); }
Bool nothing_pending(const S& s) { return both(negate(pending_in(s)), eq(s.pending, lit(0))); }
Bool same_table(const S& s, const S& t) { return eq(s.current, t.current); }

// --- The rows are sound.

// H_HARDWARE is left out, and H_BUSY of H_READ: they would answer everything.
Queries every_call_has_an_allowed_answer(World& world) {
  Queries queries;
  for (const auto& call : calls) {
    const auto& list = world.rules.*call.list;
    std::vector<std::int64_t> codes;
    for (const auto& row : list) {
      codes.insert(codes.end(), row.allowed.codes.begin(), row.allowed.codes.begin() + row.allowed.count);
      if (row.allowed.long_busy) codes.push_back(H_LONG_BUSY_ORDER_1_MSEC);
      if (row.allowed.anything) codes.push_back(H_SUCCESS);
    }
    std::sort(codes.begin(), codes.end());
    codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
    std::erase(codes, H_HARDWARE);
    if (&list == &world.rules.read) std::erase(codes, H_BUSY);
    const auto s = world.state("before");
    const auto a = world.arguments("arguments");
    auto some = world.truth(false);
    for (const auto code : codes)
      some = either(some, walk_all(list, s, a, constant(a.flags, lit(code))).accepted);
    queries.push_back({call.name, both(invariant(s), negate(some))});
  }
  return queries;
}

// The walk is a function, so what is proved is that first match decides nothing where a `may` row is: an
// answer that it gives no later row gives with another next state. H_ENTER is the exception by intention: its
// second row allows every answer, and the first one says when H_SUCCESS counts.
Queries an_answer_has_one_next_state(World& world) {
  Queries queries;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto one = answered(world, calls[i]);
    const auto other = walk_choosing(
        world.rules.*calls[i].list, one.s, one.a, one.code,
        [&](std::size_t row) { return Bool(world.context.bool_const(fmt::format("taken{}", row).c_str())); });
    queries.push_back(one.claim(calls[i].name, other.accepted, same(one.next(), other.next)));
  }
  return queries;
}

Queries no_row_is_shadowed(World& world) {
  Queries queries;
  for (const auto& call : calls) {
    const auto one = answered(world, call);
    std::size_t index = 0;
    for (const auto& row : world.rules.*call.list)
      queries.push_back({row_name(row), both(one.given, one.walked.fired[index++]), Outcome::sat});
  }
  const auto s = world.state("before");
  for (const auto& step : hidden_steps(world, world.rules.hidden, s))
    queries.push_back({step.name, both(invariant(s), step.may), Outcome::sat});
  return queries;
}

// One step of any kind: a call with its answer, or a hidden step.
struct Step {
  symbolic::Word<8> kind;  ///< index in `calls`; from hidden_kind on, of the hidden row
  A a;
  Code code;
  Bool possible;
  S next;
};
Step any_step(const World& world, const Rules<Symbolic>& rules, const S& s, const std::string& name) {
  Step step{world.word<8>(name + ".kind"), world.arguments(name), world.word<64>(name + ".answer"),
            world.truth(false), s};
  const auto add = [&](std::size_t kind, const Bool& possible, const S& next) {
    const auto chosen = eq(step.kind, lit(kind));
    step.possible = either(step.possible, both(chosen, possible));
    step.next = ite(chosen, next, step.next);
  };
  for (std::size_t i = 0; i < std::size(calls); ++i) {
    const auto walked = walk_all(rules.*calls[i].list, s, step.a, step.code);
    add(i, walked.accepted, walked.next);
  }
  std::size_t kind = hidden_kind;
  for (const auto& hidden : hidden_steps(world, rules.hidden, s)) add(kind++, hidden.may, hidden.next);
  return step;
}
std::string shown_step(const z3::model& model, const Step& step) {
  const auto kind = number(model, raw(step.kind));
  if (kind < hidden_kind) return shown_call(model, calls[kind].token, step.a, step.code);
  return fmt::format("hidden step {}", kind - hidden_kind);
}

z3::check_result asked(const World& world, const Bool& formula) {
  z3::solver solver(world.context);
  solver.add(raw(formula));
  return solver.check();
}

// Bounded unrolling. The least depth is found here, and both sides of it are what the solvers then confirm.
Queries every_row_is_reachable(World& world) {
  constexpr std::size_t deepest = 4;
  const auto start = world.state("start");
  std::vector<Bool> reached{world.initially(start)};  // by depth: the path so far is possible
  std::vector<S> states{start};
  for (std::size_t depth = 1; depth < deepest; ++depth) {
    const auto step = any_step(world, world.rules, states.back(), fmt::format("step{}", depth));
    reached.push_back(both(reached.back(), step.possible));
    states.push_back(step.next);
  }
  const auto last = world.arguments("last");
  const auto code = world.word<64>("last.answer");

  struct Goal {
    std::string name;
    std::vector<Bool> at;  // by depth: the row is taken in the step after
  };
  std::vector<Goal> goals;
  const auto add = [&](std::size_t& goal, const std::string& name, const Bool& taken) {
    if (goal == goals.size()) goals.push_back({name, {}});
    goals[goal++].at.push_back(taken);
  };
  for (std::size_t depth = 0; depth < deepest; ++depth) {
    std::size_t goal = 0;
    for (const auto& call : calls) {
      const auto walked = walk_all(world.rules.*call.list, states[depth], last, code);
      std::size_t index = 0;
      for (const auto& row : world.rules.*call.list)
        add(goal, row_name(row), all(reached[depth], walked.accepted, walked.fired[index++]));
    }
    for (const auto& hidden : hidden_steps(world, world.rules.hidden, states[depth]))
      add(goal, hidden.name, both(reached[depth], hidden.may));
  }

  Queries queries;
  std::vector<Bool> sooner(deepest, world.truth(false));
  for (const auto& goal : goals) {
    std::size_t depth = 0;
    while (depth + 1 < deepest && asked(world, goal.at[depth]) != z3::sat) ++depth;
    Query query{goal.name, goal.at[depth], Outcome::sat};
    query.fact = fmt::format("{}: {} step{}", goal.name, depth + 1, depth == 0 ? "" : "s");
    queries.push_back(query);
    if (depth > 0) sooner[depth - 1] = either(sooner[depth - 1], goal.at[depth - 1]);
  }
  for (std::size_t depth = 0; depth + 1 < deepest; ++depth) {
    if (raw(sooner[depth]).is_false()) continue;
    queries.push_back({fmt::format("nor any sooner, in {} steps", depth + 1), sooner[depth]});
  }
  return queries;
}

// --- The invariant.

Queries invariant_of(const World& world) {
  Queries queries;
  for (const auto& call : calls) {
    const auto one = answered(world, call);
    queries.push_back(one.claim(call.name, world.truth(), invariant(one.next())));
  }
  const auto s = world.state("before");
  for (const auto& step : hidden_steps(world, world.rules.hidden, s))
    queries.push_back({step.name, all(invariant(s), step.may, negate(invariant(step.next)))});
  return queries;
}
Queries the_invariant_holds_initially(World& world) {
  const auto s = world.state("start");
  return {{"a fresh partition", both(world.initially(s), negate(invariant(s)))},
          {"there is a fresh partition", world.initially(s), Outcome::sat}};
}
Queries the_invariant_is_inductive(World& world) { return invariant_of(world); }

Queries standing_and_limit_are_rigid(World& world) {
  Queries queries;
  const auto rigid = [](const S& s, const S& t) {
    return both(eq(s.standing, t.standing), eq(s.limit, t.limit));
  };
  for (const auto& call : calls) {
    const auto one = answered(world, call);
    queries.push_back(one.claim(call.name, world.truth(), rigid(one.s, one.next())));
  }
  const auto s = world.state("before");
  for (const auto& step : hidden_steps(world, world.rules.hidden, s))
    queries.push_back({step.name, all(invariant(s), step.may, negate(rigid(s, step.next)))});
  return queries;
}

// --- COMMIT.

Queries commit_succeeds_only_when_fully_prepared(World& world) {
  const auto one = answered_commit(world);
  const auto prepared = all(permitted_in(one.s), is(one.s.phase, Phase::prepared), eq(one.a.flags, lit(0)),
                            shift_is_pending(one.s, one.a), legal_size(one.a.shift));
  return {one.claim("H_SUCCESS", one.answers(H_SUCCESS), prepared)};
}
Queries commit_success_makes_that_size_current(World& world) {
  const auto one = answered_commit(world);
  return {one.claim("H_SUCCESS", one.answers(H_SUCCESS),
                    both(eq(resized<64>(one.next().current), one.a.shift), nothing_pending(one.next())))};
}
Queries commit_failure_keeps_the_table(World& world) {
  const auto one = answered_commit(world);
  return {one.claim("all but H_SUCCESS", negate(one.answers(H_SUCCESS)), same_table(one.s, one.next()))};
}
Queries commit_failure_keeps_the_pending_hpt(World& world) {
  const auto one = answered_commit(world);
  return {one.claim("all but H_SUCCESS", negate(one.answers(H_SUCCESS)), same_to_a_guest(one.s, one.next()))};
}
Queries commit_busy_only_while_preparing(World& world) {
  const auto one = answered_commit(world);
  const auto busy = all(either(is(one.s.phase, Phase::preparing), is(one.s.phase, Phase::collided)),
                        eq(one.a.flags, lit(0)), shift_is_pending(one.s, one.a));
  return {one.claim("H_BUSY", one.answers(H_BUSY), busy)};
}
Queries commit_never_answers_long_busy(World& world) {
  const auto one = answered_commit(world);
  return {one.claim("H_LONG_BUSY_*", one.long_busy(), world.truth(false))};
}
Queries commit_pteg_full_only_when_shrinking_with_bolted_entries(World& world) {
  const auto one = answered_commit(world);
  return {one.claim("H_PTEG_FULL", one.answers(H_PTEG_FULL),
                    all(rows::may_collide(one.s, one.a), shift_matches(one.s, one.a)))};
}
Queries commit_closed_exactly_when_nothing_fits(World& world) {
  const auto one = answered_commit(world);
  const auto fits = shift_matches(one.s, one.a);
  return {one.claim("H_CLOSED", one.answers(H_CLOSED), both(permitted_in(one.s), negate(fits))),
          one.claim("any other answer", both(permitted_in(one.s), negate(fits)),
                    either(one.answers(H_CLOSED), one.answers(H_HARDWARE)))};
}

Queries commit_answers_what_its_phase_says(World& world) {
  const auto one = answered_commit(world);
  const auto fits = both(permitted_in(one.s), shift_matches(one.s, one.a));
  const auto in = [&](Phase phase) { return both(fits, is(one.s.phase, phase)); };
  const auto hardware = one.answers(H_HARDWARE), full = one.answers(H_PTEG_FULL);
  const auto full_if_it_can_be = both(full, rows::may_collide(one.s, one.a));
  return {
      one.claim("prepared", in(Phase::prepared), any(one.answers(H_SUCCESS), full_if_it_can_be, hardware)),
      one.claim("preparing", in(Phase::preparing), any(one.answers(H_BUSY), hardware)),
      one.claim("collided", in(Phase::collided), any(full, one.answers(H_BUSY), hardware))};
}

// --- PREPARE.

Queries prepare_zero_leaves_nothing_pending(World& world) {
  const auto one = answered_prepare(world);
  const auto zero = all(permitted_in(one.s), eq(one.a.flags, lit(0)), eq(one.a.shift, lit(0)));
  return {one.claim("H_SUCCESS", both(zero, one.answers(H_SUCCESS)), nothing_pending(one.next())),
          one.claim("any other answer", both(zero, negate(one.answers(H_SUCCESS))), one.answers(H_HARDWARE))};
}
Queries prepare_leaves_at_most_the_hpt_asked_for(World& world) {
  const auto one = answered_prepare(world);
  const auto asked_for = all(pending_in(one.next()), eq(one.a.flags, lit(0)),
                             shift_is_pending(one.next(), one.a), legal_size(one.a.shift));
  const auto hardware = both(one.answers(H_HARDWARE), same(one.s, one.next()));
  return {one.claim("every answer", world.truth(), any(nothing_pending(one.next()), asked_for, hardware))};
}
Queries prepare_errors_discard_exactly_what_does_not_match(World& world) {
  const auto one = answered_prepare(world);
  const auto refused = either(one.answers(H_PARAMETER), one.answers(H_RESOURCE));
  const auto untouched = any(one.answers(H_AUTHORITY), one.answers(H_HARDWARE), one.answers(H_FUNCTION),
                             one.answers(H_NOT_AVAILABLE));
  return {
      one.claim("H_PARAMETER and H_RESOURCE discard", refused, nothing_pending(one.next())),
      one.claim("and never meet a call that matches", refused, negate(shift_matches(one.s, one.a))),
      one.claim("without a Pending HPT they change nothing", both(refused, negate(pending_in(one.s))),
                same(one.s, one.next())),
      one.claim("H_AUTHORITY, H_HARDWARE, H_FUNCTION, H_NOT_AVAILABLE change nothing", untouched,
                same(one.s, one.next())),
      one.claim("there are no other errors but H_PTEG_FULL", world.truth(),
                any(refused, untouched, one.answers(H_SUCCESS), one.long_busy(), one.answers(H_PTEG_FULL))),
      one.claim("H_PTEG_FULL leaves the HPT that collided", one.answers(H_PTEG_FULL),
                both(is(one.next().phase, Phase::collided), shift_is_pending(one.next(), one.a)))};
}
Queries prepare_keeps_the_table(World& world) {
  const auto one = answered_prepare(world);
  return {one.claim("every answer", world.truth(),
                    all(same_table(one.s, one.next()), eq(one.s.marks, one.next().marks),
                        eq(one.s.table, one.next().table)))};
}
Queries prepare_long_busy_only_while_preparing(World& world) {
  const auto one = answered_prepare(world);
  const auto& next = one.next();
  return {one.claim("H_LONG_BUSY_*", one.long_busy(),
                    all(either(is(next.phase, Phase::preparing), is(next.phase, Phase::collided)),
                        shift_is_pending(next, one.a), eq(one.a.flags, lit(0)))),
          one.claim("and after a collision only when it was there before (A8)",
                    both(one.long_busy(), is(next.phase, Phase::collided)), same(one.s, next)),
          one.claim("H_BUSY is not an answer", one.answers(H_BUSY), world.truth(false))};
}
Queries prepare_success_means_prepared_or_zero(World& world) {
  const auto one = answered_prepare(world);
  return {one.claim("H_SUCCESS", both(one.answers(H_SUCCESS), negate(eq(one.a.shift, lit(0)))),
                    all(is(one.next().phase, Phase::prepared), shift_is_pending(one.next(), one.a)))};
}
Queries prepare_keeps_to_its_limits(World& world) {
  const auto one = answered_prepare(world);
  const auto plain = both(permitted_in(one.s), negate(one.answers(H_HARDWARE)));
  const auto sized = both(eq(one.a.flags, lit(0)), negate(eq(one.a.shift, lit(0))));
  const auto too_large = ult(resized<64>(one.s.limit), one.a.shift);
  return {
      one.claim("flags", both(plain, negate(eq(one.a.flags, lit(0)))), one.answers(H_PARAMETER)),
      one.claim("no size", all(plain, sized, negate(legal_size(one.a.shift))), one.answers(H_PARAMETER)),
      one.claim("too large", all(plain, sized, legal_size(one.a.shift), too_large), one.answers(H_RESOURCE)),
      one.claim("a size that may be had", all(plain, sized, legal_size(one.a.shift), negate(too_large)),
                negate(one.answers(H_PARAMETER)))};
}

// --- Both.

Queries without_permission_only_that_is_answered(World& world) {
  Queries queries;
  for (std::size_t i = 0; i < 2; ++i) {
    const auto one = answered(world, calls[i]);
    const auto unsupported = either(one.answers(H_FUNCTION), one.answers(H_NOT_AVAILABLE));
    queries.push_back(one.claim(calls[i].name + " forbidden", is(one.s.standing, Standing::forbidden),
                                either(one.answers(H_AUTHORITY), one.answers(H_HARDWARE))));
    queries.push_back(one.claim(calls[i].name + " absent", is(one.s.standing, Standing::absent),
                                either(unsupported, one.answers(H_HARDWARE))));
    queries.push_back(one.claim(calls[i].name + " permitted", permitted_in(one.s),
                                negate(either(one.answers(H_AUTHORITY), unsupported))));
    queries.push_back(one.claim(calls[i].name + " changes nothing otherwise", negate(permitted_in(one.s)),
                                same(one.s, one.next())));
  }
  return queries;
}

// --- H_READ, H_ENTER, and what happens unseen.

Queries read_and_enter_change_no_resize_state(World& world) {
  const auto read = answered(world, calls[2]), enter = answered(world, calls[3]);
  const auto& next = enter.next();
  auto marked = enter.s;
  marked.marks = with_bits(marked.marks, lit(mark::bolted));
  return {read.claim("H_READ", world.truth(), same(read.s, read.next())),
          enter.claim("H_ENTER", world.truth(), either(same(enter.s, next), same(marked, next))),
          enter.claim("H_ENTER that fails", negate(enter.answers(H_SUCCESS)), same(enter.s, next))};
}
Queries read_shows_the_size(World& world) {
  const auto one = answered(world, calls[2]);
  const auto neither = negate(either(one.answers(H_HARDWARE), one.answers(H_BUSY)));
  const auto there = both(negate(is(one.s.standing, Standing::absent)), neither);
  // Said without the rows' own words: the number of HPTEs, made bit by bit from the size.
  auto within = world.truth(false);
  for (unsigned shift = min_shift; shift <= max_shift; ++shift)
    within = either(
        within, both(eq(one.s.current, lit(shift)), ult(one.a.ptex, lit(std::uint64_t{1} << (shift - 4)))));
  return {one.claim("within", both(there, within), one.answers(H_SUCCESS)),
          one.claim("beyond", both(there, negate(within)), one.answers(H_PARAMETER))};
}
Queries a_reset_is_a_fresh_partition_to_a_guest(World& world) {
  const auto one = answered(world, calls[4]);
  auto fresh_one = one.s;
  fresh_one.phase = constant(one.s.phase, lit(Phase::idle));
  fresh_one.pending = constant(one.s.pending, lit(0));
  fresh_one.gone = constant(one.s.gone, lit(Gone::never));
  fresh_one.current = resized<8>(one.a.shift);
  fresh_one.table = constant(one.s.table, lit(Table::initial));
  fresh_one.marks = constant(one.s.marks, lit(0));
  return {one.claim("the state after it", legal_size(one.a.shift), same_to_a_guest(one.next(), fresh_one)),
          one.claim("is one of a fresh partition", legal_size(one.a.shift), fresh(fresh_one))};
}
Queries a_reset_always_comes_to_its_end(World& world) {
  const auto one = answered(world, calls[4]);
  const auto ended = walk_all(world.rules.reset, one.s, one.a, constant(one.a.flags, lit(H_SUCCESS)));
  return {{"from every state", both(invariant(one.s), negate(ended.accepted))},
          one.claim("and has one outcome", world.truth(), one.answers(H_SUCCESS))};
}
Queries hidden_steps_only_spend_a_pending_hpt(World& world) {
  Queries queries;
  const auto s = world.state("before");
  for (const auto& step : hidden_steps(world, world.rules.hidden, s)) {
    const auto& next = step.next;
    const auto kept = all(pending_in(s), eq(s.current, next.current), eq(s.table, next.table),
                          eq(s.marks, next.marks), eq(s.standing, next.standing), eq(s.limit, next.limit));
    const auto pending = implies(pending_in(next), eq(s.pending, next.pending));
    const auto ready = implies(is(next.phase, Phase::prepared), is(s.phase, Phase::preparing));
    const auto begun = negate(is(next.phase, Phase::preparing));
    queries.push_back({step.name, all(invariant(s), step.may, negate(all(kept, pending, ready, begun)))});
  }
  return queries;
}
Queries two_hidden_steps_are_one(World& world) {
  Queries queries;
  const auto s = world.state("before");
  const auto& list = world.rules.hidden;
  for (const auto& first : hidden_steps(world, list, s)) {
    for (const auto& second : hidden_steps(world, list, first.next)) {
      auto at_once = world.truth(false);
      for (const auto& one : at_most_one_hidden(world, list, s))
        at_once = either(at_once, both(one.may, same_to_a_guest(one.next, second.next)));
      queries.push_back(
          {first.name + ", " + second.name, all(invariant(s), first.may, second.may, negate(at_once))});
    }
  }
  return queries;
}
Queries answers_do_not_depend_on_bookkeeping(World& world) {
  Queries queries;
  const auto t = world.state("twin");
  for (const auto& call : calls) {
    const auto one = answered(world, call);
    const auto twin = walk_all(world.rules.*call.list, t, one.a, one.code);
    queries.push_back(one.claim(call.name, both(invariant(t), same_to_a_guest(one.s, t)),
                                both(twin.accepted, same_to_a_guest(one.next(), twin.next))));
  }
  const auto s = world.state("before");
  const auto from_s = hidden_steps(world, world.rules.hidden, s);
  const auto from_t = hidden_steps(world, world.rules.hidden, t);
  for (std::size_t i = 0; i < from_s.size(); ++i)
    queries.push_back(
        {from_s[i].name, all(invariant(s), invariant(t), same_to_a_guest(s, t), from_s[i].may,
                             negate(both(from_t[i].may, same_to_a_guest(from_s[i].next, from_t[i].next))))});
  return queries;
}

// --- A guest that keeps asking gets there.

// Fair: the platform is not short of anything, does not fail, and finds no collision. Nor does it drop the
// Pending HPT: that is a hidden step which is not taken here.
Bool fair(const S& s, const A& a, const Code& code) {
  return all(permitted_in(s), eq(a.flags, lit(0)), legal_size(a.shift),
             negate(ult(resized<64>(s.limit), a.shift)), negate(eq(code, lit(H_HARDWARE))),
             negate(eq(code, lit(H_RESOURCE))), negate(eq(code, lit(H_PTEG_FULL))),
             negate(is(s.phase, Phase::collided)));
}
// What preparation makes of a state when it ends well.
S completed(const World& world, const S& s) {
  const auto a = no_arguments_of(world);
  const auto& row = *world.rules.hidden.begin();
  return ite(row.when(s, a), row.next(s, a), s);
}

Queries who_keeps_asking_gets_there_in_three_calls(World& world) {
  constexpr int most_calls = 3;
  auto s = world.state("before");
  const auto a = world.arguments("arguments");
  auto path = invariant(s);
  std::vector<Code> codes;
  for (int i = 0; i < most_calls; ++i) {
    codes.push_back(world.word<64>(fmt::format("answer{}", i)));
    const auto walked = walk_all(world.rules.prepare, s, a, codes.back());
    path = all(path, walked.accepted, fair(s, a, codes.back()), negate(eq(codes.back(), lit(H_SUCCESS))));
    s = completed(world, walked.next);
  }
  return {{"never H_SUCCESS", path}};
}

// The rank falls from 2 (nothing of that size) to 1 (being prepared) with a call, and to 0 (prepared) when
// preparation ends, however late that is. At 0 there is no other answer but H_SUCCESS.
Queries who_keeps_asking_gets_there_by_rank(World& world) {
  const auto rank = [](const S& s, const A& a) {
    const auto of = [&](std::uint64_t n) { return constant(s.phase, lit(n)); };
    const auto match = shift_matches(s, a);
    return ite(both(match, is(s.phase, Phase::prepared)), of(0),
               ite(both(match, is(s.phase, Phase::preparing)), of(1), of(2)));
  };
  const auto one = answered_prepare(world);
  const auto asked_in_vain = both(fair(one.s, one.a, one.code), negate(one.answers(H_SUCCESS)));
  const auto before = rank(one.s, one.a), after = rank(one.next(), one.a);
  const auto ended = completed(world, one.s);
  const auto then = rank(ended, one.a);
  return {
      one.claim("at rank 0 only H_SUCCESS", eq(before, lit(0)), negate(asked_in_vain)),
      one.claim("from rank 2 a call gets down", both(asked_in_vain, eq(before, lit(2))), ult(after, lit(2))),
      one.claim("no call gets up again", asked_in_vain, negate(ult(before, after))),
      one.claim("no call ends in a collision", asked_in_vain, negate(is(one.next().phase, Phase::collided))),
      one.claim("the end of preparation gets down", eq(before, lit(1)), eq(then, lit(0))),
      one.claim("and never up", world.truth(), negate(ult(before, then)))};
}

// --- Where the text contradicts itself.

// Both hypercalls ask whether the Pending HPT is fully prepared before they ask how preparation ended (A8).
// This puts the other reading in the place of the one chosen: what lacks a bolted HPTE is not fully prepared.
Queries pteg_full_is_dead_if_a_collision_is_unfinished(World& world) {
  world.rules.prepare.before(
      C::prepare_match_busy,
      must(C::prepare_match_busy, rows::and_(rows::matches, rows::collided), hptck::long_busy, Unchanged{}));
  world.rules.commit.before(C::commit_busy,
                            must(C::commit_busy, rows::collided, hptck::answers(H_BUSY), Unchanged{}));
  Queries queries;
  const Clause dead[] = {C::prepare_match_collision, C::commit_collided};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto one = answered(world, calls[i]);
    std::size_t index = 0;
    for (const auto& row : world.rules.*calls[i].list) {
      if (row.clause == dead[i]) queries.push_back({row_name(row), both(one.given, one.walked.ended[index])});
      ++index;
    }
  }
  return queries;
}

// --- What may be told apart.

// Which state of the one hypervisor stands for which of the other.
using Relation = Bool (*)(const S& ours, const S& theirs);

// Each step of the rules under proof is one of `wider`, perhaps with one hidden step before and one after
// (two_hidden_steps_are_one), and leads to related states again. Fresh partitions are related, and the
// invariant holds on either side, so every trace of the one is a trace of the other.
Queries each_step_is_one_of(World& world, const Rules<Symbolic>& wider, Relation related) {
  Queries queries;
  const auto theirs = world.state("theirs");
  for (const auto& call : calls) {
    const auto one = answered(world, call);
    auto also = world.truth(false);
    for (const auto& before : at_most_one_hidden(world, wider.hidden, theirs)) {
      const auto walked = walk_all(wider.*call.list, before.next, one.a, one.code);
      for (const auto& after : at_most_one_hidden(world, wider.hidden, walked.next))
        also = either(also, all(before.may, walked.accepted, after.may, related(one.next(), after.next)));
    }
    queries.push_back(one.claim(call.name, both(invariant(theirs), related(one.s, theirs)), also));
  }
  const auto s = world.state("before");
  for (const auto& step : hidden_steps(world, world.rules.hidden, s)) {
    auto also = world.truth(false);
    for (const auto& one : at_most_one_hidden(world, wider.hidden, theirs))
      also = either(also, both(one.may, related(step.next, one.next)));
    queries.push_back(
        {step.name, all(invariant(s), invariant(theirs), related(s, theirs), step.may, negate(also))});
  }
  queries.push_back({"a fresh partition", both(world.initially(s), negate(related(s, s)))});
  return queries;
}
Queries nothing_is_done_that_the_specification_forbids_up_to(World& world, Relation related) {
  auto queries = each_step_is_one_of(world, world.specification, related);
  for (auto& query : invariant_of(world)) {
    query.about += ", the invariant";
    queries.push_back(query);
  }
  return queries;
}
Queries nothing_is_done_that_the_specification_forbids(World& world) {
  return nothing_is_done_that_the_specification_forbids_up_to(world, same_to_a_guest<Symbolic>);
}
// A COMMIT that does not look whether preparation has ended may also answer H_PTEG_FULL during it. Under the
// specification it had ended then; who is asked to be patient after that may be waiting for another one.
Queries nothing_is_done_that_the_specification_forbids_if_it_had_ended(World& world) {
  return nothing_is_done_that_the_specification_forbids_up_to(world, [](const S& ours, const S& theirs) {
    auto ended = ours;
    ended.phase = constant(ours.phase, lit(Phase::prepared));
    return either(same_to_a_guest(ours, theirs),
                  both(is(ours.phase, Phase::preparing), same_to_a_guest(ended, theirs)));
  });
}
Queries the_rfc_allows_what_lopar_allows(World& world) {
  return each_step_is_one_of(world, rfc_profile<Symbolic>(), same_to_a_guest<Symbolic>);
}

// A path of that many steps to the goal, with arguments and answers for people where there are such: last
// answer H_SUCCESS rather than another, answers that have names, small arguments.
std::string shown_plainly(const World& world, const Bool& goal, const std::vector<Step>& steps) {
  const std::int64_t named[] = {H_SUCCESS,   H_BUSY,      H_CLOSED,  H_LONG_BUSY_ORDER_10_MSEC,
                                H_PARAMETER, H_PTEG_FULL, H_RESOURCE};
  auto plain = world.truth();
  for (const auto& step : steps) {
    auto known = world.truth(false);
    for (const auto code : named) known = either(known, eq(step.code, lit(code)));
    const auto enter = is(step.kind, std::uint64_t{3});
    plain = all(plain, known, ult(step.a.shift, lit(64)), implies(negate(enter), ult(step.a.flags, lit(2))),
                implies(enter, all(eq(step.a.flags, lit(H_EXACT)), eq(step.a.ptex, lit(0)))));
  }
  const auto success = eq(steps.back().code, lit(H_SUCCESS));
  for (const auto& formula : {all(goal, plain, success), both(goal, success), both(goal, plain), goal}) {
    z3::solver solver(world.context);
    solver.add(raw(formula));
    if (solver.check() != z3::sat) continue;
    std::string text;
    for (const auto& step : steps) text += (text.empty() ? "" : "; ") + shown_step(solver.get_model(), step);
    return text;
  }
  return "none";
}

// The shortest calls that the RFC's profile may answer like this and the rules under proof may not. The
// latter's hidden choices are all followed, as the oracle does: each depth has up to four times the members
// of the last.
Queries lopar_refuses_more_than_the_rfc(World& world) {
  constexpr std::size_t deepest = 3;
  const auto rfc = rfc_profile<Symbolic>();
  struct Member {
    Bool live;
    S s;
  };
  const auto start = world.state("start");
  auto path = world.initially(start);  // of the profile, with its hidden steps chosen
  auto at = start;
  std::vector<Member> members{{world.truth(), start}};
  std::vector<Step> steps;

  struct Goal {
    const NamedCall* call;
    Clause clause;
    std::vector<Bool> at;
  };
  std::vector<Goal> goals;
  for (std::size_t i = 0; i < 2; ++i) {
    for (const auto& row : world.rules.*calls[i].list) {
      const auto known = [&](const Goal& goal) { return goal.clause == row.clause; };
      if (row.kind == RowKind::must && std::none_of(goals.begin(), goals.end(), known))
        goals.push_back({&calls[i], row.clause, {}});
    }
  }
  for (std::size_t depth = 0; depth < deepest; ++depth) {
    const auto name = fmt::format("step{}", depth + 1);
    const auto choice = world.word<8>(name + ".hidden");
    std::size_t index = 1;
    auto unseen = world.truth();
    for (const auto& hidden : hidden_steps(world, rfc.hidden, at)) {
      const auto chosen = eq(choice, lit(index++));
      unseen = both(unseen, implies(chosen, hidden.may));
      at = ite(chosen, hidden.next, at);
    }
    Step step{world.word<8>(name + ".kind"), world.arguments(name), world.word<64>(name + ".answer"),
              world.truth(false), at};
    std::vector<Member> next_members;
    std::vector<Member> closed;
    std::vector<bool> as_it_was;
    for (const auto& member : members) {
      for (const auto& hidden : at_most_one_hidden(world, world.rules.hidden, member.s)) {
        as_it_was.push_back(hidden.name == "nothing");
        closed.push_back({both(member.live, hidden.may), hidden.next});
      }
    }
    for (const auto& member : closed) next_members.push_back({world.truth(false), member.s});
    for (std::size_t i = 0; i < std::size(calls); ++i) {
      // H_READ changes nothing and has the same rows on both sides, and a reset starts again.
      if (i == 2 || i == 4) continue;
      const auto chosen = eq(step.kind, lit(i));
      const auto walked = walk_all(rfc.*calls[i].list, at, step.a, step.code);
      step.possible = either(step.possible, both(chosen, walked.accepted));
      step.next = ite(chosen, walked.next, step.next);
      auto allowed = world.truth(false);
      std::vector<Walked<Symbolic, S>> walks;
      for (std::size_t m = 0; m < closed.size(); ++m) {
        walks.push_back(walk_all(world.rules.*calls[i].list, closed[m].s, step.a, step.code));
        const auto accepted = both(closed[m].live, walks.back().accepted);
        allowed = either(allowed, accepted);
        next_members[m].live = either(next_members[m].live, both(chosen, accepted));
        next_members[m].s = ite(chosen, walks.back().next, next_members[m].s);
      }
      for (auto& goal : goals) {
        if (goal.call != &calls[i]) continue;
        auto refused = world.truth(false);
        std::size_t row_index = 0;
        for (const auto& row : world.rules.*calls[i].list) {
          if (row.kind == RowKind::must && row.clause == goal.clause) {
            for (std::size_t m = 0; m < closed.size(); ++m)
              if (as_it_was[m]) refused = either(refused, both(closed[m].live, walks[m].ended[row_index]));
          }
          ++row_index;
        }
        goal.at.push_back(all(path, unseen, chosen, walked.accepted, negate(allowed), refused));
      }
    }
    path = all(path, unseen, step.possible);
    at = step.next;
    members = next_members;
    steps.push_back(step);
  }

  Queries queries;
  std::vector<Bool> sooner(deepest, world.truth(false));
  for (const auto& goal : goals) {
    std::size_t depth = 0;
    while (depth + 1 < deepest && asked(world, goal.at[depth]) != z3::sat) ++depth;
    Query query{std::string(id_of(goal.clause)), goal.at[depth], Outcome::sat};
    query.fact =
        query.about + ": " + shown_plainly(world, goal.at[depth], {steps.begin(), steps.begin() + depth + 1});
    queries.push_back(query);
    for (std::size_t i = 0; i < depth; ++i) sooner[i] = either(sooner[i], goal.at[i]);
  }
  for (std::size_t depth = 0; depth + 1 < deepest; ++depth)
    queries.push_back(
        {fmt::format("nor any sooner, with {} call{}", depth + 1, depth == 0 ? "" : "s"), sooner[depth]});
  return queries;
}

// --- Seeds.

const auto loses = [](const auto& s, const auto& a) { return mistakes::loses_pending(s, a); };

std::vector<Obligation> obligations_of_rows() {
  // clang-format off
  return {
    {"every_call_has_an_allowed_answer", "Every call, in every state that satisfies the invariant, has an allowed answer other than H_HARDWARE (and, of H_READ, H_BUSY).",
     {C::prepare_create, C::commit_success, C::read_within, C::enter_other}, every_call_has_an_allowed_answer,
     {edited("prepare_create_says_nothing", [](World& w) { w.rules.prepare.answer(C::prepare_create, answers()).remove(C::prepare_create_busy).remove(C::prepare_resource_transient); }),
      edited("commit_success_says_nothing", [](World& w) { w.rules.commit.answer(C::commit_success, answers()); }),
      edited("read_within_says_nothing", [](World& w) { w.rules.read.answer(C::read_within, answers()); }),
      edited("enter_other_is_missing", [](World& w) { w.rules.enter.remove(C::enter_other); })}},
    {"an_answer_has_one_next_state", "State, call and answer determine the next state, whether or not a row that may apply is passed over; H_ENTER's order alone decides.",
     {C::prepare_create_busy, C::prepare_create_collision, C::prepare_resource_transient, C::commit_collision}, an_answer_has_one_next_state,
     {edited("prepare_create_busy_says_h_success", [](World& w) { w.rules.prepare.answer(C::prepare_create_busy, answers(H_SUCCESS)); }),
      edited("commit_collision_says_h_success", [](World& w) { w.rules.commit.answer(C::commit_collision, answers(H_SUCCESS)); })}},
    {"no_row_is_shadowed", "Each row fires in some state that satisfies the invariant.",
     {C::prepare_discard, C::prepare_flags, C::commit_flags, C::commit_collision}, no_row_is_shadowed,
     seeds(D::prepare_ignores_flags, D::commit_ignores_flags, D::prepare_checks_flags_before_discard)},
    {"every_row_is_reachable", "Each row can be taken from a fresh partition, in as few steps as stated and no fewer.",
     {C::pending_completes, C::pending_collides, C::pending_dropped, C::commit_collided}, every_row_is_reachable,
     seeds(D::prepare_creates_nothing, D::prepare_ignores_flags)},
    {"the_invariant_holds_initially", "A fresh partition satisfies the invariant, and there is one.",
     {C::prepare_create}, the_invariant_holds_initially,
     {edited("starts_with_a_pending_hpt", [](World& w) { w.initially = [](const S& s) { auto t = s; t.phase = constant(s.phase, lit(Phase::idle)); return both(fresh(t), is(s.phase, Phase::prepared)); }; })}},
    {"the_invariant_is_inductive", "No allowed answer to a call and no hidden step leads out of the invariant.",
     {C::prepare_range, C::prepare_resource, C::prepare_create, C::prepare_discard, C::commit_clears, C::commit_current}, the_invariant_is_inductive,
     seeds(D::prepare_accepts_17, D::prepare_exceeds_largest_by_one, D::prepare_ignores_limit, D::prepare_unchecked_authority, D::prepare_allocates_half, D::commit_hardware_switches, D::prepare_error_sticks)},
    {"standing_and_limit_are_rigid", "Nothing changes what a partition may do, or the largest size that it may have.",
     {C::prepare_authority, C::commit_authority, C::prepare_resource}, standing_and_limit_are_rigid,
     {edited("h_resource_lowers_the_limit", [](World& w) { w.rules.prepare.also_then(C::prepare_resource_transient, [](auto s, const auto&) { s.limit = minus(s.limit, lit(1)); return s; }); })}},

    {"commit_succeeds_only_when_fully_prepared", "COMMIT answers H_SUCCESS only with permission, flags zero and a fully prepared Pending HPT of the very size asked for.",
     {C::commit_success, C::commit_no_pending, C::commit_flags, C::commit_shift, C::commit_busy, C::commit_collided}, commit_succeeds_only_when_fully_prepared,
     seeds(D::commit_ignores_busy, D::commit_ignores_shift, D::commit_ignores_flags, D::commit_narrows_flags_to_word, D::commit_flags_low_bit_only, D::commit_narrows_shift_to_byte, D::commit_shift_zero_commits, D::commit_accepts_smaller_shift, D::commit_none_is_h_success, D::commit_ignores_collided)},
    {"commit_success_makes_that_size_current", "After COMMIT's H_SUCCESS the current HPT is of the size asked for and nothing is pending.",
     {C::commit_current, C::commit_clears, C::commit_success}, commit_success_makes_that_size_current,
     seeds(D::commit_keeps_old_table, D::commit_never_shrinks, D::commit_never_grows, D::commit_keeps_pending, D::commit_swaps, D::prepare_allocates_half)},
    {"commit_failure_keeps_the_table", "On any other answer of COMMIT the current HPT is of the size that it was.",
     {C::commit_failure_keeps_table}, commit_failure_keeps_the_table,
     seeds(D::commit_closed_switches, D::commit_busy_switches, D::commit_collision_switches)},
    {"commit_failure_keeps_the_pending_hpt", "A COMMIT that fails changes nothing that a guest can see; if the Pending HPT goes, the platform dropped it.",
     {C::commit_failure_keeps_table, C::pending_dropped}, commit_failure_keeps_the_pending_hpt,
     seeds(D::commit_failure_discards, D::commit_closed_switches)},
    {"commit_busy_only_while_preparing", "COMMIT answers H_BUSY only to a call that matches, while the Pending HPT is being prepared or, as A8 allows, after it collided.",
     {C::commit_busy, C::commit_flags, C::commit_shift}, commit_busy_only_while_preparing,
     seeds(D::commit_checks_busy_before_flags, D::commit_checks_busy_before_shift) + edited("commit_prepared_is_h_busy", [](World& w) { w.rules.commit.also(C::commit_busy, rows::prepared); })},
    {"commit_never_answers_long_busy", "COMMIT never answers H_LONG_BUSY_*.",
     {C::commit_busy}, commit_never_answers_long_busy, seeds(D::commit_busy_is_h_long_busy)},
    {"commit_pteg_full_only_when_shrinking_with_bolted_entries", "COMMIT answers H_PTEG_FULL only to a call that matches a smaller Pending HPT, once a bolted HPTE was entered.",
     {C::commit_collision, C::commit_collided}, commit_pteg_full_only_when_shrinking_with_bolted_entries,
     {edited("commit_collides_when_growing", [](World& w) { w.rules.commit.also(C::commit_collision, mistakes::grows); })}},
    {"commit_closed_exactly_when_nothing_fits", "With permission COMMIT answers H_CLOSED exactly when no Pending HPT has that size and flags.",
     {C::commit_no_pending, C::commit_flags, C::commit_shift}, commit_closed_exactly_when_nothing_fits,
     seeds(D::commit_none_is_h_parameter, D::commit_flags_is_h_parameter, D::commit_shift_is_h_parameter, D::commit_busy_is_h_closed, D::commit_checks_busy_before_flags)},
    {"commit_answers_what_its_phase_says", "A COMMIT that matches answers H_SUCCESS when all is prepared (or H_PTEG_FULL where entries can collide), H_BUSY before, H_PTEG_FULL or, as A8 allows, H_BUSY after a collision; or H_HARDWARE.",
     {C::commit_success, C::commit_busy, C::commit_collided, C::commit_collision}, commit_answers_what_its_phase_says,
     seeds(D::commit_same_size_is_h_parameter, D::commit_smaller_is_h_parameter, D::commit_collision_is_h_resource, D::commit_collision_is_h_parameter, D::commit_collided_is_h_parameter, D::commit_ignores_collided, D::commit_ignores_busy, D::commit_busy_is_h_closed)},

    {"prepare_zero_leaves_nothing_pending", "With permission and flags zero, PREPARE of shift zero answers H_SUCCESS, and nothing is pending then.",
     {C::prepare_zero, C::prepare_discard}, prepare_zero_leaves_nothing_pending,
     seeds(D::prepare_zero_keeps_pending, D::prepare_zero_is_h_parameter)},
    {"prepare_leaves_at_most_the_hpt_asked_for", "After PREPARE there is no Pending HPT, or one of the legal size asked for with flags zero, or the answer was H_HARDWARE and nothing changed.",
     {C::prepare_discard, C::prepare_create, C::prepare_hardware}, prepare_leaves_at_most_the_hpt_asked_for,
     seeds(D::prepare_keeps_other_size, D::prepare_match_ignores_flags, D::prepare_narrows_shift_to_byte, D::prepare_ignores_flags, D::prepare_checks_flags_before_discard, D::prepare_checks_range_before_discard, D::prepare_other_size_is_h_busy)},
    {"prepare_errors_discard_exactly_what_does_not_match", "H_PARAMETER and H_RESOURCE discard whatever was pending, which never matched; H_AUTHORITY, H_HARDWARE, H_FUNCTION and H_NOT_AVAILABLE change nothing; no other error is answered but H_PTEG_FULL.",
     {C::prepare_discard, C::prepare_flags, C::prepare_range, C::prepare_resource, C::prepare_hardware}, prepare_errors_discard_exactly_what_does_not_match,
     seeds(D::prepare_checks_flags_before_discard, D::prepare_checks_range_before_discard, D::prepare_checks_resource_before_discard, D::prepare_match_ready_is_h_parameter, D::prepare_match_collision_is_h_parameter, D::prepare_resource_is_h_no_mem)},
    {"prepare_keeps_the_table", "PREPARE leaves the current HPT alone.",
     {C::prepare_create}, prepare_keeps_the_table,
     seeds(D::prepare_error_sticks) + edited("prepare_switches_at_once", [](World& w) { w.rules.prepare.also_then(C::prepare_match_ready, rows::makes_current); })},
    {"prepare_long_busy_only_while_preparing", "PREPARE answers H_LONG_BUSY_* only where there is then a Pending HPT of that size being prepared, or, as A8 allows, one that had collided before; and H_BUSY never.",
     {C::prepare_match_busy, C::prepare_create_busy}, prepare_long_busy_only_while_preparing,
     seeds(D::prepare_keeps_other_size, D::prepare_match_is_h_busy, D::prepare_other_size_is_h_busy, D::prepare_match_ready_is_h_busy) + edited("prepare_match_ready_is_h_long_busy", [](World& w) { w.rules.prepare.answer(C::prepare_match_ready, long_busy); })},
    {"prepare_success_means_prepared_or_zero", "PREPARE of a shift other than zero answers H_SUCCESS only where the Pending HPT of that size is then fully prepared.",
     {C::prepare_create, C::prepare_match_ready, C::prepare_match_collision}, prepare_success_means_prepared_or_zero,
     seeds(D::prepare_says_ready_early, D::prepare_match_says_ready_early, D::prepare_match_collision_is_h_success, D::prepare_creates_nothing, D::prepare_keeps_other_size)},
    {"prepare_keeps_to_its_limits", "With permission, flags other than zero and shifts that are no size get H_PARAMETER, sizes above the limit H_RESOURCE, and no other size gets H_PARAMETER.",
     {C::prepare_flags, C::prepare_range, C::prepare_resource}, prepare_keeps_to_its_limits,
     seeds(D::prepare_narrows_flags_to_word, D::prepare_flags_low_bit_only, D::prepare_checks_zero_before_flags, D::prepare_accepts_17, D::prepare_refuses_18, D::prepare_accepts_47, D::prepare_refuses_46, D::prepare_narrows_shift_to_byte, D::prepare_checks_limit_before_range, D::prepare_exceeds_largest_by_one, D::prepare_ignores_limit, D::prepare_same_size_is_h_parameter, D::prepare_smaller_is_h_parameter)},

    {"without_permission_only_that_is_answered", "A partition that may not resize gets H_AUTHORITY, one without the option H_FUNCTION or H_NOT_AVAILABLE (or either H_HARDWARE), others never; and nothing changes.",
     {C::prepare_authority, C::prepare_option_absent, C::commit_authority, C::commit_option_absent}, without_permission_only_that_is_answered,
     seeds(D::prepare_unchecked_authority, D::prepare_checks_flags_before_authority, D::prepare_authority_is_h_privilege, D::prepare_absent_is_h_success, D::commit_unchecked_authority, D::commit_authority_is_h_privilege, D::commit_checks_pending_before_authority, D::commit_absent_is_h_closed)},
    {"read_and_enter_change_no_resize_state", "H_READ changes nothing, H_ENTER at most the mark that a bolted HPTE was entered, and that only with H_SUCCESS.",
     {C::read_within, C::read_beyond, C::enter_bolted, C::enter_other}, read_and_enter_change_no_resize_state,
     {edited("read_loses_the_pending_hpt", [](World& w) { w.rules.read.also_then(C::read_beyond, loses); }),
      edited("enter_loses_the_pending_hpt", [](World& w) { w.rules.enter.also_then(C::enter_bolted, loses); })}},
    {"read_shows_the_size", "Where there is an HPT, H_READ that answers neither H_HARDWARE nor H_BUSY answers H_SUCCESS exactly to a PTEX below the number of its HPTEs, else H_PARAMETER.",
     {C::read_within, C::read_beyond}, read_shows_the_size,
     seeds(D::read_bound_off_by_one, D::read_ignores_bound, D::read_refuses_last, D::read_empty_is_h_not_found)},
    {"a_reset_is_a_fresh_partition_to_a_guest", "After a reset nothing that a guest can see tells the partition from a fresh one that may do the same, with an HPT of the size at start.",
     {C::reset_no_pending, C::reset_size, C::reset_empty}, a_reset_is_a_fresh_partition_to_a_guest,
     seeds(D::reset_keeps_pending, D::reset_keeps_prepared, D::reset_keeps_size, D::reset_keeps_larger_size, D::reset_keeps_bolted)},
    {"a_reset_always_comes_to_its_end", "In every state that satisfies the invariant the guest can be rebooted, and then runs again.",
     {C::reset_restarts}, a_reset_always_comes_to_its_end,
     {edited("a_reset_of_the_same_size_is_refused", [](World& w) { w.rules.reset.before(C::reset_restarts, must(C::reset_restarts, [](const auto& s, const auto& a) { return eq(resized<64>(s.current), a.shift); }, answers(H_BUSY), Unchanged{})); })}},
    {"hidden_steps_only_spend_a_pending_hpt", "Unseen, only a Pending HPT changes: none begins, its size stays, none that collided becomes prepared, and the current HPT is not touched.",
     {C::pending_completes, C::pending_collides, C::pending_dropped}, hidden_steps_only_spend_a_pending_hpt,
     seeds(D::commit_hardware_switches) + edited("a_collision_heals", [](World& w) { w.rules.hidden.also(C::pending_completes, rows::collided); })},
    {"two_hidden_steps_are_one", "What two hidden steps lead to, one leads to, as far as a guest can see.",
     {C::pending_completes, C::pending_collides, C::pending_dropped}, two_hidden_steps_are_one,
     {edited("only_what_is_prepared_is_dropped", [](World& w) { w.rules.hidden.unless(C::pending_dropped, rows::preparing); })}},
    {"answers_do_not_depend_on_bookkeeping", "States that differ only in what is kept for explanations allow the same answers, and go on to such states.",
     {C::prepare_discard, C::commit_no_pending, C::commit_failure_keeps_table}, answers_do_not_depend_on_bookkeeping,
     {edited("commit_after_a_drop_is_h_parameter", [](World& w) { w.rules.commit.before(C::commit_no_pending, must(C::commit_no_pending, [](const auto& s, const auto&) { return is(s.gone, Gone::dropped); }, answers(H_PARAMETER), Unchanged{})); })}},

    {"who_keeps_asking_gets_there_in_three_calls", "From every state, a guest that asks three times for one permitted size of a fair platform, whose preparation ends between two calls, gets H_SUCCESS.",
     {C::prepare_create, C::prepare_create_busy, C::prepare_match_busy, C::prepare_match_ready, C::pending_completes}, who_keeps_asking_gets_there_in_three_calls,
     seeds(D::prepare_match_restarts, D::prepare_match_ready_is_h_busy, D::prepare_same_size_is_h_parameter)},
    {"who_keeps_asking_gets_there_by_rank", "However long preparation takes, asking never sets a guest back, the end of preparation gets it on, and then only H_SUCCESS answers.",
     {C::prepare_create, C::prepare_create_busy, C::prepare_match_busy, C::prepare_match_ready, C::pending_completes}, who_keeps_asking_gets_there_by_rank,
     seeds(D::prepare_match_restarts, D::prepare_match_ready_is_h_busy, D::prepare_same_size_is_h_parameter, D::prepare_keeps_other_size)},

    {"the_rfc_allows_what_lopar_allows", "Every step that LoPAR allows the RFC's profile allows too, perhaps with a hidden step before or after.",
     {C::prepare_discard, C::prepare_zero, C::commit_success, C::commit_failure_keeps_table}, the_rfc_allows_what_lopar_allows,
     seeds(D::prepare_keeps_other_size, D::prepare_zero_keeps_pending, D::prepare_says_ready_early, D::commit_ignores_shift, D::commit_none_is_h_success, D::commit_keeps_pending, D::commit_keeps_old_table, D::commit_closed_switches, D::commit_ignores_collided)},
    {"lopar_refuses_more_than_the_rfc", "For each demand of LoPAR there are calls and answers, at most three, that the RFC's profile allows and the demand refuses.",
     {C::prepare_authority, C::prepare_flags, C::prepare_range, C::prepare_resource, C::commit_flags, C::commit_busy}, lopar_refuses_more_than_the_rfc,
     {edited("prepare_flags_may_be_answered_at_will", [](World& w) { w.rules.prepare.answer(C::prepare_flags, anything); })}},

    {"pteg_full_is_dead_if_a_collision_is_unfinished", "Under the other reading of A8, that a preparation which ended on a collision is not fully prepared, LoPAR's two items on H_PTEG_FULL after such a preparation never apply.",
     {C::prepare_match_collision, C::commit_collided}, pteg_full_is_dead_if_a_collision_is_unfinished,
     {edited("prepared_counts_as_collided", [](World& w) { w.rules.prepare.also(C::prepare_match_collision, rows::and_(rows::matches, rows::prepared)); w.rules.commit.also(C::commit_collided, rows::prepared); })}},

    {"prepare_match_collision_is_h_success_is_no_violation", "A hypervisor with the deviation prepare_match_collision_is_h_success does nothing that the specification forbids.",
     {C::prepare_match_collision, C::pending_dropped, C::pending_collides}, nothing_is_done_that_the_specification_forbids, seeds(D::prepare_match_collision_is_h_parameter), {D::prepare_match_collision_is_h_success}},
    {"prepare_match_restarts_is_no_violation", "A hypervisor with the deviation prepare_match_restarts does nothing that the specification forbids.",
     {C::prepare_match_ready, C::pending_dropped}, nothing_is_done_that_the_specification_forbids, seeds(D::prepare_match_ready_is_h_busy), {D::prepare_match_restarts}},
    {"prepare_creates_nothing_is_no_violation", "A hypervisor with the deviation prepare_creates_nothing does nothing that the specification forbids.",
     {C::prepare_create, C::pending_dropped}, nothing_is_done_that_the_specification_forbids, seeds(D::prepare_says_ready_early), {D::prepare_creates_nothing}},
    {"commit_failure_discards_is_no_violation", "A hypervisor with the deviation commit_failure_discards does nothing that the specification forbids.",
     {C::commit_shift, C::pending_dropped}, nothing_is_done_that_the_specification_forbids, seeds(D::commit_closed_switches), {D::commit_failure_discards}},
    {"commit_ignores_busy_is_no_violation", "A hypervisor with the deviation commit_ignores_busy does nothing that the specification forbids, the table's contents aside.",
     {C::commit_busy, C::pending_completes}, nothing_is_done_that_the_specification_forbids_if_it_had_ended, seeds(D::commit_ignores_collided), {D::commit_ignores_busy}},
    {"commit_collided_is_h_busy_is_no_violation", "A hypervisor with the deviation commit_collided_is_h_busy does nothing that the specification, with A8 as read, forbids.",
     {C::commit_collided, C::commit_busy}, nothing_is_done_that_the_specification_forbids, seeds(D::commit_collided_is_h_parameter), {D::commit_collided_is_h_busy}},
  };
  // clang-format on
}

}  // namespace

const std::vector<Obligation>& obligations() {
  static const auto list = [] {
    auto joined = obligations_of_rows();
    for (auto& obligation : hashing_obligations()) joined.push_back(std::move(obligation));
    for (auto& obligation : slot_obligations()) joined.push_back(std::move(obligation));
    for (auto& obligation : capability_obligations()) joined.push_back(std::move(obligation));
    return joined;
  }();
  return list;
}

}  // namespace hptck
