// From a refused answer or a death to a finding. A refused answer is diagnosed first, together with
// everything seen before: if as many deviations as before explain it, the one thought of was not the right
// one and nothing is found; if it takes more, there is a finding; if nothing explains it, the finding is an
// unknown deviation. A finding is then minimized by replays, and its key is that of its minimized trace: a
// long trace can suggest a cause that a short one disproves. What is known already is only counted.
//
// All of it is a function of the incidents that a session hands in and of a way to replay, so that it is
// tested without a campaign and without an implementation (investigation_test.cpp). The one thing that it
// reads besides is the clock, since minimizing has a budget.
#pragma once

#include <functional>

#include "conformance/campaign/avoidance.h"
#include "conformance/campaign/hypotheses.h"
#include "conformance/campaign/known_findings.h"
#include "conformance/campaign/minimizer.h"
#include "conformance/record/finding_sink.h"

namespace hptck {

/// What a session met: an answer that no live state of its oracle allows, or a call that was not answered.
struct Incident {
  Partition partition;
  Statement statement;
  std::span<const Step> history;  ///< since the partition was fresh; ends with the call in question
  Refusal refusal;
  std::optional<Fault> fault;  ///< why there is no answer
  bool hostile = false;        ///< the guest has entered an HPTE where it does not belong
  bool after_others = false;   ///< something else was refused before, in the same partition
  std::uint64_t call_number = 0;
};

/// An incident that is to be looked into.
struct Suspicion {
  Target target;
  Refusal refusal;
  std::string key;
  std::optional<Fault> fault;
  Partition partition;
  Statement statement;
  std::vector<Step> steps;
  std::uint64_t call_number = 0;
  bool after_others = false;
  bool diagnosed = false;  ///< it takes more deviations to explain than were known
};

class Investigation {
 public:
  struct Means {
    Play play;  ///< replays on the implementation
    FindingSink sink;
    MinimizerBudget budget;
    std::uint64_t seed = 1;
    std::function<void(const std::string& doing)> progress = [](const std::string&) {};
  };
  Investigation(const Deviations& granted, Means means) : means_(std::move(means)), hypotheses_(granted) {}

  enum class Conclusion : std::uint8_t {
    explained,  ///< what is in force now explains the answer
    open,       ///< it does not, or there is no answer; known already, or to be looked into
    avoided,    ///< a known fault, whose call is avoided from now on
  };
  Conclusion consider(const Incident& incident);

  /// Looks into what was considered since the last time. True if there was something, so that the
  /// implementation was perhaps replayed on.
  bool look_into_all();

  /// What a session saw, all of it explained.
  void keep(const Statement& statement, std::span<const Step> steps) { hypotheses_.keep(statement, steps); }
  /// Diagnoses all that was found once more.
  void conclude() {
    if (!known_.all().empty()) hypotheses_.diagnose_again();
  }

  const Diagnosed& diagnosed() const { return hypotheses_.diagnosed(); }
  const std::set<std::string>& unexplained() const { return hypotheses_.unexplained(); }
  const std::vector<Found>& findings() const { return known_.all(); }
  const Avoidance& avoidance() const { return avoidance_; }
  double seconds() const { return seconds_; }  ///< spent on looking into incidents
  /// An implementation with this many defects, or that survives next to nothing, teaches no more.
  bool is_exhausted() const;

 private:
  bool stopped() const { return means_.budget.stop != nullptr && means_.budget.stop->load(); }
  void suspect(Suspicion suspicion, const Incident& incident);
  void look_into(const Suspicion& suspicion);
  bool look_for_hidden_cause(const Suspicion& suspicion, const Minimized& minimized);
  std::string learn_to_avoid(const Suspicion& suspicion, const Replayed& deadly);
  void add_finding(Finding finding, const Target& target);
  std::string fault_key(Finding::Kind kind, const Refusal& refusal, bool hostile) const;

  Means means_;
  Hypotheses hypotheses_;
  KnownFindings known_;
  Avoidance avoidance_;  // of what the implementation does not survive
  std::vector<Suspicion> suspicions_;
  std::size_t faults_ = 0;  // how often the implementation failed to answer
  double seconds_ = 0;
};

/// The finding, as minimizing left it. `consequence_of_hidden`: another clause is broken before, unseen.
Finding finding_of(const Suspicion& suspicion, const Minimized& minimized, const Refusal& refusal,
                   const std::string& key, bool consequence_of_hidden);

}  // namespace hptck
