// What can be computed about LoPAR's defects: questions put to the rows, in Markdown for
// docs/spec-defects.md. The rest of that document is prose, because a silence has no row to be asked.
//
// A question about one reading of an ambiguity is a question about edited rows: the reading takes a row away
// or widens its condition, and which rows still answer is found by exploring (model/resize/explorer.h). The
// states asked about are those that some fresh partition of a small bound can reach, not all combinations of
// words, so an answer "never" is exact for the bound, which has a value from every class that a row tells
// apart.
#pragma once

#include <string>

#include "model/resize/rules.h"

namespace hptck {

std::string computed_defects(const Rules<Concrete>& specification);

}  // namespace hptck
