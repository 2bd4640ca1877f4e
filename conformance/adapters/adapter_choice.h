// What an adapter's folder offers to the command line. Adding an adapter is a folder with one of these, and
// one line in adapter_choices.cpp.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conformance/adapters/adapter.h"

// CLI11 is included where options are added: it takes the compiler ten seconds.
namespace CLI {
class App;
}

namespace hptck {

struct AdapterChoice {
  std::string name;     ///< as in --adapter NAME
  std::string summary;  ///< one line for --help
  /// Adds the adapter's own options to the command; option values live as long as this AdapterChoice.
  std::function<void(CLI::App&)> add_options;
  /// Makes the adapter from the options' values, after parsing.
  std::function<std::unique_ptr<Adapter>()> make;
  /// Receives the words after "--" on the command line, at least one; none for an adapter that starts no
  /// command. CLI11 does not see these words, because it would take "[a]" for a list.
  std::shared_ptr<std::vector<std::string>> command = nullptr;
};

}  // namespace hptck
