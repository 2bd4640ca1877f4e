// QEMU's control channel (QMP: JSON lines) over a socket pair that QEMU inherits, so that there is no socket
// in any directory to name, guard and remove. Only what the kit needs: one command at a time, and the reason
// that a SHUTDOWN event gives. The peer is the implementation under test: an answer that is late, too long or
// not JSON is no answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "conformance/adapters/process/file_descriptor.h"

namespace hptck::qemu {

class Qmp {
 public:
  /// Sends the opening of the conversation without waiting for QEMU to listen.
  explicit Qmp(FileDescriptor socket);

  /// What the command returned; nothing when it failed or was not answered in time.
  std::optional<nlohmann::json> execute(const std::string& command, std::chrono::milliseconds timeout);
  std::optional<nlohmann::json> execute(const std::string& command, std::chrono::milliseconds timeout,
                                        const nlohmann::json& arguments);
  /// Hands QEMU a descriptor under a name, for commands that take one ("fd:NAME"). False: it did not take it.
  bool pass(int descriptor, const std::string& name, std::chrono::milliseconds timeout);
  /// Why QEMU says that it shuts down ("guest-panic", "host-signal"), or empty. Does not block.
  std::string shutdown_reason();

 private:
  bool send(const nlohmann::json& message, int descriptor = -1);
  std::optional<nlohmann::json> answer(std::chrono::steady_clock::time_point deadline);
  /// The next message, if it is complete by then. Notes a SHUTDOWN event in passing.
  std::optional<nlohmann::json> receive(std::chrono::steady_clock::time_point deadline);
  /// The next line, without its end.
  std::optional<std::string> receive_line(std::chrono::steady_clock::time_point deadline);

  FileDescriptor socket_;
  std::string received_;
  std::string shutdown_reason_;
  std::uint64_t last_id_ = 0;
};

}  // namespace hptck::qemu
