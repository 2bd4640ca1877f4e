#include "conformance/campaign/campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <set>
#include <utility>

#include "conformance/campaign/avoidance.h"
#include "conformance/campaign/explanations.h"
#include "conformance/campaign/configuration_campaign.h"
#include "generators/contents.h"
#include "generators/exhaustive.h"
#include "generators/plan.h"
#include "generators/tour.h"
#include "generators/witness_plans.h"
#include "model/diagnosis.h"

namespace hptck {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Fewer where contents are tried: each HPTE entered may matter to what is found, so there is more to
// minimize.
constexpr std::size_t content_calls_per_partition = 2048, rare_calls_per_partition = 512;
// Long enough for a partition to get somewhere, short enough that a short campaign has several turns.
constexpr std::uint64_t calls_in_a_turn = 4096;
// How often a PREPARE is repeated at most, in one batch, to see its preparation end.
constexpr std::size_t most_repeats = 64;
// How often a cause that a shorter trace disproved is looked into before it is taken for disproved.
constexpr unsigned attempts_at_a_key = 3;
// Bounds on what a hopeless implementation can make of a campaign.
constexpr std::size_t most_findings = 64, most_faults = 64, most_unissued = 1000,
                      most_suspicions_in_a_batch = 4;
constexpr double most_minimizing_seconds = 180;
// Calls made to a partition that may not resize its HPT: every answer is the same.
constexpr std::uint64_t calls_when_forbidden = 64;

// Writes down what the minimizer does as it happens, so that a kit which is killed while it replays loses no
// more than at any other time.
class WrittenDown final : public Adapter {
 public:
  WrittenDown(Adapter& adapter, Journal& journal) : adapter_(adapter), journal_(journal) {}

  Description describe() override { return adapter_.describe(); }

  Statement restart(const Partition& partition) override {
    const auto statement = adapter_.restart(partition);
    journal_.partition(statement);
    waited_ms_ = 0;
    return statement;
  }

  BatchResult batch(std::span<const Call> calls, std::span<Response> responses) override {
    auto result = adapter_.batch(calls, responses);
    for (std::size_t i = 0; i < result.answered; ++i)
      write_down(calls[i], defined_part(calls[i], responses[i]));
    if (result.fault) write_down(calls[result.answered], std::nullopt);
    journal_.flush();
    return result;
  }

  std::optional<Fault> reset() override {
    auto fault = adapter_.reset();
    write_down({token::reset, {}}, fault ? std::nullopt : std::optional(Response{}));
    journal_.flush();
    return fault;
  }

  void wait(std::chrono::milliseconds time) override {
    adapter_.wait(time);
    waited_ms_ += static_cast<std::uint32_t>(time.count());
  }

 private:
  void write_down(const Call& call, const std::optional<Response>& response) {
    journal_.step({std::exchange(waited_ms_, 0), call, response});
  }

  Adapter& adapter_;
  Journal& journal_;
  std::uint32_t waited_ms_ = 0;
};

class Campaign {
 public:
  Campaign(Adapter& adapter, const CampaignOptions& options, Journal& journal, CampaignRecord& record,
           const std::function<void(const Progress&)>& progress)
      : adapter_(adapter),
        options_(options),
        journal_(journal),
        record_(record),
        progress_(progress),
        plans_(options.seed),
        diagnosed_(options.under) {
    record_.under = options.under;
    if (!options.under.empty()) record_.diagnosis = {options.under};
  }

  void run() {
    try {
      describe();
      const bool can_forbid = record_.description.abilities.contains(Ability::forbid_resize);
      if (can_forbid) {
        restart({false});
        try_tour(forbidden_tour(foreseen_));
      }
      restart({true});
      try_tour(tour(foreseen_));
      if (can_forbid) try_forbidden();
      try_content_tours();
      try_resets();
      restart({true});
      try_exhaustively();
      try_in_turns();
      keep_history();
      try_hostile_guests();
      if (!record_.findings.empty()) diagnose_again();
      configure_machines();
    } catch (const EnvironmentError& error) {
      record_.error = error.what();
      journal_.error(record_.error);
    }
    record_.complete = record_.error.empty() && !stopped();
    record_.seconds = seconds_since(start_);
    mark_explained();
    for (auto& finding : record_.findings) mark_diagnosed(finding);
    mark_repeated();
    take_over_configurations();
    try {
      for (const auto& finding : record_.findings) journal_.finding(finding);
      if (!record_.diagnosis.empty()) journal_.diagnosis(record_.diagnosis);
      journal_.tally(record_.tally);
      if (record_.complete) journal_.end(record_.seconds);
      journal_.flush();
    } catch (const EnvironmentError& error) {
      // The record still has everything, for whoever called.
      record_.complete = false;
      if (record_.error.empty()) record_.error = error.what();
    }
  }

 private:
  // A journal has its head also when the implementation cannot be started.
  void describe() {
    std::exception_ptr trouble;
    try {
      record_.description = adapter_.describe();
    } catch (const EnvironmentError&) {
      trouble = std::current_exception();
    }
    journal_.campaign(record_);
    journal_.flush();
    if (trouble) std::rethrow_exception(trouble);
  }

