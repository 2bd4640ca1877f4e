// A parser of words with their columns, then a check that printing what was read gives the text back. That
// check, and not many small ones, is what makes the format canonical.
#include "model/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "model/table/hashing.h"
#include "spec/embedded.h"

namespace hptck {
namespace {

struct Line {
  std::string_view text;
  std::size_t number;
  std::string_view name;

  [[noreturn]] void fail(std::size_t column, std::string_view message) const {
    throw InputError(name, number, column + 1, message);
  }
};

struct Words {
  const Line& line;
  std::size_t at = 0;

  bool done() const { return at >= line.text.size(); }
  std::size_t column() const { return std::min(at, line.text.size()); }
  std::string_view next() {
    const auto end = std::min(line.text.find(' ', at), line.text.size());
    const auto word = line.text.substr(column(), end - column());
    at = end + 1;
    return word;
  }
};

std::uint64_t hexadecimal(const Line& line, std::size_t column, std::string_view word) {
  std::uint64_t value = 0;
  const auto digits = word.substr(0, 2) == "0x" ? word.substr(2) : std::string_view();
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
    line.fail(column, fmt::format("\"{}\" is not a 64-bit register value such as 0x13", word));
  }
  return value;
}

template <class Integer>
Integer decimal(const Line& line, std::size_t column, std::string_view word, Integer low, Integer high) {
  Integer value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size() || value < low || value > high) {
    line.fail(column, fmt::format("\"{}\" is not a number from {} to {}", word, low, high));
  }
  return value;
}

void check_canonical(const Line& line, const std::string& canonical) {
  if (line.text == canonical) return;
  const auto difference =
      std::mismatch(line.text.begin(), line.text.end(), canonical.begin(), canonical.end()).first;
  line.fail(static_cast<std::size_t>(difference - line.text.begin()),
            fmt::format("not in canonical form, which is \"{}\"", canonical));
}

Step read_call(const Line& line) {
  Step step;
  Words words{line};
  const auto name = words.next();
  if (name == "hcall") {
    const auto column = words.column();
    step.call.token = hexadecimal(line, column, words.next());
  } else if (const auto known = token_named(name)) {
    step.call.token = *known;
  } else {
    line.fail(0, fmt::format("\"{}\" is neither a hypercall nor another kind of line", name));
  }
  if (line.text == "reset") {
    step.response = Response{};
    return step;
  }
  for (std::size_t i = 0;; ++i) {
    const auto column = words.column();
    if (words.done()) line.fail(column, "the answer is missing: expected \"-> STATUS\"");
    const auto word = words.next();
    if (word == "->") break;
    if (i == step.call.args.size()) line.fail(column, "a hypercall has at most 9 arguments");
    step.call.args[i] = hexadecimal(line, column, word);
  }
  if (line.text.substr(words.column()) != "no answer") {
    Response response;
    const auto column = words.column();
    const auto word = words.next();
    const auto code = status_named(word);
    if (!code)
      line.fail(column,
                fmt::format("\"{}\" is not a status: expected a name such as H_SUCCESS, or a number", word));
    response.status = *code;
    for (std::size_t i = 0; !words.done(); ++i) {
      const auto out_column = words.column();
      if (i == response.out.size()) line.fail(out_column, "a hypercall has at most 9 outputs");
      response.out[i] = hexadecimal(line, out_column, words.next());
    }
    step.response = response;
  }
  check_canonical(line, print_step_call(step));
  return step;
}

// A page size as logarithms to base 2 of its base and its actual size: "16/24".
std::string name_of(const hashing::PageEncoding& encoding) {
  return fmt::format("{}/{}", encoding.base_shift, encoding.actual_shift);
}

std::uint8_t pages_in(const Line& line, std::size_t column, std::string_view list) {
  std::uint8_t pages = 0;
  for (std::size_t at = 0; at <= list.size();) {
    const auto end = std::min(list.find(',', at), list.size());
    const auto name = list.substr(at, end - at);
    bool known = name == "12/12";
    for (std::size_t i = 0; i < hashing::page_encodings.size(); ++i) {
      if (name != name_of(hashing::page_encodings[i])) continue;
      known = true;
      pages = static_cast<std::uint8_t>(pages | 1u << i);
    }
    if (!known)
      line.fail(column + at, fmt::format("\"{}\" is not a base and an actual page size known here, such as "
                                         "16/24 for 64 KiB and 16 MiB",
                                         name));
    at = end + 1;
  }
  return pages;
}

Statement read_statement(const Line& line) {
  Statement statement;
  Words words{line};
  if (words.next() != "partition") line.fail(0, "expected \"partition\"");
  while (!words.done()) {
    const auto column = words.column();
    const auto word = words.next();
    const auto value = word.substr(std::min(word.find('=') + 1, word.size()));
    const auto value_column = column + (word.size() - value.size());
    if (word.substr(0, 7) == "resize=") {
      using Resize = Statement::Resize;
      if (value == "enabled")
        statement.resize = Resize::enabled;
      else if (value == "disabled")
        statement.resize = Resize::disabled;
      else if (value == "absent")
        statement.resize = Resize::absent;
      else
        line.fail(value_column, fmt::format("\"{}\" is not enabled, disabled or absent", value));
    } else if (word.substr(0, 8) == "initial=") {
      statement.initial_shift =
          static_cast<std::uint8_t>(decimal<unsigned>(line, value_column, value, min_shift, max_shift));
    } else if (word.substr(0, 4) == "max=") {
      statement.max_shift =
          static_cast<std::uint8_t>(decimal<unsigned>(line, value_column, value, min_shift, max_shift));
    } else if (word.substr(0, 6) == "pages=") {
      statement.pages = pages_in(line, value_column, value);
    } else {
      line.fail(
          column,
          fmt::format("\"{}\" is not a field of a partition: expected resize=, initial=, max= or pages=",
                      word));
    }
  }
  check_canonical(line, print_statement(statement));
  return statement;
}

}  // namespace

