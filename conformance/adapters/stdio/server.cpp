#include "conformance/adapters/stdio/server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>
#include <vector>

#include "conformance/adapters/stdio/wire.h"
#include "model/table/hashing.h"

namespace hptck::stdio {
namespace {

using nlohmann::json;

constexpr std::int64_t not_json = -32700, not_a_request = -32600, no_such_method = -32601,
                       bad_params = -32602;

struct Error {
  std::int64_t code;
  std::string message;
};

json to_json(const Statement& statement) {
  auto object = json::object();
  switch (statement.resize) {
    case Statement::Resize::unknown:
      break;
    case Statement::Resize::enabled:
      object["resize"] = "enabled";
      break;
    case Statement::Resize::disabled:
      object["resize"] = "disabled";
      break;
    case Statement::Resize::absent:
      object["resize"] = "absent";
      break;
  }
  if (statement.initial_shift != 0) object["initial_shift"] = statement.initial_shift;
  if (statement.max_shift != 0) object["max_shift"] = statement.max_shift;
  if (statement.pages) {
    object["pages"] = {"12/12"};
    for (std::size_t k = 0; k < hashing::page_encodings.size(); ++k) {
      const auto& encoding = hashing::page_encodings[k];
      if ((*statement.pages >> k & 1) != 0)
        object["pages"].push_back(fmt::format("{}/{}", encoding.base_shift, encoding.actual_shift));
    }
  }
  return object;
}

class Server {
 public:
  Server(Adapter& adapter, int output)
      : adapter_(adapter), output_(output), description_(adapter.describe()) {
    statement_ = adapter_.restart({});
  }

  void take(std::string_view line) {
    if (!take_hcalls(line)) take_other(line);
  }

  bool ended() const { return ended_; }

  void flush() {
    for (std::string_view left = answers_; !left.empty();) {
      const auto written = write(output_, left.data(), left.size());
      if (written >= 0)
        left.remove_prefix(static_cast<std::size_t>(written));
      else if (errno != EINTR)
        throw EnvironmentError(fmt::format("cannot write answers: {}", std::strerror(errno)));
    }
    answers_.clear();
  }

 private:
  // An hcall, or an array of them, all in canonical form.
  bool take_hcalls(std::string_view line) {
    requests_.clear();
    const bool array = line.starts_with('[');
    if (array) line.remove_prefix(1);
    for (;;) {
      const auto request = take_request(line);
      if (!request) return false;
      requests_.push_back(*request);
      if (!array || !line.starts_with(',')) break;
      line.remove_prefix(1);
    }
    if (line != (array ? "]" : "")) return false;
    for (std::size_t index = 0; index < requests_.size(); ++index) {
      if (array) answers_ += index == 0 ? '[' : ',';
      append(answers_, HcallAnswer{requests_[index].id, hcall(requests_[index].call)});
    }
    answers_ += array ? "]\n" : "\n";
    return true;
  }

  void take_other(std::string_view line) {
    json request;
    try {
      request = json::parse(line);
    } catch (const json::exception& error) {
      return write_line(
          {{"jsonrpc", "2.0"}, {"id", nullptr}, {"error", {{"code", not_json}, {"message", error.what()}}}});
    }
    if (!request.is_array() || request.empty()) {
      const auto answer = answer_to(request);
      if (!answer.is_null()) write_line(answer);
      return;
    }
    auto answers = json::array();
    for (const auto& part : request) {
      auto answer = answer_to(part);
      if (!answer.is_null()) answers.push_back(std::move(answer));
    }
    if (!answers.empty()) write_line(answers);
  }

  void write_line(const json& answer) {
    answers_ += dump(answer);
    answers_ += '\n';
  }

  // Null where none is wanted.
  json answer_to(const json& request) {
    json answer{{"jsonrpc", "2.0"}, {"id", nullptr}};
    bool wanted = true;
    try {
      if (!request.is_object()) throw Error{not_a_request, "a request is a JSON object"};
      wanted = request.contains("id");
      if (wanted) {
        const auto& id = request["id"];
        if (!id.is_string() && !id.is_number() && !id.is_null())
          throw Error{not_a_request, "an id is a number or a string"};
        answer["id"] = id;
      }
      if (!request.contains("jsonrpc") || request["jsonrpc"] != "2.0")
        throw Error{not_a_request, R"(a request says "jsonrpc":"2.0")"};
      if (!request.contains("method") || !request["method"].is_string())
        throw Error{not_a_request, "a request names a method"};
      answer["result"] =
          result_of(request["method"], request.contains("params") ? request["params"] : json::object());
    } catch (const Error& error) {
      wanted |= error.code == not_a_request;
      answer["error"] = {{"code", error.code}, {"message", error.message}};
    }
    return wanted ? answer : json();
  }

