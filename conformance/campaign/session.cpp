#include "conformance/campaign/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace hptck {
namespace {

// How often a PREPARE is repeated at most, in one batch, to see its preparation end.
constexpr std::size_t most_repeats = 64;
// So many plans in a row of which every call is avoided, and the implementation teaches no more.
constexpr std::size_t most_unissued = 1000;
// The whole history, until an answer is refused.
constexpr auto everything = ~std::size_t{0};

}  // namespace

Session::Session(Adapter& adapter, const CampaignOptions& options, Journal& journal, CampaignRecord& record,
                 Investigation& investigation, Report report)
    : adapter_(adapter),
      options_(options),
      journal_(journal),
      record_(record),
      investigation_(investigation),
      report_(std::move(report)) {}

double Session::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

double Session::fraction() const {
  double part = 0;
  if (options_.calls != 0)
    part = static_cast<double>(record_.tally.calls) / static_cast<double>(options_.calls);
  if (options_.seconds != 0) part = std::max(part, (seconds() - investigation_.seconds()) / options_.seconds);
  return part;
}

bool Session::is_over() const {
  return (options_.stop != nullptr && options_.stop->load()) || investigation_.is_exhausted() ||
         unissued_ >= most_unissued || (until_ && fraction() >= *until_);
}

void Session::restart(const Partition& partition) {
  keep_history();
  partition_ = partition;
  statement_ = adapter_.restart(partition);
  renew_oracle();
  history_.clear();
  refused_before_ = false;
  explained_ = everything;
  queue_.clear();
  repeated_.clear();
  foreseen_ = situation_of(oracle_->states());
  start_shift_ = foreseen_.current_shift;
  foreseen_ = situation();
  for (const auto& probe : probe_size(foreseen_.current_shift)) queue_.push_back(probe.call);
  journal_.partition(statement_);
  auto& statements = record_.statements;
  if (std::find(statements.begin(), statements.end(), statement_) == statements.end())
    statements.push_back(statement_);
}

void Session::renew_oracle() {
  const auto& in_force = investigation_.diagnosed().in_force;
  if (!oracle_ || judged_by_ != in_force) {
    oracle_ = std::make_unique<Oracle>(statement_, in_force);
    judged_by_ = in_force;
  }
  oracle_->restart(statement_);
}

void Session::keep_history() {
  const auto explained = std::min(std::exchange(explained_, 0), history_.size());
  investigation_.keep(statement_, std::span(history_).first(explained));
}

bool Session::is_untouched(const Situation& at) const {
  return foreseen_ == at && !oracle_->contents().forfeited() && oracle_->contents().held().empty();
}

// The likeliest situation, as far as is known now.
Situation Session::situation() const {
  auto at = situation_of(oracle_->states(), foreseen_.current_shift);
  if (record_.description.abilities.contains(Ability::reset) && !avoided(reset_guest()))
    at.start_shift = start_shift_;
  return at;
}

void Session::issue_patiently(const Plan& plan) {
  for (const auto& planned : plan) {
    if (avoided(planned.call)) continue;
    queue_.push_back(planned.call);
    foreseen_ = after(foreseen_, planned.call);
    if (!planned.until_done) continue;
    flush();
    for (std::size_t i = 0; i < most_repeats && !responses_.empty() && is_long_busy(responses_.back().status);
         ++i) {
      // A large table takes long, and who asks rarely disturbs less.
      const auto wait_ms = static_cast<std::uint32_t>(1 + i / 4);
      adapter_.wait(std::chrono::milliseconds(wait_ms));
      waited_ms_ += wait_ms;
      queue_.push_back(planned.call);
      flush();
    }
  }
}

bool Session::carry_out(const Plan& plan) {
  const auto before = record_.tally.calls;
  issue_patiently(plan);
  flush();
  return record_.tally.calls != before;
}

void Session::issue(const Plan& plan) {
  const auto before = queue_.size();
  for (const auto& planned : plan) {
    if (avoided(planned.call)) continue;
    queue_.push_back(planned.call);
    foreseen_ = after(foreseen_, planned.call);
    if (!planned.until_done) continue;
    queue_.insert(queue_.end(), repeats_, planned.call);
    repeated_.push_back(queue_.size() - 1);
  }
  count_unissued(queue_.size() == before);
  if (queue_.size() >= options_.batch_calls) flush();
}

// Repeats as often as preparation has lately taken: more when it was still going on at the last repeat, fewer
// when half of them would have done.
void Session::learn_repeats(std::size_t answered) {
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

void Session::flush() {
  if (queue_.empty()) return;
  const auto calls = std::exchange(queue_, {});
  responses_.assign(calls.size(), {});
  const auto batch = hptck::issue(adapter_, calls, responses_);
  if (batch.answered > calls.size() || (batch.answered == calls.size()) == batch.fault.has_value()) {
    throw EnvironmentError(
        fmt::format("the adapter says that {} of {} calls were answered", batch.answered, calls.size()));
  }
  for (std::size_t i = 0; i < batch.answered; ++i) observe(calls[i], responses_[i]);
  learn_repeats(batch.answered);
  if (batch.fault) observe_fault(calls[batch.answered], *batch.fault);
  if (++batches_ % 8 == 0) {
    journal_.tally(record_.tally);
    report_(doing_);
  }
  journal_.flush();
  foreseen_ = situation();
  if (investigation_.look_into_all()) {
    restart(partition_);
    journal_.flush();
  } else if (oracle_->contents().hostile() && !hostile_expected_) {
    // A plan made for a table that was not there has made a hostile guest of a legal one.
    restart(partition_);
  }
}

void Session::remember(const Call& call, const std::optional<Response>& response) {
  history_.push_back({std::exchange(waited_ms_, 0), call,
                      response ? std::optional(defined_part(call, *response)) : std::nullopt});
  journal_.step(history_.back());
}

void Session::note_refused() {
  if (!refused_before_) explained_ = history_.size() - 1;
  refused_before_ = true;
}

Incident Session::incident(Refusal refusal, const std::optional<Fault>& fault) const {
  return {.partition = partition_,
          .statement = statement_,
          .history = history_,
          .refusal = std::move(refusal),
          .fault = fault,
          .hostile = oracle_->contents().hostile(),
          .after_others = refused_before_,
          .call_number = record_.tally.calls};
}

void Session::observe(const Call& call, const Response& response) {
  ++record_.tally.calls;
  remember(call, response);
  if (oracle_->step(call, response)) {
    oracle_->exercised().for_each(
        [&](Clause clause) { ++record_.tally.exercised[static_cast<std::size_t>(clause)]; });
    return;
  }
  // Of the answers to a hostile guest LoPAR says nothing.
  if (!oracle_->contents().hostile() &&
      investigation_.consider(incident(oracle_->explain(call, &response), std::nullopt)) ==
          Investigation::Conclusion::explained) {
    renew_oracle();
    for (const auto& step : history_) oracle_->step(step.call, *step.response);
    return;
  }
  note_refused();
  oracle_->resync(call, response);
}

void Session::observe_fault(const Call& call, const Fault& fault) {
  remember(call, std::nullopt);
  if (investigation_.consider(incident(oracle_->explain(call, nullptr), fault)) ==
      Investigation::Conclusion::avoided)
    restart(partition_);
}

}  // namespace hptck