  // Plans to be issued in a partition in this situation whose table is empty, in turn.
  struct RarePlans {
    Situation at;
    std::vector<Plan> plans;
    std::size_t next = 0;
  };

  // What a refused answer, or a fault, was kept for.
  struct Suspicion {
    Target target;
    Refusal refusal;
    std::string key;
    Response response;
    std::optional<Fault> fault;
    std::vector<Step> steps;
    std::uint64_t call_number = 0;
    bool after_others = false;  // something else was refused before, in the same partition
    bool diagnosed = false;     // it takes more deviations to explain than were known
  };

  bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }

  double spent_seconds() const { return seconds_since(start_) - minimizing_seconds_; }

  // How much of the campaign proper is done.
  double fraction() const {
    double part = 0;
    if (options_.calls != 0)
      part = static_cast<double>(record_.tally.calls) / static_cast<double>(options_.calls);
    if (options_.seconds != 0) part = std::max(part, spent_seconds() / options_.seconds);
    return part;
  }

  // An implementation with this many defects, or that survives next to nothing, teaches no more.
  bool exhausted() const {
    return record_.findings.size() >= most_findings || faults_ >= most_faults || unissued_ >= most_unissued;
  }

  bool done() const { return stopped() || exhausted() || fraction() >= 1; }

  void report(const std::string& doing) {
    if (!progress_) return;
    progress_({doing, record_.tally.calls, seconds_since(start_), record_.findings.size(),
               std::min(fraction(), 1.0)});
  }

  void restart(const Partition& partition) {
    keep_history();
    partition_ = partition;
    statement_ = adapter_.restart(partition);
    renew_oracle();
    history_.clear();
    refused_before_ = false;
    explained_steps_ = ~std::size_t{0};
    queue_.clear();
    repeated_.clear();
    foreseen_ = situation_of(oracle_->states());
    start_shift_ = foreseen_.current_shift;
    foreseen_ = situation();
    for (const auto& probe : probe_size(foreseen_.current_shift)) queue_.push_back(probe.call);
    journal_.partition(statement_);
    if (std::find(record_.statements.begin(), record_.statements.end(), statement_) ==
        record_.statements.end()) {
      record_.statements.push_back(statement_);
    }
  }

  void try_tour(const std::vector<Plan>& plans) {
    doing_ = "trying every rule once";
    for (const auto& plan : plans) {
      if (stopped() || exhausted()) break;
      issue_patiently(plan);
    }
    flush();
  }

  // Call by call, as a guest would: a preparation is waited for.
  void issue_patiently(const Plan& plan) {
    for (const auto& planned : plan) {
      if (avoided(planned.call)) continue;
      queue_.push_back(planned.call);
      foreseen_ = after(foreseen_, planned.call);
      if (!planned.until_done) continue;
      flush();
      for (std::size_t i = 0;
           i < most_repeats && !responses_.empty() && is_long_busy(responses_.back().status); ++i) {
        // A large table takes long, and who asks rarely disturbs less.
        const auto wait_ms = static_cast<std::uint32_t>(1 + i / 4);
        adapter_.wait(std::chrono::milliseconds(wait_ms));
        waited_ms_ += wait_ms;
        queue_.push_back(planned.call);
        flush();
      }
    }
  }

  Pages pages() const { return statement_.pages.value_or(0); }

  // Whether the table is as a plan of the tour expects it.
  bool is_untouched(const Situation& at) const {
    return foreseen_ == at && !oracle_->contents().forfeited() && oracle_->contents().held().empty();
  }

  // The likeliest situation, as far as is known now.
  Situation situation() const {
    auto at = situation_of(oracle_->states(), foreseen_.current_shift);
    if (record_.description.abilities.contains(Ability::reset) && !avoided(reset_guest()))
      at.start_shift = start_shift_;
    return at;
  }

  void try_resets() {
    if (!record_.description.abilities.contains(Ability::reset)) return;
    restart({true});
    flush();
    doing_ = "rebooting the guest";
    const auto at = foreseen_;
    for (const auto& plan : reset_tour(at)) {
      if (stopped() || exhausted()) return;
      if (!is_untouched(at)) restart({true});
      issue_patiently(plan);
      flush();
    }
  }

  void try_content_tours() {
    restart({true});
    flush();
    doing_ = "trying every rule of what is in the table";
    const auto at = foreseen_;
    for (const auto& tour : {content_tour(at, pages()), vast_content_tour(at, pages())}) {
      for (const auto& plan : tour) {
        if (stopped() || exhausted()) return;
        if (!is_untouched(at)) restart({true});
        issue_patiently(plan);
        flush();
      }
    }
  }

  // What a resize does to HPTEs, and what the resize hypercalls answer, a stretch of each.
  void try_in_turns() {
    restart({true});
    flush();
    const auto at = foreseen_;
    ContentGuest guest(options_.seed, pages());
    RarePlans rare{at, witness_plans(at, pages())};
    std::ranges::move(vast_witness_plans(at, pages()), std::back_inserter(rare.plans));
    // A short campaign gets to some of them only; which, the seed decides.
    rare.next = options_.seed;
    for (bool contents = true; !done(); contents = !contents) {
      const auto end = record_.tally.calls + calls_in_a_turn;
      if (contents)
        try_contents(guest, rare, end);
      else
        try_at_random(end);
      flush();
    }
  }

