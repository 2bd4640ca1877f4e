#include "reports/command_line/adapter_option.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "conformance/adapters/adapter_choices.h"
#include "reports/command_line/subcommands.h"

namespace hptck::command_line {

AdapterOption::AdapterOption(const std::vector<std::string>& words, std::string subcommand)
    : choices_(adapter_choices()),
      program_(words.empty() ? "" : words[0]),
      subcommand_(std::move(subcommand)) {
  for (std::size_t i = 1; i < words.size() && words[i] != "--"; ++i) {
    if (words[i] == "--adapter" && i + 1 < words.size()) name_ = words[i + 1];
    if (words[i].starts_with("--adapter=")) name_ = words[i].substr(10);
  }
}

const AdapterChoice* AdapterOption::choice() const {
  const auto found = std::ranges::find(choices_, name_, &AdapterChoice::name);
  return found == choices_.end() ? nullptr : &*found;
}

void AdapterOption::add_to(CLI::App& command) {
  if (command.get_name() != subcommand_) return;
  std::string known;
  for (const auto& one : choices_)
    known += fmt::format("{}{}: {}", known.empty() ? "" : "; ", one.name, one.summary);
  command.add_option("--adapter", name_, "how the implementation under test is reached. " + known)
      ->required()
      ->type_name("NAME");
  const auto before = command.get_options().size();
  if (const auto* chosen = choice()) chosen->add_options(command);
  const auto options = command.get_options();
  own_.assign(options.begin() + static_cast<std::ptrdiff_t>(before), options.end());
}

int AdapterOption::take_command(int argc, char** argv) const {
  const auto* chosen = choice();
  if (chosen == nullptr || !chosen->command) return argc;
  const auto end = argv + argc, mark = std::find(argv, end, std::string_view("--"));
  if (mark == end) return argc;
  chosen->command->assign(mark + 1, end);
  return static_cast<int>(mark - argv);
}

std::unique_ptr<Adapter> AdapterOption::make() const {
  const auto* chosen = choice();
  if (chosen == nullptr) {
    std::string known;
    for (const auto& one : choices_) known += ' ' + one.name;
    throw UsageError(fmt::format("--adapter {}: there is no such adapter; there are:{}", name_, known));
  }
  if (chosen->command && chosen->command->empty())
    throw UsageError(
        fmt::format("--adapter {}: the command to start is missing; it comes last: "
                    "--adapter {} OPTION... -- COMMAND ARGUMENT...",
                    name_, name_));
  return chosen->make();
}

std::vector<std::string> AdapterOption::given() const {
  std::vector<std::string> words;
  for (const auto* option : own_) {
    for (const auto& result : option->results()) {
      words.push_back(option->get_name());
      if (option->get_items_expected_max() != 0) words.push_back(result);
    }
  }
  if (const auto* chosen = choice(); chosen != nullptr && chosen->command) {
    words.push_back("--");
    words.insert(words.end(), chosen->command->begin(), chosen->command->end());
  }
  return words;
}

}  // namespace hptck::command_line
