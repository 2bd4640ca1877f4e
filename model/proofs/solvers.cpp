#include "model/proofs/solvers.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <sstream>

#include "model/proofs/world.h"

extern char** environ;

namespace hptck {
namespace {

constexpr unsigned limit_ms = 30'000;  // of one solver, for one query (Z3) or one file (cvc5)

class Clock {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

const char* name_of(Outcome outcome) {
  const char* names[] = {"unsat", "sat", "unknown"};
  return names[static_cast<int>(outcome)];
}

Outcome outcome_of(z3::check_result result) {
  return result == z3::sat ? Outcome::sat : result == z3::unsat ? Outcome::unsat : Outcome::unknown;
}

// A seed's rules take the place of the obligation's own: the wrong rows are those of the neighbouring
// mistake.
World world_of(z3::context& context, const Obligation& obligation, const Seed* seed) {
  const auto& deviations = seed == nullptr ? obligation.deviations : seed->deviations;
  World world{context, rules<Symbolic>(deviations), specification<Symbolic>()};
  world.slots = slot_rules<Symbolic>(deviations);
  world.pages = machines::page_size_rules<Symbolic>(deviations);
  if (seed != nullptr && seed->edit != nullptr) seed->edit(world);
  return world;
}

std::string shown(const Query& query, const z3::model& model) {
  if (query.shown) return query.shown(model);
  std::string text;
  for (unsigned i = 0; i < model.num_consts(); ++i) {
    const auto constant = model.get_const_decl(i);
    const auto value = model.get_const_interp(constant);
    const auto number = value.is_bv() ? std::to_string(value.get_numeral_uint64()) : value.to_string();
    text += fmt::format("{}{} = {}", i == 0 ? "" : ", ", constant.name().str(), number);
  }
  return text;
}

// The text of one query. What Z3 writes is kept as it is but for the first line, a comment of its own.
std::string benchmark(z3::solver& solver, Outcome status) {
  auto text = solver.to_smt2(name_of(status));
  while (text.starts_with(';')) text.erase(0, text.find('\n') + 1);
  return text;
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw ProofEnvironmentError(fmt::format("{}: cannot be written", path.string()));
}

// What cvc5 prints about the file, its complaints included.
std::string asked_of_cvc5(const std::filesystem::path& path) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    throw ProofEnvironmentError(fmt::format("cvc5 cannot be started: {}", std::strerror(errno)));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  std::array<std::string, 4> words = {"cvc5", "--incremental", fmt::format("--tlimit={}", limit_ms),
                                      path.string()};
  std::array<char*, 5> arguments{};
  for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
  pid_t child = 0;
  const int error = posix_spawnp(&child, "cvc5", &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string text;
  char buffer[4096];
  ssize_t count = 0;
  while (error == 0 && (count = read(ends[0], buffer, sizeof buffer)) != 0) {
    if (count > 0)
      text.append(buffer, static_cast<std::size_t>(count));
    else if (errno != EINTR)
      break;
  }
  close(ends[0]);
  if (error != 0)
    throw ProofEnvironmentError(fmt::format("cvc5 cannot be started: {}", std::strerror(error)));
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) throw ProofEnvironmentError("cvc5 cannot be started");
  return text;
}

}  // namespace

Examined examine(const Obligation& obligation, const Seed* seed, const std::filesystem::path& directory) {
  Examined examined;
  z3::context context;
  auto world = world_of(context, obligation, seed);
  const Clock z3_clock;
  const auto queries = obligation.queries(world);
  examined.queries = queries.size();

  std::vector<Outcome> outcomes;
  bool refuted = false, proved = true;
  const auto name = std::string(obligation.name) + (seed == nullptr ? "" : "." + seed->name);
  auto file = fmt::format("; {}\n", name);
  if (seed == nullptr) {
    file += fmt::format("; {}\n", obligation.sentence);
  } else {
    file += "; With wrong rows: not every outcome is the one that proves.\n";
  }
  file += "(set-logic QF_BV)\n";
  for (const auto& query : queries) {
    z3::solver solver(context, "QF_BV");
    z3::params limits(context);
    limits.set("timeout", limit_ms);
    solver.set(limits);
    solver.add(raw(query.formula));
    const auto outcome = outcome_of(solver.check());
    outcomes.push_back(outcome);
    if (outcome != query.proof) {
      proved = false;
      refuted = refuted || outcome != Outcome::unknown;
      auto& text = outcome == Outcome::unknown ? examined.trouble : examined.shown;
      text += fmt::format("{}: Z3 says {}", query.about, name_of(outcome));
      if (outcome == Outcome::sat) text += "\n      " + shown(query, solver.get_model());
      text += '\n';
    }
    if (!query.fact.empty()) examined.facts += query.fact + '\n';
    file += fmt::format("; {}: {} proves\n(push 1)\n{}(pop 1)\n", query.about, name_of(query.proof),
                        benchmark(solver, outcome == Outcome::unknown ? query.proof : outcome));
  }
  examined.z3_seconds = z3_clock.seconds();

  const auto path = directory / (name + ".smt2");
  write_file(path, file);
  const Clock cvc5_clock;
  const auto answers = asked_of_cvc5(path);
  examined.cvc5_seconds = cvc5_clock.seconds();
  std::istringstream lines(answers);
  std::string line;
  bool agreed = true;
  std::size_t count = 0;
  while (std::getline(lines, line)) {
    if (count < outcomes.size() && line == name_of(outcomes[count])) {
      ++count;
      continue;
    }
    agreed = false;
    examined.trouble += fmt::format("cvc5 says {}{}\n", line,
                                    count < outcomes.size() ? " of " + queries[count].about : std::string());
    ++count;
  }
  if (count < outcomes.size()) {
    agreed = false;
    examined.trouble += fmt::format("cvc5 answered {} of {} queries\n", count, outcomes.size());
  }
  examined.as_it_should = agreed && (seed == nullptr ? proved : refuted);
  if (seed != nullptr && !refuted) examined.trouble += "these wrong rows are proved as if they were right\n";
  return examined;
}

}  // namespace hptck
