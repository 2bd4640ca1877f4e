// Prints generators/boundaries.inc. Another version of Z3 finds others that are as good.
#include <fmt/format.h>

#include "model/proofs/boundaries.h"
#include "spec/embedded.h"

int main() {
  fmt::print(
      "// Made by hptck_find_boundaries (model/proofs/find_boundaries.cpp): a clause, a configuration that "
      "meets "
      "it, and\n// one beside it that does not.\n// clang-format off\n");
  for (const auto& one : hptck::find_boundaries())
    fmt::print("{{\"{}\",\n R\"~({})~\",\n R\"~({})~\"}},\n", hptck::id_of(one.clause), text_of(one.meets),
               text_of(one.misses));
  fmt::print("// clang-format on\n");
}
