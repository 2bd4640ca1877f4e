// The documents of docs/ that are generated from the described rows and the catalogue.
//
// The SVG of the state diagram is drawn by Graphviz, whose versions lay out differently, so its text is no
// measure of staleness. What is compared is the DOT source, committed beside it; the source carries a hash of
// itself as the drawing's id, and the drawing is stale when its id is another.
#pragma once

#include <string>

#include "model/described/defects.h"
#include "model/described/described.h"

namespace hptck {

inline constexpr const char* specification_name = "specification.md";
inline constexpr const char* diagram_name = "state-diagram.dot";
inline constexpr const char* drawing_name = "state-diagram.svg";
inline constexpr const char* defects_name = "spec-defects.md";

/// docs/specification.md: the clause tables and the ambiguity register.
std::string specification_document(const Rules<Described>& rules);

/// docs/state-diagram.dot: the control states and what leads from one to another, found by trying every call
/// in every state that can be reached.
std::string state_diagram(const Rules<Concrete>& rules);

/// Every row as C: an array `described_functions` of functions from the eight words and four arguments, nine
/// for a row (its condition, then each word of the next state), the lists in the order of Rules.
std::string c_functions(const Rules<Described>& rules);

/// Whether the SVG was drawn from this DOT source.
bool drawn_from(const std::string& svg, const std::string& dot);

/// The document with what stands between its two marks replaced. Throws std::runtime_error without them.
std::string with_computed_part(const std::string& document, const std::string& part);

}  // namespace hptck
