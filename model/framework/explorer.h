// The explicit-state explorer over any interface: breadth-first search over the states that its rows allow,
// state by state.
//
// explore_states() says which states and rows can be reached at all. first_difference() searches the product
// of two things that are judged by the same interface, one followed by its states, the other by the sets of
// states it may be in, for the first answer that one may give and the other may not; breadth first, so the
// path is the shortest over its calls. Sets were chosen on one side only, because a set on both would hide
// which answers go together.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/framework/walk.h"

namespace hptck {

struct Explored {
  std::uint64_t states = 0;       ///< different ones, the initial ones included
  std::uint64_t transitions = 0;  ///< hidden steps and answered calls, those to known states included
  std::map<std::string_view, std::vector<bool>> taken = {};  ///< by name of the list, per row
};

/// A set of non-zero 64-bit words, open addressing.
class WordSet {
 public:
  WordSet() : slots_(1 << 12) {}
  /// Whether the word is new.
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

/// Everything that can be reached from `initial` with these calls. `visit` sees each state once; no state is
/// packed into zero.
template <class Interface>
Explored explore_states(const Interface& interface, std::span<const typename Interface::State> initial,
                        std::span<const typename Interface::Call> calls,
                        const std::function<void(const typename Interface::State&)>& visit) {
  using State = typename Interface::State;
  using List = typename Interface::List;
  struct Letter {
    const List* list;
    typename Interface::Arguments arguments;
    std::vector<bool>* taken;
  };
  Explored result;
  std::map<const List*, std::vector<bool>*> taken;
  for_each_list(interface.rules, [&](const char* name, const List& list) {
    taken[&list] = &result.taken[name];
    taken[&list]->resize(list.size());
  });
  std::vector<Letter> letters;
  for (const auto& call : calls)
    interface.for_each_reading(call, [&](const List& list, const auto& arguments) {
      letters.push_back({&list, arguments, taken.at(&list)});
    });
  auto& hidden_taken = *taken.at(&interface.hidden());

  WordSet known;
  std::vector<State> queue;
  const auto reach = [&](const State& s) {
    if (known.insert(packed(s))) queue.push_back(s);
  };
  for (const auto& s : initial) reach(s);
  for (std::size_t at = 0; at < queue.size(); ++at) {
    const auto s = queue[at];
    if (visit) visit(s);
    std::size_t index = 0;
    for (const auto& row : interface.hidden()) {
      if (matched(row, s, interface.no_arguments())) {
        ++result.transitions;
        hidden_taken[index] = true;
        reach(row.next(s, interface.no_arguments()));
      }
      ++index;
    }
    // Effect rows do not answer; they are taken where they match on the way.
    for (const auto& letter : letters)
      for_each_outcome(*letter.list, s, letter.arguments, [&](const auto& row, const State& next) {
        ++result.transitions;
        (*letter.taken)[static_cast<std::size_t>(&row - &*letter.list->begin())] = true;
        reach(next);
      });
  }
  result.states = queue.size();
  return result;
}

/// One of the things that are compared, from its start: both are judged by an interface that knows as much.
template <class Interface>
struct Comparison {
  Interface wrong, right;
  std::vector<typename Interface::State> initial;
  std::vector<typename Interface::Call> calls;
};

struct FirstDifference {
  struct Step {
    std::size_t call;
    std::int64_t answer;
  };
  std::optional<std::size_t> start;  ///< index of the comparison; none: no difference was found
  std::vector<Step> path;            ///< its last answer is the one that `right` does not allow
  bool exhausted = false;            ///< the whole product was searched
  std::size_t nodes = 0;             ///< of the product
};

template <class Interface>
class ProductSearch {
 public:
  using State = typename Interface::State;

  explicit ProductSearch(std::span<const Comparison<Interface>> comparisons) : comparisons_(comparisons) {
    for (std::uint32_t i = 0; i < comparisons.size(); ++i) {
      Set set;
      for (const auto& s : comparisons[i].initial) set.push_back(packed(s));
      const auto number = number_of(std::move(set));
      for (const auto& s : comparisons[i].initial) add({s, number, i, none, 0, 0});
    }
  }

