#include "conformance/adapters/stdio/wire.h"

#include <charconv>

namespace hptck::stdio {
namespace {

constexpr std::string_view head = R"({"jsonrpc":"2.0","id":)";
constexpr std::string_view hcall = R"(,"method":"hcall","params":{"token":)";
constexpr std::string_view args = R"(,"args":)";
constexpr std::string_view status = R"(,"result":{"status":)";
constexpr std::string_view out = R"(,"out":)";
constexpr std::string_view tail = "}}";

void append_number(std::string& text, std::uint64_t value, int base) {
  char digits[20];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, value, base).ptr);
}

void append_register(std::string& text, std::uint64_t value) {
  text += "\"0x";
  append_number(text, value, 16);
  text += '"';
}

// Up to the last that is not zero.
void append_registers(std::string& text, const std::array<std::uint64_t, 9>& values) {
  std::size_t count = values.size();
  while (count > 0 && values[count - 1] == 0) --count;
  text += '[';
  for (std::size_t index = 0; index < count; ++index) {
    if (index != 0) text += ',';
    append_register(text, values[index]);
  }
  text += ']';
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

bool take_number(std::string_view& text, std::uint64_t& value, int base) {
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  return true;
}

bool take_register(std::string_view& text, std::uint64_t& value) {
  return take(text, "\"0x") && take_number(text, value, 16) && take(text, "\"");
}

bool take_registers(std::string_view& text, std::array<std::uint64_t, 9>& values) {
  if (!take(text, "[")) return false;
  if (take(text, "]")) return true;
  for (auto& value : values) {
    if (!take_register(text, value)) return false;
    if (take(text, "]")) return true;
    if (!take(text, ",")) return false;
  }
  return false;
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

}  // namespace

void append(std::string& text, const HcallRequest& request) {
  text += head;
  append_number(text, request.id, 10);
  text += hcall;
  append_register(text, request.call.token);
  text += args;
  append_registers(text, request.call.args);
  text += tail;
}

void append(std::string& text, const HcallAnswer& answer) {
  text += head;
  append_number(text, answer.id, 10);
  text += status;
  append_register(text, static_cast<std::uint64_t>(answer.response.status));
  text += out;
  append_registers(text, answer.response.out);
  text += tail;
}

std::optional<HcallRequest> take_request(std::string_view& text) {
  auto rest = text;
  HcallRequest request;
  if (!take(rest, head) || !take_number(rest, request.id, 10) || !take(rest, hcall) ||
      !take_register(rest, request.call.token) || !take(rest, args) ||
      !take_registers(rest, request.call.args) || !take(rest, tail))
    return std::nullopt;
  text = rest;
  return request;
}

std::optional<HcallAnswer> take_answer(std::string_view& text) {
  auto rest = text;
  HcallAnswer answer;
  std::uint64_t code = 0;
  if (!take(rest, head) || !take_number(rest, answer.id, 10) || !take(rest, status) ||
      !take_register(rest, code) || !take(rest, out) || !take_registers(rest, answer.response.out) ||
      !take(rest, tail))
    return std::nullopt;
  answer.response.status = static_cast<std::int64_t>(code);
  text = rest;
  return answer;
}

void skip_space(std::string_view& text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
}

std::optional<std::string_view> take_value(std::string_view& text) {
  skip_space(text);
  std::size_t depth = 0, at = 0;
  for (bool in_string = false; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      in_string = c != '"';
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '[' || c == '{') ++depth;
    if (depth == 0 && (c == ',' || c == ']' || c == '}')) break;  // the end of a value without brackets
    if ((c == ']' || c == '}') && --depth == 0) {
      ++at;
      break;
    }
  }
  if (at >= text.size() && depth != 0) return std::nullopt;
  const auto value = text.substr(0, at);
  text.remove_prefix(value.size());
  return value;
}

std::optional<std::uint64_t> register_from(const nlohmann::json& json) {
  if (!json.is_string()) return std::nullopt;
  std::string_view text = json.get_ref<const std::string&>();
  std::uint64_t value = 0;
  if (!take(text, "0x") || text.size() > 16 || !take_number(text, value, 16) || !text.empty())
    return std::nullopt;
  return value;
}

std::optional<std::array<std::uint64_t, 9>> registers_from(const nlohmann::json& json) {
  std::array<std::uint64_t, 9> values{};
  if (!json.is_array() || json.size() > values.size()) return std::nullopt;
  for (std::size_t index = 0; index < json.size(); ++index) {
    const auto value = register_from(json[index]);
    if (!value) return std::nullopt;
    values[index] = *value;
  }
  return values;
}

std::string hex(std::uint64_t value) {
  std::string text = "0x";
  append_number(text, value, 16);
  return text;
}

std::string dump(const nlohmann::json& json) {
  return json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace hptck::stdio
