// A configuration as the rows of the concrete domain see it.
#pragma once

#include "model/machines/configuration.h"
#include "model/machines/rules.h"

namespace hptck::machines {

Facts<Concrete> facts_of(const Configuration& configuration);
/// `source` and `destination` are what was made of the two.
Arrival<Concrete> arrival_of(const Configuration& from, const Configuration& to,
                             const Machine<Concrete>& destination);
/// What the machine advertises, if the property is written properly.
Environment environment_of(const Machine<Concrete>& machine);
/// With the processor's encodings.
Environment environment_with(std::uint8_t pairs);
/// The pairs that an environment has, whatever their encodings.
std::uint8_t pairs_in(const Environment& environment);

/// Which of `pairs` it is.
std::optional<std::size_t> index_of(std::uint32_t base, std::uint32_t actual);
/// The cells of ibm,segment-page-sizes as a machine writes it, mistakes and all; empty: there is none.
std::vector<std::uint32_t> written_by(const Machine<Concrete>& machine);

std::string lowered(std::string_view text);

}  // namespace hptck::machines
