// Two walks over the same rows: a fast one that only follows the states which allow the answer (step), and a
// slow one that takes notes (explain). Both go through for_each_candidate (model/framework/walk.h), which closes one
// state over the hidden steps.
#include "model/oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/machines/rules.h"
#include "model/resize/rows.h"
#include "model/framework/walk.h"
#include "spec/embedded.h"

namespace hptck {
namespace {

using S = ConcreteState;

Gone gone_of(const S& s) { return static_cast<Gone>(raw(s.gone)); }
Table table_of(const S& s) { return static_cast<Table>(raw(s.table)); }
bool was_dropped(const S& s) { return in(s, Phase::cancelled) && gone_of(s) == Gone::dropped; }

// What the slow walk notes for one state.
struct Note {
  bool refused = false;
  Clause row{};               // the row that refused, or that answered
  Answers expected{};         // what that row allows
  std::vector<Answers> also;  // what the may rows before it would have allowed
};

Note annotated_walk(const ConcreteList& list, S s, const ConcreteArguments& arguments,
                    const std::int64_t* code) {
  const auto a = list.taken(s, arguments);
  Note note;
  for (const auto& row : list) {
    if (!matched(row, s, a)) continue;
    if (row.kind == RowKind::effect) {
      s = row.next(s, a);
      continue;
    }
    const bool allowed = code != nullptr && row.allowed.allow(*code);
    if (row.kind == RowKind::may && !allowed) {
      note.also.push_back(row.allowed);
      continue;
    }
    note.refused = !allowed;
    note.row = row.clause;
    note.expected = row.allowed;
    break;
  }
  return note;
}

// The effect that the answer of this row bears witness to, when it holds; and that is to blame, when the
// answer shows that the effect was not done. None: the row speaks for itself.
std::optional<Clause> witnessed(Clause row, const S& before) {
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

void sort_unique(std::vector<S>& states) {
  std::sort(states.begin(), states.end(), [](const S& a, const S& b) { return packed(a) < packed(b); });
  states.erase(std::unique(states.begin(), states.end()), states.end());
}

std::string list_of(const Answers& answers) {
  if (answers.anything) return "anything";
  std::string text = answers.long_busy ? "H_LONG_BUSY_*" : "";
  for (std::uint8_t i = 0; i < answers.count; ++i) {
    text += fmt::format("{}{}", text.empty() ? "" : " or ", name_of_status(answers.codes[i]));
  }
  return text;
}

// An answer that only a partition with a Pending HPT gives to COMMIT.
bool acts_on_pending(std::int64_t code) {
  return code == status::H_SUCCESS || code == status::H_BUSY || code == status::H_PTEG_FULL;
}

const char* name_of(Gone gone) {
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

// The clause to blame in one state, and a word that tells kinds of violation on one clause apart.
std::pair<Clause, std::string> blame(const Note& note, const S& s, std::int64_t code) {
  const auto effect = witnessed(note.row, s);
  if (note.row == Clause::commit_no_pending && acts_on_pending(code) && effect && !was_dropped(s)) {
    return {*effect, fmt::format("kept-after-{}", name_of(gone_of(s)))};
  }
  if ((note.row == Clause::read_within || note.row == Clause::read_beyond) && effect &&
      (code == status::H_SUCCESS || code == status::H_PARAMETER)) {
    return {*effect, fmt::format("wrong-size-{}", name_of_status(code))};
  }
  if (const auto check = unwarranted(note.row, code))
    return {*check, fmt::format("{}-unwarranted", name_of_status(code))};
  return {note.row, fmt::format("{}-for-{}", kind_of_status(code), list_of(note.expected))};
}

std::string indented(const std::string& text) { return "    " + text + '\n'; }

}  // namespace

std::string describe(const ConcreteState& s) {
  const auto standing = static_cast<Standing>(raw(s.standing));
  if (standing == Standing::absent) return "the option is not offered";
  const int pending = raw(s.pending);
  std::string text;
  switch (static_cast<Phase>(raw(s.phase))) {
    case Phase::preparing:
      text = fmt::format("preparing: Pending HPT of shift {}, not yet fully prepared", pending);
      break;
    case Phase::prepared:
      text = fmt::format("prepared: Pending HPT of shift {}, fully prepared", pending);
      break;
    case Phase::collided:
      text = fmt::format("collided: Pending HPT of shift {}, its preparation ended on a bolted collision",
                         pending);
      break;
    case Phase::idle:
      text = gone_of(s) == Gone::committed ? "idle: no Pending HPT since COMMIT made it current"
                                           : "idle: no Pending HPT";
      break;
    case Phase::cancelled:
      text = "cancelled: no Pending HPT; it was discarded ";
      switch (gone_of(s)) {
        case Gone::zero:
          text += "by PREPARE with shift 0";
          break;
        case Gone::flags:
          text += "by a PREPARE that ended with H_PARAMETER for its flags";
          break;
        case Gone::range:
          text += "by a PREPARE that ended with H_PARAMETER for its shift";
          break;
        case Gone::resource:
          text += "by a PREPARE that ended with H_RESOURCE";
          break;
        case Gone::reset:
          text += "when the guest was rebooted";
          break;
        default:
          text += "by the platform";
          break;
      }
      break;
  }
  text += fmt::format("; current HPT of shift {}", raw(s.current));
  if (table_of(s) == Table::kept) text += ", kept by the last COMMIT";
  if (table_of(s) == Table::reset) text += ", since the guest was rebooted";
  if ((raw(s.marks) & mark::bolted) != 0) text += "; bolted HPTEs entered";
  if (standing == Standing::forbidden) text += "; may not resize";
  return text;
}

std::vector<ConcreteState> initial_states(const Statement& statement) {
  using W = Concrete::Word<8>;
  using R = Statement::Resize;
  const auto word = [](auto value) { return W(static_cast<std::uint8_t>(value)); };
  std::vector<S> states;
  for (const auto standing : {Standing::permitted, Standing::forbidden, Standing::absent}) {
    if (statement.resize == R::enabled && standing != Standing::permitted) continue;
    if (statement.resize == R::disabled && standing != Standing::forbidden) continue;
    if (statement.resize == R::absent && standing != Standing::absent) continue;
    for (unsigned shift = min_shift; shift <= max_shift; ++shift) {
      if (statement.initial_shift != 0 && shift != statement.initial_shift) continue;
      states.push_back({word(standing), word(Phase::idle), word(0), word(Gone::never), word(shift),
                        word(Table::initial), word(0),
                        word(statement.max_shift == 0 ? max_shift : statement.max_shift)});
    }
  }
  return states;
}

// The shift of the current HPT where all states agree; else 0.
static unsigned size_of(std::span<const S> states) {
  if (states.empty()) return 0;
  const bool agree = std::all_of(states.begin(), states.end(),
                                 [&](const S& s) { return s.current == states.front().current; });
  return agree ? raw(states.front().current) : 0;
}

// The least shift that a Pending HPT may have; 0: there is none.
static unsigned pending_in(std::span<const S> states) {
  unsigned least = 0;
  for (const auto& s : states)
    if (raw(s.pending) != 0 && (least == 0 || raw(s.pending) < least)) least = raw(s.pending);
  return least;
}

bool Oracle::Order::operator()(const States& a, const States& b) const {
  const auto less = [](const S& x, const S& y) { return packed(x) < packed(y); };
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), less);
}

Oracle::Oracle(const Statement& statement, const Deviations& deviations, Contents::Rigour rigour)
    : rules_(rules<Concrete>(deviations)), deviates_(!deviations.empty()), contents_(deviations, rigour) {
  restart(statement);
}

// Sets are few unless someone makes them many; then the memory starts afresh.
void Oracle::make_room() {
  constexpr std::size_t most_sets = 1 << 14;
  if (sets_.size() < most_sets) return;
  auto present = states_->first;
  sets_.clear();
  remembered_.clear();
  become(std::move(present));
}

void Oracle::become(States states) {
  const auto number = static_cast<std::uint32_t>(sets_.size() + 1);
  const auto [set, added] = sets_.try_emplace(std::move(states), About{number});
  if (added) {
    set->second.current = size_of(set->first);
    set->second.pending = pending_in(set->first);
  }
  states_ = &*set;
}

void Oracle::restart(const Statement& statement) {
  become(initial_states(statement));
  contents_.restart();
  standing_declared_ = statement.resize != Statement::Resize::unknown;
  start_shift_ = statement.initial_shift;
  exercised_ = {};
}

Oracle::Next Oracle::next_states(const Call& call, std::int64_t code) const {
  Next next;
  // The clauses that every simplest explanation shares. Simplest is one without hidden steps, then one with,
  // then one in which the platform dropped the Pending HPT.
  ClauseSet shared[3] = {ClauseSet::everything(), ClauseSet::everything(), ClauseSet::everything()};
  bool any[3] = {false, false, false};
  auto& closed = states_->second.closed;
  if (closed.empty()) {
    for (const auto& live : states_->first)
      for_each_candidate(rules_.hidden, live, [&](const S& state, ClauseSet path) {
        closed.push_back({state, path});
      });
  }
  next.known = for_each_rule(rules_, call, start_shift_, [&](const auto& list, const auto& arguments) {
    for (auto [state, path] : closed) {
      S s = state;
      const auto* answer = walk(list, s, arguments, code);
      if (answer == nullptr) continue;
      const int tier = was_dropped(state) ? 2 : !path.empty() ? 1 : 0;
      path.add(answer->clause);
      if (const auto effect = witnessed(answer->clause, state)) path.add(*effect);
      // Where no size is declared for the start, none that comes bears witness to anything.
      if (call.token == token::reset && start_shift_ == 0) s.table = constant(s.table, lit(Table::initial));
      any[tier] = true;
      shared[tier] &= path;
      next.states.push_back(s);
    }
  });
  sort_unique(next.states);
  if (next.known && !next.states.empty())
    next.exercised = any[0] ? shared[0] : any[1] ? shared[1] : shared[2];
  // Where an unended preparation was possible until now, the collision came unseen: it was among the states
  // only because an answer between (H_LONG_BUSY_* by ambiguity A8, or that of another hypercall) suited it.
  if (next.exercised.contains(Clause::prepare_match_collision) &&
      std::any_of(states_->first.begin(), states_->first.end(),
                  [](const S& s) { return in(s, Phase::preparing) || in(s, Phase::prepared); }))
    next.exercised.add(Clause::pending_collides);
  return next;
}

// Out of range is one class, below and above; within, each shift is its own.
static std::uint64_t shift_class(std::uint64_t shift) {
  const std::uint64_t above = shift > max_shift ? 63 : shift;
  return shift != 0 && shift < min_shift ? 1 : above;
}

std::uint64_t call_class_of(const Call& call, bool fine) {
  switch (call.token) {
    case token::H_RESIZE_HPT_PREPARE:
    case token::H_RESIZE_HPT_COMMIT: {
      const auto flags = call.args[0], whole = call.args[1];
      const auto low_half =
          static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(whole)));
      const std::uint64_t commits = call.token == token::H_RESIZE_HPT_COMMIT, any = flags != 0,
                          differ = low_half != whole;
      const auto plain =
          commits | any << 1 | differ << 2 | shift_class(low_half) << 3 | shift_class(whole) << 9;
      if (!fine) return plain;
      const std::uint64_t low_word = (flags & 0xffffffff) != 0, low_bit = flags & 1;
      return plain | low_word << 15 | low_bit << 16 | shift_class(whole & 0xff) << 17;
    }
    case token::H_READ: {
      const auto ptex = call.args[1];
      const std::uint64_t power = std::has_single_bit(ptex), last = (ptex & (ptex + 1)) == 0;
      const auto plain = std::uint64_t{1} << 23 | static_cast<std::uint64_t>(std::bit_width(ptex));
      return fine ? plain | power << 7 | last << 8 : plain;
    }
    case token::H_ENTER:
      return std::uint64_t{1} << 23 | 1 << 16 | (call.args[2] & (HPTE_BOLTED | HPTE_VALID));
    case token::reset:
      return std::uint64_t{1} << 23 | 1 << 18;
    default:
      return std::uint64_t{1} << 23 | 1 << 17;
  }
}

