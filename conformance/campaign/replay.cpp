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

Replayed replay(Adapter& adapter, const Partition& partition, std::span<const Step> steps,
                const Target& target, std::chrono::milliseconds patience) {
  Replayed result;
  result.statement = adapter.restart(partition);
  result.first = true;
  Oracle oracle(result.statement, target.under);
  std::vector<Call> calls;
  std::vector<Response> responses;
  std::uint32_t owed_ms = 0;  // patience owed since the last H_LONG_BUSY_*
  for (std::size_t at = 0; at < steps.size();) {
    const auto wait_ms = std::max(steps[at].wait_ms, std::exchange(owed_ms, 0));
    if (wait_ms != 0) adapter.wait(std::chrono::milliseconds(wait_ms));
    // As many calls as can go together: up to the next wait; one by one when patience may be asked for.
    calls.assign(1, steps[at].call);
    while (patience.count() == 0 && at + calls.size() < steps.size() &&
           steps[at + calls.size()].wait_ms == 0 && calls.size() < 256) {
      calls.push_back(steps[at + calls.size()].call);
    }
    responses.assign(calls.size(), {});
    const auto batch = issue(adapter, calls, responses);
    for (std::size_t i = 0; i < batch.answered; ++i) {
      result.steps.push_back({i == 0 ? wait_ms : 0, calls[i], defined_part(calls[i], responses[i])});
      if (is_long_busy(responses[i].status)) owed_ms = static_cast<std::uint32_t>(patience.count());
      if (oracle.step(calls[i], responses[i])) continue;
      if (oracle.contents().hostile() == target.hostile && target.kind == Finding::Kind::violation &&
          calls[i].token == target.token && same_answer(responses[i].status, target.status, target.rows)) {
        auto refusal = oracle.explain(calls[i], &responses[i]);
        if (subset(refusal.rows, target.rows)) {
          result.found = true;
          result.refusal = std::move(refusal);
          return result;
        }
      }
      result.first = false;
      oracle.resync(calls[i], responses[i]);
    }
    if (batch.fault) {
      const auto& call = calls[batch.answered];
      result.steps.push_back({batch.answered == 0 ? wait_ms : 0, call, std::nullopt});
      result.fault = batch.fault;
      result.refusal = oracle.explain(call, nullptr);
      result.found = target.kind == kind_of(*batch.fault) && call.token == target.token &&
                     oracle.contents().hostile() == target.hostile;
      return result;
    }
    at += calls.size();
  }
  return result;
}

Replayed replay_probing(Adapter& adapter, const Partition& partition, std::span<const Step> steps,
                        const Deviations& under) {
  Replayed result;
  result.statement = adapter.restart(partition);
  Oracle oracle(result.statement, under);
  bool last_accepted = false;
  // False: the replay is over.
  const auto take = [&](const Step& step) {
    if (step.wait_ms != 0) adapter.wait(std::chrono::milliseconds(step.wait_ms));
    Response response;
    const auto batch = issue(adapter, {&step.call, 1}, {&response, 1});
    if (batch.fault) return false;
    // Kept up to the first refusal: that is what there is to show.
    if (!result.first) result.steps.push_back({step.wait_ms, step.call, defined_part(step.call, response)});
    last_accepted = oracle.step(step.call, response);
    if (last_accepted) return true;
    if (!result.first) result.refusal = oracle.explain(step.call, &response);
    result.first = true;
    oracle.resync(step.call, response);
    return true;
  };
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!take(steps[i])) return result;
    const auto last = steps[i].call.token;
    if (i + 1 == steps.size() || (last != token::H_RESIZE_HPT_COMMIT && last != token::reset)) continue;
    for (const auto& probe : probe_size(situation_of(oracle.states()).current_shift)) {
      if (!take({0, probe.call, std::nullopt})) return result;
    }
  }
  // Only if what was learned makes the last answer right does it explain it.
  result.found = result.first && last_accepted;
  return result;
}

}  // namespace hptck