  bool is_turn_over(std::uint64_t end) const { return done() || record_.tally.calls + queue_.size() >= end; }

  // A guest that looks at each answer before it goes on, since what is right to enter depends on the table.
  void try_contents(ContentGuest& guest, RarePlans& rare, std::uint64_t end) {
    while (!is_turn_over(end)) {
      restart({true});
      flush();
      try_rare(rare, end);
      doing_ = "trying what becomes of HPTEs";
      guest.restart();
      // An implementation with a table too small for one is lost; one that was restarted has another table.
      do {
        const auto before = record_.tally.calls;
        const auto held = oracle_->contents().held();
        issue_patiently(guest.next(foreseen_, held));
        flush();
        unissued_ = record_.tally.calls == before ? unissued_ + 1 : 0;
      } while (!is_turn_over(end) && !history_.empty() && history_.size() < content_calls_per_partition &&
               foreseen_.current_shift >= min_shift);
    }
  }

  // HPTEs that a guest would hardly ever draw. Leaves an empty table.
  void try_rare(RarePlans& rare, std::uint64_t end) {
    doing_ = "trying HPTEs that solvers found";
    while (!rare.plans.empty() && !is_turn_over(end) && history_.size() < rare_calls_per_partition &&
           is_untouched(rare.at)) {
      const auto before = record_.tally.calls;
      issue_patiently(rare.plans[rare.next++ % rare.plans.size()]);
      flush();
      if (record_.tally.calls == before) break;  // all of its calls are avoided
    }
    if (is_untouched(rare.at)) return;
    restart({true});
    flush();
  }

  // LoPAR says nothing of a guest that enters HPTEs where they do not belong; so only a hypervisor that does
  // not go on is of interest, and it is no matter of conformance.
  void try_hostile_guests() {
    if (stopped() || exhausted()) return;
    restart({true});
    flush();
    doing_ = "trying hostile guests";
    const auto at = foreseen_;
    hostile_ = true;
    for (const auto& plan : hostile_plans(at, options_.seed)) {
      if (stopped() || exhausted()) break;
      restart({true});
      issue_patiently(plan);
      flush();
    }
    hostile_ = false;
  }

  // Of no importance to what was seen of the partition, nor the other way round.
  void configure_machines() {
    if (stopped()) return;
    configured_ = try_configurations(
        record_.description.abilities.contains(Ability::configure) ? adapter_.machines() : nullptr, options_,
        journal_, record_, [this](const std::string& doing) { report(doing); });
    if (!configured_.trouble.empty()) throw EnvironmentError(configured_.trouble);
  }

  void take_over_configurations() {
    auto& all = record_.findings;
    all.insert(all.end(), configured_.findings.begin(), configured_.findings.end());
    if (configured_.findings.empty()) return;
    if (record_.diagnosis.empty()) record_.diagnosis = {options_.under};
    record_.diagnosis = each_with_each(record_.diagnosis, configured_.diagnosis);
  }

  void try_forbidden() {
    restart({false});
    doing_ = "trying a partition that may not resize";
    const auto end = record_.tally.calls + calls_when_forbidden;
    while (record_.tally.calls + queue_.size() < end && !stopped() && !exhausted())
      issue(plans_.next(foreseen_));
    flush();
  }

  void try_exhaustively() {
    const auto at = situation_of(oracle_->states());
    const auto letters = alphabet(at.current_shift, at.limit);
    for_each_sequence(letters, options_.exhaustive_length, [&](const Plan& plan) {
      doing_ = fmt::format("trying every sequence of up to {} calls", options_.exhaustive_length);
      issue(plan);
      issue(Plan{{prepare(0, 0)}});
      return !stopped() && !exhausted() && fraction() < 0.3;
    });
    flush();
  }

  void try_at_random(std::uint64_t end) {
    doing_ = "trying random plans";
    restart({true});
    while (!is_turn_over(end)) issue(plans_.next(foreseen_));
  }

  // Queues the plan's calls. Batches are large because each costs a round trip; plans are made for the state
  // that the calls queued before them most likely lead to.
  void issue(const Plan& plan) {
    const auto before = queue_.size();
    for (const auto& planned : plan) {
      if (avoided(planned.call)) continue;
      queue_.push_back(planned.call);
      foreseen_ = after(foreseen_, planned.call);
      if (!planned.until_done) continue;
      queue_.insert(queue_.end(), repeats_, planned.call);
      repeated_.push_back(queue_.size() - 1);
    }
    unissued_ = queue_.size() == before ? unissued_ + 1 : 0;
    if (queue_.size() >= options_.batch_calls) flush();
  }

