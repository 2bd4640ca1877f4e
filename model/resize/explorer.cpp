#include "model/resize/explorer.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "model/resize/rules.h"
#include "model/table/hashing.h"
#include "model/oracle.h"
#include "model/framework/walk.h"

namespace hptck {
namespace {

// A bolted HPTE of a 4 KiB page in the HPTEG of its VSID, in a slot that no probe of the size looks at.
Call bolted_hpte(std::uint64_t vsid) {
  constexpr std::uint64_t slot = 3, memory_coherent = 0x10;
  return {token::H_ENTER, {H_EXACT, vsid * 8 + slot, vsid << 12 | HPTE_BOLTED | HPTE_VALID, memory_coherent}};
}

// A set of non-zero 64-bit words, open addressing. No state is zero: current is at least 17.
class WordSet {
 public:
  WordSet() : slots_(1 << 12) {}
  // Whether the word is new.
  bool insert(std::uint64_t word) {
    if (2 * ++count_ > slots_.size()) grow();
    const bool fresh = place(slots_, word);
    if (!fresh) --count_;
    return fresh;
  }

 private:
  static bool place(std::vector<std::uint64_t>& slots, std::uint64_t word) {
    auto at = (word ^ word >> 32) * 0x9e3779b97f4a7c15 >> 20 & (slots.size() - 1);
    for (; slots[at] != 0; at = (at + 1) & (slots.size() - 1)) {
      if (slots[at] == word) return false;
    }
    slots[at] = word;
    return true;
  }
  void grow() {
    std::vector<std::uint64_t> larger(slots_.size() * 4);
    for (const auto word : slots_) {
      if (word != 0) place(larger, word);
    }
    slots_ = std::move(larger);
  }
  std::vector<std::uint64_t> slots_;
  std::size_t count_ = 0;
};

struct Letter {
  Call call;
  const ConcreteList* list;
  ConcreteArguments arguments;
  std::vector<bool>* taken;
};

}  // namespace

Explored explore(const Rules<Concrete>& rules, std::span<const ConcreteState> initial,
                 std::span<const Call> calls, const std::function<void(const ConcreteState&)>& visit,
                 unsigned start_shift) {
  Explored result;
  const auto taken_of = [&](const ConcreteList& list) -> std::vector<bool>* {
    return &list == &rules.prepare  ? &result.prepare
           : &list == &rules.commit ? &result.commit
           : &list == &rules.read   ? &result.read
           : &list == &rules.enter  ? &result.enter
                                    : &result.reset;
  };
  for (const auto* list : {&rules.prepare, &rules.commit, &rules.read, &rules.enter, &rules.reset})
    taken_of(*list)->resize(list->size());
  result.hidden.resize(rules.hidden.size());

  std::vector<Letter> letters;
  for (const auto& call : calls) {
    for_each_rule(rules, call, start_shift,
                  [&](const ConcreteList& list, const ConcreteArguments& arguments) {
                    letters.push_back({call, &list, arguments, taken_of(list)});
                  });
  }

  WordSet known;
  std::vector<ConcreteState> queue;
  const auto reach = [&](const ConcreteState& s) {
    if (known.insert(packed(s))) queue.push_back(s);
  };
  for (const auto& s : initial) reach(s);
  for (std::size_t at = 0; at < queue.size(); ++at) {
    const auto s = queue[at];
    if (visit) visit(s);
    std::size_t index = 0;
    for (const auto& row : rules.hidden) {
      if (matched(row, s, no_arguments)) {
        ++result.transitions;
        result.hidden[index] = true;
        reach(row.next(s, no_arguments));
      }
      ++index;
    }
    for (const auto& letter : letters) {
      for_each_outcome(*letter.list, s, letter.arguments,
                       [&](const ConcreteRow& row, const ConcreteState& next) {
                         ++result.transitions;
                         (*letter.taken)[static_cast<std::size_t>(&row - &*letter.list->begin())] = true;
                         reach(next);
                       });
      // Effect rows do not answer; they are taken where they match on the way.
    }
  }
  result.states = queue.size();
  return result;
}

std::vector<Call> telling_calls(unsigned initial_shift, unsigned limit) {
  std::vector<std::uint64_t> shifts{0, min_shift - 1, min_shift, max_shift, max_shift + 1};
  for (const auto shift : {initial_shift - 1, initial_shift, initial_shift + 1, limit - 1, limit, limit + 1})
    shifts.push_back(shift);
  shifts.push_back(0x100 | (initial_shift + 1));
  shifts.push_back(0x100);
  std::sort(shifts.begin(), shifts.end());
  shifts.erase(std::unique(shifts.begin(), shifts.end()), shifts.end());
  std::vector<Call> calls;
  for (const auto shift : shifts) calls.push_back(prepare(0, shift));
  for (const auto shift : shifts) calls.push_back(commit(0, shift));
  for (const std::uint64_t flags : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{1} << 32}) {
    for (const std::uint64_t shift : {0u, initial_shift - 1, initial_shift + 1}) {
      calls.push_back(prepare(flags, shift));
      calls.push_back(commit(flags, shift));
    }
  }
  for (const auto shift : {min_shift - 1, min_shift, initial_shift - 1, initial_shift, initial_shift + 1}) {
    calls.push_back(read_hpte((std::uint64_t{1} << (shift - 4)) - 1));
    calls.push_back(read_hpte(std::uint64_t{1} << (shift - 4)));
  }
  calls.push_back(bolted_hpte(0));
  calls.push_back(reset_guest());
  return calls;
}

