// What is said of one machine: of each clause once, that it was seen at work or that it is broken. A
// violation outweighs, and the first one explains.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "model/machines/judge.h"
#include "model/machines/rules.h"

namespace hptck::machines {

class Collected {
 public:
  void exercised(Clause clause) { found_.try_emplace(clause, Finding{clause, false, ""}); }
  void violated(Clause clause, const std::string& explanation) {
    auto& finding = found_[clause];
    if (!finding.violated) finding = {clause, true, explanation};
  }
  Findings list() const {
    Findings all;
    for (const auto& [clause, finding] : found_) all.push_back(finding);
    return all;
  }
  bool has_violation() const {
    return std::any_of(found_.begin(), found_.end(), [](const auto& one) { return one.second.violated; });
  }

 private:
  std::map<Clause, Finding> found_;
};

/// Holds the property against the clauses that give or take its parts, so that a page size too many is the
/// filter's fault and a wrong encoding is not.
void judge_property(const Configuration& configuration, const Machine<Concrete>& machine,
                    const std::vector<std::uint32_t>& cells, Collected& findings);

}  // namespace hptck::machines
