// The set of states that a judged thing may be in, given all that was asked and answered, over any interface
// (docs/decisions/0028 says what one has to give).
//
// The set is closed over hidden steps before each call, never collapsed to one guess and never capped: what a
// platform is allowed to do unseen is kept as an alternative until an answer rules it out. When no state
// allows an answer, that is a violation, and noted() names for each live state the row that refused. Tracking
// a set was chosen over searching for one accepted history afterwards because the set stays small and the
// verdict is there at the call that broke the rule.
//
// Campaigns meet the same few sets over and over, so steps between sets are remembered in a direct-mapped
// table: a lazy determinization of the model. Calls that no row can tell apart share an entry; a property
// test holds that sharing against the rows.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "model/framework/walk.h"

namespace hptck {

/// What a walk comes to in one state, for people.
struct Note {
  Clause row{};                    ///< that refused, or that answered
  Answers expected{};              ///< what that row allows
  std::vector<Answers> also = {};  ///< what the `may` rows before it would have allowed
};

template <class State>
struct Noted {
  State state;
  Note note;
};

template <class S, class A>
Note noted_walk(const DecisionList<Concrete, S, A>& list, S s, const A& arguments,
                std::optional<std::int64_t> answer) {
  struct Observer {
    Note note;
    void passed(const Row<Concrete, S, A>& row) { note.also.push_back(row.allowed); }
  } observer;
  if (const auto ended = walk(list, s, arguments, answer, observer); ended.row != nullptr) {
    observer.note.row = ended.row->clause;
    observer.note.expected = ended.row->allowed;
  }
  return observer.note;
}

template <class Interface>
class StateSet {
 public:
  using State = typename Interface::State;
  using Call = typename Interface::Call;
  using Digest = typename Interface::Digest;
  using States = std::vector<State>;

  explicit StateSet(Interface interface) : interface_(std::move(interface)) {}
  StateSet(const StateSet&) = delete;
  StateSet& operator=(const StateSet&) = delete;

  /// What the interface knows of the thing that is judged may change with a fresh start.
  Interface& interface() { return interface_; }
  const Interface& interface() const { return interface_; }

  /// From now on the thing is in one of these.
  void become(States states) {
    make_room();
    enter(std::move(states));
    exercised_ = {};
  }

  /// Takes the answer into account. False: no live state allows it, and the set is left as it was.
  bool step(const Call& call, std::int64_t answer) {
    make_room();
    if (remembered_.empty()) remember_more();
    previous_ = states_;
    const auto code = static_cast<std::int16_t>(answer);
    const bool listed = code == answer;  // no code beyond 16 bits has a name
    const auto key = interface_.class_of(call) | std::uint64_t{static_cast<std::uint16_t>(code)} << 24 |
                     std::uint64_t{states_->second.number} << 40;
    auto& slot = slot_of(key);
    if (slot.key == key && listed) {
      states_ = slot.to;
      exercised_ = slot.exercised;
      return true;
    }
    auto next = after(call, answer);
    exercised_ = next.exercised;
    if (!next.known) return true;
    if (next.states.empty()) return false;
    enter(std::move(next.states));
    if (!listed) return true;
    slot = {key, states_, exercised_};
    if (++misses_ > remembered_.size() / 2) remember_more();
    return true;
  }
  /// As if the last step had been refused.
  void undo() {
    states_ = previous_;
    exercised_ = {};
  }

  struct Next {
    States states;
    ClauseSet exercised;
    bool known = true;  ///< false: a call without rows, of which nothing is said
    bool refused() const { return known && states.empty(); }
  };
  /// What step() would come to.
  Next after(const Call& call, std::int64_t answer) const;

  /// For each live state, and each that hidden steps make of it, where the walk ends; without an answer,
  /// where it would if the answer were none that a row allows. Each state and row once.
  std::vector<Noted<State>> noted(const Call& call, std::optional<std::int64_t> answer) const {
    std::vector<Noted<State>> all;
    interface_.for_each_reading(call, [&](const auto& list, const auto& arguments) {
      for (const auto& candidate : closed()) {
        auto note = noted_walk(list, candidate.state, arguments, answer);
        const auto same = [&](const auto& one) {
          return one.state == candidate.state && one.note.row == note.row;
        };
        if (std::none_of(all.begin(), all.end(), same)) all.push_back({candidate.state, std::move(note)});
      }
    });
    return all;
  }