  // Repeats as often as preparation has lately taken: more when it was still going on at the last repeat,
  // fewer when half of them would have done.
  void learn_repeats(std::size_t answered) {
    bool busy_at_end = false;
    for (const auto last : std::exchange(repeated_, {})) {
      if (last >= answered) break;
      busy_at_end = is_long_busy(responses_[last].status);
      if (busy_at_end)
        repeats_ = std::min(most_repeats, repeats_ * 2 + 1);
      else if (repeats_ > 0 && last >= repeats_ && !is_long_busy(responses_[last - repeats_ / 2].status))
        --repeats_;
    }
    if (busy_at_end && repeats_ == most_repeats) {
      adapter_.wait(std::chrono::milliseconds(1));
      waited_ms_ += 1;
    }
  }

  void flush() {
    if (queue_.empty()) return;
    const auto calls = std::exchange(queue_, {});
    responses_.assign(calls.size(), {});
    const auto batch = hptck::issue(adapter_, calls, responses_);
    if (batch.answered > calls.size() || (batch.fault && batch.answered == calls.size()) ||
        (!batch.fault && batch.answered < calls.size())) {
      throw EnvironmentError(
          fmt::format("the adapter says that {} of {} calls were answered", batch.answered, calls.size()));
    }
    std::vector<Suspicion> suspicions;
    for (std::size_t i = 0; i < batch.answered; ++i) observe(calls[i], responses_[i], suspicions);
    learn_repeats(batch.answered);
    if (batch.fault) observe_fault(calls[batch.answered], *batch.fault, suspicions);
    if (++batches_ % 8 == 0) {
      journal_.tally(record_.tally);
      report(doing_);
    }
    journal_.flush();
    foreseen_ = situation();
    if (suspicions.empty()) {
      // A plan made for a table that was not there has made a hostile guest of a legal one.
      if (oracle_->contents().hostile() && !hostile_) restart(partition_);
      return;
    }
    look_into_all(suspicions);
    restart(partition_);
    journal_.flush();
  }

  // Whatever happens on the way, what was seen is not lost: it is in the journal before minimizing starts,
  // and stands as it was seen when minimizing cannot end.
  void look_into_all(std::vector<Suspicion>& suspicions) {
    const auto began = Clock::now();
    for (const auto& suspicion : suspicions) journal_.suspicion(as_seen(suspicion));
    journal_.flush();
    std::size_t done = 0;
    std::optional<EnvironmentError> trouble;
    try {
      for (; done < suspicions.size() && !stopped(); ++done) look_into(suspicions[done]);
    } catch (const EnvironmentError& error) {
      trouble = error;
    }
    for (; done < suspicions.size(); ++done) {
      const auto& suspicion = suspicions[done];
      // A hang that did not show again is no proof of anything.
      const bool proven = !suspicion.fault || suspicion.fault->kind == Fault::Kind::died;
      if (proven && !known_.contains(suspicion.key)) add_finding(as_seen(suspicion), suspicion.target);
    }
    journal_.settled();
    minimizing_seconds_ += seconds_since(began);
    if (trouble) throw *trouble;
  }

  void remember(const Call& call, const std::optional<Response>& response) {
    history_.push_back({std::exchange(waited_ms_, 0), call,
                        response ? std::optional(defined_part(call, *response)) : std::nullopt});
    journal_.step(history_.back());
  }

  void observe(const Call& call, const Response& response, std::vector<Suspicion>& suspicions) {
    ++record_.tally.calls;
    remember(call, response);
    if (oracle_->step(call, response)) {
      oracle_->exercised().for_each(
          [&](Clause clause) { ++record_.tally.exercised[static_cast<std::size_t>(clause)]; });
      return;
    }
    if (oracle_->contents().hostile()) {
      if (!refused_before_) explained_steps_ = history_.size() - 1;
      refused_before_ = true;
      oracle_->resync(call, response);
      return;
    }
    auto refusal = oracle_->explain(call, &response);
    Suspicion suspicion{{Finding::Kind::violation, call.token, response.status, refusal.rows, diagnosed_},
                        refusal,
                        refusal.key,
                        response,
                        {},
                        {},
                        0,
                        false,
                        false};
    if (!refused_before_ && !unexplained_.contains(refusal.key)) {
      const auto before = diagnosed_.size();
      if (reconsider()) {
        // As many deviations as before: the one thought of was not the right one. More: there is another.
        if (diagnosed_.size() <= before) return;
        suspicion.diagnosed = true;
        suspicion.target.under = needed(before_last(history_), diagnosed_);
        suspect(std::move(suspicion), suspicions);
        return;
      }
      unexplained_.insert(refusal.key);
    }
    if (!refused_before_) explained_steps_ = history_.size() - 1;
    suspect(std::move(suspicion), suspicions);
    refused_before_ = true;
    oracle_->resync(call, response);
  }

  // The history ends with an answer that what is diagnosed does not explain. True: something else does, and
  // is now what the oracle goes by.
  bool reconsider() {
    auto all = evidence();
    all.push_back({statement_, history_});
    auto diagnosis = diagnose(all, options_.under);
    if (!diagnosis.unexplained.empty()) return false;
    diagnosed_ = diagnosis.explanations.front();
    record_.diagnosis = std::move(diagnosis.explanations);
    renew_oracle();
    for (const auto& step : history_) oracle_->step(step.call, *step.response);
    return true;
  }

