// The rules of the resize hypercalls, read in a domain: what everyone uses who does not look into single
// rows. They are written in model/resize/rows.h, and their mistakes in model/resize/deviations.h. Putting
// some hundred lambdas behind function objects takes the compiler many seconds, so each domain has it done in
// one file: model/resize/rules.cpp, model/proofs/rules.cpp, model/described/rules.cpp.
#pragma once

#include <array>

#include "model/framework/decision_list.h"
#include "model/resize/state.h"
#include "spec/deviations.h"

namespace hptck {

/// The arguments that rows look at, the shift already under one reading of A1. `pteh` is zero for H_READ.
/// A reset has no arguments; there `shift` is the size with which the platform starts the guest (A18).
template <class Domain>
struct Arguments {
  typename Domain::template Word<64> flags, shift, ptex, pteh;
};

template <class Domain>
using ResizeList = DecisionList<Domain, State<Domain>, Arguments<Domain>>;
template <class Domain>
using ResizeRow = typename ResizeList<Domain>::R;

/// The whole model in one domain.
template <class Domain>
struct Rules {
  ResizeList<Domain> prepare, commit, read, enter, reset;
  ResizeList<Domain> hidden;  ///< not a list but a relation: any row that matches may be taken

  using Named = NamedList<Rules, ResizeList<Domain>>;
  /// Of the calls, then the hidden steps.
  static constexpr auto lists() {
    return std::array{Named{"PREPARE", &Rules::prepare}, Named{"COMMIT", &Rules::commit},
                      Named{"H_READ", &Rules::read},     Named{"H_ENTER", &Rules::enter},
                      Named{"reset", &Rules::reset},     Named{"hidden", &Rules::hidden}};
  }
};

/// The specification, read in one domain.
template <class Domain>
Rules<Domain> specification();

/// The specification with these deviations.
template <class Domain>
Rules<Domain> rules(const Deviations& deviations = {});

extern template class DecisionList<Concrete, State<Concrete>, Arguments<Concrete>>;
extern template Rules<Concrete> specification<Concrete>();
extern template Rules<Concrete> rules<Concrete>(const Deviations&);

}  // namespace hptck