  /// The clauses that the last accepted step showed at work, under its simplest explanation.
  ClauseSet exercised() const { return exercised_; }
  /// The live states before hidden steps, in no particular order.
  std::span<const State> states() const { return states_->first; }
  /// What the interface keeps of a set because it is asked for at every step.
  const Digest& digest() const { return states_->second.digest; }

 private:
  struct Order {
    bool operator()(const States& a, const States& b) const {
      return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), less);
    }
  };
  struct Candidate {
    State state;
    ClauseSet path;  // the hidden steps that lead there
  };
  // What is known of a set: its number, from 1, and everything that hidden steps make of it, once that was
  // asked for.
  struct About {
    std::uint32_t number = 0;
    Digest digest = {};
    mutable std::vector<Candidate> closed = {};
  };
  using Set = std::pair<const States, About>;
  // A step: which set was left by which class of call and which answer, and what came of it. Small, because
  // the table is what the speed of a campaign's oracle hangs on.
  struct Remembered {
    std::uint64_t key = 0;  // 0: an empty slot
    const Set* to = nullptr;
    ClauseSet exercised;
  };

  static bool less(const State& a, const State& b) { return packed(a) < packed(b); }

  const std::vector<Candidate>& closed() const {
    auto& all = states_->second.closed;
    if (!all.empty()) return all;
    for (const auto& live : states_->first)
      for_each_candidate(interface_.hidden(), live, interface_.no_arguments(),
                         [&](const State& state, ClauseSet path) {
                           all.push_back({state, path});
                         });
    return all;
  }

  void enter(States states) {
    std::sort(states.begin(), states.end(), less);
    states.erase(std::unique(states.begin(), states.end()), states.end());
    const auto number = static_cast<std::uint32_t>(sets_.size() + 1);
    const auto [set, added] = sets_.try_emplace(std::move(states), About{number});
    if (added) set->second.digest = Interface::digest_of(set->first);
    states_ = &*set;
  }
  // Sets are few unless someone makes them many; then the memory starts afresh.
  void make_room() {
    constexpr std::size_t most_sets = 1 << 14;
    if (sets_.size() < most_sets) return;
    auto present = states_->first;
    sets_.clear();
    remembered_.clear();
    enter(std::move(present));
  }
  Remembered& slot_of(std::uint64_t key) {
    return remembered_[(key ^ key >> 29) * 0x9e3779b97f4a7c15 >> (64 - slot_bits_)];
  }
  // The table starts small, for the many oracles that judge a handful of calls, and grows with what there is
  // to remember.
  void remember_more() {
    constexpr int first = 8, last = 16;
    misses_ = 0;
    if (slot_bits_ == last && !remembered_.empty()) return;
    slot_bits_ = slot_bits_ == 0 ? first : std::min(slot_bits_ + 2, last);
    const auto before = std::exchange(remembered_, std::vector<Remembered>(std::size_t{1} << slot_bits_));
    for (const auto& one : before) {
      if (one.key != 0) slot_of(one.key) = one;
    }
  }

  Interface interface_;
  std::map<States, About, Order> sets_;  // nodes never move
  const Set *states_ = nullptr, *previous_ = nullptr;
  std::vector<Remembered> remembered_;  // as many as a power of two
  int slot_bits_ = 0;
  std::size_t misses_ = 0;
  ClauseSet exercised_;
};

template <class Interface>
typename StateSet<Interface>::Next StateSet<Interface>::after(const Call& call, std::int64_t answer) const {
  Next next;
  // The clauses that every simplest explanation shares. Simplest is one without hidden steps, then one with,
  // then one that the interface calls far-fetched.
  ClauseSet shared[3] = {ClauseSet::everything(), ClauseSet::everything(), ClauseSet::everything()};
  bool any[3] = {false, false, false};
  next.known = interface_.for_each_reading(call, [&](const auto& list, const auto& arguments) {
    for (auto [state, path] : closed()) {
      auto s = state;
      const auto ended = walk(list, s, arguments, answer);
      if (!ended) continue;
      const int tier = Interface::is_far_fetched(state) ? 2 : !path.empty() ? 1 : 0;
      path.add(ended.row->clause);
      if (const auto effect = Interface::witnessed(ended.row->clause, state)) path.add(*effect);
      any[tier] = true;
      shared[tier] &= path;
      next.states.push_back(interface_.settled(call, s));
    }
  });
  if (!next.known || next.states.empty()) return next;
  next.exercised = any[0] ? shared[0] : any[1] ? shared[1] : shared[2];
  next.exercised |= Interface::also_exercised(next.exercised, states_->first);
  return next;
}

}  // namespace hptck
