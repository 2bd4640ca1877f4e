// What an adapter's folder offers to the command line. Adding an adapter is a folder with one of these, and
// one line in adapter_choices.cpp.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conformance/adapters/adapter.h"

namespace hptck {

struct AdapterChoice {
  std::string name;     ///< as in --adapter NAME
  std::string summary;  ///< one line for --help
  /// Adds the adapter's own options to the command; option values live as long as this AdapterChoice.
  std::function<void(CLI::App&)> add_options;
  /// Makes the adapter from the options' values, after parsing.
  std::function<std::unique_ptr<Adapter>()> make;
  /// Where the words go that stand after "--" on the command line, of which there has to be one at least.
  /// None: the adapter has no use for them. CLI11 does not see them: it would take "[a]" for a list.
  std::shared_ptr<std::vector<std::string>> command = nullptr;
};

/// Every adapter that this build has.
std::vector<AdapterChoice> adapter_choices();

}  // namespace hptck
