// What an implementation under test does not survive, so that a campaign can go on without it: a class of
// calls; or, where a death needs certain HPTEs in the table, the kind of HPTE. Without the second, an
// implementation that dies in COMMIT over one kind of HPTE would never be asked to resize again.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "model/hypercall.h"
#include "model/trace.h"

namespace hptck {

class Avoidance {
 public:
  /// From the minimized steps of a fault, the last of which was not answered.
  void learn(std::span<const Step> steps);
  /// Calls like this one, whatever is in the table.
  void call(const Call& call);

  bool avoids(const Call& call) const;
  /// Names the kinds of HPTE that are avoided, for keys; empty when there is none.
  std::string hptes_text() const;

 private:
  struct Kind {
    bool secondary = false, terabyte = false;
    bool bolted = false;                       // only such; else all
    std::optional<std::size_t> encoding = {};  // index into hashing::page_encodings
    bool operator==(const Kind&) const = default;
    bool has(const Call& enter) const;
  };

  std::set<std::uint64_t> classes_;
  std::vector<Kind> hptes_;
};

}  // namespace hptck
