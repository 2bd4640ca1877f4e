// The adapter remembers what happened in the partition, for one purpose. A process that dies or hangs in the
// middle of an array of calls has usually not written the answers that it already had, so nobody knows which
// call was in play. The adapter then makes the same partition in a new process, issues the calls before the
// array again, and those of the array one at a time. If everything is answered as before, the second run
// stands for the first: no observer can tell them apart, so the states that the partition may be in are the
// same.
#include "conformance/adapters/stdio/stdio_adapter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "conformance/adapters/deadline_option.h"
#include "conformance/adapters/stdio/session.h"
#include "conformance/adapters/stdio/wire.h"
#include "model/table/hashing.h"

namespace hptck {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using stdio::Session;

constexpr auto documentation = "See docs/adapter-protocol.md.";

// What `describe` said beyond a Description.
struct Declared {
  Description description;
  Statement statement;
  bool advances_time = false;
};

// Something that the answer to `describe` or `restart` may not hold.
struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string printable_text(const json& object, const char* member) {
  if (!object.contains(member) || !object[member].is_string())
    throw Malformed(fmt::format("the result has no {}", member));
  const auto& text = object[member].get_ref<const std::string&>();
  const bool printable = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  if (text.empty() || text.size() > 100 || !printable)
    throw Malformed(fmt::format("{} has to be 1 to 100 printable ASCII characters", member));
  return text;
}

std::uint8_t shift_from(const json& value, const std::string& name) {
  if (!value.is_number_unsigned() || value < min_shift || value > max_shift)
    throw Malformed(fmt::format("{} has to be a number from {} to {}", name, min_shift, max_shift));
  return value.get<std::uint8_t>();
}

Statement::Resize resize_from(const json& value) {
  if (value == "enabled") return Statement::Resize::enabled;
  if (value == "disabled") return Statement::Resize::disabled;
  if (value == "absent") return Statement::Resize::absent;
  throw Malformed(R"(resize has to be "enabled", "disabled" or "absent")");
}

// Page sizes without an encoding that is known here are ignored.
std::uint8_t pages_from(const json& value) {
  std::uint8_t pages = 0;
  if (!value.is_array()) throw Malformed("pages has to be an array");
  for (const auto& entry : value) {
    unsigned base = 0, actual = 0;
    int length = 0;
    const auto text = entry.is_string() ? entry.get<std::string>() : "";
    if (std::sscanf(text.c_str(), "%2u/%2u%n", &base, &actual, &length) != 2 ||
        static_cast<std::size_t>(length) != text.size())
      throw Malformed(R"(pages has to hold sizes such as "12/12" and "16/24")");
    for (std::size_t k = 0; k < hashing::page_encodings.size(); ++k) {
      const auto& known = hashing::page_encodings[k];
      if (known.base_shift == base && known.actual_shift == actual)
        pages = static_cast<std::uint8_t>(pages | 1u << k);
    }
  }
  return pages;
}

// Puts what the object declares into the statement. Unknown members are refused, because a misspelt one would
// silently declare nothing.
void declare(const json& object, Statement& statement, Description& description) {
  if (!object.is_object()) throw Malformed("statement has to be an object");
  for (const auto& [name, value] : object.items()) {
    if (name == "resize") {
      statement.resize = resize_from(value);
    } else if (name == "initial_shift") {
      statement.initial_shift = shift_from(value, name);
    } else if (name == "max_shift") {
      statement.max_shift = shift_from(value, name);
    } else if (name == "ram_bytes") {
      if (!value.is_number_unsigned()) throw Malformed("ram_bytes has to be a whole number");
      description.identity["memory"] = fmt::format("{} bytes", value.get<std::uint64_t>());
    } else if (name == "pages") {
      statement.pages = pages_from(value);
    } else {
      throw Malformed("a statement has no member " + stdio::dump(name));
    }
  }
  if (statement.initial_shift != 0 && statement.max_shift != 0 &&
      statement.max_shift < statement.initial_shift)
    throw Malformed("max_shift is below initial_shift");
}

Declared declared_from(const json& result, const std::vector<std::string>& command) {
  Declared declared;
  auto& description = declared.description;
  description.name = printable_text(result, "name");
  description.version = printable_text(result, "version");
  description.identity["command"] = quoted(command);
  if (result.contains("abilities")) {
    if (!result["abilities"].is_array()) throw Malformed("abilities has to be an array");
    for (const auto& ability : result["abilities"]) {
      if (!ability.is_string()) throw Malformed("abilities has to hold names");
      if (ability == "forbid_resize") description.abilities.insert(Ability::forbid_resize);
      if (ability == "reset") description.abilities.insert(Ability::reset);
      if (ability == "advance_time") declared.advances_time = true;
    }
  }
  if (result.contains("statement")) declare(result["statement"], declared.statement, description);
  return declared;
}

class StdioAdapter final : public Adapter {
 public:
  explicit StdioAdapter(StdioOptions options) : options_(std::move(options)) {}

