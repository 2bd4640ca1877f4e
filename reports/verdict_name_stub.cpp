// Stands in for conformance/verdict.cpp until there is one; then this file goes.
#include "conformance/verdict.h"

namespace hptck {

std::string_view name_of(Verdict verdict) {
  constexpr std::string_view names[] = {"PASS", "FAIL", "INCONCLUSIVE", "NOT APPLICABLE", "ERROR"};
  return names[static_cast<int>(verdict)];
}

}  // namespace hptck
