// Is an adapter fit to certify with? Every check is about the carrying of hypercalls, none about their
// meaning: a hypervisor that answers wrongly passes, an adapter that loses, mixes up or keeps back answers
// fails. The two cannot always be told apart from outside, so a check uses only calls that every hypervisor
// answers alike when they are repeated, and ignores answers that LoPAR allows at any time (H_HARDWARE,
// H_BUSY). The result is a list of checks, each with a reason, rather than one verdict, because its reader is
// writing the adapter.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "conformance/adapters/adapter.h"

namespace hptck {

struct AdapterCheck {
  std::string name;
  enum class Outcome : std::uint8_t { pass, fail, skipped } outcome = Outcome::pass;
  std::string reason;  ///< for anything but a pass; several lines are fine
};

std::string_view name_of(AdapterCheck::Outcome outcome);

struct AdapterReport {
  Description description;
  std::vector<AdapterCheck> checks;
  double calls_per_second = 0;  ///< in batches of 512; zero when it could not be measured
  bool passed() const;
};

/// `seconds` is the clock. Throws EnvironmentError.
AdapterReport check_adapter(Adapter& adapter, const std::function<double()>& seconds);

/// One line a check, and the rate.
std::string text_of(const AdapterReport& report);
std::string json_of(const AdapterReport& report, const std::string& adapter);

}  // namespace hptck
