// The clause catalogue: what the specification asks, as data. Loaded from spec/clauses.xml and
// spec/ambiguities.xml, whose schema is described in spec/schema.md. The build turns clause ids into the
// enumerators of hptck::Clause (spec/clause.h), so that code cannot name a clause that does not exist;
// the texts are embedded in the binary, so that a report needs no file beside it.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace hptck {

/// How binding a clause is in its source.
enum class Modality { must, may };

/// What the kit does with a clause. `partial` and `unjudged` carry a reason.
enum class ClauseStatus { judged, partial, unjudged };

struct ClauseText {
  std::string id;      ///< "prepare.flags"
  std::string group;   ///< the hypercall, or "Pending HPT" for what happens between calls
  std::string source;  ///< id of a Source
  std::string place;   ///< where in the source
  Modality modality = Modality::must;
  ClauseStatus status = ClauseStatus::judged;
  std::string ambiguity;  ///< id of an Ambiguity, or empty
  std::string text;       ///< our own wording
  std::string reason;     ///< why not fully judged; empty for `judged`
  bool operator==(const ClauseText&) const = default;
};

struct Source {
  std::string id, title;
  bool operator==(const Source&) const = default;
};

struct Ambiguity {
  std::string id, title, question;
  std::vector<std::string> readings;
  std::string chosen;
  bool operator==(const Ambiguity&) const = default;
};

struct Catalogue {
  std::string edition;
  std::vector<Source> sources;
  std::vector<ClauseText> clauses;  ///< in the document's order; the index is the enumerator's value
  std::vector<Ambiguity> ambiguities;
};

/// A faulty input file. what() reads "FILE:LINE:COLUMN: message".
class InputError : public std::runtime_error {
 public:
  InputError(std::string_view file, std::size_t line, std::size_t column, std::string_view message);
};

/// Reads a catalogue out of the two documents' texts. The names are used in errors only.
/// Throws InputError.
Catalogue load_catalogue(std::string_view clauses_xml, std::string_view clauses_name,
                         std::string_view ambiguities_xml, std::string_view ambiguities_name);

}  // namespace hptck
