// The rules of the resize hypercalls, read in a domain: what everyone uses who does not look into single rows.
// They are written in model/resize/rows.h, and their mistakes in model/resize/deviations.h. Putting some hundred
// lambdas behind function objects takes the compiler many seconds, so each domain has it done in one file:
// model/resize/rules.cpp, model/proofs/rules.cpp, model/described/rules.cpp.
#pragma once

#include "model/framework/decision_list.h"
#include "spec/deviations.h"

namespace hptck {

/// The specification, read in one domain.
template <class Domain>
Rules<Domain> specification();

/// The specification with these deviations.
template <class Domain>
Rules<Domain> rules(const Deviations& deviations = {});

extern template class DecisionList<Concrete>;
extern template Rules<Concrete> specification<Concrete>();
extern template Rules<Concrete> rules<Concrete>(const Deviations&);

}  // namespace hptck
