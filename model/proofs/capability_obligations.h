// The proof obligations about page sizes (model/machines/rows.h): that what a guest sees follows from the
// machine's definition, that H_ENTER and the property agree, and that a migration takes nothing away.
#pragma once

#include <string>
#include <vector>

#include "model/machines/configuration.h"
#include "model/machines/rows.h"
#include "model/proofs/obligations.h"
#include "model/proofs/world.h"

namespace hptck {

std::vector<Obligation> capability_obligations();

using SymbolicFacts = machines::Facts<Symbolic>;
/// Free words, and that they stand for a configuration that there can be.
SymbolicFacts any_facts(const World& world, const std::string& name);
symbolic::Bool is_configuration(const SymbolicFacts& facts);
/// What the model says of them, as a configuration: the maximum in bytes, the host's encodings the
/// processor's where it has them.
machines::Configuration configuration_of(const z3::model& model, const SymbolicFacts& facts);

}  // namespace hptck
