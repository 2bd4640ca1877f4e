// The clause catalogue: what the specification asks, as data. Loaded from spec/clauses.xml and
// spec/ambiguities.xml, whose schema is described in spec/schema.md. The build turns clause ids and
// the names of groups into the enumerators of hptck::Clause and hptck::Group (spec/clause.h), so that code
// cannot name one that does not exist; the texts are embedded in the binary, so that a report needs no file
// beside it.
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

/// What there has to be before a clause can be seen at work. A clause that lacks something it needs is NOT
/// APPLICABLE; conformance/record/needs.h says how each shows in a campaign's record.
enum class Need {
  option,                    ///< the Hash Page Table Resize Option is offered
  option_absent,             ///< it is not
  permitted,                 ///< a partition that may resize its HPT
  forbidden,                 ///< one that may not
  initial_size,              ///< the size of the HPT at start is declared
  largest_size,              ///< the largest HPT permitted is declared
  late_preparation,          ///< preparation goes on after the call that started it
  collision_in_preparation,  ///< bolted HPTEs that need one slot are found by preparation
  collision_in_commit,       ///< they are found by COMMIT
  reset,                     ///< the adapter can reboot the guest
  machines,                  ///< the adapter can start machines of other configurations
  kvm,                       ///< and with KVM
  older_machines,            ///< and of a type that is older than the maximum as a property
};

struct ClauseText {
  std::string id;      ///< "prepare.flags"
  std::string group;   ///< the hypercall, or "Pending HPT" for what happens between calls
  std::string source;  ///< id of a Source
  std::string place;   ///< where in the source
  Modality modality = Modality::must;
  ClauseStatus status = ClauseStatus::judged;
  std::string ambiguity;    ///< id of an Ambiguity, or empty
  std::vector<Need> needs;  ///< its own, or else its group's; looked at in this order
  std::string text;         ///< our own wording
  std::string reason;       ///< why not fully judged; empty for `judged`
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

/// What a guest has to look at to see a deviation.
enum class SeenIn {
  control,        ///< the answers of the resize hypercalls and H_READ's bound
  contents,       ///< what is in the table
  faults,         ///< the hypervisor dies, hangs or garbles the channel: no row of a model can say that
  configuration,  ///< which machines start, what page sizes they have, where they migrate to
};

/// One named, plausible mistake of a hypervisor's author.
struct DeviationText {
  std::string id;        ///< "commit_flags_is_h_parameter"
  std::string breaks;    ///< id of the clause that the hypervisor does not keep
  std::string shows_at;  ///< id of the clause whose answer first gives it away; the same, unless it hides
  std::string kind;      ///< "wrong code"; one of a fixed list
  SeenIn seen_in = SeenIn::control;
  bool needs_absent = false;  ///< shows only in a partition that is not offered the option
  std::string text;           ///< one sentence
  bool operator==(const DeviationText&) const = default;
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

/// The enumerator of a clause's id or a group's name: with _ for whatever a C++ name cannot have.
std::string enumerator_of(std::string_view id);

/// Reads a catalogue out of the two documents' texts. The names are used in errors only.
/// Throws InputError.
Catalogue load_catalogue(std::string_view clauses_xml, std::string_view clauses_name,
                         std::string_view ambiguities_xml, std::string_view ambiguities_name);

/// Reads the catalogue of deviations, whose clauses are those of `catalogue`. Throws InputError.
std::vector<DeviationText> load_deviations(std::string_view xml, std::string_view name,
                                           const Catalogue& catalogue);

}  // namespace hptck
