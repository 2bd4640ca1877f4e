// A finding in words, written once for all reports: its title, and its sections in the order in which they
// are read. The JUnit report puts the sections one below the other, the terminal indents and wraps them;
// neither looks at what they say. Everything here is fit to print (reports/visible.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conformance/record/verdict.h"

namespace hptck {

struct Section {
  std::string title;      ///< "Evidence"; empty for the explanation, which needs none
  std::string body;       ///< without a newline at its end
  bool verbatim = false;  ///< its lines may not be wrapped: traces, commands, another program's output
};

/// "violation", "died", "hung", "garbled"
std::string_view name_of(Finding::Kind kind);

/// "one minimal", "budget ended", "not reproduced"
std::string_view name_of(Finding::Minimality minimality);

/// "commit.flags", or "commit.flags or commit.shift" where the evidence fits either; without a clause, the
/// kind.
std::string subject_of(const Finding& finding);

/// Explanation, evidence, sequence, how minimal and how often, replay command; those that are empty are left
/// out.
std::vector<Section> sections_of(const Finding& finding);

}  // namespace hptck
