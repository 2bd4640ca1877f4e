// One process that speaks the protocol of docs/adapter-protocol.md: its pipes, its deadlines, and what of its
// answers can be believed. The adapter replaces a Session that failed; a Session itself never recovers.
//
// The pipes do not block, and everything that the child may do with them, or leave undone, ends at a deadline
// or at a bound. The kit keeps the reading end of the child's input open as well, so that writing to a child
// that is gone is no signal and no error: the child's end is noticed as such, with its status.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "conformance/adapters/adapter.h"
#include "conformance/adapters/process/process.h"

namespace hptck::stdio {

class Session {
 public:
  /// Calls that go in one array at most.
  static constexpr std::size_t longest_array = 512;

  /// Starts the command. Throws EnvironmentError.
  explicit Session(const std::vector<std::string>& command);
  /// Asks it to end, unless it failed before, and sees to it that it has.
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  struct Reply {
    nlohmann::json result;             ///< an object, unless there is an error
    std::optional<std::int64_t> code;  ///< of a JSON-RPC error
    std::string error;                 ///< the error in words
    std::optional<Fault> fault;
  };
  /// Throws EnvironmentError when the process was killed from outside.
  Reply request(const std::string& method, const nlohmann::json& params, std::chrono::milliseconds deadline);

  /// As Adapter::batch, for up to longest_array calls in one message.
  BatchResult hcalls(std::span<const Call> calls, std::span<Response> responses,
                     std::chrono::milliseconds deadline);

  pid_t pid() const { return process_->pid(); }

 private:
  struct Answers {
    std::size_t answered = 0;
    std::optional<std::string> wrong;  ///< what is wrong with the next one
  };

  std::optional<Fault> exchange(std::string_view request, std::chrono::milliseconds deadline);
  void write_some(std::string_view& request);
  ssize_t read_some();
  void look(bool has_request, std::chrono::milliseconds time);
  bool take_line();
  Fault died(const Ending& ending);
  Fault garbled(const std::string& how);
  Answers take_answers(std::uint64_t first_id, bool array, std::span<Response> responses) const;
  void end();

  std::uint64_t next_id_ = 1;
  std::string request_;       ///< kept for its memory
  std::vector<char> buffer_;  ///< to read into
  std::string received_;      ///< beyond the last line taken
  std::size_t searched_ = 0;  ///< of received_, for the end of a line
  std::string line_;          ///< the last line taken; after a fault, what there was of it
  bool failed_ = false;
  FileDescriptor input_, input_reader_, output_;
  std::optional<Process> process_;
};

}  // namespace hptck::stdio