  FirstDifference run(std::size_t most_nodes) {
    FirstDifference result;
    for (std::uint32_t at = 0; at < nodes_.size(); ++at) {
      result.nodes = nodes_.size();
      if (nodes_.size() > most_nodes) return result;
      for (std::uint32_t call = 0; call < comparisons_[nodes_[at].start].calls.size(); ++call) {
        if (const auto answer = refused_answer(at, call)) {
          result.nodes = nodes_.size();
          result.start = nodes_[at].start;
          result.path = path_to(at, call, *answer);
          return result;
        }
      }
    }
    result.nodes = nodes_.size();
    result.exhausted = true;
    return result;
  }

 private:
  static constexpr std::uint32_t none = ~0u;
  using Set = std::vector<std::uint64_t>;
  struct Node {
    State state;
    std::uint32_t set, start, parent, call;
    std::int64_t answer;
  };

  void add(const Node& node) {
    if (known_.try_emplace({packed(node.state), node.set}, true).second) nodes_.push_back(node);
  }

  // The first answer to the call that one may give at the node and the other may not; until then, the nodes
  // that answers lead to are added.
  std::optional<std::int64_t> refused_answer(std::uint32_t at, std::uint32_t call) {
    const auto node = nodes_[at];
    const auto& [wrong, right, initial, calls] = comparisons_[node.start];
    std::optional<std::int64_t> refused;
    for_each_candidate(wrong.hidden(), node.state, wrong.no_arguments(), [&](const State& s, ClauseSet) {
      wrong.for_each_reading(calls[call], [&](const auto& list, const auto& arguments) {
        for_each_outcome(list, s, arguments, [&](const auto& row, const State& next) {
          for (const auto answer : Interface::answers_of(row.allowed)) {
            if (refused) return;
            if (const auto set = after(node.set, node.start, call, answer))
              add({next, *set, node.start, at, call, answer});
            else
              refused = answer;
          }
        });
      });
    });
    return refused;
  }

  // The other one's set after the answer; nothing when no state of the set allows it.
  std::optional<std::uint32_t> after(std::uint32_t from, std::uint32_t start, std::uint32_t call,
                                     std::int64_t answer) {
    const auto key =
        std::uint64_t{from} << 32 | (start << 10 | call) << 16 | static_cast<std::uint16_t>(answer);
    if (const auto known = steps_.find(key); known != steps_.end()) return known->second;
    Set next;
    const auto& right = comparisons_[start].right;
    right.for_each_reading(comparisons_[start].calls[call], [&](const auto& list, const auto& arguments) {
      for (const auto live : *sets_[from])
        for_each_candidate(right.hidden(), Interface::unpacked(live), right.no_arguments(),
                           [&](State s, ClauseSet) {
                             if (walk(list, s, arguments, answer)) next.push_back(packed(s));
                           });
    });
    std::optional<std::uint32_t> result;
    if (!next.empty()) result = number_of(std::move(next));
    steps_.emplace(key, result);
    return result;
  }

  std::uint32_t number_of(Set set) {
    std::sort(set.begin(), set.end());
    set.erase(std::unique(set.begin(), set.end()), set.end());
    const auto [place, fresh] =
        numbers_.try_emplace(std::move(set), static_cast<std::uint32_t>(sets_.size()));
    if (fresh) sets_.push_back(&place->first);
    return place->second;
  }

  std::vector<FirstDifference::Step> path_to(std::uint32_t at, std::uint32_t call,
                                             std::int64_t answer) const {
    std::vector<FirstDifference::Step> path{{call, answer}};
    for (auto i = at; nodes_[i].parent != none; i = nodes_[i].parent)
      path.push_back({nodes_[i].call, nodes_[i].answer});
    std::reverse(path.begin(), path.end());
    return path;
  }

  std::span<const Comparison<Interface>> comparisons_;
  std::vector<Node> nodes_;
  std::map<std::pair<std::uint64_t, std::uint32_t>, bool> known_;
  std::map<Set, std::uint32_t> numbers_;
  std::vector<const Set*> sets_;
  std::unordered_map<std::uint64_t, std::optional<std::uint32_t>> steps_;
};

}  // namespace hptck
