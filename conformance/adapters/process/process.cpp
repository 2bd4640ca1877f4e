#include "conformance/adapters/process/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>

#include "conformance/adapters/adapter.h"

namespace hptck {
namespace {

constexpr int first_inherited = 3, first_unused = 16;
constexpr std::size_t tail_kept = 4096, tail_lines = 20;

[[noreturn]] void fail(std::string_view what) {
  throw EnvironmentError(fmt::format("{}: {}", what, std::strerror(errno)));
}

// The following two functions run after fork, where only what is safe in a signal handler may be called. They
// return false if something failed; errno says what.

// Separates the child from the kit: it ends when the kit ends, and has its own process group and signal
// settings.
bool detach(pid_t parent) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
  if (getppid() != parent) _exit(0);  // it went before the request was in place
  setpgid(0, 0);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  return true;
}

// Leaves the child with these descriptors; `flags` of close_range says when it loses all others of the kit's.
bool keep_only(int input, int output, int errors, std::span<const int> inherited, int flags) {
  if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(errors, 2) < 0) return false;
  int number = first_inherited;
  for (const int descriptor : inherited) {
    if (dup2(descriptor, number++) < 0) return false;
  }
  return close_range(static_cast<unsigned>(number), ~0u, flags) == 0;
}

FileDescriptor no_input() { return above_inherited(FileDescriptor(open("/dev/null", O_RDONLY | O_CLOEXEC))); }

}  // namespace

Pipe::Pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("cannot make a pipe");
  FileDescriptor first(ends[0]), second(ends[1]);
  reader = above_inherited(std::move(first));
  writer = above_inherited(std::move(second));
}

FileDescriptor above_inherited(FileDescriptor descriptor) {
  const int number = fcntl(descriptor.get(), F_DUPFD_CLOEXEC, first_unused);
  if (number < 0) fail("cannot duplicate a file descriptor");
  return FileDescriptor(number);
}

bool Ending::by_signal(int signal) const { return WIFSIGNALED(status) && WTERMSIG(status) == signal; }

std::string Ending::text() const {
  if (!WIFSIGNALED(status)) return fmt::format("ended with exit status {}", WEXITSTATUS(status));
  const int signal = WTERMSIG(status);
  const char* name = sigabbrev_np(signal);
  const char* description = sigdescr_np(signal);
  if (name == nullptr || description == nullptr) return fmt::format("was killed by signal {}", signal);
  return fmt::format("was killed by SIG{} ({})", name, description);
}

Process::Process(const std::vector<std::string>& command, std::span<const int> inherited, Streams streams) {
  assert(!command.empty() && inherited.size() <= first_unused - first_inherited);
  std::vector<char*> argv;
  for (const auto& argument : command) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const auto input = no_input();
  Pipe output;
  Pipe failure;  // closed unused by a successful exec
  fcntl(output.reader.get(), F_SETFL, O_NONBLOCK);

  const auto parent = getpid();
  pid_ = fork();
  if (pid_ < 0) fail("cannot start a process");
  if (pid_ == 0) {
    if (detach(parent) && keep_only(streams.input < 0 ? input.get() : streams.input,
                                    streams.output < 0 ? output.writer.get() : streams.output,
                                    output.writer.get(), inherited, CLOSE_RANGE_CLOEXEC)) {
      signal(SIGPIPE, SIG_DFL);
      execvp(argv[0], argv.data());
    }
    const int error = errno;
    [[maybe_unused]] const auto written = write(failure.writer.get(), &error, sizeof error);
    _exit(127);
  }
  failure.writer.close();
  output_ = std::move(output.reader);
  int error = 0;
  ssize_t got = 0;
  while ((got = read(failure.reader.get(), &error, sizeof error)) < 0 && errno == EINTR) {
  }
  if (got == sizeof error) {
    kill();
    throw EnvironmentError(fmt::format("cannot run {}: {}", command[0], std::strerror(error)));
  }
}

Process::Process(const std::function<void()>& child, std::span<const int> inherited) {
  assert(inherited.size() <= first_unused - first_inherited);
  const auto input = no_input();
  Pipe output;
  fcntl(output.reader.get(), F_SETFL, O_NONBLOCK);
  // What is in an output buffer now would be written by the parent and by the child.
  std::fflush(nullptr);
  std::cout.flush();
  std::cerr.flush();
  const auto parent = getpid();
  pid_ = fork();
  if (pid_ < 0) fail("cannot start a process");
  if (pid_ == 0) {
    if (!detach(parent) || !keep_only(input.get(), output.writer.get(), output.writer.get(), inherited, 0))
      _exit(127);
    for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
    child();
    _exit(0);
  }
  output_ = std::move(output.reader);
}

// The process group is killed before its leader is reaped: afterwards the number could be somebody else's.
std::optional<Ending> Process::ending() {
  siginfo_t info{};
  if (!ending_ && waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
      info.si_pid == pid_) {
    kill();
  }
  return ending_;
}

void Process::kill() {
  if (ending_) return;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  ending_ = Ending{status};
}

void Process::pause(std::chrono::nanoseconds time) {
  pollfd reader{output_.get(), POLLIN, 0};
  const timespec timeout{time.count() / 1'000'000'000, time.count() % 1'000'000'000};
  if (ppoll(&reader, 1, &timeout, nullptr) > 0) take_output();
}

// Takes in a bounded piece at a time, so that a child that floods its output cannot keep the caller past its
// deadline. What the pipe cannot hold in the meantime makes the child wait and does not use memory of the
// kit.
void Process::take_output() {
  char buffer[4096];
  for (int pieces = 0; pieces < 64; ++pieces) {
    const auto got = read(output_.get(), buffer, sizeof buffer);
    if (got == 0) output_.close();  // its end stays readable; polling it would be a busy loop
    if (got <= 0) return;
    tail_.append(buffer, static_cast<std::size_t>(got));
    if (tail_.size() > tail_kept) tail_.erase(0, tail_.size() - tail_kept);
  }
}

std::string Process::output_tail() {
  take_output();
  std::string text;
  for (const char c : tail_) {
    const bool harmless = c == '\n' || c == '\t' || (c >= ' ' && c <= '~');
    text += harmless ? c : '?';
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::size_t start = text.size();
  for (std::size_t lines = 0; lines < tail_lines && start != std::string::npos && start > 0; ++lines) {
    start = text.rfind('\n', start - 1);
  }
  return start == std::string::npos || start == 0 ? text : text.substr(start + 1);
}

std::string with_output(std::string text, Process& process) {
  const auto tail = process.output_tail();
  if (!tail.empty()) text += "\nIts last output:\n" + tail;
  return text;
}

std::string quoted(const std::vector<std::string>& command) {
  std::string line;
  for (const auto& word : command) {
    const bool plain = !word.empty() && word.find_first_not_of(
                                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                            "-_=+,./:@%") == std::string::npos;
    if (!line.empty()) line += ' ';
    if (plain) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  return line;
}

}  // namespace hptck
