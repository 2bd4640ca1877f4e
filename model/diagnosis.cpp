#include "model/diagnosis.h"

#include <algorithm>
#include <map>
#include <optional>

#include "model/oracle.h"

namespace hptck {
namespace {

// Where the first answer stands that is still refused.
struct Refused {
  std::size_t evidence = 0, step = 0;
  bool by_contents = false;
};

// The first refused step, at or before `last`.
std::optional<std::size_t> first_refused(Oracle& oracle, const Evidence& evidence, std::size_t last = ~0ull) {
  oracle.restart(evidence.statement);
  for (std::size_t i = 0; i < evidence.steps.size() && i <= last; ++i) {
    const auto& step = evidence.steps[i];
    if (!step.response) return std::nullopt;  // a fault: no row can say that
    if (!oracle.step(step.call, *step.response)) return i;
  }
  return std::nullopt;
}

std::vector<Deviation> candidates() {
  std::vector<Deviation> all;
  for (std::size_t i = 0; i < deviation_texts().size(); ++i) {
    const auto seen_in = deviation_texts()[i].seen_in;
    if (seen_in == SeenIn::control || seen_in == SeenIn::contents) all.push_back(static_cast<Deviation>(i));
  }
  return all;
}

// Of a guest that has entered an HPTE where it does not belong nothing is judged (ambiguity A12).
Evidence before_hostility(const Evidence& evidence, const Deviations& given) {
  Oracle oracle(evidence.statement, given);
  for (std::size_t i = 0; i < evidence.steps.size(); ++i) {
    const auto& step = evidence.steps[i];
    if (!step.response || !oracle.step(step.call, *step.response)) break;
    if (oracle.contents().hostile()) return {evidence.statement, evidence.steps.first(i)};
  }
  return evidence;
}

class Search {
 public:
  enum class Steps { single, pairs_too };

  Search(std::span<const Evidence> evidence, const Deviations& given, const DiagnosisLimits& limits)
      : given_(given), limits_(limits), left_out_(evidence.size(), false) {
    for (const auto& one : evidence) {
      evidence_.push_back(before_hostility(one, given));
      firsts_.push_back(first_of(evidence_.back()));
    }
  }

  Diagnosis run() {
    Diagnosis result;
    while (true) {
      std::optional<std::size_t> stuck;
      // What says nothing of contents would explain whatever is amiss there, so it comes last.
      rigour_ = Contents::Rigour::as_specified;
      result.explanations = smallest(Steps::single, stuck);
      rigour_ = Contents::Rigour::as_far_as_known;
      if (stuck) result.explanations = smallest(Steps::single, stuck);
      if (stuck) result.explanations = smallest(Steps::pairs_too, stuck);
      if (!stuck) break;
      // What begins in the same way has the same cause.
      for (std::size_t i = 0; i < evidence_.size(); ++i)
        if (i == *stuck || (firsts_[i] && firsts_[*stuck] && firsts_[i]->key == firsts_[*stuck]->key))
          left_out_[i] = true;
    }
    for (auto& explanation : result.explanations) explanation = without_idle(explanation);
    keep_smallest(result.explanations);
    for (std::size_t i = 0; i < evidence_.size(); ++i) {
      if (left_out_[i] &&
          std::none_of(result.explanations.begin(), result.explanations.end(),
                       [&](const Deviations& one) { return also_explains(one, evidence_[i]); }))
        result.unexplained.push_back(i);
    }
    return result;
  }

 private:
  std::optional<Refused> refusal(const Deviations& deviations) const {
    Oracle oracle({}, deviations, rigour_);
    for (std::size_t i = 0; i < evidence_.size(); ++i) {
      if (left_out_[i]) continue;
      if (const auto refused = unexplained_in(i, oracle)) return refused;
    }
    return std::nullopt;
  }

  // The first answer that is refused. Where contents are not judged any more nothing in them is refused,
  // which explains nothing: a deviation of which it is not known what becomes of the table has to show in
  // some other way. So the answer refused for contents under what is given counts as refused there.
  std::optional<Refused> unexplained_in(std::size_t index, Oracle& oracle, std::size_t last = ~0ull,
                                        std::size_t judged = ~0ull) const {
    const auto& [statement, steps] = evidence_[index];
    const auto& first = firsts_[index];
    oracle.restart(statement);
    for (std::size_t i = 0; i < steps.size() && i <= last; ++i) {
      const auto& [wait, call, response] = steps[i];
      if (!response) return std::nullopt;  // a fault: no row can say that
      // A minimized H_ENTER may make the guest hostile itself.
      const bool was_hostile = oracle.contents().hostile();
      if (!oracle.step(call, *response))
        return Refused{index, i, oracle.explain(call, &*response).by_contents};
      const bool has_to_be_judged = (first && first->by_contents && i == first->step) || i == judged;
      if (has_to_be_judged && (oracle.contents().forfeited() || was_hostile)) return Refused{index, i, true};
    }
    return std::nullopt;
  }

  bool gets_past(const Deviations& deviations, const Refused& refused) const {
    Oracle oracle({}, deviations, rigour_);
    return !unexplained_in(refused.evidence, oracle, refused.step,
                           refused.by_contents ? refused.step : ~0ull);
  }

  // What explains the rest explains this too if it leaves open what is in the table.
  static bool also_explains(const Deviations& explanation, const Evidence& evidence) {
    Oracle oracle({}, explanation);
    return !first_refused(oracle, evidence) && oracle.contents().unknown_by_deviation();
  }