std::string print_step_call(const Step& step) {
  // A reset that came to its end has nothing to answer.
  if (step.call.token == token::reset && step.response) return to_string(step.call);
  return to_string(step.call) + " -> " + (step.response ? to_string(*step.response) : "no answer");
}

std::string print_statement(const Statement& statement) {
  constexpr const char* resize[] = {"", " resize=enabled", " resize=disabled", " resize=absent"};
  std::string text = "partition";
  text += resize[static_cast<int>(statement.resize)];
  if (statement.initial_shift != 0) text += fmt::format(" initial={}", statement.initial_shift);
  if (statement.max_shift != 0) text += fmt::format(" max={}", statement.max_shift);
  if (statement.pages) {
    text += " pages=12/12";
    for (std::size_t i = 0; i < hashing::page_encodings.size(); ++i)
      if ((*statement.pages >> i & 1) != 0) text += ',' + name_of(hashing::page_encodings[i]);
  }
  return text;
}

Step parse_step_call(std::string_view text, std::size_t line_number, std::string_view name) {
  return read_call(Line{text, line_number, name});
}

Statement parse_statement(std::string_view text, std::size_t line_number, std::string_view name) {
  return read_statement(Line{text, line_number, name});
}

std::string print_trace(const Trace& trace) {
  std::string text = "hptck-trace 1\n";
  if (!trace.intent.empty()) text += "intent " + trace.intent + '\n';
  if (trace.expect == Trace::Expect::accepted) text += "expect accepted\n";
  if (trace.expect == Trace::Expect::refused)
    text += fmt::format("expect refused {}\n", id_of(trace.refused_clause.value()));
  text += print_statement(trace.statement) + '\n';
  for (const auto& step : trace.steps) {
    if (step.wait_ms != 0) text += fmt::format("wait {}\n", step.wait_ms);
    text += print_step_call(step) + '\n';
  }
  return text;
}

static std::uint32_t read_wait(const Line& line) {
  Words words{line};
  words.next();
  const auto column = words.column();
  const auto wait_ms = decimal<std::uint32_t>(line, column, line.text.substr(column), 1, 0xffffffff);
  check_canonical(line, fmt::format("wait {}", wait_ms));
  return wait_ms;
}

std::uint32_t parse_wait(std::string_view text, std::size_t line_number, std::string_view name) {
  return read_wait({text, line_number, name});
}

Trace parse_trace(std::string_view text, std::string_view name) {
  Trace trace;
  enum { at_start, at_intent, at_expect, at_partition, at_steps } next = at_start;
  std::uint32_t wait_ms = 0;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    const Line line{text.substr(at, end - at), ++number, name};
    if (end == std::string_view::npos)
      line.fail(line.text.size(), "the last line does not end with a newline");
    at = end + 1;
    const auto word = line.text.substr(0, line.text.find(' '));
    if (next == at_start) {
      if (line.text != "hptck-trace 1") line.fail(0, "not a trace: the first line is \"hptck-trace 1\"");
      next = at_intent;
    } else if (!trace.steps.empty() && !trace.steps.back().response) {
      line.fail(0, "nothing can follow a call without an answer");
    } else if (word == "intent" && next == at_intent) {
      if (line.text.size() <= 7) line.fail(line.text.size(), "the intent is empty");
      trace.intent = line.text.substr(7);
      next = at_expect;
    } else if (word == "expect" && next <= at_expect) {
      Words words{line};
      words.next();
      const auto column = words.column();
      const auto what = words.next();
      if (what == "accepted" && words.done()) {
        trace.expect = Trace::Expect::accepted;
      } else if (what == "refused") {
        trace.expect = Trace::Expect::refused;
        const auto id_column = words.column();
        const auto id = line.text.substr(id_column);
        for (int i = 0; i < clause_count; ++i) {
          if (id_of(static_cast<Clause>(i)) == id) trace.refused_clause = static_cast<Clause>(i);
        }
        if (!trace.refused_clause)
          line.fail(id_column, fmt::format("\"{}\" is not a clause id; see `hptck clauses`", id));
      } else {
        line.fail(column, "expected \"accepted\" or \"refused CLAUSE\"");
      }
      next = at_partition;
    } else if (word == "partition" && next <= at_partition) {
      trace.statement = read_statement(line);
      next = at_steps;
    } else if (next != at_steps) {
      line.fail(0, "expected \"partition\" before the first call");
    } else if (word == "wait") {
      if (wait_ms != 0) line.fail(0, "two waits in a row");
      wait_ms = read_wait(line);
    } else {
      auto step = read_call(line);
      step.wait_ms = std::exchange(wait_ms, 0);
      trace.steps.push_back(step);
    }
  }
  const Line after{"", number + 1, name};
  if (next != at_steps)
    after.fail(0, number == 0 ? "the trace is empty" : "the trace ends before its \"partition\" line");
  if (wait_ms != 0) after.fail(0, "a wait with no call after it");
  if (trace.expect == Trace::Expect::refused && trace.steps.empty())
    after.fail(0, "a refused trace needs a call");
  return trace;
}

}  // namespace hptck
