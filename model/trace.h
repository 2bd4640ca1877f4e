// Traces: what a guest did and what it was answered, as text. The format is described in
// docs/trace-format.md. The parser accepts canonical text only, so that text and Trace round-trip exactly in
// both directions; it was chosen over JSON because people write traces by hand and diff them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/hypercall.h"
#include "spec/clause.h"

namespace hptck {

/// What the implementation declares about the partition: the part of the implementation conformance
/// statement (ICS) that the model is given. Everything is optional; what is declared is held against it.
struct Statement {
  enum class Resize : std::uint8_t { unknown, enabled, disabled, absent };
  Resize resize =
      Resize::unknown;             ///< enabled: may resize; disabled: H_AUTHORITY; absent: option not offered
  std::uint8_t initial_shift = 0;  ///< size of the HPT at start, 18 to 46; 0: not declared
  std::uint8_t max_shift = 0;      ///< largest HPT permitted, 18 to 46; 0: not declared
  /// Page sizes that the device tree advertises (ibm,segment-page-sizes): bit i for
  /// hashing::page_encodings[i]. Pages of 4 KiB go without saying. Not declared: nothing is known.
  std::optional<std::uint8_t> pages = {};
  bool operator==(const Statement&) const = default;
};

struct Step {
  std::uint32_t wait_ms = 0;         ///< the guest lets this much time pass before the call
  Call call;                         ///< a hypercall, or a reset
  std::optional<Response> response;  ///< none: the implementation never answered
  bool operator==(const Step&) const = default;
};

struct Trace {
  std::string intent;  ///< one sentence, or empty
  enum class Expect : std::uint8_t { nothing, accepted, refused } expect = Expect::nothing;
  std::optional<Clause> refused_clause;  ///< with Expect::refused: the clause that the last call breaks
  Statement statement;
  std::vector<Step> steps;
  bool operator==(const Trace&) const = default;
};

/// Throws InputError with line and column for anything that is not canonical.
Trace parse_trace(std::string_view text, std::string_view name);
std::string print_trace(const Trace& trace);

/// One line each, without newline: "H_READ 0x0 0x7 -> H_SUCCESS"; "partition resize=enabled initial=24".
std::string print_step_call(const Step& step);
std::string print_statement(const Statement& statement);
/// Parses one such line; `line_number` and `name` are for errors. Throws InputError.
Step parse_step_call(std::string_view line, std::size_t line_number, std::string_view name);
Statement parse_statement(std::string_view line, std::size_t line_number, std::string_view name);
/// "wait 25": the milliseconds.
std::uint32_t parse_wait(std::string_view line, std::size_t line_number, std::string_view name);

}  // namespace hptck