bool Oracle::allows(const Call& call, const Response& response) const {
  const auto next = next_states(call, response.status);
  if (next.known && next.states.empty()) return false;
  if (!contents_.concerns(call, response)) return true;
  const auto before = states_->second.current;
  auto contents = contents_;
  return contents.step(call, response,
                       {before, next.known ? size_of(next.states) : before, pending_in(states_->first)});
}

bool Oracle::step(const Call& call, const Response& response) {
  make_room();
  const auto* before = states_;
  if (!step_states(call, response)) return false;
  if (!contents_.concerns(call, response)) return true;
  if (!contents_.step(call, response,
                      {before->second.current, states_->second.current, before->second.pending})) {
    states_ = before;
    exercised_ = {};
    return false;
  }
  exercised_ |= contents_.exercised();
  return true;
}

bool Oracle::step_states(const Call& call, const Response& response) {
  if (remembered_.empty()) remember_more();
  const auto code = static_cast<std::int16_t>(response.status);
  const bool listed = code == response.status;  // no code beyond 16 bits has a name
  // What a reset comes to depends on the partition, and sets are remembered for all.
  const auto start = call.token == token::reset ? start_shift_ : 0u;
  const auto key = call_class_of(call, deviates_) | start |
                   std::uint64_t{static_cast<std::uint16_t>(code)} << 24 |
                   std::uint64_t{states_->second.number} << 40;
  auto& slot = slot_of(key);
  if (slot.key == key && listed) {
    states_ = slot.to;
    exercised_ = slot.exercised;
    return true;
  }
  auto next = next_states(call, response.status);
  exercised_ = next.exercised;
  if (!next.known) return true;
  if (next.states.empty()) return false;
  become(std::move(next.states));
  if (remembered_.empty() || !listed) return true;
  slot = {key, states_, exercised_};
  if (++misses_ > remembered_.size() / 2) remember_more();
  return true;
}