  void renew_oracle() {
    if (!oracle_ || oracle_deviations_ != diagnosed_) {
      oracle_ = std::make_unique<Oracle>(statement_, diagnosed_);
      oracle_deviations_ = diagnosed_;
    }
    oracle_->restart(statement_);
  }

  void observe_fault(const Call& call, const Fault& fault, std::vector<Suspicion>& suspicions) {
    remember(call, std::nullopt);
    auto refusal = oracle_->explain(call, nullptr);
    const bool hostile = oracle_->contents().hostile();
    const auto key = fault_key(kind_of(fault), refusal, hostile);
    ++faults_;
    const auto before = suspicions.size();
    suspect({{kind_of(fault), call.token, 0, refusal.rows, diagnosed_, hostile},
             std::move(refusal),
             key,
             {},
             fault,
             {},
             0,
             false,
             false},
            suspicions);
    if (suspicions.size() > before) return;
    // Seen before, and not for an HPTE that could be avoided.
    avoidance_.call(call);
    restart(partition_);
  }

  // What is avoided is part of the key: an implementation that does not survive the same call for another
  // reason has another fault.
  std::string fault_key(Finding::Kind kind, const Refusal& refusal, bool hostile) const {
    constexpr const char* kinds[] = {"violation", "died", "hung", "garbled"};
    return fmt::format("{}:{}{}{}", kinds[static_cast<int>(kind)], refusal.key, hostile ? ":hostile" : "",
                       avoidance_.hptes_text());
  }

  bool avoided(const Call& call) const { return avoidance_.avoids(call); }

  // Known kinds are counted, new ones kept with the calls that led to them, once a batch.
  void suspect(Suspicion suspicion, std::vector<Suspicion>& suspicions) {
    if (!suspicion.diagnosed) {
      if (const auto known = known_.find(suspicion.key); known != known_.end()) {
        auto& finding = record_.findings[known->second];
        ++finding.occurrences;
        // What was taken for a consequence shows with nothing refused before it: look again.
        if (!finding.consequence || refused_before_ || ++second_looks_[suspicion.key] > attempts_at_a_key)
          return;
      }
      if (suspicions.size() >= most_suspicions_in_a_batch) return;
      for (const auto& other : suspicions) {
        if (other.key == suspicion.key) return;
      }
    }
    suspicion.steps = history_;
    suspicion.call_number = record_.tally.calls;
    suspicion.after_others = refused_before_;
    suspicions.push_back(std::move(suspicion));
  }

  void look_into(Suspicion& suspicion) {
    if (!suspicion.diagnosed && is_settled(suspicion.key)) return;
    report("minimizing: " + suspicion.refusal.headline);
    auto budget = options_.minimizer;
    budget.stop = options_.stop;
    if (minimizing_seconds_ > most_minimizing_seconds) budget.replays = std::min(budget.replays, 20u);
    WrittenDown replays(adapter_, journal_);
    auto minimized = minimize(replays, partition_, suspicion.steps, suspicion.target, budget);
    const bool found = minimized.best.found;
    if (!found && suspicion.fault && suspicion.fault->kind != Fault::Kind::died) {
      throw EnvironmentError(
          fmt::format("{} once, and not again in {} replays: the machine may be overloaded\n{}",
                      suspicion.refusal.headline, minimized.replays, suspicion.fault->evidence));
    }
    if (!found) minimized.best.statement = statement_;
    bool hidden_cause = false;
    if (found && !suspicion.fault && suspicion.target.token != token::H_READ) {
      // Something may have gone wrong unseen before: then that is the finding, and this one its consequence.
      const auto probed = replay_probing(replays, partition_, minimized.best.steps, suspicion.target.under);
      if (probed.found) {
        hidden_cause = true;
        const auto& last = probed.steps.back();
        Suspicion cause{{Finding::Kind::violation, last.call.token, last.response->status,
                         probed.refusal.rows, suspicion.target.under},
                        probed.refusal,
                        probed.refusal.key,
                        *last.response,
                        {},
                        probed.steps,
                        suspicion.call_number,
                        false,
                        false};
        look_into(cause);
      }
    }
    const auto& refusal = found ? minimized.best.refusal : suspicion.refusal;
    auto key = !found            ? suspicion.key
               : suspicion.fault ? fault_key(suspicion.target.kind, refusal, suspicion.target.hostile)
                                 : refusal.key;
    Trace trace;
    trace.statement = minimized.best.statement;
    trace.steps = minimized.best.steps;
    if (!suspicion.fault) {
      // An answer that is right after all shows only that the diagnosis was not.
      if (accepts({}, {trace.statement, trace.steps})) return;
      // Two deviations can look the same to the oracle; they are two findings.
      if (suspicion.diagnosed && is_settled(key)) key += fmt::format("#{}", record_.findings.size() + 1);
    }
    const auto others_tried = suspicion.fault ? learn_to_avoid(minimized.best, suspicion.target) : "";
    if (!is_settled(key)) {
      auto target = suspicion.target;
      target.rows = refusal.rows;
      auto finding = make_finding(suspicion, minimized, refusal, key, hidden_cause);
      finding.explanation += others_tried;
      add_finding(std::move(finding), target);
    }
    if (!suspicion.fault) {
      evidence_.push_back({std::move(trace), {suspicion.key, key}});
      diagnose_again();
    }

    // The short trace shows another cause than the long one suggested. It may have slipped from one to the
    // other, so the suggestion gets another chance or two.
    if (key != suspicion.key && ++attempts_[suspicion.key] >= attempts_at_a_key)
      known_[suspicion.key] = known_.at(key);
  }

