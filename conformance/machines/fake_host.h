// A host in this process: it starts machines as they are configured, under tcg, KVM HV and KVM PR, over
// whatever memory, and is what the page-size rules are tried on where no POWER host is. It is written as a
// hypervisor's author would write it, with tables to be copied, filtered and compared, and shares nothing with
// the rows but the configuration itself: if it used them it would agree with them for the wrong reason.
//
// With a deviation switched on it is wrong in that way. Those of other rules change nothing.
#pragma once

#include <memory>

#include "conformance/machines/machines.h"
#include "spec/deviations.h"

namespace hptck {

struct FakeHostOptions {
  Deviations deviations;
  bool strict_sizes = false;  ///< understands sizes only as digits with k, m, g or nothing
};

std::unique_ptr<Machines> make_fake_host(const FakeHostOptions& options = {});

}  // namespace hptck