Oracle::Remembered& Oracle::slot_of(std::uint64_t key) {
  return remembered_[(key ^ key >> 29) * 0x9e3779b97f4a7c15 >> (64 - slot_bits_)];
}

// The table starts small, for the many oracles that judge a handful of calls, and grows with what there is to
// remember.
void Oracle::remember_more() {
  constexpr int first = 8, last = 16;
  misses_ = 0;
  if (slot_bits_ == last && !remembered_.empty()) return;
  slot_bits_ = slot_bits_ == 0 ? first : std::min(slot_bits_ + 2, last);
  const auto before = std::exchange(remembered_, std::vector<Remembered>(std::size_t{1} << slot_bits_));
  for (const auto& one : before) {
    if (one.key != 0) slot_of(one.key) = one;
  }
}

// A status that some live state allows is refused for what is in the table.
std::optional<Refusal> Oracle::explain_contents(const Call& call, const Response& response) const {
  const auto next = next_states(call, response.status);
  if (next.known && next.states.empty()) return std::nullopt;
  const auto before = states_->second.current;
  auto contents = contents_;
  Contents::Refused why;
  if (contents.step(call, response,
                    {before, next.known ? size_of(next.states) : before, pending_in(states_->first)}, &why))
    return std::nullopt;
  Refusal refusal;
  refusal.by_contents = true;
  refusal.clauses = why.clauses;
  for (const auto clause : why.clauses) refusal.rows.add(clause);
  refusal.rows.add(why.row);
  std::string names;
  for (const auto clause : why.clauses)
    names += fmt::format("{}{}", names.empty() ? "" : " or ", id_of(clause));
  refusal.key = fmt::format("{}:{}:contents:{}", name_of_token(call.token), names, why.detail);
  std::replace(refusal.key.begin(), refusal.key.end(), ' ', '_');
  refusal.headline = fmt::format("{} answered {}, against {}", to_string(call),
                                 to_string(defined_part(call, response)), names);
  for (const auto clause : why.clauses)
    refusal.explanation +=
        fmt::format("{} asks: {}\n({}: {}.)\n", id_of(clause), text_of(clause).text,
                    text_of(clause).source == "lopar" ? "LoPAR" : "RFC", text_of(clause).place);
  refusal.explanation += why.explanation;
  return refusal;
}

