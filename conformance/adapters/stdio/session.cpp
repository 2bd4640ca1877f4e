#include "conformance/adapters/stdio/session.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>

#include <cassert>
#include <cerrno>
#include <csignal>
#include <utility>

#include "conformance/adapters/process/patience.h"
#include "conformance/adapters/stdio/wire.h"

namespace hptck::stdio {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr auto time_to_end = 1000ms;  // for the answer to shutdown, and again from there to the end

// Text from the child, made harmless to print.
std::string excerpt(std::string_view text) {
  constexpr std::size_t most = 200;
  std::string shown;
  for (const char c : text.substr(0, most)) shown += c >= ' ' && c <= '~' ? c : '?';
  return text.size() > most ? fmt::format("{}... ({} bytes)", shown, text.size()) : shown;
}

// What is wrong with the form of an answer; nothing if it answers the request with this id.
std::optional<std::string> trouble_with(const json& answer, std::uint64_t id) {
  if (!answer.is_object()) return "the answer is not a JSON object";
  if (!answer.contains("jsonrpc") || answer["jsonrpc"] != "2.0")
    return R"(the answer does not say "jsonrpc":"2.0")";
  if (!answer.contains("id")) return fmt::format("the answer has no id; the request's is {}", id);
  if (!answer["id"].is_number_unsigned() || answer["id"] != id)
    return fmt::format("the answer's id is {}, and the request's is {}", excerpt(dump(answer["id"])), id);
  if (answer.contains("result") == answer.contains("error"))
    return "the answer has to have a result or an error, and not both";
  if (answer.contains("error")) {
    const auto& error = answer["error"];
    if (!error.is_object() || !error.contains("code") || !error["code"].is_number_integer())
      return "the error has no code";
  }
  return std::nullopt;
}

std::string text_of_error(const json& error) {
  const auto message = error.contains("message") ? excerpt(dump(error["message"])) : "no message";
  return fmt::format("JSON-RPC error {}: {}", dump(error["code"]), message);
}

struct Parsed {
  json value;
  std::optional<std::string> wrong;
};
Parsed parse(std::string_view text) {
  try {
    return {json::parse(text), std::nullopt};
  } catch (const json::exception& error) {
    return {{}, fmt::format("not JSON: {}", excerpt(error.what()))};
  }
}

// The answer to an hcall, or what is wrong with it.
std::optional<std::string> take_hcall(const json& answer, std::uint64_t id, Response& response) {
  if (auto wrong = trouble_with(answer, id)) return wrong;
  if (answer.contains("error")) return "an hcall was answered with " + text_of_error(answer["error"]);
  const auto& result = answer["result"];
  if (!result.is_object() || !result.contains("status")) return "the result has no status";
  const auto code = register_from(result["status"]);
  if (!code)
    return fmt::format("the status {} is not \"0x\" with up to 16 hexadecimal digits",
                       excerpt(dump(result["status"])));
  response = {static_cast<std::int64_t>(*code), {}};
  if (!result.contains("out")) return std::nullopt;
  const auto out = registers_from(result["out"]);
  if (!out)
    return fmt::format("out is {}, not an array of up to nine times \"0x\" with up to 16 hexadecimal digits",
                       excerpt(dump(result["out"])));
  response.out = *out;
  return std::nullopt;
}

}  // namespace

Session::Session(const std::vector<std::string>& command) : buffer_(std::size_t{1} << 16) {
  Pipe input, output;
  for (const int end : {input.writer.get(), output.reader.get()}) {
    fcntl(end, F_SETFL, O_NONBLOCK);
    fcntl(end, F_SETPIPE_SZ, static_cast<int>(longest_line));  // fewer changes of process; if not, so be it
  }
  process_.emplace(command, std::span<const int>(),
                   Process::Streams{.input = input.reader.get(), .output = output.writer.get()});
  input_ = std::move(input.writer);
  input_reader_ = std::move(input.reader);
  output_ = std::move(output.reader);
}

