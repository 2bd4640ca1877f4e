// Prints generators/witnesses.inc: what Z3 finds, all of it. The file is kept, because a campaign needs no
// solver, and because another version of Z3 finds others that are as good.
#include <fmt/format.h>

#include "model/proofs/witnesses.h"

int main() {
  fmt::print(
      "// Made by hptck_find_witnesses (model/proofs/find_witnesses.cpp). Relationship (relation, mistake, "
      "shared,\n// from, to, pair), then PTEX and doublewords 0 and 1 of each HPTE.\n// clang-format off\n");
  for (const auto from : hptck::witness_from)
    for (const auto to : hptck::witness_to)
      for (const auto& one : hptck::find_witnesses(from, to)) fmt::print("{}\n", hptck::text_of(one));
  for (const auto& one : hptck::find_vast_witnesses()) fmt::print("{}\n", hptck::text_of(one));
  fmt::print("// clang-format on\n");
}
