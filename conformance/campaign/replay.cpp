#include "conformance/campaign/replay.h"

#include <utility>

#include "generators/plan.h"

namespace hptck {
namespace {

// Whether two answers refused by the same row are one defect seen at two moments: a Pending HPT that should
// be gone is committed when its preparation has ended, and answered H_BUSY when it has not.
bool same_answer(std::int64_t a, std::int64_t b, ClauseSet rows) {
  if (a == b || (is_long_busy(a) && is_long_busy(b))) return true;
  const auto on_pending = [](std::int64_t code) {
    return code == status::H_SUCCESS || code == status::H_BUSY;
  };
  ClauseSet no_pending;
  no_pending.add(Clause::commit_no_pending);
  return rows == no_pending && on_pending(a) && on_pending(b);
}

bool subset(ClauseSet part, ClauseSet whole) { return !part.empty() && part.is_subset_of(whole); }

// Issues the first of the steps, and with it those behind it that can go together. All that was answered is
// written down before anything is made of it.
struct Issued {
  std::vector<Step> steps;
  std::optional<Fault> fault;
};
Issued issue_first(Adapter& adapter, Journal* journal, std::span<const Step> steps, std::size_t at_most,
                   std::uint32_t wait_ms) {
  std::vector<Call> calls{steps[0].call};
  while (calls.size() < std::min(at_most, steps.size()) && steps[calls.size()].wait_ms == 0)
    calls.push_back(steps[calls.size()].call);
  if (wait_ms != 0) adapter.wait(std::chrono::milliseconds(wait_ms));
  std::vector<Response> responses(calls.size());
  const auto batch = issue(adapter, calls, responses);
  Issued issued{{}, batch.fault};
  for (std::size_t i = 0; i < batch.answered; ++i)
    issued.steps.push_back({i == 0 ? wait_ms : 0, calls[i], defined_part(calls[i], responses[i])});
  if (batch.fault)
    issued.steps.push_back({batch.answered == 0 ? wait_ms : 0, calls[batch.answered], std::nullopt});
  if (journal != nullptr) {
    for (const auto& step : issued.steps) journal->step(step);
    journal->flush();
  }
  return issued;
}

Played play(Adapter& adapter, Journal* journal, const Partition& partition, std::span<const Step> steps,
            const Pace& pace, const Watch& watch) {
  Played played;
  played.statement = adapter.restart(partition);
  if (journal != nullptr) journal->partition(played.statement);
  watch.begins(played.statement);
  std::vector<Step> between;  // what the watch wants issued before the rest
  std::uint32_t owed_ms = 0;  // patience owed since the last H_LONG_BUSY_*
  for (std::size_t at = 0; at < steps.size() || !between.empty();) {
    const auto rest = between.empty() ? steps.subspan(at) : std::span<const Step>(between);
    const auto wait_ms = std::max(rest[0].wait_ms, std::exchange(owed_ms, 0));
    const auto issued = issue_first(adapter, journal, rest, pace.calls_together, wait_ms);
    if (between.empty())
      at += issued.steps.size();
    else
      between.erase(between.begin());
    played.fault = issued.fault;
    for (const auto& step : issued.steps) {
      if (step.response && is_long_busy(step.response->status))
        owed_ms = static_cast<std::uint32_t>(pace.patience.count());
      const auto next = watch.sees(step);
      if (!next.goes_on) return played;
      for (const auto& call : next.calls) between.push_back({0, call, std::nullopt});
    }
    if (played.fault) break;
  }
  return played;
}

}  // namespace

Finding::Kind kind_of(const Fault& fault) {
  switch (fault.kind) {
    case Fault::Kind::died:
      return Finding::Kind::died;
    case Fault::Kind::hung:
      return Finding::Kind::hung;
    case Fault::Kind::garbled:
      return Finding::Kind::garbled;
  }
  return Finding::Kind::garbled;
}

Play play_on(Adapter& adapter, Journal* journal) {
  return [&adapter, journal](const Partition& partition, std::span<const Step> steps, const Pace& pace,
                             const Watch& watch) {
    return play(adapter, journal, partition, steps, pace, watch);
  };
}

Replayed replay(const Play& play, const Partition& partition, std::span<const Step> steps,
                const Target& target, std::chrono::milliseconds patience) {
  constexpr std::size_t most_together = 256;
  Replayed result;
  result.first = true;
  std::optional<Oracle> oracle;
  Watch watch;
  watch.begins = [&](const Statement& statement) { oracle.emplace(statement, target.under); };
  watch.sees = [&](const Step& step) -> Watch::Next {
    result.steps.push_back(step);
    const auto* response = step.response ? &*step.response : nullptr;
    if (response == nullptr) {
      result.refusal = oracle->explain(step.call, nullptr);
      return {false};
    }
    if (oracle->step(step.call, *response)) return {};
    if (oracle->contents().hostile() == target.hostile && target.kind == Finding::Kind::violation &&
        step.call.token == target.token && same_answer(response->status, target.status, target.rows)) {
      auto refusal = oracle->explain(step.call, response);
      if (subset(refusal.rows, target.rows)) {
        result.found = true;
        result.refusal = std::move(refusal);
        return {false};
      }
    }
    result.first = false;
    oracle->resync(step.call, *response);
    return {};
  };
  const Pace pace{patience.count() == 0 ? most_together : 1, patience};
  const auto played = play(partition, steps, pace, watch);
  result.statement = played.statement;
  if (!result.found && played.fault) {
    result.fault = played.fault;
    result.found = target.kind == kind_of(*played.fault) && result.steps.back().call.token == target.token &&
                   oracle->contents().hostile() == target.hostile;
  }
  return result;
}

std::optional<HiddenCause> hidden_cause(const Play& play, const Partition& partition,
                                        std::span<const Step> steps, const Deviations& under) {
  std::vector<Step> seen;  // up to the first refusal: that is what there is to show
  std::optional<Refusal> refusal;
  std::optional<Oracle> oracle;
  std::size_t given = 0, probes = 0;
  bool last_accepted = false;
  Watch watch;
  watch.begins = [&](const Statement& statement) { oracle.emplace(statement, under); };
  watch.sees = [&](const Step& step) -> Watch::Next {
    if (!step.response) {
      last_accepted = false;
      return {false};
    }
    if (!refusal) seen.push_back(step);
    last_accepted = oracle->step(step.call, *step.response);
    if (!last_accepted) {
      if (!refusal) refusal = oracle->explain(step.call, &*step.response);
      oracle->resync(step.call, *step.response);
    }
    Watch::Next next;
    if (probes != 0) {
      --probes;
    } else if (++given < steps.size() &&
               (step.call.token == token::H_RESIZE_HPT_COMMIT || step.call.token == token::reset)) {
      for (const auto& probe : probe_size(situation_of(oracle->states()).current_shift))
        next.calls.push_back(probe.call);
      probes = next.calls.size();
    }
    return next;
  };
  play(partition, steps, {}, watch);
  // Only if what was learned makes the last answer right does it explain it.
  if (!refusal || !last_accepted) return std::nullopt;
  return HiddenCause{std::move(seen), std::move(*refusal)};
}

}  // namespace hptck
