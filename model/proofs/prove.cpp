// The program that proves: runs obligations in both solvers and says how it went.
//
//   0 all as it should be   1 not   3 cvc5 is missing or a file cannot be written   64 usage
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "model/proofs/solvers.h"

namespace hptck {
namespace {

constexpr int exit_failed = 1, exit_environment = 3, exit_usage = 64;

struct Task {
  const Obligation* obligation;
  const Seed* seed;  // null: the right rows
};

// A directory that goes with its owner.
class Scratch {
 public:
  Scratch() {
    auto name = (std::filesystem::temp_directory_path() / "hptck-prove-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw ProofEnvironmentError("no temporary directory can be made");
    path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void print_indented(const std::string& text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = text.find('\n', at);
    fmt::print("    {}\n", text.substr(at, end - at));
    at = end == std::string::npos ? text.size() : end + 1;
  }
}

void print(const Task& task, const Examined& examined, bool verbose) {
  const bool right = task.seed == nullptr;
  const char* word = right                   ? examined.as_it_should ? "proved" : "NOT PROVED"
                     : examined.as_it_should ? "  refuted"
                                             : "  NOT REFUTED";
  const auto name = right ? std::string(task.obligation->name) : "with " + task.seed->name;
  fmt::print("{:<12} {:<62} {:>3} {}  z3 {:5.2f} s  cvc5 {:5.2f} s\n", word, name, examined.queries,
             examined.queries == 1 ? "query  " : "queries", examined.z3_seconds, examined.cvc5_seconds);
  if (verbose && right) print_indented(examined.facts);
  if (examined.as_it_should ? verbose : right) print_indented(examined.shown);
  if (!examined.as_it_should) print_indented(examined.trouble);
  std::fflush(stdout);
}

// Tasks in order of their beginning, results printed in the same order. Each task has a Z3 context of its
// own, which is what makes them independent.
int run(const std::vector<Task>& tasks, unsigned jobs, const std::filesystem::path& directory, bool verbose) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::promise<Examined>> promises(tasks.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < tasks.size(); i = next++) {
      try {
        promises[i].set_value(examine(*tasks[i].obligation, tasks[i].seed, directory));
      } catch (...) {
        promises[i].set_exception(std::current_exception());
        next = tasks.size();
      }
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < jobs; ++i) threads.emplace_back(work);

  std::size_t proved = 0, refuted = 0, failed = 0;
  double z3_seconds = 0, cvc5_seconds = 0;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto examined = promises[i].get_future().get();
    print(tasks[i], examined, verbose);
    z3_seconds += examined.z3_seconds;
    cvc5_seconds += examined.cvc5_seconds;
    ++(!examined.as_it_should ? failed : tasks[i].seed == nullptr ? proved : refuted);
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  fmt::print(
      "\n{} proved, {} wrong rows refuted, {} not as it should be; z3 {:.1f} s, cvc5 {:.1f} s, elapsed "
      "{:.1f} s\n",
      proved, refuted, failed, z3_seconds, cvc5_seconds, elapsed.count());
  return failed == 0 ? 0 : exit_failed;
}

int main_of(int argc, char** argv) {
  CLI::App app{"Proves the rules in Z3, and has cvc5 check the proofs again."};
  bool list = false, names_only = false, seeded = false, verbose = false;
  std::vector<std::string> names;
  std::string out;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
  app.add_flag("--list", list, "say what each obligation proves, and which wrong rows refute it");
  app.add_flag("--names", names_only, "list the names of the obligations, one a line");
  app.add_flag("--seeded", seeded, "run the wrong rows as well: both solvers have to refute them");
  app.add_flag("--verbose,-v", verbose, "print least depths, shortest calls, and what refutes wrong rows");
  app.add_option("--out", out, "leave the SMT-LIB 2 files in this directory")->type_name("DIR");
  app.add_option("--jobs,-j", jobs, "as many at a time")->check(CLI::Range(1, 64));
  app.add_option("NAME", names, "obligations; all when none is named");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : exit_usage;
  }

  std::vector<Task> tasks;
  for (const auto& name : names) {
    const auto known = [&](const Obligation& obligation) { return obligation.name == name; };
    if (std::ranges::none_of(obligations(), known)) {
      fmt::print(stderr, "hptck_prove: there is no obligation {}; --list lists them\n", name);
      return exit_usage;
    }
  }
  for (const auto& obligation : obligations()) {
    if (!names.empty() && std::ranges::find(names, obligation.name) == names.end()) continue;
    if (names_only) {
      fmt::print("{}\n", obligation.name);
      continue;
    }
    if (list) {
      fmt::print("{}\n    {}\n    clauses:", obligation.name, obligation.sentence);
      for (const auto clause : obligation.clauses) fmt::print(" {}", id_of(clause));
      fmt::print("\n    refuted with:");
      for (const auto& seed : obligation.seeds) fmt::print(" {}", seed.name);
      fmt::print("\n");
      continue;
    }
    tasks.push_back({&obligation, nullptr});
    if (!seeded) continue;
    for (const auto& seed : obligation.seeds) tasks.push_back({&obligation, &seed});
  }
  if (list || names_only) return 0;
  if (!out.empty()) {
    std::error_code error;
    std::filesystem::create_directories(out, error);
    if (error) throw ProofEnvironmentError(fmt::format("{}: {}", out, error.message()));
    return run(tasks, jobs, out, verbose);
  }
  const Scratch scratch;
  return run(tasks, jobs, scratch.path(), verbose);
}

}  // namespace
}  // namespace hptck

int main(int argc, char** argv) {
  try {
    return hptck::main_of(argc, argv);
  } catch (const hptck::ProofEnvironmentError& error) {
    fmt::print(stderr, "hptck_prove: {}\n", error.what());
    return hptck::exit_environment;
  }
}
