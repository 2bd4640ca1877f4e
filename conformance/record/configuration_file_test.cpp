#include "conformance/record/configuration_file.h"

#include <gtest/gtest.h>

#include "spec/catalogue.h"

namespace hptck {
namespace {

machines::Configuration with(std::optional<std::string> maximum) {
  machines::Configuration configuration;
  configuration.maximum = std::move(maximum);
  return configuration;
}

TEST(ConfigurationFile, is_read_as_it_was_written) {
  for (const auto& maximum : {std::optional<std::string>(), std::optional<std::string>("16m"),
                              std::optional<std::string>("a \"b\"\n\\ \xff,")}) {
    const ConfigurationFile machine{"It refuses.", with(maximum), std::nullopt};
    EXPECT_EQ(parse_configuration_file(print_configuration_file(machine), "f"), machine);
    const ConfigurationFile migration{"", with(maximum), with("64k")};
    EXPECT_EQ(parse_configuration_file(print_configuration_file(migration), "f"), migration);
    EXPECT_TRUE(is_configuration_file(print_configuration_file(machine)));
  }
  EXPECT_FALSE(is_configuration_file("hptck-trace 1\n"));
}

TEST(ConfigurationFile, anything_else_is_refused_with_its_place) {
  const auto machine = "machine " + text_of(with("16m")) + "\n";
  const auto refused = [](const std::string& text) {
    try {
      parse_configuration_file(text, "file");
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("taken");
  };
  const std::string head = "hptck-configuration 1\n";
  EXPECT_EQ(refused(head + machine), "taken");
  EXPECT_TRUE(refused("").starts_with("file:1:"));
  EXPECT_TRUE(refused("hptck-configuration 2\n" + machine).starts_with("file:1:"));
  EXPECT_TRUE(refused(head).starts_with("file:2:"));
  EXPECT_TRUE(refused(head + "intent x\n").starts_with("file:3:"));
  EXPECT_TRUE(refused(head + machine + machine).starts_with("file:3:"));
  EXPECT_TRUE(refused(head + "intent x\nintent y\n" + machine).starts_with("file:3:"));
  EXPECT_TRUE(refused(head + "machine of mine\n").starts_with("file:2:"));
  EXPECT_TRUE(refused(head + "migration " + text_of(with("16m")) + "\n").starts_with("file:2:"));
}

}  // namespace
}  // namespace hptck
