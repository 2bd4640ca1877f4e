// --adapter NAME, the options that come with that adapter, and the command behind "--" if it takes one. Which
// options there are is known only once the name is, so the name is looked up before CLI11 parses.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/adapters/adapter_choice.h"

namespace CLI {
class Option;
}

namespace hptck::command_line {

class AdapterOption {
 public:
  /// Of all words on the command line, program first, and the subcommand that they name.
  AdapterOption(const std::vector<std::string>& words, std::string subcommand);

  /// Adds --adapter and the adapter's own options, if the subcommand is the one named; so it comes last.
  void add_to(CLI::App& command);
  /// Takes the adapter's command from the command line. Returns how many words are left.
  int take_command(int argc, char** argv) const;

  /// After parsing. Throws UsageError.
  std::unique_ptr<Adapter> make() const;
  const std::string& name() const { return name_; }
  /// argv[0]
  const std::string& program() const { return program_; }
  /// The adapter's own options, as given, and its command.
  std::vector<std::string> given() const;

 private:
  const AdapterChoice* choice() const;

  std::vector<AdapterChoice> choices_;
  std::string program_, subcommand_, name_;
  std::vector<const CLI::Option*> own_;  ///< the adapter's
};

}  // namespace hptck::command_line
