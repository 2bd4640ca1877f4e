// Text that came from an implementation under test, made fit to print. A dying hypervisor's stderr can hold
// any bytes: control characters that XML 1.0 cannot carry even as references, escape sequences that would
// drive the reader's terminal, half a UTF-8 character. What cannot stand as it is becomes a visible escape
// (\x1b, \u202e) and never vanishes: it is evidence. A backslash stays as it is, so the escapes are for eyes,
// not for decoding. Dropping such bytes, or one U+FFFD for them all, was rejected for hiding what the
// implementation wrote.
#pragma once

#include <string>
#include <string_view>

namespace hptck {

/// Valid UTF-8 in which every character is legal in XML 1.0 and harmless to a terminal. Newlines and tabs
/// stay.
std::string visible(std::string_view bytes);

/// The same on one line: newlines and tabs become spaces, and those at the end go.
std::string visible_line(std::string_view bytes);

}  // namespace hptck