Session::~Session() {
  try {
    if (!failed_) end();
  } catch (const EnvironmentError&) {
    // It was killed from outside in the meantime, and so it has ended, as it should.
  }
}

void Session::end() {
  if (request("shutdown", json::object(), time_to_end).fault) return;
  input_.close();
  input_reader_.close();
  for (Patience patience(time_to_end); !process_->ending() && !patience.ended(); patience.look())
    process_->pause(1ms);
}

Fault Session::garbled(const std::string& how) { return {Fault::Kind::garbled, with_output(how, *process_)}; }

Fault Session::died(const Ending& ending) {
  auto evidence = with_output("It " + ending.text(), *process_);
  if (ending.by_signal(SIGKILL) || ending.by_signal(SIGTERM)) {
    throw EnvironmentError(evidence +
                           "\nThis came from outside: a user, or the kernel for want of memory (see dmesg).");
  }
  return {Fault::Kind::died, std::move(evidence)};
}

void Session::write_some(std::string_view& request) {
  const auto written = write(input_.get(), request.data(), request.size());
  if (written > 0) request.remove_prefix(static_cast<std::size_t>(written));
}

// As read() says: 0 at the end of the output, negative when there is nothing at present.
ssize_t Session::read_some() {
  const auto got = read(output_.get(), buffer_.data(), buffer_.size());
  if (got > 0) received_.append(buffer_.data(), static_cast<std::size_t>(got));
  return got;
}

bool Session::take_line() {
  const auto end = received_.find('\n', searched_);
  searched_ = end == std::string::npos ? received_.size() : 0;
  if (end == std::string::npos) return false;
  line_.assign(received_, 0, end);
  received_.erase(0, end + 1);
  return true;
}

// Sleeps until the child has done something, or for the time given.
void Session::look(bool has_request, std::chrono::milliseconds time) {
  pollfd ends[] = {{output_.get(), POLLIN, 0},
                   {process_->output(), POLLIN, 0},
                   {has_request ? input_.get() : -1, POLLOUT, 0}};
  poll(ends, std::size(ends), static_cast<int>(time.count()));
  if (ends[1].revents != 0) process_->take_output();
}

std::optional<Fault> Session::exchange(std::string_view request, std::chrono::milliseconds deadline) {
  assert(!failed_);
  failed_ = true;  // until the last line of this function is reached
  line_.clear();
  if (!received_.empty())
    return garbled(fmt::format("it wrote what nobody asked for: {}", excerpt(received_)));
  Patience patience(deadline), after_end_of_output(time_to_end);
  for (;;) {
    if (!request.empty()) write_some(request);
    const auto ending = process_->ending();  // before the last look at its output, which then is final
    const bool open = output_.get() >= 0;
    const auto got = open ? read_some() : 0;
    if (got == 0) output_.close();
    if (take_line()) break;
    if (received_.size() > longest_line)
      return garbled(fmt::format("a line of more than {} bytes, which begins with {}", longest_line,
                                 excerpt(received_)));
    if (ending && got > 0) continue;
    line_ = received_;
    if (ending) return died(*ending);
    if (!open) {
      after_end_of_output.look();
      if (after_end_of_output.ended()) return garbled("it closed its standard output");
    }
    patience.look();
    if (patience.ended()) {
      const auto* what = request.empty() ? "no answer" : "it did not read its standard input";
      return Fault{Fault::Kind::hung,
                   with_output(fmt::format("{} within {} ms", what, patience.waited().count()), *process_)};
    }
    const auto left = std::max(deadline - patience.waited(), 1ms);
    look(!request.empty(), std::min(left, open ? Patience::longest_look : 1ms));
  }
  if (!request.empty()) return garbled("it answered before it had read the request");
  failed_ = false;
  return std::nullopt;
}

