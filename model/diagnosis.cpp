#include "model/diagnosis.h"

#include <algorithm>
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

std::vector<Deviation> candidates_of_partitions() {
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

// What was seen of partitions, as a source of the search (model/framework/diagnosis.h).
class PartitionEvidence {
 public:
  PartitionEvidence(std::span<const Evidence> evidence, const Deviations& given)
      : given_(given), left_out_(evidence.size(), false) {
    for (const auto& one : evidence) {
      evidence_.push_back(before_hostility(one, given));
      firsts_.push_back(first_of(evidence_.back()));
    }
  }

  Diagnosis diagnosis(const DiagnosisLimits& limits) {
    const auto search = [&](Rigour rigour, std::size_t share, bool pairs) {
      rigour_ = rigour;
      return smallest_sets(*this, given_, {limits.most_deviations, limits.most_sets / share}, pairs);
    };
    Diagnosis result;
    while (true) {
      // What says nothing of contents would explain whatever is wrong with them, so it comes last.
      auto found = search(Rigour::as_specified, 1, false);
      if (found.stuck) found = search(Rigour::as_far_as_known, 1, false);
      if (found.stuck) found = search(Rigour::as_far_as_known, 50, true);
      rigour_ = Rigour::as_far_as_known;
      result.explanations = std::move(found.sets);
      if (!found.stuck) break;
      // What begins in the same way has the same cause.
      const auto stuck = *found.stuck;
      for (std::size_t i = 0; i < evidence_.size(); ++i)
        if (i == stuck || (firsts_[i] && firsts_[stuck] && firsts_[i]->key == firsts_[stuck]->key))
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

  // As a source.

  const std::vector<Deviation>& candidates() const { return candidates_; }
  std::optional<Refused> first_refusal(const Deviations& deviations) const {
    Oracle oracle({}, deviations, rigour_);
    for (std::size_t i = 0; i < evidence_.size(); ++i) {
      if (left_out_[i]) continue;
      if (const auto refused = unexplained_in(i, oracle)) return refused;
    }
    return std::nullopt;
  }
  bool gets_past(const Deviations& deviations, const Refused& refused) const {
    Oracle oracle({}, deviations, rigour_);
    return !unexplained_in(refused.evidence, oracle, refused.step,
                           refused.by_contents ? refused.step : ~0ull);
  }
  bool explains(const Deviations& deviations, std::size_t evidence) const {
    Oracle oracle({}, deviations, rigour_);
    return !unexplained_in(evidence, oracle);
  }
  // Pairs are tried on short evidence only; what is seen in contents shows by itself, and would make the
  // pairs three times as many.
  static bool pairs(const Refused& refused) {
    constexpr std::size_t short_enough = 256;
    return !refused.by_contents && refused.step < short_enough;
  }
  static bool pairs(Deviation one) { return text_of(one).seen_in == SeenIn::control; }

 private:
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
      if (!given_.has(one) && !first_refusal(fewer)) least = fewer;
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

  std::vector<Evidence> evidence_;
  std::vector<std::optional<First>> firsts_;
  Deviations given_;
  std::vector<bool> left_out_;
  Rigour rigour_ = Rigour::as_specified;
  std::vector<Deviation> candidates_ = candidates_of_partitions();
};

}  // namespace

Diagnosis diagnose(std::span<const Evidence> evidence, const Deviations& given,
                   const DiagnosisLimits& limits) {
  return PartitionEvidence(evidence, given).diagnosis(limits);
}

bool accepts(const Deviations& deviations, const Evidence& evidence) {
  Oracle oracle({}, deviations);
  return !first_refused(oracle, evidence);
}

}  // namespace hptck
