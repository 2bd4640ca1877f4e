// The finite space of configurations that is enumerated: every setting with the values that some rule tells
// apart, and those next to them. The first value of each is the usual one.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/machines/configuration.h"

namespace hptck::machines {

struct Space {
  std::vector<std::string> machines;
  std::vector<Processor> processors;
  std::vector<std::optional<std::string>> maxima;
  std::vector<Accelerator> accelerators;
  std::vector<std::uint8_t> backings;
  std::vector<Host> hosts[3];  ///< by accelerator

  /// Of accelerators with fewer hosts than others, the last ones are no points of their own.
  std::size_t size() const;
  template <class Visitor>
  void for_each(Visitor visit) const {
    for (const auto& machine : machines)
      for (const auto processor : processors)
        for (const auto& maximum : maxima)
          for (const auto accelerator : accelerators)
            for (const auto backing : backings)
              for (const auto& host : hosts[static_cast<int>(accelerator)])
                visit(Configuration{machine, processor, maximum, accelerator, backing, host});
  }
};

/// All of it.
const Space& whole_space();
/// One value for each that rules tell apart: what counterexamples are looked for in.
const Space& small_space();

/// Page-size encodings that rules tell apart.
std::span<const PageEncoding> telling_page_encodings();

}  // namespace hptck::machines