  Description describe() override {
    if (!declared_) start();
    return declared_->description;
  }

  Statement restart(const Partition& partition) override {
    forget();
    partition_ = partition;
    // A fault here was caused by no hypercall, and a new process may do better.
    if (session_ && !restart_session()) return statement_;
    start();
    if (const auto why = restart_session())
      throw EnvironmentError(fmt::format("{} does not make a fresh partition: {}\n{}",
                                         quoted(options_.command), *why, documentation));
    return statement_;
  }

  BatchResult batch(std::span<const Call> calls, std::span<Response> responses) override {
    assert(responses.size() == calls.size());
    std::size_t done = 0;
    while (done < calls.size()) {
      const auto part = calls.subspan(done, std::min(calls.size() - done, array_calls_));
      auto result = issue(part, responses.subspan(done, part.size()));
      done += result.answered;
      if (result.fault) return {done, std::move(result.fault)};
    }
    return {done, std::nullopt};
  }

  std::optional<Fault> reset() override { return event({{"name", "reset"}}, {What::reset}); }

  void wait(std::chrono::milliseconds time) override {
    if (!session_ || time.count() <= 0) return;
    const Done wait{.what = What::wait, .time = time};
    if (!declared_->advances_time) {
      std::this_thread::sleep_for(time);
      remember(wait);
    } else if (auto fault = event({{"name", "advance_time"}, {"ms", time.count()}}, wait)) {
      owed_ = std::move(fault);
    }
  }

 private:
  enum class What : std::uint8_t { call, wait, reset };
  // What was done in the partition since it was made, and answered.
  struct Done {
    What what;
    Call call{};
    Response response{};
    std::chrono::milliseconds time{};
  };

  void forget() {
    owed_.reset();
    done_.clear();
    too_much_ = false;
  }

  void remember(const Done& done) {
    constexpr std::size_t most = std::size_t{1} << 16;
    too_much_ |= done_.size() >= most;
    if (!too_much_) done_.push_back(done);
  }

  void start() {
    session_.reset();
    const auto name = quoted(options_.command);
    auto session = std::make_unique<Session>(options_.command);
    const auto reply = session->request("describe", json::object(), options_.start_deadline);
    if (reply.fault)
      throw EnvironmentError(
          fmt::format("{} does not describe itself: {}\n{}", name, reply.fault->evidence, documentation));
    try {
      if (reply.code) throw Malformed("describe was answered with " + reply.error);
      declared_ = declared_from(reply.result, options_.command);
    } catch (const Malformed& error) {
      throw EnvironmentError(
          fmt::format("{} does not describe itself properly: {}\n{}", name, error.what(), documentation));
    }
    session_ = std::move(session);
  }

  // Ends the session and throws why there is no fresh partition.
  std::optional<std::string> restart_session() {
    auto session = std::move(session_);
    auto params = json::object();
    if (!partition_.may_resize) params["may_resize"] = false;
    const auto reply = session->request("restart", params, options_.deadline);
    if (reply.fault) return reply.fault->evidence;
    if (reply.code) return reply.error;
    auto statement = declared_->statement;
    if (!partition_.may_resize && statement.resize == Statement::Resize::enabled)
      statement.resize = Statement::Resize::disabled;
    try {
      if (reply.result.contains("statement"))
        declare(reply.result["statement"], statement, declared_->description);
    } catch (const Malformed& error) {
      return error.what();
    }
    session_ = std::move(session);
    statement_ = statement;
    return std::nullopt;
  }

  std::optional<Fault> event(const json& params, const Done& done) {
    if (owed_) return owed_;
    assert(session_ != nullptr);
    auto session = std::move(session_);  // given back unless it failed
    auto reply = session->request("event", params, options_.deadline);
    if (reply.code)
      reply.fault = Fault{Fault::Kind::garbled, fmt::format("the event {}, which is among its abilities, was "
                                                            "answered with {}",
                                                            stdio::dump(params), reply.error)};
    if (reply.fault) return reply.fault;
    session_ = std::move(session);
    remember(done);
    return std::nullopt;
  }

