// A child process that cannot outlive the kit, however the kit ends, and whose output cannot exhaust it. The
// child asks the kernel to be killed when its parent goes (PR_SET_PDEATHSIG), because nothing that the kit
// does at its end happens after kill -9; a supervising process between the two was rejected as one more thing
// to leave behind. The kernel ties that to the *thread* that started the child: that thread has to outlive
// it.
//
// The child has a process group of its own, so that Ctrl-C in a terminal reaches the kit alone and the kit
// never mistakes its child's end for a crash.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/adapters/process/file_descriptor.h"

namespace hptck {

/// How a process ended: the status that wait() reports.
struct Ending {
  int status = 0;
  bool by_signal(int signal) const;
  std::string text() const;  ///< "was killed by SIGSEGV (Segmentation fault)", "ended with exit status 1"
};

/// A pipe that no program inherits, above the numbers that a child is given. Throws EnvironmentError.
struct Pipe {
  Pipe();
  FileDescriptor reader, writer;
};

class Process {
 public:
  /// What the child gets for its standard input and output. Negative: no input, output captured like stderr.
  struct Streams {
    int input = -1, output = -1;
  };

  /// Starts command[0], searched in PATH, with the descriptors `inherited` as its 3, 4 and so on, and stderr
  /// captured. Throws EnvironmentError.
  Process(const std::vector<std::string>& command, std::span<const int> inherited)
      : Process(command, inherited, Streams()) {}
  Process(const std::vector<std::string>& command, std::span<const int> inherited, Streams streams);
  /// Forks a child that runs `child`, with the descriptors `inherited` as its 3, 4 and so on and no others,
  /// no input, all output captured and all signals at their defaults. For a kit without threads. Throws
  /// EnvironmentError.
  Process(const std::function<void()>& child, std::span<const int> inherited);
  ~Process() { kill(); }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  /// Nothing while it runs. Does not block.
  std::optional<Ending> ending();
  /// Sleeps for about `time`, less if there is output; takes in the output.
  void pause(std::chrono::nanoseconds time);
  /// For callers that poll more than its captured output: what to poll, negative once it has ended, and
  /// what to do when there is some.
  int output() const { return output_.get(); }
  void take_output();
  /// Kills it and its children, and waits for its end.
  void kill();

  /// The last lines of its output, harmless to print: no control characters, bounded.
  std::string output_tail();

 private:
  pid_t pid_ = -1;
  std::optional<Ending> ending_;
  FileDescriptor output_;
  std::string tail_;
};

/// The descriptor again, closed on exec and above the numbers that a child is given. Throws EnvironmentError.
FileDescriptor above_inherited(FileDescriptor descriptor);

/// The text, with the last lines of the process's output if there are any.
std::string with_output(std::string text, Process& process);

/// A command line that a shell takes.
std::string quoted(const std::vector<std::string>& command);

}  // namespace hptck