  json result_of(const std::string& method, const json& params) {
    if (!params.is_object()) throw Error{bad_params, "params is an object"};
    if (method == "hcall") return hcall_result(params);
    if (method == "describe") return describe();
    if (method == "restart") return restart(params);
    if (method == "event") return event(params);
    if (method == "shutdown") {
      ended_ = true;
      return json::object();
    }
    throw Error{no_such_method, "there is no method " + method};
  }

  json describe() const {
    json abilities{"advance_time"};
    if (description_.abilities.contains(Ability::forbid_resize)) abilities.push_back("forbid_resize");
    if (description_.abilities.contains(Ability::reset)) abilities.push_back("reset");
    return {{"name", description_.name},
            {"version", description_.version},
            {"abilities", abilities},
            {"statement", to_json(statement_)}};
  }

  json restart(const json& params) {
    Partition partition;
    if (params.contains("may_resize")) {
      if (!params["may_resize"].is_boolean()) throw Error{bad_params, "may_resize is true or false"};
      partition.may_resize = params["may_resize"];
    }
    if (!partition.may_resize && !description_.abilities.contains(Ability::forbid_resize))
      throw Error{bad_params, "may_resize cannot be false here"};
    return {{"statement", to_json(adapter_.restart(partition))}};
  }

  json event(const json& params) {
    const auto name = params.contains("name") ? params["name"] : json();
    if (!name.is_string()) throw Error{bad_params, "an event has a name"};
    if (name == "reset" && description_.abilities.contains(Ability::reset)) {
      if (const auto fault = adapter_.reset()) act(*fault);
      return json::object();
    }
    if (name != "advance_time") throw Error{no_such_method, "there is no event " + dump(name)};
    constexpr std::uint64_t longest_ms = 0xffff'ffff;
    if (!params.contains("ms") || !params["ms"].is_number_unsigned() || params["ms"] > longest_ms)
      throw Error{bad_params, "ms is a number from 0 to 4294967295"};
    adapter_.wait(std::chrono::milliseconds(params["ms"].get<std::uint64_t>()));
    return json::object();
  }

  json hcall_result(const json& params) {
    const auto token = params.contains("token") ? register_from(params["token"]) : std::nullopt;
    if (!token) throw Error{bad_params, "token is \"0x\" with up to 16 hexadecimal digits"};
    const auto args =
        params.contains("args") ? registers_from(params["args"]) : std::array<std::uint64_t, 9>{};
    if (!args) throw Error{bad_params, "args is an array of up to nine times \"0x\" with up to 16 digits"};
    const auto response = hcall({*token, *args});
    auto out = json::array();
    for (const auto value : response.out) out.push_back(hex(value));
    return {{"status", hex(static_cast<std::uint64_t>(response.status))}, {"out", out}};
  }

  Response hcall(const Call& call) {
    Response response;
    const auto batch = adapter_.batch({&call, 1}, {&response, 1});
    if (batch.fault) act(*batch.fault);
    return response;
  }

  // What was answered before is written first, so that the kit sees which call was in play.
  [[noreturn]] void act(const Fault& fault) {
    if (fault.kind == Fault::Kind::garbled) answers_ += "overwritten\n";
    flush();
    const auto evidence = fault.evidence + '\n';
    [[maybe_unused]] const auto written = write(STDERR_FILENO, evidence.data(), evidence.size());
    if (fault.kind == Fault::Kind::died) {
      ::signal(SIGABRT, SIG_DFL);
      ::raise(SIGABRT);
    }
    if (fault.kind == Fault::Kind::hung) {
      for (;;) ::pause();  // until it is killed, as it is when the kit ends
    }
    ::_exit(1);
  }

  Adapter& adapter_;
  int output_;
  Description description_;
  Statement statement_;
  std::vector<HcallRequest> requests_;
  std::string answers_;
  bool ended_ = false;
};

}  // namespace

void serve(Adapter& adapter, int input, int output) {
  Server server(adapter, output);
  std::vector<char> buffer(std::size_t{1} << 16);
  std::string received;
  while (!server.ended()) {
    const auto got = read(input, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw EnvironmentError(fmt::format("cannot read requests: {}", std::strerror(errno)));
    if (got == 0) return;
    auto searched = received.size();
    received.append(buffer.data(), static_cast<std::size_t>(got));
    std::size_t begin = 0;
    for (std::size_t end = 0; !server.ended() && (end = received.find('\n', searched)) != std::string::npos;
         begin = searched = end + 1)
      server.take(std::string_view(received).substr(begin, end - begin));
    received.erase(0, begin);
    server.flush();
    if (received.size() > longest_line)
      throw EnvironmentError(fmt::format("a request of more than {} bytes", longest_line));
  }
}

}  // namespace hptck::stdio
