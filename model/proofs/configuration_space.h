// Every configuration of a space, judged by the rows as machine words, and by Z3 from the same rows as terms.
// The two have to agree on each, and Z3 has to find no outcome within the space that enumerating did not
// meet: the terms are then right where they are looked at, and enumerating has left nothing out.
#pragma once

#include <string>
#include <vector>

#include "model/machines/space.h"
#include "spec/deviations.h"

namespace hptck {

struct SpaceComparison {
  std::size_t configurations = 0;
  std::size_t distinct = 0;                ///< as the rows see them
  std::size_t outcomes = 0;                ///< different ones
  std::vector<std::string> disagreements;  ///< the first few, a line each
};

/// With deviations, those are in the machine words' rows only: then there have to be disagreements.
SpaceComparison compare_space(const machines::Space& space, const Deviations& deviations = {});

}  // namespace hptck