Session::Reply Session::request(const std::string& method, const json& params,
                                std::chrono::milliseconds deadline) {
  const auto id = next_id_++;
  const auto text =
      fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{}}})", id, method, dump(params)) +
      '\n';
  Reply reply;
  const auto refuse = [&](const std::string& wrong) {
    failed_ = true;
    reply.fault = garbled(fmt::format("{} was answered with {}\n{}", method, excerpt(line_), wrong));
  };
  reply.fault = exchange(text, deadline);
  if (reply.fault) return reply;
  auto [answer, wrong] = parse(line_);
  if (!wrong) wrong = trouble_with(answer, id);
  if (!wrong && answer.contains("result") && !answer["result"].is_object())
    wrong = "the result is not a JSON object";
  if (wrong) {
    refuse(*wrong);
  } else if (answer.contains("error")) {
    reply.code = answer["error"]["code"].get<std::int64_t>();
    reply.error = text_of_error(answer["error"]);
  } else {
    reply.result = std::move(answer["result"]);
  }
  return reply;
}

// Takes the complete answers of a line that was cut short.
Session::Answers Session::take_answers(std::uint64_t first_id, bool array,
                                       std::span<Response> responses) const {
  std::string_view text = line_;
  Answers answers;
  auto& answered = answers.answered;
  const auto wrong = [&](const std::string& how) {
    answers.wrong = how;
    return answers;
  };
  skip_space(text);
  if (array) {
    if (!text.starts_with('[')) return wrong("an array of requests was not answered with an array");
    text.remove_prefix(1);
  }
  for (; answered < responses.size(); ++answered) {
    skip_space(text);
    if (answered != 0) {
      if (text.empty()) return wrong("the line ends early");
      if (!text.starts_with(','))
        return wrong(fmt::format("the array has {} answers to {} requests", answered, responses.size()));
      text.remove_prefix(1);
      skip_space(text);
    }
    const auto id = first_id + answered;
    if (const auto answer = take_answer(text); answer && answer->id == id) {
      responses[answered] = answer->response;
      continue;
    } else if (answer) {
      return wrong(fmt::format("the answer's id is {}, and the request's is {}", answer->id, id));
    }
    const auto value = take_value(text);
    if (!value || value->empty()) return wrong("the line ends early, or is not JSON");
    const auto parsed = parse(*value);
    if (parsed.wrong) return wrong(*parsed.wrong);
    if (auto how = take_hcall(parsed.value, id, responses[answered])) return wrong(*how);
  }
  skip_space(text);
  if (array) {
    if (!text.starts_with(']')) {
      --answered;
      return wrong(text.starts_with(',') ? "the array has more answers than requests"
                                         : "the line ends early");
    }
    text.remove_prefix(1);
    skip_space(text);
  }
  if (!text.empty()) {
    --answered;
    return wrong("the line goes on after the answer");
  }
  return answers;
}

BatchResult Session::hcalls(std::span<const Call> calls, std::span<Response> responses,
                            std::chrono::milliseconds deadline) {
  assert(!calls.empty() && calls.size() <= longest_array && responses.size() >= calls.size());
  const bool array = calls.size() > 1;
  const auto first_id = std::exchange(next_id_, next_id_ + calls.size());
  request_.clear();
  for (std::size_t index = 0; index < calls.size(); ++index) {
    if (array) request_ += index == 0 ? '[' : ',';
    append(request_, HcallRequest{first_id + index, calls[index]});
  }
  request_ += array ? "]\n" : "\n";
  auto fault = exchange(request_, deadline);
  const auto answers = take_answers(first_id, array, responses.first(calls.size()));
  BatchResult result{answers.answered, std::nullopt};
  if (fault) {
    // The calls that were answered before it count; the last one only with the end of its line.
    result.answered = std::min(result.answered, calls.size() - 1);
    if (!line_.empty()) fault->evidence += "\nAnswered before it: " + excerpt(line_);
  } else if (answers.wrong) {
    failed_ = true;
    fault = garbled(fmt::format("{}\nThe line was: {}", *answers.wrong, excerpt(line_)));
  }
  if (fault) {
    fault->evidence = fmt::format("In play was {}.\n{}", to_string(calls[result.answered]), fault->evidence);
    result.fault = std::move(fault);
  }
  return result;
}

}  // namespace hptck::stdio
