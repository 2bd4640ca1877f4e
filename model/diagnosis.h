// Diagnosis: from what an implementation was seen to do, the smallest sets of catalogued deviations under
// which the oracle accepts all of it. "This hypervisor is LoPAR 2.9 with deviations d1, d2."
// How the search goes stands in model/framework/diagnosis.h; here is what is evidence of a partition.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "model/framework/diagnosis.h"
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

/// Short evidence is best put first: it is what candidates are tried on most. Every explanation includes the
/// deviations that are given.
Diagnosis diagnose(std::span<const Evidence> evidence, const Deviations& given = {},
                   const DiagnosisLimits& limits = {});

/// Whether the oracle accepts the steps when the implementation has these deviations.
bool accepts(const Deviations& deviations, const Evidence& evidence);

}  // namespace hptck
