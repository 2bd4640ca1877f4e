// A strict UTF-8 decoder (no overlong forms, no surrogates, nothing beyond U+10FFFF) that escapes byte by
// byte what it cannot decode, and then escapes the characters that are valid but not fit to print.
#include "reports/visible.h"

#include <fmt/format.h>

#include <cstdint>

namespace hptck {
namespace {

/// The character at the start of `bytes`, and how many bytes it takes; length 0 where there is no valid one.
struct Decoded {
  std::uint32_t character = 0;
  std::size_t length = 0;
};

Decoded decode(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  const auto lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || bytes.size() < length) return {};
  std::uint32_t character = lead & (0x7f >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    character = character << 6 | (byte(i) & 0x3f);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = character >= 0xd800 && character <= 0xdfff;
  if (character < least[length] || surrogate || character > 0x10ffff) return {};
  return {character, length};
}

bool fit_to_print(std::uint32_t character) {
  if (character == '\n' || character == '\t') return true;
  if (character < 0x20 || (character >= 0x7f && character < 0xa0)) return false;
  // These reorder the text around them, so that a reader would see other words than were written.
  if ((character >= 0x202a && character <= 0x202e) || (character >= 0x2066 && character <= 0x2069))
    return false;
  return character != 0xfffe && character != 0xffff;
}

}  // namespace

std::string visible(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto [character, length] = decode(bytes);
    if (length == 0) {
      text += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(bytes[0]));
    } else if (fit_to_print(character)) {
      text += bytes.substr(0, length);
    } else {
      text += character < 0x80 ? fmt::format("\\x{:02x}", character) : fmt::format("\\u{:04x}", character);
    }
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

std::string visible_line(std::string_view bytes) {
  auto text = visible(bytes);
  for (auto& character : text) {
    if (character == '\n' || character == '\t') character = ' ';
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace hptck
