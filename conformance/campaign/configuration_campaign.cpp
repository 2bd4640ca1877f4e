#include "conformance/campaign/configuration_campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "conformance/campaign/configuration_file.h"
#include "generators/boundaries.h"

namespace hptck {
namespace {

using machines::Case;
using machines::Configuration;

// Bounds on what a hopeless implementation can make of a campaign.
constexpr std::size_t most_findings = 32;
constexpr unsigned most_trials = 40;
// What does not show again in so many starts is put down to the machine that the kit runs on.
constexpr unsigned starts_to_reproduce = 3;
constexpr std::size_t most_deviations = 4;

struct Seen {
  Case one;
  std::optional<Fault> fault;
  machines::Findings findings;  ///< under what is taken for granted
  bool not_tried = false;           ///< a migration whose source did not start
};

std::string text_of_case(const Case& one) {
  return one.destination ? text_of(one.configuration, *one.destination) : text_of(one.configuration);
}

// Calls make(i) for each i below count, on several threads, and take(i, result) for what it returns on this
// one, as it comes. The first exception of either ends it.
template <class Make, class Take>
void side_by_side(std::size_t count, unsigned at_once, const std::function<bool()>& stopped, Make make,
                  Take take) {
  std::mutex mutex;
  std::condition_variable came;
  std::deque<std::pair<std::size_t, Seen>> done;
  std::exception_ptr trouble;
  std::size_t next = 0, working = 0;
  bool end = false;
  const auto work = [&] {
    std::unique_lock lock(mutex);
    while (!end && !trouble && next < count && !stopped()) {
      const auto index = next++;
      lock.unlock();
      try {
        auto seen = make(index);
        lock.lock();
        done.emplace_back(index, std::move(seen));
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
        auto [index, seen] = std::move(done.front());
        done.pop_front();
        lock.unlock();
        take(index, std::move(seen));
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

class ConfigurationCampaign {
 public:
  ConfigurationCampaign(Machines& machines, const CampaignOptions& options, Journal& journal,
                        CampaignRecord& record, const std::function<void(const std::string&)>& progress,
                        ConfigurationFindings& result)
      : machines_(machines),
        options_(options),
        journal_(journal),
        record_(record),
        progress_(progress),
        offer_(machines.offer()),
        usual_(usual_configuration(offer_.space)),
        result_(result) {}

  void run() {
    const auto& wanted = options_.configurations;
    const bool full = wanted.cover == ConfigurationCover::full;
    record_.machines.cover = full ? "full" : "pairwise";
    for (const auto& beneath : offer_.space.beneath)
      record_.machines.accelerators[std::string(name_of(beneath.accelerator))] = "";
    for (const auto& [accelerator, why] : offer_.lacking)
      record_.machines.accelerators.emplace(name_of(accelerator), why);
    journal_.machines(record_.machines);
    journal_.flush();

    std::vector<std::pair<Configuration, std::optional<Configuration>>> plans;
    for (auto& one :
         full ? all_configurations(offer_.space) : pairwise_configurations(offer_.space, options_.seed)) {
      if (!full && plans.size() == wanted.configurations.value_or(offer_.usual_configurations)) break;
      plans.emplace_back(std::move(one), std::nullopt);
    }
    if (!full && !wanted.configurations)
      for (auto& one : boundary_configurations_in(offer_.space))
        plans.emplace_back(std::move(one), std::nullopt);
    const auto configurations = plans.size();
    for (auto& [source, destination] :
         migrations(offer_.space, options_.seed, wanted.migrations.value_or(offer_.usual_migrations)))
      plans.emplace_back(std::move(source), std::move(destination));

    std::vector<std::optional<Seen>> all(plans.size());
    std::size_t count = 0;
    side_by_side(
        plans.size(), offer_.at_once, [this] { return stopped(); },
        [&](std::size_t i) { return look(plans[i].first, plans[i].second); },
        [&](std::size_t i, Seen seen) {
          ++count;
          if (seen.not_tried) return;
          write_down(seen);
          ++(seen.one.destination ? record_.tally.migrations : record_.tally.configurations);
          for (const auto& one : seen.findings) {
            if (!one.violated) ++record_.tally.exercised[static_cast<std::size_t>(one.clause)];
          }
          all[i] = std::move(seen);
          if (count % 32 == 0) journal_.tally(record_.tally);
          progress_(i < configurations ? fmt::format("configuring machines, {} of {}", count, plans.size())
                                       : fmt::format("migrating guests, {} of {}", count, plans.size()));
        });
    for (auto& one : all) {
      if (one) seen_.push_back(std::move(*one));
    }
    make_something_of_it();
    journal_.tally(record_.tally);
    journal_.flush();
  }

 private:
  bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }

  // May be called by several threads.
  Seen look(const Configuration& configuration, const std::optional<Configuration>& destination) {
    Seen seen;
    auto again = see_again(machines_, configuration, destination);
    seen.one = std::move(again.one);
    seen.fault = std::move(again.fault);
    seen.not_tried = !again.not_tried.empty();
    if (!seen.not_tried) seen.findings = judge(seen.one, options_.under);
    return seen;
  }

  void write_down(const Seen& seen) {
    journal_.configuration(seen.one, seen.fault ? seen.fault->evidence : "");
    journal_.flush();
  }

  // A fault that nobody would take for an answer: the guest ran, and then something broke.
  static bool is_bare_fault(const Seen& seen) { return seen.fault && !violates(seen.findings); }

  void make_something_of_it() {
    std::vector<const Seen*> wrong;
    for (const auto& seen : seen_) {
      if (violates(seen.findings)) wrong.push_back(&seen);
    }
    diagnose_all(wrong);
    if (!wrong.empty()) {
      const auto explained = result_.diagnosis.front();
      explained.for_each([&](Deviation deviation) {
        if (options_.under.has(deviation)) return;
        auto others = explained;
        others.remove(deviation);
        report({.deviation = deviation, .under = others}, [&](const Seen& seen) {
          return violates(judge(seen.one, others)) && !violates(judge(seen.one, explained));
        });
      });
      // What is left, by the clause that it is first seen to break.
      std::vector<Clause> clauses;
      for (const auto* seen : wrong) {
        const auto clause = first_violated(judge(seen->one, explained));
        if (clause && std::find(clauses.begin(), clauses.end(), *clause) == clauses.end())
          clauses.push_back(*clause);
      }
      for (const auto clause : clauses) {
        report({.under = explained},
               [&](const Seen& seen) { return first_violated(judge(seen.one, explained)) == clause; });
      }
    }
    for (const auto kind : {Fault::Kind::died, Fault::Kind::hung, Fault::Kind::garbled}) {
      report({}, [&](const Seen& seen) { return is_bare_fault(seen) && seen.fault->kind == kind; });
    }
  }

  static std::optional<Clause> first_violated(const machines::Findings& findings) {
    for (const auto& one : findings) {
      if (one.violated) return one.clause;
    }
    return std::nullopt;
  }

  // The deviations of the model say all about a machine but why it would break down now and then. So a kind
  // of violation that cannot be explained together with the others is left out, and said to be unexplained.
  void diagnose_all(const std::vector<const Seen*>& wrong) {
    result_.diagnosis = {options_.under};
    if (wrong.empty()) return;
    progress_("diagnosing");
    std::map<std::vector<Clause>, std::vector<const Seen*>> kinds;
    for (const auto* seen : wrong) {
      std::vector<Clause> clauses;
      for (const auto& one : seen->findings) {
        if (one.violated) clauses.push_back(one.clause);
      }
      kinds[clauses].push_back(seen);
    }
    std::vector<std::vector<const Seen*>> by_size;
    for (auto& [clauses, cases] : kinds) by_size.push_back(std::move(cases));
    std::stable_sort(by_size.begin(), by_size.end(),
                     [](const auto& a, const auto& b) { return a.size() > b.size(); });

    std::vector<Case> right;
    for (const auto& seen : seen_) {
      if (!violates(seen.findings)) right.push_back(seen.one);
    }
    std::vector<Case> taken;
    const auto explain = [&](const std::vector<const Seen*>& kind) {
      auto cases = taken;
      for (const auto* seen : kind) cases.push_back(seen->one);
      const auto wrong_ones = cases;
      cases.insert(cases.end(), right.begin(), right.end());
      auto sets = machines::diagnose(cases, most_deviations);
      if (sets.empty()) return;
      taken = wrong_ones;
      result_.diagnosis = std::move(sets);
      for (auto& set : result_.diagnosis) options_.under.for_each([&](Deviation one) { set.add(one); });
    };
    std::vector<const Seen*> together;
    for (const auto& kind : by_size) together.insert(together.end(), kind.begin(), kind.end());
    explain(together);
    if (!taken.empty()) return;
    for (const auto& kind : by_size) {
      if (!stopped()) explain(kind);
    }
  }

  // --- The smallest change that shows it.

  static unsigned changes(const Configuration& a, const Configuration& usual) {
    return (a.machine != usual.machine ? 1u : 0u) + (a.processor != usual.processor ? 1u : 0u) +
           (a.maximum != usual.maximum ? 1u : 0u) +
           (a.accelerator != usual.accelerator || a.host != usual.host ? 1u : 0u) +
           (a.backing_shift != usual.backing_shift ? 1u : 0u);
  }
  unsigned changes(const Case& one) const {
    return changes(one.configuration, usual_) + (one.destination ? 8 + changes(*one.destination, usual_) : 0);
  }

  std::string changes_text(const Configuration& c) const {
    std::vector<std::string> parts;
    if (c.machine != usual_.machine) parts.push_back("machine type " + c.machine);
    if (c.processor != usual_.processor) parts.push_back(fmt::format("processor {}", name_of(c.processor)));
    if (c.maximum != usual_.maximum)
      parts.push_back(c.maximum ? fmt::format("cap-hpt-max-page-size={}", *c.maximum)
                                : std::string("no cap-hpt-max-page-size"));
    if (c.accelerator != usual_.accelerator)
      parts.push_back(fmt::format("accelerator {}", name_of(c.accelerator)));
    else if (c.host != usual_.host)
      parts.emplace_back("another host");
    if (c.backing_shift != usual_.backing_shift)
      parts.push_back(fmt::format("memory backed by {} pages", machines::size_text(c.backing_shift)));
    return parts.empty() ? "nothing changed" : fmt::format("{}", fmt::join(parts, ", "));
  }

  struct What {
    std::optional<Deviation> deviation = {};
    Deviations under = {};
  };

  // Every way to bring it nearer to the usual machine by one setting. Of a migration both ends keep machine
  // type and processor together.
  std::vector<Case> simpler(const Case& one) const {
    std::vector<Case> all;
    const auto with = [&](auto change) {
      auto changed = one;
      change(changed.configuration);
      if (changed.destination) change(*changed.destination);
      add(all, one, changed);
      if (!one.destination) return;
      for (const bool source : {true, false}) {
        auto half = one;
        change(source ? half.configuration : *half.destination);
        const auto& a = half.configuration;
        const auto& b = *half.destination;
        if (a.machine == b.machine && a.processor == b.processor) add(all, one, half);
      }
    };
    with([&](Configuration& c) { c.accelerator = usual_.accelerator, c.host = usual_.host; });
    with([&](Configuration& c) { c.host = usual_host_of(c.accelerator); });
    with([&](Configuration& c) { c.backing_shift = usual_.backing_shift; });
    with([&](Configuration& c) { c.processor = usual_.processor; });
    with([&](Configuration& c) { c.machine = usual_.machine; });
    with([&](Configuration& c) { c.maximum = usual_.maximum; });
    for (const char* plain : {"64k", "16m", "16g", "4k"}) {
      with([&](Configuration& c) {
        if (c.maximum && !is_plain(*c.maximum)) c.maximum = plain;
      });
    }
    return all;
  }
  static void add(std::vector<Case>& all, const Case& one, const Case& changed) {
    if (changed.configuration != one.configuration || changed.destination != one.destination)
      all.push_back({changed.configuration, changed.destination, {}, {}});
  }
  static bool is_plain(const std::string& maximum) {
    return maximum == "64k" || maximum == "16m" || maximum == "16g" || maximum == "4k";
  }
  machines::Host usual_host_of(machines::Accelerator accelerator) const {
    for (const auto& beneath : offer_.space.beneath) {
      if (beneath.accelerator == accelerator) return beneath.host;
    }
    return {};
  }
  bool is_offered(const Configuration& c) const {
    return std::any_of(offer_.space.beneath.begin(), offer_.space.beneath.end(), [&](const auto& beneath) {
      return beneath.accelerator == c.accelerator && beneath.host == c.host &&
             std::find(beneath.processors.begin(), beneath.processors.end(), c.processor) !=
                 beneath.processors.end();
    });
  }

  template <class Shows>
  void report(const What& what, Shows shows) {
    const Seen* best = nullptr;
    std::uint64_t met = 0, first = 0;
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      if (!shows(seen_[i])) continue;
      if (met++ == 0) first = i + 1;
      if (best == nullptr || changes(seen_[i].one) < changes(best->one)) best = &seen_[i];
    }
    if (best == nullptr || result_.findings.size() >= most_findings) return;

    Finding finding;
    finding.first_call = first;
    finding.occurrences = met;
    auto smallest = *best;
    describe(finding, smallest, what);
    journal_.suspicion(finding);
    journal_.flush();
    unsigned trials = 0;
    const auto shows_again = [&](const Case& one, Seen& again) {
      if (!is_offered(one.configuration) || (one.destination && !is_offered(*one.destination))) return false;
      ++trials;
      progress_(fmt::format("looking for the smallest change, finding {}", number()));
      again = look(one.configuration, one.destination);
      if (again.not_tried) return false;
      write_down(again);
      return shows(again);
    };

    Seen again;
    bool reproduced = false;
    for (unsigned i = 0; i < starts_to_reproduce && !reproduced && !stopped(); ++i)
      reproduced = shows_again(smallest.one, again);
    if (!reproduced && !stopped() && best->fault && best->fault->kind != Fault::Kind::died) {
      journal_.settled();
      throw EnvironmentError(
          fmt::format("{}: {}\nIt did not show again in {} starts, so this machine may be overloaded.",
                      text_of_case(best->one), best->fault->evidence, starts_to_reproduce));
    }
    finding.minimality = Finding::Minimality::not_reproduced;
    if (reproduced) {
      smallest = again;
      finding.minimality = Finding::Minimality::one_minimal;
      for (bool better = true; better;) {
        better = false;
        for (const auto& one : simpler(smallest.one)) {
          if (trials >= most_trials || stopped()) {
            finding.minimality = Finding::Minimality::budget_ended;
            break;
          }
          if (!shows_again(one, again)) continue;
          smallest = again;
          better = true;
          break;
        }
      }
    }
    finding.replays = trials;
    describe(finding, smallest, what);
    write_file(finding, smallest.one);
    journal_.settled();
    journal_.finding(finding);
    journal_.flush();
    result_.findings.push_back(std::move(finding));
  }

  std::size_t number() const { return record_.findings.size() + result_.findings.size() + 1; }

  void describe(Finding& finding, const Seen& seen, const What& what) const {
    finding.configuration = text_of_case(seen.one);
    finding.clauses.clear();
    finding.explanation.clear();
    finding.headline.clear();
    const auto violated = judge(seen.one, what.under);
    for (const auto& one : violated) {
      if (!one.violated) continue;
      if (finding.headline.empty())
        finding.headline =
            fmt::format("{}: {}", id_of(one.clause), one.explanation.substr(0, one.explanation.find('\n')));
      finding.explanation +=
          fmt::format("{}: {} Seen: {}\n", id_of(one.clause), text_of(one.clause).text, one.explanation);
      if (finding.clauses.empty()) finding.clauses.push_back(one.clause);
    }
    if (what.deviation) finding.clauses = {broken_by(*what.deviation)};
    if (finding.headline.empty() && seen.fault) {
      finding.kind = seen.fault->kind == Fault::Kind::died   ? Finding::Kind::died
                     : seen.fault->kind == Fault::Kind::hung ? Finding::Kind::hung
                                                             : Finding::Kind::garbled;
      finding.headline = "the machine did not survive being looked at";
      finding.explanation = "The guest ran, and issued legal calls of H_ENTER, or was migrated.\n";
    }
    finding.explanation += fmt::format("The usual machine is {}. From it, it takes: {}", text_of(usual_),
                                       changes_text(seen.one.configuration));
    if (seen.one.destination)
      finding.explanation += fmt::format("; and at the destination: {}", changes_text(*seen.one.destination));
    finding.explanation += ".\n";
    finding.evidence = seen.fault             ? seen.fault->evidence
                       : seen.one.destination ? seen.one.migrated.messages
                                              : seen.one.seen.messages;
    finding.deviations = {};
    if (what.deviation) finding.deviations.add(*what.deviation);
    finding.unexplained = !what.deviation && finding.kind == Finding::Kind::violation;
    finding.under = what.under;
    finding.key =
        fmt::format("configuration/{}/{}", finding.clauses.empty() ? "none" : id_of(finding.clauses.front()),
                    what.deviation ? id_of(*what.deviation) : "unknown");
  }

  void write_file(Finding& finding, const Case& one) {
    finding.file = fmt::format("finding-{}-{}.configuration", number(),
                               finding.clauses.empty() ? "unknown" : id_of(finding.clauses.front()));
    if (options_.replay_command) finding.replay_command = options_.replay_command(finding.file);
    if (options_.out.empty()) return;
    std::ofstream file(options_.out / finding.file, std::ios::binary);
    file << print_configuration_file({finding.headline, one.configuration, one.destination});
    if (!file.flush())
      throw EnvironmentError(fmt::format("{}: cannot be written", (options_.out / finding.file).string()));
  }

  Machines& machines_;
  const CampaignOptions& options_;
  Journal& journal_;
  CampaignRecord& record_;
  const std::function<void(const std::string&)>& progress_;
  MachineOffer offer_;
  Configuration usual_;
  std::vector<Seen> seen_;
  ConfigurationFindings& result_;
};

}  // namespace

SeenCase see_again(Machines& machines, const Configuration& configuration,
                   const std::optional<Configuration>& destination) {
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

ConfigurationFindings try_configurations(Machines* machines, const CampaignOptions& options, Journal& journal,
                                         CampaignRecord& record,
                                         const std::function<void(const std::string& doing)>& progress) {
  if (options.configurations.cover == ConfigurationCover::none) return {};
  if (machines == nullptr) {
    record.machines.why_not = "the adapter starts no machines of other configurations";
    journal.machines(record.machines);
    return {};
  }
  ConfigurationFindings found;
  try {
    ConfigurationCampaign(*machines, options, journal, record, progress, found).run();
  } catch (const EnvironmentError& error) {
    found.trouble = error.what();
  }
  return found;
}

}  // namespace hptck
