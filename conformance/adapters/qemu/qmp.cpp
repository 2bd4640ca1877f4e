#include "conformance/adapters/qemu/qmp.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

namespace hptck::qemu {
namespace {

constexpr std::size_t longest_line = 1 << 20;
// The kit reads at most this many messages while it waits for an answer, however fast they come.
constexpr int most_messages = 10'000;

}  // namespace

Qmp::Qmp(FileDescriptor socket) : socket_(std::move(socket)) {
  send({{"execute", "qmp_capabilities"}, {"id", last_id_}});
}

// Commands are far smaller than the socket's buffer: one that does not fit means that nobody reads.
bool Qmp::send(const nlohmann::json& message, int descriptor) {
  auto text = message.dump() + "\n";
  iovec part{text.data(), text.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptor)] = {};
  if (descriptor >= 0) {
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    auto* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
  }
  const auto sent = sendmsg(socket_.get(), &header, MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent == static_cast<ssize_t>(text.size());
}

std::optional<std::string> Qmp::receive_line(std::chrono::steady_clock::time_point deadline) {
  for (;;) {
    if (const auto end = received_.find('\n'); end != std::string::npos) {
      auto line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    if (received_.size() > longest_line) return std::nullopt;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd reader{socket_.get(), POLLIN, 0};
    if (poll(&reader, 1, static_cast<int>(std::max<std::int64_t>(left, 0))) <= 0) return std::nullopt;
    char buffer[4096];
    const auto got = recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (got <= 0) return std::nullopt;
    received_.append(buffer, static_cast<std::size_t>(got));
  }
}

std::optional<nlohmann::json> Qmp::receive(std::chrono::steady_clock::time_point deadline) {
  const auto line = receive_line(deadline);
  if (!line) return std::nullopt;
  auto message = nlohmann::json::parse(*line, nullptr, /*allow_exceptions=*/false);
  if (!message.is_object()) return std::nullopt;
  if (message.contains("event") && message["event"] == "SHUTDOWN") {
    shutdown_reason_ = "unknown";
    const nlohmann::json::json_pointer reason("/data/reason");
    if (message.contains(reason) && message[reason].is_string()) shutdown_reason_ = message[reason];
  }
  return message;
}

std::optional<nlohmann::json> Qmp::execute(const std::string& command, std::chrono::milliseconds timeout) {
  return execute(command, timeout, nlohmann::json::object());
}

std::optional<nlohmann::json> Qmp::execute(const std::string& command, std::chrono::milliseconds timeout,
                                           const nlohmann::json& arguments) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  if (!send({{"execute", command}, {"id", ++last_id_}, {"arguments", arguments}})) return std::nullopt;
  return answer(deadline);
}

bool Qmp::pass(int descriptor, const std::string& name, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  return send({{"execute", "getfd"}, {"id", ++last_id_}, {"arguments", {{"fdname", name}}}}, descriptor) &&
         answer(deadline).has_value();
}

std::optional<nlohmann::json> Qmp::answer(std::chrono::steady_clock::time_point deadline) {
  for (int messages = 0; messages < most_messages; ++messages) {
    const auto answer = receive(deadline);
    if (!answer) return std::nullopt;
    if (!answer->contains("id") || (*answer)["id"] != last_id_) continue;
    if (!answer->contains("return")) return std::nullopt;
    return (*answer)["return"];
  }
  return std::nullopt;
}

std::string Qmp::shutdown_reason() {
  for (int messages = 0; messages < most_messages; ++messages) {
    if (!receive(std::chrono::steady_clock::now())) break;
  }
  return shutdown_reason_;
}

}  // namespace hptck::qemu
