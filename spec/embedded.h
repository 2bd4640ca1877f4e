// The catalogue that this binary was built with.
#pragma once

#include <string_view>

#include "spec/catalogue.h"
#include "spec/clause.h"

namespace hptck {

/// The embedded catalogue, loaded once.
const Catalogue& catalogue();

/// The clause's entry in catalogue().
const ClauseText& text_of(Clause clause);

/// Whether the clause can be seen at work only where there is that.
bool needs(Clause clause, Need need);

/// "prepare.flags" for Clause::prepare_flags.
std::string_view id_of(Clause clause);

/// SHA-256 over both catalogue files, in hexadecimal: names the specification that a verdict is about.
std::string_view catalogue_hash();

}  // namespace hptck