  // The implementation does not survive such calls, so nothing is learned by making them again. Where they
  // need a certain HPTE, one of each other kind is put in its place. Returns what came of that.
  std::string learn_to_avoid(const Replayed& deadly, const Target& target) {
    const auto& last = deadly.steps.back().call;
    const auto entry = first_unusual_entry(deadly.steps);
    const auto shift = entry && deadly.found ? shift_before(deadly, *entry) : 0;
    if (shift == 0) {
      avoidance_.call(last);
      return {};
    }
    const auto& enter = deadly.steps[*entry].call;
    const auto kind = *kind_of(enter);
    std::vector<HpteKind> deadly_kinds{kind};
    std::string same, survived;
    PageSource source(options_.seed);
    WrittenDown written(adapter_, journal_);
    for (const auto& other : other_kinds(kind, pages())) {
      if (stopped() || minimizing_seconds_ > most_minimizing_seconds) break;
      report("minimizing: trying other HPTEs");
      const Wanted wanted{other.page, other.secondary, other.bolted};
      const auto placed =
          place(source.next(wanted, shift, enter.args[1] / 8), wanted, shift, enter.args[1] % 8);
      auto steps = deadly.steps;
      steps[*entry].call.args = {enter.args[0], placed.ptex, placed.high, placed.low};
      const auto replayed = replay(written, partition_, steps, target, std::chrono::milliseconds(10));
      if (replayed.fault) deadly_kinds.push_back(other);
      auto& list = replayed.fault ? same : survived;
      list += (list.empty() ? "" : "; ") + to_string(other);
    }
    // If a plain one does the same, it is not the kind that matters.
    if (std::any_of(deadly_kinds.begin(), deadly_kinds.end(), is_plain))
      avoidance_.call(last);
    else
      for (const auto& one : deadly_kinds) avoidance_.hpte(one);
    if (same.empty() && survived.empty()) return {};
    return fmt::format(
        "The HPTE that matters is {}. In its place, these do the same: {}. With these the "
        "hypervisor goes on: {}.\n",
        to_string(kind), same.empty() ? "none" : same, survived.empty() ? "none" : survived);
  }

  // Of the current HPT, before the step; 0 where it is not known.
  unsigned shift_before(const Replayed& replayed, std::size_t step) const {
    Oracle oracle(replayed.statement, diagnosed_);
    for (std::size_t i = 0; i < step; ++i)
      if (!oracle.step(replayed.steps[i].call, *replayed.steps[i].response)) return 0;
    const auto shift = situation_of(oracle.states()).current_shift;
    return shift >= min_shift ? shift : 0;
  }

  // Which deviations explain a finding, and which clause is broken therefore. A missing check is one mistake
  // though several clauses ask for other answers. What it stands behind is said in terms of the last
  // diagnosis too, which knows more than the one under which it was met.
  void mark_diagnosed(Finding& finding) const {
    if (finding.kind == Finding::Kind::violation) {
      std::vector<Clause> clauses;
      for (const auto& explanation : record_.diagnosis) {
        const auto responsible = responsible_for(finding.trace, explanation);
        if (finding.deviations.empty()) finding.deviations = responsible;
        responsible.for_each([&](Deviation deviation) {
          const auto clause = broken_by(deviation);
          if (std::find(clauses.begin(), clauses.end(), clause) == clauses.end()) clauses.push_back(clause);
        });
      }
      finding.unexplained = clauses.empty() && unexplained_.contains(finding.key);
      if (!clauses.empty()) {
        finding.clauses = clauses;
        finding.consequence = false;
      }
    }
    if (accepts(diagnosed_, before_last(finding.trace)))
      finding.under = needed(before_last(finding.trace), diagnosed_);
    if (finding.under.empty()) return;
    finding.explanation +=
        fmt::format("It shows behind what is known already: {}.\n", to_string(finding.under));
    finding.under.for_each([&](Deviation deviation) {
      if (!finding.replay_command.empty())
        finding.replay_command += fmt::format(" --under {}", id_of(deviation));
    });
  }

