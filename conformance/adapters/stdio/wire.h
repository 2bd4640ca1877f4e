// Hypercalls and their answers as JSON-RPC 2.0 text, for both ends of the protocol of
// docs/adapter-protocol.md. A batch is hundreds of them, and a tree of JSON objects for each would cost more
// than everything else that the kit does with a hypercall. So there is one canonical form, without spaces and
// in the order of members that the documentation shows, which is written and read by hand here; any other way
// to write the same goes to the library. A parser of our own for all of JSON was rejected: the rare cases are
// where it would be wrong.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "model/hypercall.h"

namespace hptck::stdio {

/// No line is longer, in either direction.
inline constexpr std::size_t longest_line = std::size_t{1} << 20;

struct HcallRequest {
  std::uint64_t id = 0;
  Call call;
};
struct HcallAnswer {
  std::uint64_t id = 0;
  Response response;
};

void append(std::string& text, const HcallRequest& request);
void append(std::string& text, const HcallAnswer& answer);

/// Takes one in canonical form off the front of the text. If the text begins with anything else it returns
/// nothing and leaves the text as it was.
std::optional<HcallRequest> take_request(std::string_view& text);
std::optional<HcallAnswer> take_answer(std::string_view& text);

void skip_space(std::string_view& text);
/// Takes the characters of one JSON value off the front of the text without checking what is inside; nothing
/// if the text ends first.
std::optional<std::string_view> take_value(std::string_view& text);

/// "0x" and 1 to 16 hexadecimal digits.
std::optional<std::uint64_t> register_from(const nlohmann::json& json);
/// At most nine of them in an array, the rest zero.
std::optional<std::array<std::uint64_t, 9>> registers_from(const nlohmann::json& json);
std::string hex(std::uint64_t value);

/// JSON in one line that is valid UTF-8 whatever it holds.
std::string dump(const nlohmann::json& json);

}  // namespace hptck::stdio
