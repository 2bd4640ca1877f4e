// Verdicts: from what a campaign saw to what is said about each clause, and about the implementation.
//
// Three counts stay apart: a clause can be allowed to show, be exercised, be violated. A clause that was
// never seen at work is INCONCLUSIVE, never a pass; a permission (modality may) that was never used is NOT
// APPLICABLE. The words are those of ISO/IEC 9646 where it has them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/adapters/adapter.h"
#include "model/trace.h"
#include "spec/deviations.h"

namespace hptck {

enum class Verdict : std::uint8_t { pass, fail, inconclusive, not_applicable, error };

inline constexpr Verdict all_verdicts[] = {Verdict::pass, Verdict::fail, Verdict::inconclusive,
                                           Verdict::not_applicable, Verdict::error};

/// "PASS", "FAIL", "INCONCLUSIVE", "NOT APPLICABLE", "ERROR"
std::string_view name_of(Verdict verdict);

/// How often each clause was seen at work.
struct Tally {
  std::uint64_t calls = 0;  ///< hypercalls answered by the one partition
  std::uint64_t configurations = 0,
                migrations = 0;  ///< machines started, guests moved, for the page-size rules
  std::array<std::uint64_t, clause_count> exercised{};  ///< indexed by Clause
  bool operator==(const Tally&) const = default;
};

/// One distinct way in which the implementation under test broke the specification, reported once.
struct Finding {
  enum class Kind : std::uint8_t { violation, died, hung, garbled };
  Kind kind = Kind::violation;
  std::string key;  ///< stable name of this finding: equal in every run that finds it
  /// The clause broken: what the deviation that explains it breaks, else what the oracle blames. Several when
  /// the evidence fits any one of them.
  std::vector<Clause> clauses;
  std::string headline;     ///< one line
  std::string explanation;  ///< several lines, in LoPAR's terms; live states, the row that refused
  std::string evidence;     ///< of a fault: exit status, signal, stderr tail; else empty
  Trace trace;              ///< minimized; its last call is the one refused, or never answered
  /// Of the page-size rules, instead of a trace: the machine, or "SOURCE -> DESTINATION".
  std::string configuration;
  /// Not held against any clause: every trace found breaks another clause first, or another finding explains
  /// it.
  bool consequence = false;
  enum class Minimality : std::uint8_t {
    one_minimal,
    budget_ended,
    not_reproduced
  } minimality = Minimality::not_reproduced;
  unsigned replays = 0;           ///< partitions that the minimizer used
  std::uint64_t first_call = 0;   ///< number of the call, from 1, at which the campaign met it
  std::uint64_t occurrences = 1;  ///< how often the campaign met it
  std::string file;               ///< the trace's file name within the output directory
  std::string replay_command;
  /// Deviations without which the trace would be refused before its end: this one shows only behind them.
  Deviations under;
  Deviations deviations;     ///< what explains it, in the first of the diagnosis's explanations
  bool unexplained = false;  ///< a violation that no catalogued deviation explains
  /// A hostile guest's: one that had entered an HPTE where it does not belong (ambiguity A12). It breaks no
  /// clause, and says nothing for or against conformance.
  bool hostile = false;
  bool operator==(const Finding&) const = default;
};

/// How the page-size rules were tried.
struct ConfigurationRecord {
  std::string cover;    ///< "pairwise", "full"; empty: no machine was configured
  std::string why_not;  ///< why no machine was configured, where the implementation or its adapter is why
  /// By name; empty: machines were started with it; else why it cannot be had.
  std::map<std::string, std::string> accelerators;
  std::vector<std::string> types;  ///< of machines that are offered, the oldest first; empty: not known
  bool operator==(const ConfigurationRecord&) const = default;
};

/// Everything that a journal says. Reports are made from this alone.
struct CampaignRecord {
  std::string kit_version, edition, catalogue_hash;
  std::uint64_t seed = 0;
  std::string adapter;                       ///< "qemu"
  std::vector<std::string> adapter_options;  ///< as given
  Description description;
  std::string started;                ///< UTC, ISO 8601, from the journal
  double seconds = 0;                 ///< duration; 0 when the journal was cut short
  std::vector<Statement> statements;  ///< each distinct partition declaration, in order of appearance
  ConfigurationRecord machines;
  Tally tally;
  std::vector<Finding> findings;  ///< in order of appearance
  Deviations under;               ///< taken for granted; the clauses that they break are broken
  /// The smallest sets of deviations that explain what was seen, but for unexplained findings and faults;
  /// several are ties. One empty set: nothing to explain. None: there was no diagnosis.
  std::vector<Deviations> diagnosis;
  std::string error;      ///< of the kit or its environment; empty when there was none
  bool complete = false;  ///< false: the journal was cut short (the kit was killed)
};

struct ClauseResult {
  Clause clause{};
  Verdict verdict = Verdict::inconclusive;
  std::uint64_t exercised = 0;
  std::vector<std::size_t> findings;  ///< indices into CampaignRecord::findings
  std::string reason;                 ///< why, for anything but PASS and FAIL
};

struct CampaignResult {
  std::vector<ClauseResult> clauses;  ///< one each, in the catalogue's order
  Verdict verdict = Verdict::inconclusive;
  std::string reason;  ///< one sentence
};

/// "LoPAR 2.9", "LoPAR 2.9 with deviations a, b"; one line for each explanation.
std::vector<std::string> diagnosis_lines(const CampaignRecord& record);

CampaignResult judge(const CampaignRecord& record);

/// 0 conformant, 1 not conformant, 2 inconclusive, 3 kit or environment error.
int exit_code(Verdict verdict);

}  // namespace hptck
