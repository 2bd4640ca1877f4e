// Build-time tool: turns the clause catalogue into spec/clause.h (the enumerators) and embedded_data.cpp (the
// catalogue's text and hash). It uses the same strict loader as the kit, so a faulty catalogue stops the
// build with file, line and column.
//
//   generate_clause_ids CLAUSES_XML AMBIGUITIES_XML SHA256 OUT_HEADER OUT_SOURCE
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
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

void write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error(path + ": cannot be written");
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 6) {
    std::fputs("usage: generate_clause_ids CLAUSES_XML AMBIGUITIES_XML SHA256 OUT_HEADER OUT_SOURCE\n",
               stderr);
    return 64;
  }
  const auto clauses = read(argv[1]), ambiguities = read(argv[2]);
  const auto catalogue = hptck::load_catalogue(clauses, argv[1], ambiguities, argv[2]);

  std::string header =
      "// Generated from spec/clauses.xml at build time.\n#pragma once\n\n#include <cstdint>\n\n"
      "namespace hptck {\n\n/// One enumerator a clause, in the catalogue's order.\nenum class Clause : "
      "std::uint8_t {\n";
  for (const auto& clause : catalogue.clauses) {
    auto enumerator = clause.id;
    std::replace(enumerator.begin(), enumerator.end(), '.', '_');
    header += fmt::format("  {},  ///< {}\n", enumerator, clause.text);
  }
  header += fmt::format("}};\n\ninline constexpr int clause_count = {};\n\n}}  // namespace hptck\n",
                        catalogue.clauses.size());
  write(argv[4], header);

  write(argv[5],
        fmt::format(
            "// Generated from the catalogue at build time.\n#include \"spec/embedded_data.h\"\n\n"
            "namespace hptck::embedded {{\n\nconst char* const clauses_xml = R\"~hptck~({})~hptck~\";\n\n"
            "const char* const ambiguities_xml = R\"~hptck~({})~hptck~\";\n\n"
            "const char* const sha256 = \"{}\";\n\n}}  // namespace hptck::embedded\n",
            clauses, ambiguities, argv[3]));
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