  // The first answer that is refused under what is given.
  struct First {
    std::size_t step;
    bool by_contents;
    std::string key;
  };
  std::optional<First> first_of(const Evidence& evidence) const {
    Oracle oracle({}, given_);
    const auto step = first_refused(oracle, evidence);
    if (!step) return std::nullopt;
    const auto& answered = evidence.steps[*step];
    const auto refusal = oracle.explain(answered.call, &*answered.response);
    return First{*step, refusal.by_contents, refusal.key};
  }

  // Later additions can make earlier ones superfluous.
  Deviations without_idle(const Deviations& explanation) const {
    auto least = explanation;
    explanation.for_each([&](Deviation one) {
      auto fewer = least;
      fewer.remove(one);
      if (!given_.has(one) && !refusal(fewer)) least = fewer;
    });
    return least;
  }

  static void keep_smallest(std::vector<Deviations>& sets) {
    std::size_t least = ~std::size_t{0};
    for (const auto& set : sets) least = std::min(least, set.size());
    std::vector<Deviations> kept;
    for (const auto& set : sets)
      if (set.size() == least && std::find(kept.begin(), kept.end(), set) == kept.end()) kept.push_back(set);
    sets = std::move(kept);
  }

  // What may be added to get past the refusal: one deviation, or two that only together do. There are
  // thousands of pairs, so they are tried only when single ones lead nowhere, and on short evidence.
  std::vector<Deviations> wider(const Deviations& deviations, const Refused& refused, Steps steps) const {
    constexpr std::size_t short_enough = 256;
    std::vector<Deviations> found;
    const auto with = [&](std::initializer_list<Deviation> more) {
      auto set = deviations;
      for (const auto deviation : more) set.add(deviation);
      return set;
    };
    for (const auto one : all_) {
      if (deviations.has(one)) continue;
      if (auto set = with({one}); gets_past(set, refused)) found.push_back(set);
    }
    if (steps == Steps::single || refused.by_contents || refused.step >= short_enough) return found;
    const auto alone = found;
    const auto does_alone = [&](Deviation one) {
      return std::any_of(alone.begin(), alone.end(), [&](const Deviations& set) { return set.has(one); });
    };
    for (const auto one : all_) {
      for (const auto other : all_) {
        if (other <= one || deviations.has(one) || deviations.has(other)) continue;
        if (does_alone(one) || does_alone(other)) continue;
        // What is seen in contents shows by itself, and would make the pairs three times as many.
        if (text_of(one).seen_in != SeenIn::control || text_of(other).seen_in != SeenIn::control) continue;
        if (auto set = with({one, other}); gets_past(set, refused)) found.push_back(set);
      }
    }
    return found;
  }

  // A set, and which evidence it was widened for.
  struct Node {
    Deviations set, before;
    std::optional<std::size_t> for_evidence;
  };

  // Which evidence it is that has no explanation. What was right until the last deviation was added
  // contradicts that, and then there is none for what it was added for.
  std::size_t stopped_by(const Node& node, const Refused& refused) const {
    if (!node.for_evidence) return refused.evidence;
    Oracle oracle({}, node.before, rigour_);
    const bool was_right = !unexplained_in(refused.evidence, oracle);
    return was_right ? *node.for_evidence : refused.evidence;
  }

  // All smallest sets; or none, and the evidence on which most attempts stopped.
  std::vector<Deviations> smallest(Steps steps, std::optional<std::size_t>& stuck) const {
    const auto most_sets = steps == Steps::single ? limits_.most_sets : limits_.most_sets / 50;
    stuck.reset();
    std::map<std::size_t, std::vector<Node>> by_size{{given_.size(), {Node{given_, {}, {}}}}};
    std::map<std::size_t, unsigned> stops;
    std::vector<Deviations> seen{given_};
    std::size_t tried = 0;
    while (!by_size.empty()) {
      const auto [size, sets] = *by_size.begin();
      by_size.erase(by_size.begin());
      std::vector<Deviations> explanations;
      for (const auto& node : sets) {
        const auto& set = node.set;
        if (++tried > most_sets) break;
        const auto refused = refusal(set);
        if (!refused) {
          explanations.push_back(set);
          continue;
        }
        if (!explanations.empty()) continue;
        const auto next = size < given_.size() + limits_.most_deviations ? wider(set, *refused, steps)
                                                                         : std::vector<Deviations>{};
        if (next.empty()) stops[stopped_by(node, *refused)] += 1;
        for (const auto& one : next) {
          if (std::find(seen.begin(), seen.end(), one) != seen.end()) continue;
          seen.push_back(one);
          by_size[one.size()].push_back({one, set, refused->evidence});
        }
      }
      if (!explanations.empty()) return explanations;
      if (tried > most_sets) {
        for (const auto& node : sets) {
          if (const auto refused = refusal(node.set)) stops[stopped_by(node, *refused)] += 1;
        }
        break;
      }
    }
    const auto most = std::max_element(stops.begin(), stops.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    stuck = most->first;
    return {};
  }

  std::vector<Evidence> evidence_;
  std::vector<std::optional<First>> firsts_;
  Deviations given_;
  DiagnosisLimits limits_;
  std::vector<bool> left_out_;
  Contents::Rigour rigour_ = Contents::Rigour::as_specified;
  std::vector<Deviation> all_ = candidates();
};

}  // namespace

Diagnosis diagnose(std::span<const Evidence> evidence, const Deviations& given,
                   const DiagnosisLimits& limits) {
  return Search(evidence, given, limits).run();
}

bool accepts(const Deviations& deviations, const Evidence& evidence) {
  Oracle oracle({}, deviations);
  return !first_refused(oracle, evidence);
}

}  // namespace hptck
