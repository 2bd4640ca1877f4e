// What a legal guest does between two looks at the table. For generators/contents.cpp only.
#pragma once

#include <rapidcheck.h>

#include <span>
#include <vector>

#include "generators/contents.h"

namespace hptck {

struct Segment {
  Plan plan;
  std::vector<Held> held, gone;  ///< what the guest then believes to be there, and what it has removed
};

Segment content_segment(const Situation& at, std::span<const Held> held, PageSource& source,
                        const std::vector<PageKind>& kinds, rc::Random random);

}  // namespace hptck
