// The program that writes what is generated from the described rows: the documents of docs/, and Promela
// models. A program rather than a test that updates its own expectations, because `./run docs` and the build
// of the Spin benchmark need it too.
//
//   0 done   1 a document is stale   3 a file cannot be read or written   64 usage
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "model/described/documents.h"
#include "model/described/promela.h"
#include "model/resize/rules.h"

namespace hptck {
namespace {

namespace fs = std::filesystem;
constexpr int exit_stale = 1, exit_environment = 3, exit_usage = 64;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) throw std::runtime_error(fmt::format("{}: cannot be read", path.string()));
  return text.str();
}

// A file that would not change is left alone, so that the build does not make anew what depends on it.
void write_file(const fs::path& path, const std::string& text) {
  if (fs::exists(path) && read_file(path) == text) return;
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error(fmt::format("{}: cannot be written", path.string()));
}

// The number of the first line in which two texts differ.
std::size_t first_difference(const std::string& a, const std::string& b) {
  const auto at = std::ranges::mismatch(a, b).in1;
  return 1 + static_cast<std::size_t>(std::count(a.begin(), at, '\n'));
}

int check(const fs::path& folder) {
  const auto rules = specification<Described>();
  const auto concrete = specification<Concrete>();
  int stale = 0;
  const auto compare = [&](const char* name, const std::string& is, const std::string& ought) {
    if (is == ought) return;
    ++stale;
    fmt::print(stderr, "{}:{}: stale; ./run docs makes it anew\n", (folder / name).string(),
               first_difference(is, ought));
  };
  compare(specification_name, read_file(folder / specification_name), specification_document(rules));
  const auto diagram = state_diagram(concrete);
  compare(diagram_name, read_file(folder / diagram_name), diagram);
  if (!drawn_from(read_file(folder / drawing_name), diagram)) {
    ++stale;
    fmt::print(stderr, "{}: drawn from another {}; ./run docs draws it anew\n",
               (folder / drawing_name).string(), diagram_name);
  }
  const auto defects = read_file(folder / defects_name);
  compare(defects_name, defects, with_computed_part(defects, computed_defects(concrete)));
  return stale == 0 ? 0 : exit_stale;
}

void write(const fs::path& folder) {
  const auto concrete = specification<Concrete>();
  write_file(folder / specification_name, specification_document(specification<Described>()));
  write_file(folder / diagram_name, state_diagram(concrete));
  const auto defects = read_file(folder / defects_name);
  write_file(folder / defects_name, with_computed_part(defects, computed_defects(concrete)));
}

int run(int argc, char** argv) {
  CLI::App app("Writes what is generated from the described rows.", "hptck_describe");
  std::string out, stale, promela, functions;
  unsigned max_shift = 0;
  app.add_option("--out", out, "Write the documents into this folder; spec-defects.md has to be there")
      ->type_name("DIR");
  app.add_option("--check", stale, "Fail when a document in this folder is stale")->type_name("DIR");
  app.add_option("--promela", promela, "Write a Promela model")->type_name("FILE");
  app.add_option("--max-shift", max_shift,
                 "Bound of the Promela model: one partition whose HPT may grow to this shift. Default: every "
                 "partition")
      ->check(CLI::Range(hptck::min_shift, hptck::max_shift));
  app.add_option("--c", functions, "Write every row as C functions, for the test that compiles them")
      ->type_name("FILE");
  app.require_option(1, 5);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : exit_usage;
  }
  if (!promela.empty())
    write_file(promela, promela_model(specification<Described>(),
                                      max_shift == 0 ? every_partition() : one_partition(max_shift)));
  if (!functions.empty()) write_file(functions, c_functions(specification<Described>()));
  if (!out.empty()) write(out);
  return stale.empty() ? 0 : check(stale);
}

}  // namespace
}  // namespace hptck

int main(int argc, char** argv) {
  try {
    return hptck::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "hptck_describe: {}\n", error.what());
    return hptck::exit_environment;
  }
}
