#include "model/hypercall.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace hptck {
namespace {

// What is known of a call, one line each; of any other token nothing is.
struct KindOfCall {
  std::string_view name;
  std::uint64_t token;
  unsigned arity, outputs;      // at least, and at most
  bool always_answers = false;  // its outputs mean something whatever the status
};
constexpr KindOfCall kinds[] = {
    {"H_REMOVE", token::H_REMOVE, 2, 2},
    {"H_ENTER", token::H_ENTER, 4, 1},
    {"H_READ", token::H_READ, 2, 8},
    {"H_PROTECT", token::H_PROTECT, 2, 0},
    {"H_BULK_REMOVE", token::H_BULK_REMOVE, 2, 8, true},  // it answers in its translation specifiers
    {"H_RESIZE_HPT_PREPARE", token::H_RESIZE_HPT_PREPARE, 2, 0},
    {"H_RESIZE_HPT_COMMIT", token::H_RESIZE_HPT_COMMIT, 2, 0},
    {"reset", token::reset, 0, 0},
};
const KindOfCall* kind_of(std::uint64_t token) {
  const auto found = std::ranges::find(kinds, token, &KindOfCall::token);
  return found == std::end(kinds) ? nullptr : found;
}

struct NamedStatus {
  std::string_view name;
  std::int64_t value;
};
#define HPTCK_STATUS(code) \
  NamedStatus { #code, status::code }
constexpr NamedStatus statuses[] = {
    HPTCK_STATUS(H_SUCCESS),
    HPTCK_STATUS(H_BUSY),
    HPTCK_STATUS(H_CLOSED),
    HPTCK_STATUS(H_NOT_AVAILABLE),
    HPTCK_STATUS(H_LONG_BUSY_ORDER_1_MSEC),
    HPTCK_STATUS(H_LONG_BUSY_ORDER_10_MSEC),
    HPTCK_STATUS(H_LONG_BUSY_ORDER_100_MSEC),
    HPTCK_STATUS(H_LONG_BUSY_ORDER_1_SEC),
    HPTCK_STATUS(H_LONG_BUSY_ORDER_10_SEC),
    HPTCK_STATUS(H_LONG_BUSY_ORDER_100_SEC),
    HPTCK_STATUS(H_HARDWARE),
    HPTCK_STATUS(H_FUNCTION),
    HPTCK_STATUS(H_PRIVILEGE),
    HPTCK_STATUS(H_PARAMETER),
    HPTCK_STATUS(H_PTEG_FULL),
    HPTCK_STATUS(H_NOT_FOUND),
    HPTCK_STATUS(H_NO_MEM),
    HPTCK_STATUS(H_AUTHORITY),
    HPTCK_STATUS(H_RESOURCE),
};
#undef HPTCK_STATUS

template <class Values>
std::size_t used(const Values& values, std::size_t at_least) {
  std::size_t count = values.size();
  while (count > at_least && values[count - 1] == 0) --count;
  return count;
}

}  // namespace

std::string name_of_token(std::uint64_t token) {
  const auto* kind = kind_of(token);
  return kind != nullptr ? std::string(kind->name) : fmt::format("hcall {:#x}", token);
}

std::optional<std::uint64_t> token_named(std::string_view name) {
  const auto found = std::ranges::find(kinds, name, &KindOfCall::name);
  return found == std::end(kinds) ? std::nullopt : std::optional(found->token);
}

unsigned arity_of(std::uint64_t token) {
  const auto* kind = kind_of(token);
  return kind != nullptr ? kind->arity : 0;
}

unsigned outputs_of(std::uint64_t token) {
  const auto* kind = kind_of(token);
  return kind != nullptr ? kind->outputs : 9;
}

Response defined_part(const Call& call, const Response& response) {
  auto part = response;
  const auto* kind = kind_of(call.token);
  const bool nothing = kind != nullptr && response.status != status::H_SUCCESS && !kind->always_answers;
  // One slot fills two registers.
  const bool one_slot = call.token == token::H_READ && (call.args[0] & H_READ_4) == 0;
  const auto count = nothing ? 0 : one_slot ? 2 : outputs_of(call.token);
  std::fill(part.out.begin() + count, part.out.end(), 0);
  return part;
}

std::string name_of_status(std::int64_t code) {
  for (const auto& known : statuses) {
    if (known.value == code) return std::string(known.name);
  }
  return fmt::format("{}", code);
}

std::optional<std::int64_t> status_named(std::string_view name) {
  for (const auto& known : statuses) {
    if (known.name == name) return known.value;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return value;
}

std::string to_string(const Call& call) {
  auto text = name_of_token(call.token);
  for (std::size_t i = 0; i < used(call.args, arity_of(call.token)); ++i)
    text += fmt::format(" {:#x}", call.args[i]);
  return text;
}

std::string to_string(const Response& response) {
  auto text = name_of_status(response.status);
  for (std::size_t i = 0; i < used(response.out, 0); ++i) text += fmt::format(" {:#x}", response.out[i]);
  return text;
}

}  // namespace hptck
