// A machine, or a migration, to be looked at again: what a finding of the page-size rules leaves beside the
// journal, and what `hptck replay` takes.
//
//     hptck-configuration 1
//     intent TEXT
//     machine pseries-7.2 POWER8 max="16m" tcg backing=4k
//
// or `migration SOURCE -> DESTINATION` in the last line. `intent` may be left out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/machines/configuration.h"

namespace hptck {

struct ConfigurationFile {
  std::string intent;  ///< one line
  machines::Configuration configuration;
  std::optional<machines::Configuration> destination;  ///< there: a migration
  bool operator==(const ConfigurationFile&) const = default;
};

/// Whether the text is meant to be one, by its first word.
bool is_configuration_file(std::string_view text);
std::string print_configuration_file(const ConfigurationFile& file);
/// Throws InputError.
ConfigurationFile parse_configuration_file(std::string_view text, std::string_view name);

}  // namespace hptck
