// Which machines to configure: out of everything that an implementation offers, the few in which any two
// settings meet (pairwise), all of them, and the migrations between two that keep machine type and processor.
// Pairwise because a mistake of this kind mostly needs one setting or two together, and a start costs tens of
// milliseconds; a plain random choice was rejected as it leaves out pairs for long.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "model/machines/observation.h"

namespace hptck {

using machines::ConfigurationSpace;

/// What all others are compared with: the newest machine type with the usual one of each setting.
machines::Configuration usual_configuration(const ConfigurationSpace& space);

/// Every configuration of the space.
std::vector<machines::Configuration> all_configurations(const ConfigurationSpace& space);

/// Configurations such that any two settings that can go together do so in one of them, those with something
/// that none before had first. Of the machine types a few are taken: the oldest and the newest of either
/// scheme, and two more by `seed`.
std::vector<machines::Configuration> pairwise_configurations(const ConfigurationSpace& space,
                                                             std::uint64_t seed);

using MigrationPlan = std::pair<machines::Configuration, machines::Configuration>;

/// `count` migrations, between machines that may start, of the same machine type and processor, the most
/// telling ones first. Fewer where next to nothing may start.
std::vector<MigrationPlan> migrations(const ConfigurationSpace& space, std::uint64_t seed, std::size_t count);

}  // namespace hptck
