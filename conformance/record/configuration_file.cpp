#include "conformance/record/configuration_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/catalogue.h"

namespace hptck {
namespace {

constexpr std::string_view keyword = "hptck-configuration", first_line = "hptck-configuration 1";

}  // namespace

bool is_configuration_file(std::string_view text) { return text.starts_with(keyword); }

std::string print_configuration_file(const ConfigurationFile& file) {
  auto text = fmt::format("{}\n", first_line);
  if (!file.intent.empty()) text += fmt::format("intent {}\n", file.intent);
  if (file.destination)
    return text + fmt::format("migration {}\n", text_of(file.configuration, *file.destination));
  return text + fmt::format("machine {}\n", text_of(file.configuration));
}

ConfigurationFile parse_configuration_file(std::string_view text, std::string_view name) {
  ConfigurationFile file;
  std::size_t number = 0;
  bool ended = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    const auto blank = std::min(line.find(' '), line.size());
    const auto word = line.substr(0, blank), rest = line.substr(std::min(blank + 1, line.size()));
    if (number == 1) {
      if (line != first_line) throw InputError(name, 1, 1, fmt::format("expected \"{}\"", first_line));
    } else if (ended) {
      throw InputError(name, number, 1, "nothing comes after the machine or the migration");
    } else if (word == "intent" && number == 2) {
      file.intent = rest;
    } else if (word == "machine") {
      file.configuration = machines::parse_configuration(rest, name, number);
      ended = true;
    } else if (word == "migration") {
      const auto [source, destination] = machines::parse_migration(rest, name, number);
      file.configuration = source;
      file.destination = destination;
      ended = true;
    } else {
      throw InputError(name, number, 1, "expected \"machine\" or \"migration\"");
    }
  }
  if (!ended) throw InputError(name, number + 1, 1, "expected \"machine\" or \"migration\"");
  return file;
}

}  // namespace hptck