  BatchResult issue(std::span<const Call> calls, std::span<Response> responses) {
    if (owed_) return {0, std::exchange(owed_, std::nullopt)};
    assert(session_ != nullptr);
    auto session = std::move(session_);
    const auto begin = std::chrono::steady_clock::now();
    auto result = session->hcalls(calls, responses, options_.deadline);
    const auto spent = std::chrono::steady_clock::now() - begin;
    if (result.fault) {
      session.reset();  // ends this process before the next is started
      const bool known = result.fault->kind == Fault::Kind::garbled || calls.size() - result.answered == 1;
      return known ? result : second_run(calls, responses, std::move(result));
    }
    // So many calls to an array as even a slow implementation answers well within the deadline.
    if (spent < options_.deadline / 20 && calls.size() == array_calls_)
      array_calls_ = std::min(array_calls_ * 2, Session::longest_array);
    else if (spent > options_.deadline / 4)
      array_calls_ = std::max<std::size_t>(array_calls_ / 2, 1);
    session_ = std::move(session);
    for (std::size_t i = 0; i < calls.size(); ++i) remember({What::call, calls[i], responses[i]});
    return result;
  }

  // Finds out which call of an array was in play when the process died or hung.
  BatchResult second_run(std::span<const Call> calls, std::span<Response> responses, BatchResult first) {
    const auto left = calls.size() - first.answered;
    const auto unknown = [&](const char* why) {
      session_.reset();
      owed_.reset();
      first.fault->evidence +=
          fmt::format("\nThis one or one of the {} calls after it in the same array: {}.", left - 1, why);
      return first;
    };
    for (std::size_t i = 0; i < first.answered; ++i) remember({What::call, calls[i], responses[i]});
    if (too_much_) return unknown("too much went before to try again");
    const auto before = std::exchange(done_, {});
    const auto expected = statement_;
    start();
    if (restart_session() || statement_ != expected) return unknown("the partition could not be made again");
    if (!repeat(before)) return unknown("a second run went otherwise");
    for (auto i = first.answered; i < calls.size(); ++i) {
      auto session = std::move(session_);
      auto result = session->hcalls(calls.subspan(i, 1), responses.subspan(i, 1), options_.deadline);
      if (result.fault) {
        result.fault->evidence += "\nSeen in a second run, one call at a time, after an array failed.";
        return {i, std::move(result.fault)};
      }
      session_ = std::move(session);
      remember({What::call, calls[i], responses[i]});
    }
    return unknown("in a second run, one at a time, all of them were answered");
  }

  // Whether everything was answered as before.
  bool repeat(const std::vector<Done>& before) {
    std::vector<Call> calls;
    std::vector<Response> responses;
    for (std::size_t at = 0; at < before.size();) {
      if (before[at].what == What::wait) wait(before[at].time);
      if (before[at].what == What::reset && reset()) return false;
      if (owed_) return false;
      if (before[at].what != What::call) {
        ++at;
        continue;
      }
      calls.clear();
      for (auto i = at; i < before.size() && before[i].what == What::call && calls.size() < array_calls_; ++i)
        calls.push_back(before[i].call);
      responses.assign(calls.size(), {});
      if (session_->hcalls(calls, responses, options_.deadline).fault) return false;
      for (std::size_t i = 0; i < calls.size(); ++i, ++at) {
        if (responses[i] != before[at].response) return false;
        remember(before[at]);
      }
    }
    return true;
  }

  StdioOptions options_;
  std::optional<Declared> declared_;
  std::unique_ptr<Session> session_;
  Partition partition_;
  Statement statement_;
  std::size_t array_calls_ = 16;
  std::vector<Done> done_;
  bool too_much_ = false;      // done_ is full and does not hold everything
  std::optional<Fault> owed_;  // met in wait(), which cannot return it; the next call does
};

}  // namespace

std::unique_ptr<Adapter> make_stdio_adapter(StdioOptions options) {
  return std::make_unique<StdioAdapter>(std::move(options));
}

AdapterChoice stdio_adapter() {
  const auto options = std::make_shared<StdioOptions>();
  const auto add_options = [options](CLI::App& app) {
    add_deadline(app, options->deadline, "a message not answered for so long is a hang");
  };
  const auto make = [options] { return make_stdio_adapter(*options); };
  return {"stdio", "a program that speaks JSON-RPC over its standard input and output, after --", add_options,
          make, std::shared_ptr<std::vector<std::string>>(options, &options->command)};
}

}  // namespace hptck
