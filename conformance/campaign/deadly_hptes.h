// Which HPTEs an implementation does not survive. Where it died with an unusual one in the table, one of each
// other kind is put in its place, and what they do is seen: from one deadly HPTE nobody can tell whether it
// was its being secondary, its page size or its segment's.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "conformance/campaign/avoidance.h"
#include "conformance/campaign/replay.h"

namespace hptck {

struct DeadlyHptes {
  std::vector<HpteKind> kinds;  ///< none: it is the call that matters, whatever is in the table
  std::string text;             ///< what was tried, for the finding; may be empty
};

/// `deadly` ended with a fault. `dies` says whether the steps show the same, or nothing if no more are to be
/// tried. What the table's size was before the HPTE, an oracle with `deviations` says.
DeadlyHptes lesson_of(const Replayed& deadly, const Deviations& deviations, std::uint64_t seed,
                      const std::function<std::optional<bool>(const std::vector<Step>&)>& dies);

}  // namespace hptck