Refusal Oracle::explain(const Call& call, const Response* response) const {
  if (response != nullptr && contents_.concerns(call, *response)) {
    if (auto refusal = explain_contents(call, *response)) return *std::move(refusal);
  }
  struct Seen {
    S state;
    Note note;
  };
  std::vector<Seen> seen;
  for_each_rule(rules_, call, start_shift_, [&](const auto& list, const auto& arguments) {
    for (const auto& live : states_->first) {
      for_each_candidate(rules_.hidden, live, [&](const S& candidate, ClauseSet) {
        const auto note = annotated_walk(list, candidate, arguments, response ? &response->status : nullptr);
        for (const auto& other : seen) {
          if (packed(other.state) == packed(candidate) && other.note.row == note.row) return;
        }
        seen.push_back({candidate, note});
      });
    }
  });

  Refusal refusal;
  const auto hypercall = name_of_token(call.token);
  const auto plainly = [](const Seen& one) { return !was_dropped(one.state); };
  const bool any_plain = std::any_of(seen.begin(), seen.end(), plainly);
  std::vector<std::string> details;
  ClauseSet blamed;
  for (const auto& one : seen) {
    if (any_plain && !plainly(one)) continue;
    refusal.rows.add(one.note.row);
    const auto [clause, detail] = response ? blame(one.note, one.state, response->status)
                                           : std::pair(one.note.row, std::string("no-answer"));
    if (blamed.contains(clause)) continue;
    blamed.add(clause);
    refusal.clauses.push_back(clause);
    details.push_back(detail);
  }
  // Of a call that was not answered the plainest case comes first: what success would have been.
  if (response == nullptr)
    std::stable_partition(refusal.clauses.begin(), refusal.clauses.end(), [&](Clause clause) {
      return std::any_of(seen.begin(), seen.end(), [&](const Seen& one) {
        return one.note.row == clause && one.note.expected.allow(status::H_SUCCESS);
      });
    });
  std::string names, asks;
  for (std::size_t i = 0; i < refusal.clauses.size(); ++i) {
    names += fmt::format("{}{}", i == 0 ? "" : " or ", id_of(refusal.clauses[i]));
    asks += fmt::format("{}{}", i == 0 ? "" : " / ", text_of(refusal.clauses[i]).text);
  }
  std::sort(details.begin(), details.end());
  details.erase(std::unique(details.begin(), details.end()), details.end());
  refusal.key = hypercall + ':' + names;
  for (const auto& detail : details) refusal.key += ':' + detail;
  std::replace(refusal.key.begin(), refusal.key.end(), ' ', '_');
  refusal.headline =
      fmt::format("{} {}, against {}", to_string(call),
                  response ? "answered " + name_of_status(response->status) : "was not answered",
                  names.empty() ? "no clause" : names);

  auto& text = refusal.explanation;
  text = fmt::format("{} asks: {}\n", names, asks);
  for (const auto clause : refusal.clauses)
    text += fmt::format("({}: {}.)\n", text_of(clause).source == "lopar" ? "LoPAR" : "RFC",
                        text_of(clause).place);
  text += fmt::format("{} {}. What the partition could have been in, and what it may answer there:\n",
                      to_string(call),
                      response ? "was answered " + name_of_status(response->status) : "was not answered");
  constexpr std::size_t shown = 8;
  for (std::size_t i = 0; i < seen.size() && i < shown; ++i) {
    const auto& [state, note] = seen[i];
    std::string allowed = list_of(note.expected);
    for (const auto& also : note.also) allowed += ", " + list_of(also);
    text += indented(describe(state));
    text += indented(fmt::format("  {}: {}", id_of(note.row), allowed));
  }
  if (seen.size() > shown) text += indented(fmt::format("and {} more", seen.size() - shown));
  return refusal;
}

