#include "model/hypercall.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace hptck {
namespace {

struct NamedToken {
  std::string_view name;
  std::uint64_t value;
  unsigned arity;
  unsigned outputs;  // at most; on any status but H_SUCCESS none, but for H_BULK_REMOVE
};
constexpr NamedToken tokens[] = {
    {"H_REMOVE", token::H_REMOVE, 2, 2},
    {"H_ENTER", token::H_ENTER, 4, 1},
    {"H_READ", token::H_READ, 2, 8},
    {"H_PROTECT", token::H_PROTECT, 2, 0},
    {"H_BULK_REMOVE", token::H_BULK_REMOVE, 2, 8},
    {"H_RESIZE_HPT_PREPARE", token::H_RESIZE_HPT_PREPARE, 2, 0},
    {"H_RESIZE_HPT_COMMIT", token::H_RESIZE_HPT_COMMIT, 2, 0},
    {"reset", token::reset, 0, 0},
};

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

bool token_is_named(std::uint64_t value) {
  return std::any_of(std::begin(tokens), std::end(tokens),
                     [&](const NamedToken& t) { return t.value == value; });
}

}  // namespace

std::string name_of_token(std::uint64_t value) {
  for (const auto& known : tokens) {
    if (known.value == value) return std::string(known.name);
  }
  return fmt::format("hcall {:#x}", value);
}

std::optional<std::uint64_t> token_named(std::string_view name) {
  for (const auto& known : tokens) {
    if (known.name == name) return known.value;
  }
  return std::nullopt;
}

unsigned arity_of(std::uint64_t value) {
  for (const auto& known : tokens) {
    if (known.value == value) return known.arity;
  }
  return 0;
}

unsigned outputs_of(std::uint64_t value) {
  for (const auto& known : tokens) {
    if (known.value == value) return known.outputs;
  }
  return 9;
}

Response defined_part(const Call& call, const Response& response) {
  auto part = response;
  // H_BULK_REMOVE answers in its translation specifiers, whatever its status; one H_READ fills two registers.
  const bool nothing = token_is_named(call.token) && response.status != status::H_SUCCESS &&
                       call.token != token::H_BULK_REMOVE;
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
