// Diagnosis: from what an implementation was seen to do, the smallest sets of catalogued deviations under
// which the oracle accepts all of it. "This hypervisor is LoPAR 2.9 with deviations d1, d2."
//
// The search goes by refusals: where a set of deviations still leaves an answer refused, only deviations that
// get the oracle past that answer are worth adding. Sets are tried by size, so the first level that explains
// everything has all smallest explanations; when there are several, they are ties, and all are given. Trying
// all subsets was rejected (five out of eighty are 24 million), and so was adding the best deviation
// greedily, which is neither smallest nor aware of ties.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "model/trace.h"
#include "spec/deviations.h"

namespace hptck {

/// What was seen in one partition since it was fresh.
struct Evidence {
  Statement statement;
  std::span<const Step> steps;
};

struct Diagnosis {
  /// The smallest sets that explain all evidence but the unexplained; one empty set when nothing was wrong.
  std::vector<Deviations> explanations;
  /// Indices of the evidence that no set of known deviations explains together with the rest.
  std::vector<std::size_t> unexplained;
  bool operator==(const Diagnosis&) const = default;
};

struct DiagnosisLimits {
  std::size_t most_deviations = 12;  ///< in one set
  std::size_t most_sets = 4000;      ///< tried in all
};

/// Short evidence is best put first: it is what candidates are tried on most. Every explanation includes the
/// deviations that are given.
Diagnosis diagnose(std::span<const Evidence> evidence, const Deviations& given = {},
                   const DiagnosisLimits& limits = {});

/// Whether the oracle accepts the steps when the implementation has these deviations.
bool accepts(const Deviations& deviations, const Evidence& evidence);

}  // namespace hptck