std::vector<Statement> telling_statements() {
  using R = Statement::Resize;
  return {{R::enabled, 24, 30}, {R::disabled, 24, 30}, {R::absent, 24, 30}};
}

namespace {

// Representatives of what a row may answer.
std::vector<std::int64_t> codes_of(const Answers& answers) {
  if (answers.anything) return {status::H_SUCCESS, status::H_PARAMETER};
  std::vector<std::int64_t> codes(answers.codes.begin(), answers.codes.begin() + answers.count);
  if (answers.long_busy) codes.push_back(status::H_LONG_BUSY_ORDER_10_MSEC);
  return codes;
}

// The hypervisor that is followed by the sets of states it may be in, each set by its number.
class Follower {
 public:
  explicit Follower(const Deviations& deviations) : rules_(rules<Concrete>(deviations)) {}

  using Set = std::vector<std::uint64_t>;

  std::uint32_t number_of(Set set) {
    std::sort(set.begin(), set.end());
    set.erase(std::unique(set.begin(), set.end()), set.end());
    const auto [place, fresh] =
        numbers_.try_emplace(std::move(set), static_cast<std::uint32_t>(sets_.size()));
    if (fresh) sets_.push_back(&place->first);
    return place->second;
  }

  // The set after the answer; nothing when no state of the set allows it.
  std::optional<std::uint32_t> after(std::uint32_t from, std::uint32_t call_number, const Call& call,
                                     unsigned start_shift, std::int64_t code) {
    const auto key = std::uint64_t{from} << 32 | (start_shift << 10 | call_number) << 16 |
                     static_cast<std::uint16_t>(code);
    if (const auto known = steps_.find(key); known != steps_.end()) return known->second;
    Set next;
    for_each_rule(
        rules_, call, start_shift, [&](const ConcreteList& list, const ConcreteArguments& arguments) {
          for (const auto live : *sets_[from]) {
            for_each_candidate(rules_.hidden, unpacked(live), [&](const ConcreteState& candidate, ClauseSet) {
              auto s = candidate;
              if (walk(list, s, arguments, code) != nullptr) next.push_back(packed(s));
            });
          }
        });
    std::optional<std::uint32_t> result;
    if (!next.empty()) result = number_of(std::move(next));
    steps_.emplace(key, result);
    return result;
  }

