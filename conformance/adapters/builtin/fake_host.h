// A host in this process, on which the page-size rules are tried without a POWER host: it starts machines as
// they are configured, with tcg, KVM HV and KVM PR, over memory of any page size. It is written as a
// hypervisor's author would write it, with tables to be copied, filtered and compared, and shares nothing
// with the rows but the configuration itself: if it used the rows, it would agree with them for the wrong
// reason.
//
// A deviation about configurations makes it wrong in that way; other deviations change nothing.
#pragma once

#include "model/machines/observation.h"
#include "spec/deviations.h"

namespace hptck {

class FakeHost {
 public:
  struct Options {
    Deviations deviations = {};
    bool strict_sizes = false;  ///< understands sizes only as digits with k, m, g or nothing
  };
  explicit FakeHost(const Options& options) : options_(options) {}

  machines::Observation start(const machines::Configuration& configuration) const;
  /// Where one of them does not start, the destination has refused.
  machines::MigrationObservation migrate(const machines::Configuration& source,
                                         const machines::Configuration& destination) const;

 private:
  Options options_;
};

}  // namespace hptck