void Oracle::resync(const Call& call, const Response& response) {
  make_room();
  contents_.forget();
  using W = Concrete::Word<8>;
  const auto asked = call.args[1] & 0xffffffff;
  const bool resize = call.token == token::H_RESIZE_HPT_PREPARE || call.token == token::H_RESIZE_HPT_COMMIT;
  const bool asked_a_size = resize && asked >= min_shift && asked <= max_shift;
  // A refused H_READ says that the size is not what it seemed.
  const bool size_unknown = call.token == token::H_READ;
  States next;
  for (const auto& live : states_->first) {
    std::vector<W> sizes{live.current}, pendings;
    if (raw(live.pending) != 0) pendings.push_back(live.pending);
    if (asked_a_size) pendings.push_back(W(static_cast<std::uint8_t>(asked)));
    if (call.token == token::H_RESIZE_HPT_COMMIT) sizes.insert(sizes.end(), pendings.begin(), pendings.end());
    if (size_unknown) {
      sizes.clear();
      for (unsigned shift = min_shift; shift <= max_shift; ++shift)
        sizes.push_back(W(static_cast<std::uint8_t>(shift)));
    }
    for (const auto size : sizes) {
      S s = live;
      s.current = size;
      s.table = constant(s.table, lit(Table::initial));
      next.push_back(s);
      if (!resize) continue;
      s.pending = constant(s.pending, lit(0));
      // Not as dropped by the platform, which would count as seen at work.
      s.phase = constant(s.phase, lit(Phase::idle));
      s.gone = constant(s.gone, lit(Gone::never));
      next.push_back(s);
      for (const auto pending : pendings) {
        s.pending = pending;
        s.gone = constant(s.gone, lit(Gone::none));
        for (const auto phase : {Phase::preparing, Phase::prepared, Phase::collided})
          next.push_back(rows::becomes(phase)(s, no_arguments));
      }
    }
  }
  // An answer that an implementation may not give to anyone says nothing of standing; one that only others
  // get may show that standing was learned from a wrong answer.
  if (!standing_declared_) {
    const auto count = next.size();
    for (std::size_t i = 0; i < count; ++i) {
      auto s = next[i];
      s.standing = constant(s.standing, lit(Standing::permitted));
      next.push_back(s);
    }
  }
  // Standing can have been learned wrongly from the very answers that are in doubt.
  if (response.status == status::H_AUTHORITY || response.status == status::H_FUNCTION ||
      response.status == status::H_NOT_AVAILABLE) {
    const auto count = next.size();
    for (std::size_t i = 0; i < count; ++i) {
      auto s = next[i];
      s.standing = constant(
          s.standing, lit(response.status == status::H_AUTHORITY ? Standing::forbidden : Standing::absent));
      next.push_back(s);
    }
  }
  sort_unique(next);
  become(std::move(next));
}

ClauseSet clauses_with_rows() {
  ClauseSet clauses;
  const auto all = specification<Concrete>();
  for (const auto* list : {&all.prepare, &all.commit, &all.read, &all.enter, &all.reset, &all.hidden}) {
    for (const auto& row : *list) clauses.add(row.clause);
  }
  const auto slots = slot_rules<Concrete>();
  for (const auto* list : {&slots.enter, &slots.enter_chosen, &slots.enter_passed, &slots.read, &slots.remove,
                           &slots.protect, &slots.bulk}) {
    for (const auto& row : *list) clauses.add(row.clause);
  }
  const auto pages = machines::page_size_specification<Concrete>();
  for (const auto* list : {&pages.start, &pages.refusal})
    for (const auto& row : *list) clauses.add(row.clause);
  for (const auto* list : {&pages.enter, &pages.enter_after})
    for (const auto& row : *list) clauses.add(row.clause);
  for (const auto& row : pages.migrate) clauses.add(row.clause);
  const TableRules<Concrete> table;
  for (const auto* list : {&table.commit, &table.collision, &table.failure, &table.reset})
    for (const auto& row : *list) clauses.add(row.clause);
  return clauses;
}

}  // namespace hptck
