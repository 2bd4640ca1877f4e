// Putting the queries of an obligation to Z3, and the same queries, as an SMT-LIB 2 file, to cvc5.
//
// Two solvers, because one that is wrong, or asked wrongly, would be believed. cvc5 reads the file that is
// exported and nothing else, so what it re-checks is what anyone can. A disagreement, an unknown, a time-out
// or a cvc5 that does not run is never a proof.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

#include "model/proofs/obligations.h"

namespace hptck {

/// cvc5 is missing, or a file cannot be written.
struct ProofEnvironmentError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Examined {
  bool as_it_should = false;  ///< proved; or, of wrong rows, refuted by both solvers alike
  std::size_t queries = 0;
  double z3_seconds = 0, cvc5_seconds = 0;
  std::string facts;    ///< one a line
  std::string trouble;  ///< why it is not as it should be, one a line
  std::string shown;    ///< what refutes, one a line
};

/// With the seed's wrong rows if there is one. Leaves NAME.smt2 or NAME.SEED.smt2 in the directory.
Examined examine(const Obligation& obligation, const Seed* seed, const std::filesystem::path& directory);

}  // namespace hptck
