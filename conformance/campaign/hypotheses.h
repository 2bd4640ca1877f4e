// Which deviations explain what was seen: everything that a diagnosis has to account for, and the diagnosis
// that accounts for it.
//
// Sets of deviations stand in few places, and each means something else:
//   - Diagnosed::granted: `certify --under`; what they explain is never a finding;
//   - Diagnosed::explanations: the smallest sets that explain all evidence, ties beside each other;
//   - Diagnosed::in_force: the one of them by which answers are judged, since an oracle has to take one;
//   - Target::under: of those in force, what the calls before a refused answer need to be accepted;
//   - Finding::under: the same of its minimized trace, which needs fewer;
//   - Finding::deviations: of the first explanation, what the trace's last answer needs besides.
// The last two are worked out from a trace and a diagnosis (needed(), responsible_for()).
#pragma once

#include <set>
#include <string>
#include <vector>

#include "model/diagnosis.h"

namespace hptck {

struct Diagnosed {
  Deviations granted;
  std::vector<Deviations> explanations;  ///< none: there was no diagnosis yet
  Deviations in_force;
};

/// The deviations without which the evidence would be refused.
Deviations needed(const Evidence& evidence, const Deviations& under);

/// Those of an explanation that the trace's last answer needs, and what came before does not.
Deviations responsible_for(const Trace& trace, const Deviations& explanation);

/// What is evidence without its last step.
Evidence before_last(const Statement& statement, std::span<const Step> steps);

class Hypotheses {
 public:
  explicit Hypotheses(const Deviations& granted);

  const Diagnosed& diagnosed() const { return diagnosed_; }
  /// The keys of what no set of known deviations explains.
  const std::set<std::string>& unexplained() const { return unexplained_; }
  void is_unexplained(const std::string& key) { unexplained_.insert(key); }

  /// What was seen in a partition since it was fresh, all of it explained by what is in force: a later
  /// diagnosis has to explain it too.
  void keep(const Statement& statement, std::span<const Step> steps);

  /// Looks for what explains the evidence together with everything kept. True: it was found, and is in force.
  bool reconsider(const Evidence& evidence);

  /// A minimized trace, and the keys under which it was met and found to be. Diagnoses again.
  void add(Trace trace, std::set<std::string> keys);

  /// Everything anew. What no known deviation explains is not looked into again.
  void diagnose_again();

 private:
  struct Observed {
    Trace trace;
    std::set<std::string> keys;
  };
  std::vector<Evidence> evidence() const;

  Diagnosed diagnosed_;
  std::vector<Observed> traces_;
  std::vector<std::pair<Statement, std::vector<Step>>> kept_;  // of partitions
  std::size_t kept_calls_ = 0;
  std::set<std::string> unexplained_;
};

}  // namespace hptck