  // One deviation is one finding, however it shows.
  void mark_repeated() {
    for (std::size_t i = 1; i < record_.findings.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        auto& finding = record_.findings[i];
        if (finding.consequence || finding.deviations.empty() ||
            finding.deviations != record_.findings[k].deviations || record_.findings[k].consequence)
          continue;
        finding.consequence = true;
        finding.explanation +=
            fmt::format("Finding {} is the same deviation, shown in another way.\n", k + 1);
      }
    }
  }

  static Evidence before_last(const Trace& trace) {
    return {trace.statement, std::span(trace.steps).first(trace.steps.size() - 1)};
  }
  Evidence before_last(const std::vector<Step>& steps) const {
    return {statement_, std::span(steps).first(steps.size() - 1)};
  }

  // The deviations without which the evidence would be refused.
  static Deviations needed(const Evidence& evidence, const Deviations& under) {
    auto needed = under;
    under.for_each([&](Deviation deviation) {
      auto fewer = needed;
      fewer.remove(deviation);
      if (accepts(fewer, evidence)) needed = fewer;
    });
    return needed;
  }

  // Those of an explanation that the trace's last answer needs, and what came before does not.
  static Deviations responsible_for(const Trace& trace, const Deviations& explanation) {
    const Evidence whole{trace.statement, trace.steps};
    if (!accepts(explanation, whole)) return {};
    const auto all = needed(whole, explanation);
    auto last = all;
    needed(before_last(trace), all).for_each([&](Deviation deviation) { last.remove(deviation); });
    return last.empty() ? all : last;
  }

  // What was seen in the present partition, as far as the oracle made sense of it, is kept: a later diagnosis
  // has to explain it too.
  void keep_history() {
    constexpr std::size_t most_kept = 200'000;
    const auto steps = std::min(explained_steps_, history_.size());
    if (steps == 0 || kept_calls_ + steps > most_kept) return;
    kept_calls_ += steps;
    kept_.push_back({statement_, {history_.begin(), history_.begin() + static_cast<std::ptrdiff_t>(steps)}});
    explained_steps_ = 0;
  }

  std::vector<Evidence> evidence() const {
    std::vector<Evidence> all;
    for (const auto& one : evidence_) all.push_back({one.trace.statement, one.trace.steps});
    for (const auto& [statement, steps] : kept_) all.push_back({statement, steps});
    return all;
  }

  void diagnose_again() {
    std::sort(evidence_.begin(), evidence_.end(),
              [](const auto& a, const auto& b) { return a.trace.steps.size() < b.trace.steps.size(); });
    const auto all = evidence();
    const auto diagnosis = diagnose(all, options_.under);
    record_.diagnosis = diagnosis.explanations;
    if (std::find(diagnosis.explanations.begin(), diagnosis.explanations.end(), diagnosed_) ==
        diagnosis.explanations.end())
      diagnosed_ = diagnosis.explanations.front();
    // What no known deviation explains is not looked into again.
    for (auto index = diagnosis.unexplained.rbegin(); index != diagnosis.unexplained.rend(); ++index) {
      if (*index >= evidence_.size()) {
        kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(*index - evidence_.size()));
        continue;
      }
      unexplained_.insert(evidence_[*index].keys.begin(), evidence_[*index].keys.end());
      evidence_.erase(evidence_.begin() + static_cast<std::ptrdiff_t>(*index));
    }
  }

  static std::string suspicion_text(const Suspicion& suspicion) {
    return fmt::format("{} was not answered to a hostile guest", to_string(suspicion.steps.back().call));
  }

  Finding make_finding(const Suspicion& suspicion, const Minimized& minimized, const Refusal& refusal,
                       const std::string& key, bool hidden_cause) const {
    Finding finding;
    finding.consequence =
        hidden_cause || (minimized.best.found ? !minimized.best.first : suspicion.after_others);
    finding.kind = suspicion.target.kind;
    finding.key = key;
    finding.hostile = suspicion.target.hostile;
    if (!finding.hostile) finding.clauses = refusal.clauses;
    finding.headline = finding.hostile ? suspicion_text(suspicion) : refusal.headline;
    finding.explanation =
        finding.hostile ? "The guest had entered an HPTE where it does not belong. LoPAR says nothing of "
                          "such a guest; the hypervisor should survive it nevertheless.\n"
                        : refusal.explanation;
    const auto& fault = minimized.best.fault ? minimized.best.fault : suspicion.fault;
    if (fault) finding.evidence = fault->evidence;
    if (finding.consequence)
      finding.explanation +=
          hidden_cause ? "Looking at the size of the HPT after each COMMIT and reset shows that another "
                         "clause is broken before, so this is a consequence of that.\n"
                       : "Every trace found that shows this breaks another clause first, so it may "
                         "be a consequence of that.\n";
    finding.trace.intent = finding.headline;
    finding.trace.statement = minimized.best.statement;
    finding.trace.steps = minimized.best.steps;
    finding.under = needed(before_last(finding.trace), suspicion.target.under);
    if (finding.kind == Finding::Kind::violation && finding.clauses.size() == 1 && !finding.consequence) {
      finding.trace.expect = Trace::Expect::refused;
      finding.trace.refused_clause = finding.clauses.front();
    }
    finding.minimality = minimized.minimality;
    finding.replays = minimized.replays;
    finding.first_call = suspicion.call_number;
    return finding;
  }

  // The finding as the campaign met it, with all the calls that led to it.
  Finding as_seen(const Suspicion& suspicion) const {
    Minimized nothing;
    nothing.best.statement = statement_;
    nothing.best.steps = suspicion.steps;
    return make_finding(suspicion, nothing, suspicion.refusal, suspicion.key, false);
  }

  // Known, and not to be had in a better form: a finding that was taken for a consequence may prove to be
  // none.
  bool is_settled(const std::string& key) const {
    const auto known = known_.find(key);
    return known != known_.end() && !record_.findings[known->second].consequence;
  }

  void add_finding(Finding finding, const Target& target) {
    const auto known = known_.find(finding.key);
    if (known != known_.end() && (finding.consequence || !record_.findings[known->second].consequence))
      return;
    const auto place = known == known_.end() ? record_.findings.size() : known->second;
    finding.file = fmt::format("finding-{}-{}.trace", place + 1,
                               finding.clauses.empty() ? "unknown" : id_of(finding.clauses.front()));
    if (options_.replay_command) finding.replay_command = options_.replay_command(finding.file);
    if (!options_.out.empty()) {
      std::ofstream file(options_.out / finding.file, std::ios::binary);
      file << print_trace(finding.trace);
      if (!file.flush())
        throw EnvironmentError(fmt::format("{}: cannot be written", (options_.out / finding.file).string()));
    }
    journal_.finding(finding);
    journal_.flush();
    if (known == known_.end()) {
      known_[finding.key] = place;
      observed_.push_back(target);
      record_.findings.push_back(std::move(finding));
    } else {
      finding.occurrences += record_.findings[place].occurrences;
      observed_[place] = target;
      record_.findings[place] = std::move(finding);
    }
  }

  // A clause blamed for an effect that was not done is let off when the row that showed it is known to answer
  // so without any such effect before it.
  void mark_explained() {
    for (std::size_t i = 0; i < record_.findings.size(); ++i) {
      auto& finding = record_.findings[i];
      if (finding.consequence) continue;
      for (std::size_t k = 0; k < record_.findings.size(); ++k) {
        const auto& other = record_.findings[k];
        const bool other_is_plain = other.clauses.size() == 1 && observed_[k].rows.contains(other.clauses[0]);
        const bool same = observed_[i].kind == observed_[k].kind &&
                          observed_[i].token == observed_[k].token &&
                          observed_[i].status == observed_[k].status;
        if (k == i || other.consequence || !other_is_plain || !same ||
            !observed_[i].rows.contains(other.clauses[0]))
          continue;
        if (finding.clauses.size() == 1 && observed_[i].rows.contains(finding.clauses[0])) continue;
        finding.consequence = true;
        finding.explanation +=
            fmt::format("Finding {} shows {} answered so by itself, which explains this one.\n", k + 1,
                        id_of(other.clauses[0]));
        break;
      }
    }
  }

  Adapter& adapter_;
  const CampaignOptions& options_;
  Journal& journal_;
  CampaignRecord& record_;
  const std::function<void(const Progress&)>& progress_;
  PlanSource plans_;
  std::unique_ptr<Oracle> oracle_;  // under what is diagnosed so far
  Deviations oracle_deviations_, diagnosed_;
  Partition partition_;
  Statement statement_;
  std::size_t explained_steps_ = ~std::size_t{0};  // of the history, before the first refused answer
  struct Observed {
    Trace trace;                    // minimized
    std::vector<std::string> keys;  // under which it was met, and found to be
  };
  std::vector<Observed> evidence_;
  std::vector<std::pair<Statement, std::vector<Step>>> kept_;  // histories of partitions
  std::size_t kept_calls_ = 0;
  std::set<std::string> unexplained_;  // keys
  std::vector<Step> history_;          // since the partition was fresh
  std::vector<Call> queue_;
  std::vector<Response> responses_;
  Situation foreseen_;                 // after what is queued
  unsigned start_shift_ = 0;           // of the HPT, as far as known when the partition was fresh
  std::vector<std::size_t> repeated_;  // where in the queue a call was repeated for the last time
  std::size_t repeats_ = 1;
  std::uint32_t waited_ms_ = 0;
  std::uint64_t batches_ = 0;
  std::string doing_ = "trying";
  std::map<std::string, std::size_t> known_;  // key, or one found to be another's, to the finding
  std::map<std::string, unsigned> attempts_, second_looks_;
  std::size_t faults_ = 0;        // how often the implementation failed to answer
  std::size_t unissued_ = 0;      // plans in a row of which every call is avoided
  std::vector<Target> observed_;  // of each finding
  ConfigurationFindings configured_;
  bool refused_before_ = false;  // in this partition
  Avoidance avoidance_;          // of what the implementation does not survive
  bool hostile_ = false;         // guests are, on purpose
  Clock::time_point start_ = Clock::now();
  double minimizing_seconds_ = 0;
};

}  // namespace

void run_campaign(Adapter& adapter, const CampaignOptions& options, Journal& journal, CampaignRecord& record,
                  const std::function<void(const Progress&)>& progress) {
  Campaign(adapter, options, journal, record, progress).run();
}

}  // namespace hptck
