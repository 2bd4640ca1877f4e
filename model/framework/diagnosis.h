// Diagnosis: the smallest sets of catalogued deviations under which nothing that was seen is refused, over
// any source of evidence.
//
// The search goes by refusals: where a set of deviations still leaves something refused, only deviations that
// get past that are worth adding. Sets are tried by size, so the first level that explains everything has all
// smallest explanations; when there are several, they are ties, and all are given. Trying all subsets was
// rejected (five out of eighty are 24 million), and so was adding the best deviation greedily, which is
// neither smallest nor aware of ties.
//
// A source has
//   candidates()                the deviations that may be added
//   first_refusal(set)          where the evidence is first refused under the set; nothing: it explains all.
//                               The place has a member `evidence`, an index
//   gets_past(set, refusal)     whether the refusal is gone under the set
//   explains(set, evidence)     whether the set explains that piece
//   pairs(refusal), pairs(one)  whether two deviations at a time may be tried there, and of which; a source
//                               without them never has two tried
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "spec/deviations.h"

namespace hptck {

struct DiagnosisLimits {
  std::size_t most_deviations = 12;  ///< in one set, beyond those given
  std::size_t most_sets = 4000;      ///< tried in all
};

struct SmallestSets {
  std::vector<Deviations> sets;      ///< all of the least size that explain everything
  std::optional<std::size_t> stuck;  ///< there are none: the evidence on which most attempts stopped
};

template <class Source>
class DiagnosisSearch {
 public:
  /// Every explanation includes the deviations that are given. With pairs two deviations that only together
  /// get past a refusal are tried where single ones lead nowhere: there are thousands.
  DiagnosisSearch(const Source& source, const Deviations& given, DiagnosisLimits limits, bool pairs = false)
      : source_(source), given_(given), limits_(limits), pairs_(pairs) {}

  SmallestSets run() {
    by_size_[given_.size()] = {Node{given_, {}, {}}};
    seen_ = {given_};
    while (!by_size_.empty()) {
      const auto level = by_size_.extract(by_size_.begin()).mapped();
      if (auto found = explanations_in(level); !found.empty()) return {std::move(found), std::nullopt};
      if (tried_ <= limits_.most_sets) continue;
      for (const auto& node : level)
        if (const auto refused = source_.first_refusal(node.set)) stops_[stopped_by(node, *refused)] += 1;
      break;
    }
    const auto most = std::max_element(stops_.begin(), stops_.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    return {{}, most->first};
  }

 private:
  // A set, and which evidence the set before it was widened for.
  struct Node {
    Deviations set, before;
    std::optional<std::size_t> for_evidence;
  };

  std::vector<Deviations> explanations_in(const std::vector<Node>& level) {
    std::vector<Deviations> explanations;
    for (const auto& node : level) {
      if (++tried_ > limits_.most_sets) break;
      const auto refused = source_.first_refusal(node.set);
      if (!refused) explanations.push_back(node.set);
      if (!explanations.empty()) continue;
      std::vector<Deviations> next;
      if (node.set.size() < given_.size() + limits_.most_deviations) next = wider(node.set, *refused);
      if (next.empty()) stops_[stopped_by(node, *refused)] += 1;
      for (const auto& one : next) {
        if (std::find(seen_.begin(), seen_.end(), one) != seen_.end()) continue;
        seen_.push_back(one);
        by_size_[one.size()].push_back({one, node.set, refused->evidence});
      }
    }
    return explanations;
  }

  // What may be added to get past the refusal: one deviation, or two that only together do.
  template <class Refused>
  std::vector<Deviations> wider(const Deviations& deviations, const Refused& refused) const {
    std::vector<Deviations> found;
    Deviations alone;
    for (const auto one : source_.candidates()) {
      if (deviations.has(one)) continue;
      auto set = deviations;
      set.add(one);
      if (!source_.gets_past(set, refused)) continue;
      found.push_back(set);
      alone.add(one);
    }
    if constexpr (requires { source_.pairs(refused); }) {
      if (!pairs_ || !source_.pairs(refused)) return found;
      const auto may_be_paired = [&](Deviation one) {
        return !deviations.has(one) && !alone.has(one) && source_.pairs(one);
      };
      for (const auto one : source_.candidates()) {
        if (!may_be_paired(one)) continue;
        for (const auto other : source_.candidates()) {
          if (other <= one || !may_be_paired(other)) continue;
          auto set = deviations;
          set.add(one);
          set.add(other);
          if (source_.gets_past(set, refused)) found.push_back(set);
        }
      }
    }
    return found;
  }

  // Which evidence it is that has no explanation. What was right until the last deviation was added
  // contradicts that, and then there is none for what it was added for.
  template <class Refused>
  std::size_t stopped_by(const Node& node, const Refused& refused) const {
    if (node.for_evidence && source_.explains(node.before, refused.evidence)) return *node.for_evidence;
    return refused.evidence;
  }

  const Source& source_;
  Deviations given_;
  DiagnosisLimits limits_;
  bool pairs_;
  std::map<std::size_t, std::vector<Node>> by_size_;
  std::map<std::size_t, unsigned> stops_;
  std::vector<Deviations> seen_;
  std::size_t tried_ = 0;
};

template <class Source>
SmallestSets smallest_sets(const Source& source, const Deviations& given, DiagnosisLimits limits,
                           bool pairs = false) {
  return DiagnosisSearch<Source>(source, given, limits, pairs).run();
}

}  // namespace hptck
