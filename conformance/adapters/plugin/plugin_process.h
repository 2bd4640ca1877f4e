// The kit's side of a plugin: the child that runs it, requests to it, and what became of them. A process that
// failed is not repaired; the adapter makes a new one.
//
// An answer usually comes within microseconds, so it is first waited for by looking. Then the kit sleeps
// until the child wakes it, prints something or ends, and at the latest after a few milliseconds looks again,
// because a plugin can keep any of these from happening.
#pragma once

#include <chrono>
#include <optional>
#include <random>
#include <span>
#include <string>

#include "conformance/adapters/adapter.h"
#include "conformance/adapters/plugin/shared_memory.h"
#include "conformance/adapters/process/file_descriptor.h"
#include "conformance/adapters/process/process.h"

namespace hptck::plugin {

/// What the plugin says of itself, made harmless to print.
struct Loaded {
  std::string name, version;
  std::uint64_t abilities = 0;
};

class PluginProcess {
 public:
  /// Returns when the library is loaded. Throws EnvironmentError.
  PluginProcess(const std::string& library, const std::string& options, std::chrono::milliseconds deadline);
  ~PluginProcess();
  PluginProcess(const PluginProcess&) = delete;
  PluginProcess& operator=(const PluginProcess&) = delete;

  const Loaded& loaded() const { return loaded_; }
  pid_t pid() const { return process_->pid(); }

  /// These return what went wrong, after which the process is of no more use, and throw EnvironmentError.
  std::optional<Fault> restart(bool may_resize, hptck_statement& statement,
                               std::chrono::milliseconds deadline);
  BatchResult hcall(std::span<const Call> calls, std::span<Response> responses,
                    std::chrono::milliseconds deadline);
  std::optional<Fault> reset(std::chrono::milliseconds deadline);
  std::optional<Fault> advance_time(std::chrono::milliseconds time, std::chrono::milliseconds deadline);

 private:
  std::optional<Fault> run(Operation operation, std::chrono::milliseconds deadline);
  /// Until the child says that it is done, which it did `last` with the request before this one.
  std::optional<Fault> await(std::uint32_t last, std::chrono::milliseconds deadline);
  std::optional<Fault> result_fault();
  void post(Operation operation);
  void sleep(std::chrono::milliseconds time);
  std::string with_output(std::string text) { return hptck::with_output(std::move(text), *process_); }

  SharedMemory memory_;
  FileDescriptor wake_;
  std::optional<Process> process_;
  std::minstd_rand tickets_{std::random_device{}()};
  std::uint32_t ticket_ = 0;  ///< of the last request
  bool spins_ = spinning_pays(), failed_ = true;
  Loaded loaded_;
};

}  // namespace hptck::plugin
