// A session with the implementation: issues a guest's calls to a partition, observes the answers, remembers
// them. Everything goes into the journal; an answer that the oracle refuses, or a call without one, goes to
// the investigation, which says how to go on.
//
// Two ways to issue a plan. issue() queues it, because each batch of calls costs a round trip; plans are made
// for the state that the calls queued before them most likely lead to. issue_patiently() goes call by call
// where a preparation is to be waited for, as a guest would.
#pragma once

#include <memory>
#include <vector>

#include "conformance/campaign/campaign.h"
#include "conformance/campaign/investigation.h"
#include "generators/contents.h"
#include "generators/plan.h"

namespace hptck {

class Session {
 public:
  /// Tally and statements go into the record. Everything given has to outlive it.
  Session(Adapter& adapter, const CampaignOptions& options, Journal& journal, CampaignRecord& record,
          Investigation& investigation, Report report);

  /// A fresh partition.
  void restart(const Partition& partition = {true});

  void issue(const Plan& plan);
  void issue_patiently(const Plan& plan);
  /// Makes the calls that are queued.
  void flush();
  /// issue_patiently() and flush(). False: all of the plan's calls are avoided.
  bool carry_out(const Plan& plan);

  /// What the investigation may need later of the partition. Nothing more is made of it then.
  void keep_history();

  /// What is to be said of it while it goes on.
  void doing(std::string what) { doing_ = std::move(what); }
  /// Ends when this part of the campaign is over; none: when the implementation teaches no more.
  void go_on_until(std::optional<double> fraction) { until_ = fraction; }
  bool is_over() const;
  /// How much of the campaign is done, by calls and by time; may exceed 1.
  double fraction() const;
  double seconds() const;
  /// Guests are hostile from now on, on purpose, or are not.
  void expect_hostile_guests(bool expected) { hostile_expected_ = expected; }
  /// Whether plans in a row came to nothing. After many of them the implementation teaches no more.
  void count_unissued(bool unissued) { unissued_ = unissued ? unissued_ + 1 : 0; }

  /// What the partition most likely is like after what is queued.
  const Situation& foreseen() const { return foreseen_; }
  Pages pages() const { return statement_.pages.value_or(0); }
  std::vector<Held> held() const { return oracle_->contents().held(); }
  /// Whether the partition is as it was then, and nothing is in its table.
  bool is_untouched(const Situation& at) const;
  std::size_t calls_since_restart() const { return history_.size(); }
  /// In all, with those that are queued.
  std::uint64_t calls() const { return record_.tally.calls + queue_.size(); }

 private:
  Situation situation() const;
  bool avoided(const Call& call) const { return investigation_.avoidance().avoids(call); }
  void renew_oracle();
  void remember(const Call& call, const std::optional<Response>& response);
  void observe(const Call& call, const Response& response);
  void observe_fault(const Call& call, const Fault& fault);
  void note_refused();
  Incident incident(Refusal refusal, const std::optional<Fault>& fault) const;
  void learn_repeats(std::size_t answered);

  Adapter& adapter_;
  const CampaignOptions& options_;
  Journal& journal_;
  CampaignRecord& record_;
  Investigation& investigation_;
  Report report_;

  // The partition.
  Partition partition_;
  Statement statement_;
  std::unique_ptr<Oracle> oracle_;
  Deviations judged_by_;       // the oracle's
  std::vector<Step> history_;  // since the partition was fresh
  std::size_t explained_ = 0;  // of the history: what was seen before the first refused answer
  bool refused_before_ = false;
  Situation foreseen_;
  unsigned start_shift_ = 0;  // of the HPT, as far as known when the partition was fresh

  // What goes to it.
  std::vector<Call> queue_;
  std::vector<Response> responses_;
  std::vector<std::size_t> repeated_;  // where in the queue a call was repeated for the last time
  std::size_t repeats_ = 1;
  std::uint32_t waited_ms_ = 0;

  // The campaign.
  std::string doing_ = "trying";
  std::optional<double> until_;
  bool hostile_expected_ = false;
  std::size_t unissued_ = 0;  // plans in a row
  std::uint64_t batches_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace hptck
