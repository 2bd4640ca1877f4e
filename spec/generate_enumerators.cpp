// Build-time tool: turns the catalogues into enumerators (spec/clause.h, spec/deviation.h) and embeds their
// text and hash (embedded_data.cpp). It uses the same strict loader as the kit, so a faulty catalogue stops
// the build with file, line and column. The headers hold names only, so that a change of wording compiles
// nothing again.
//
//   generate_enumerators CLAUSES_XML AMBIGUITIES_XML DEVIATIONS_XML SHA256 OUT_DIRECTORY
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "spec/catalogue.h"

namespace {

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// A file that would stay the same is left alone, so that nothing is compiled again for it.
void write(const std::string& path, const std::string& text) {
  if (std::filesystem::exists(path) && read(path) == text) return;
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error(path + ": cannot be written");
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 6) {
    std::fputs(
        "usage: generate_enumerators CLAUSES_XML AMBIGUITIES_XML DEVIATIONS_XML SHA256 OUT_DIRECTORY\n",
        stderr);
    return 64;
  }
  const auto clauses = read(argv[1]), ambiguities = read(argv[2]), deviations = read(argv[3]);
  const auto catalogue = hptck::load_catalogue(clauses, argv[1], ambiguities, argv[2]);
  const std::string out = argv[5];

  std::string enumerators, groups, groups_of;
  for (std::size_t i = 0; i < catalogue.clauses.size(); ++i) {
    const auto& clause = catalogue.clauses[i];
    enumerators += fmt::format("  {},\n", hptck::enumerator_of(clause.id));
    const auto group = hptck::enumerator_of(clause.group);
    if (i == 0 || catalogue.clauses[i - 1].group != clause.group) groups += fmt::format("  {},\n", group);
    groups_of += fmt::format("    Group::{},\n", group);
  }
  std::string header = fmt::format(
      "// Generated from spec/clauses.xml at build time.\n#pragma once\n\n#include <cstdint>\n\n"
      "namespace hptck {{\n\n/// One enumerator a clause, in the catalogue's order.\n"
      "enum class Clause : std::uint8_t {{\n{}}};\n\ninline constexpr int clause_count = {};\n\n"
      "/// One enumerator a group of clauses, in the catalogue's order.\n"
      "enum class Group : std::uint8_t {{\n{}}};\n\ninline constexpr Group groups_of_clauses[clause_count] = "
      "{{\n"
      "{}}};\nconstexpr Group group_of(Clause clause) {{ return groups_of_clauses[static_cast<int>(clause)]; "
      "}}\n\n"
      "}}  // namespace hptck\n",
      enumerators, catalogue.clauses.size(), groups, groups_of);
  write(out + "/clause.h", header);

  const auto wrong = hptck::load_deviations(deviations, argv[3], catalogue);
  header =
      "// Generated from spec/deviations.xml at build time.\n#pragma once\n\n#include <cstdint>\n\n"
      "namespace hptck {\n\n/// One enumerator a deviation, in the catalogue's order.\nenum class Deviation "
      ": "
      "std::uint8_t {\n";
  for (const auto& deviation : wrong) header += fmt::format("  {},\n", deviation.id);
  header += fmt::format("}};\n\ninline constexpr int deviation_count = {};\n\n}}  // namespace hptck\n",
                        wrong.size());
  write(out + "/deviation.h", header);

  // A string literal may be no longer than 64 KiB everywhere; the pieces are joined by the compiler.
  const auto literal = [](const std::string& text) {
    std::string pieces;
    for (std::size_t at = 0; at < text.size(); at += 8192)
      pieces += fmt::format("\n    R\"~hptck~({})~hptck~\"", text.substr(at, 8192));
    return pieces;
  };
  write(out + "/embedded_data.cpp",
        fmt::format("// Generated from the catalogues at build time.\n#include \"spec/embedded_data.h\"\n\n"
                    "namespace hptck::embedded {{\n\nconst char* const clauses_xml ={};\n\n"
                    "const char* const ambiguities_xml ={};\n\nconst char* const deviations_xml ={};\n\n"
                    "const char* const sha256 = \"{}\";\n\n}}  // namespace hptck::embedded\n",
                    literal(clauses), literal(ambiguities), literal(deviations), argv[4]));
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
