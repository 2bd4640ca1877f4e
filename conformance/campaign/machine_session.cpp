#include "conformance/campaign/machine_session.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace hptck {
namespace {

void write_down(Journal& journal, const SeenCase& seen) {
  journal.configuration(seen.one, seen.fault ? seen.fault->evidence : "");
  journal.flush();
}

// Calls make(i) for each i below count, on several threads, and take(i, result) for what it returns on this
// one, as it comes. The first exception of either ends it.
template <class Make, class Take>
void side_by_side(std::size_t count, unsigned at_once, const std::function<bool()>& stopped, Make make,
                  Take take) {
  std::mutex mutex;
  std::condition_variable came;
  std::deque<std::pair<std::size_t, decltype(make(0))>> done;
  std::exception_ptr trouble;
  std::size_t next = 0, working = 0;
  bool end = false;
  const auto work = [&] {
    std::unique_lock lock(mutex);
    while (!end && !trouble && next < count && !stopped()) {
      const auto index = next++;
      lock.unlock();
      try {
        auto made = make(index);
        lock.lock();
        done.emplace_back(index, std::move(made));
      } catch (...) {
        lock.lock();
        trouble = std::current_exception();
      }
      came.notify_one();
    }
    --working;
    came.notify_one();
  };
  std::vector<std::jthread> threads;
  working = std::min<std::size_t>(std::max(at_once, 1u), count);
  for (std::size_t i = working; i > 0; --i) threads.emplace_back(work);
  std::unique_lock lock(mutex);
  try {
    for (;;) {
      came.wait(lock, [&] { return !done.empty() || working == 0; });
      while (!done.empty()) {
        auto [index, made] = std::move(done.front());
        done.pop_front();
        lock.unlock();
        take(index, std::move(made));
        lock.lock();
      }
      if (working == 0) break;
    }
  } catch (...) {
    if (!lock.owns_lock()) lock.lock();
    end = true;
    lock.unlock();
    throw;
  }
  lock.unlock();
  threads.clear();
  if (trouble) std::rethrow_exception(trouble);
}

}  // namespace

SeenCase see_again(Machines& machines, const machines::Configuration& configuration,
                   const std::optional<machines::Configuration>& destination) {
  SeenCase seen;
  seen.one = {configuration, destination, {}, {}};
  if (destination) {
    auto migration = machines.migrate(configuration, *destination);
    seen.one.migrated = std::move(migration.observation);
    seen.fault = std::move(migration.fault);
    seen.not_tried = std::move(migration.not_tried);
  } else {
    auto machine = machines.start(configuration);
    seen.one.seen = std::move(machine.observation);
    seen.fault = std::move(machine.fault);
  }
  return seen;
}

Look look_at(Machines& machines, Journal& journal) {
  return [&machines, &journal](const MachinePlan& plan) {
    auto seen = see_again(machines, plan.configuration, plan.destination);
    if (seen.not_tried.empty()) write_down(journal, seen);
    return seen;
  };
}

std::vector<JudgedCase> try_each(Machines& machines, unsigned at_once, const std::vector<MachinePlan>& plans,
                                 const Deviations& deviations, const std::function<bool()>& stopped,
                                 Journal& journal, Tally& tally,
                                 const std::function<void(const MachinePlan&, std::size_t count)>& done) {
  std::vector<std::optional<JudgedCase>> all(plans.size());
  std::size_t count = 0;
  side_by_side(
      plans.size(), at_once, stopped,
      [&](std::size_t i) {
        JudgedCase judged{see_again(machines, plans[i].configuration, plans[i].destination), {}};
        if (judged.seen.not_tried.empty()) judged.findings = judge(judged.seen.one, deviations);
        return judged;
      },
      [&](std::size_t i, JudgedCase judged) {
        ++count;
        if (!judged.seen.not_tried.empty()) return;
        write_down(journal, judged.seen);
        ++(judged.seen.one.destination ? tally.migrations : tally.configurations);
        for (const auto& one : judged.findings) {
          if (!one.violated) ++tally.exercised[static_cast<std::size_t>(one.clause)];
        }
        all[i] = std::move(judged);
        if (count % 32 == 0) journal.tally(tally);
        done(plans[i], count);
      });
  std::vector<JudgedCase> tried;
  for (auto& one : all) {
    if (one) tried.push_back(std::move(*one));
  }
  return tried;
}

}  // namespace hptck