 private:
  Rules<Concrete> rules_;
  std::map<Set, std::uint32_t> numbers_;
  std::vector<const Set*> sets_;
  std::unordered_map<std::uint64_t, std::optional<std::uint32_t>> steps_;
};

}  // namespace

Difference shortest_difference(const Deviations& wrong, const Deviations& right,
                               std::span<const Statement> statements, std::size_t most_nodes) {
  struct Node {
    ConcreteState state;
    std::uint32_t set, statement, parent, call;
    std::int64_t code;
  };
  constexpr std::uint32_t none = ~0u;
  Difference result;
  const auto wrong_rules = rules<Concrete>(wrong);
  Follower follower(right);
  std::vector<std::vector<Call>> calls;
  std::vector<Node> nodes;
  std::map<std::pair<std::uint64_t, std::uint32_t>, bool> known;
  const auto add = [&](const Node& node) {
    if (known.try_emplace({packed(node.state), node.set}, true).second) nodes.push_back(node);
  };
  for (std::uint32_t i = 0; i < statements.size(); ++i) {
    calls.push_back(telling_calls(statements[i].initial_shift, statements[i].max_shift));
    const auto initial = initial_states(statements[i]);
    Follower::Set set;
    for (const auto& s : initial) set.push_back(packed(s));
    const auto number = follower.number_of(set);
    for (const auto& s : initial) add({s, number, i, none, 0, 0});
  }
  const auto trace_to = [&](std::size_t at, std::uint32_t call, std::int64_t code) {
    Trace trace;
    trace.statement = statements[nodes[at].statement];
    const auto& letters = calls[nodes[at].statement];
    const auto add_step = [&](const Call& one, std::int64_t answer) {
      trace.steps.push_back({0, one, Response{answer, {}}});
      if (one.token != token::H_ENTER || answer != status::H_SUCCESS) return;
      // To the rows one bolted HPTE may collide; in a table there have to be two.
      const unsigned shift = trace.statement.initial_shift;
      const auto other = bolted_hpte(std::uint64_t{1} << (shift - hashing::hpteg_shift - 1));
      trace.steps.push_back({0, other, Response{answer, {}}});
      for (auto step = trace.steps.end() - 2; step != trace.steps.end(); ++step)
        step->response->out[0] = step->call.args[1];
    };
    add_step(letters[call], code);
    for (auto i = static_cast<std::uint32_t>(at); nodes[i].parent != none; i = nodes[i].parent)
      add_step(letters[nodes[i].call], nodes[i].code);
    std::reverse(trace.steps.begin(), trace.steps.end());
    return trace;
  };
  for (std::size_t at = 0; at < nodes.size(); ++at) {
    if (nodes.size() > most_nodes) {
      result.nodes = nodes.size();
      return result;
    }
    const auto node = nodes[at];
    const auto& letters = calls[node.statement];
    for (std::uint32_t c = 0; c < letters.size() && !result.trace; ++c) {
      for_each_candidate(wrong_rules.hidden, node.state, [&](const ConcreteState& candidate, ClauseSet) {
        const unsigned start = statements[node.statement].initial_shift;
        for_each_rule(
            wrong_rules, letters[c], start, [&](const ConcreteList& list, const ConcreteArguments& args) {
              for_each_outcome(list, candidate, args, [&](const ConcreteRow& row, const ConcreteState& next) {
                for (const auto code : codes_of(row.allowed)) {
                  if (result.trace) return;
                  const auto set = follower.after(node.set, c, letters[c], start, code);
                  if (!set)
                    result.trace = trace_to(at, c, code);
                  else
                    add({next, *set, node.statement, static_cast<std::uint32_t>(at), c, code});
                }
              });
            });
      });
    }
    if (result.trace) break;
  }
  result.nodes = nodes.size();
  result.exhausted = !result.trace;
  return result;
}

}  // namespace hptck
