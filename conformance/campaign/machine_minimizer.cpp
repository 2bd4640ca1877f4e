#include "conformance/campaign/machine_minimizer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace hptck {
namespace {

using machines::Case;
using machines::Configuration;

constexpr unsigned most_trials = 40;

struct CaseSearch : Search<Case, SeenCase> {
  using Search::Search;
  const ConfigurationSpace* space = nullptr;
  Configuration usual;
};

constexpr const char* plain_maxima[] = {"64k", "16m", "16g", "4k"};

bool is_plain(const std::string& maximum) {
  return std::find(std::begin(plain_maxima), std::end(plain_maxima), maximum) != std::end(plain_maxima);
}

// A way to bring a configuration nearer to the usual one.
using SetBack = std::function<void(Configuration&, const CaseSearch&)>;

const std::vector<SetBack>& ways_to_set_back() {
  static const auto all = [] {
    std::vector<SetBack> ways{
        [](Configuration& c, const CaseSearch& to) {
          c.accelerator = to.usual.accelerator;
          c.host = to.usual.host;
        },
        // The host that is usual with its accelerator.
        [](Configuration& c, const CaseSearch& to) {
          const auto& beneath = to.space->beneath;
          const auto with = std::find_if(beneath.begin(), beneath.end(),
                                         [&](const auto& one) { return one.accelerator == c.accelerator; });
          c.host = with == beneath.end() ? machines::Host{} : with->host;
        },
        [](Configuration& c, const CaseSearch& to) { c.backing_shift = to.usual.backing_shift; },
        [](Configuration& c, const CaseSearch& to) { c.processor = to.usual.processor; },
        [](Configuration& c, const CaseSearch& to) { c.machine = to.usual.machine; },
        [](Configuration& c, const CaseSearch& to) { c.maximum = to.usual.maximum; },
    };
    for (const char* plain : plain_maxima) {
      ways.push_back([plain](Configuration& c, const CaseSearch&) {
        if (c.maximum && !is_plain(*c.maximum)) c.maximum = plain;
      });
    }
    return ways;
  }();
  return all;
}

bool is_offered(const Configuration& c, const ConfigurationSpace& space) {
  return std::any_of(space.beneath.begin(), space.beneath.end(), [&](const auto& beneath) {
    return beneath.accelerator == c.accelerator && beneath.host == c.host &&
           std::find(beneath.processors.begin(), beneath.processors.end(), c.processor) !=
               beneath.processors.end();
  });
}

// The case with the setting set back: of a migration at both ends, then at each of them, where both keep
// machine type and processor together.
std::vector<Case> set_back(const Case& one, const SetBack& way, const CaseSearch& search) {
  std::vector<Case> all;
  const auto add = [&](const Case& changed) {
    if (changed.configuration != one.configuration || changed.destination != one.destination)
      all.push_back({changed.configuration, changed.destination, {}, {}});
  };
  auto changed = one;
  way(changed.configuration, search);
  if (changed.destination) way(*changed.destination, search);
  add(changed);
  for (const bool source : {true, false}) {
    if (!one.destination) break;
    auto half = one;
    way(source ? half.configuration : *half.destination, search);
    if (half.configuration.machine == half.destination->machine &&
        half.configuration.processor == half.destination->processor)
      add(half);
  }
  return all;
}

// One setting at a time, from the first after each gain: what was needed before may now be left out.
bool set_back_one(CaseSearch& search) {
  for (const auto& way : ways_to_set_back()) {
    for (const auto& one : set_back(search.best.one, way, search)) {
      if (search.spent()) return false;
      if (search.shows(one)) return true;
    }
  }
  return false;
}

constexpr Pass<CaseSearch> case_passes[] = {{"set one setting back", set_back_one}};

unsigned changes(const Configuration& a, const Configuration& usual) {
  return (a.machine != usual.machine ? 1u : 0u) + (a.processor != usual.processor ? 1u : 0u) +
         (a.maximum != usual.maximum ? 1u : 0u) +
         (a.accelerator != usual.accelerator || a.host != usual.host ? 1u : 0u) +
         (a.backing_shift != usual.backing_shift ? 1u : 0u);
}

}  // namespace

unsigned changes(const Case& one, const Configuration& usual) {
  return changes(one.configuration, usual) + (one.destination ? 8 + changes(*one.destination, usual) : 0);
}

std::string changes_text(const Configuration& c, const Configuration& usual) {
  std::vector<std::string> parts;
  if (c.machine != usual.machine) parts.push_back("machine type " + c.machine);
  if (c.processor != usual.processor) parts.push_back(fmt::format("processor {}", name_of(c.processor)));
  if (c.maximum != usual.maximum)
    parts.push_back(c.maximum ? fmt::format("cap-hpt-max-page-size={}", *c.maximum)
                              : std::string("no cap-hpt-max-page-size"));
  if (c.accelerator != usual.accelerator)
    parts.push_back(fmt::format("accelerator {}", name_of(c.accelerator)));
  else if (c.host != usual.host)
    parts.emplace_back("another host");
  if (c.backing_shift != usual.backing_shift)
    parts.push_back(fmt::format("memory backed by {} pages", machines::size_text(c.backing_shift)));
  return parts.empty() ? "nothing changed" : fmt::format("{}", fmt::join(parts, ", "));
}

MinimizedCase minimize(const SeenCase& seen, const ConfigurationSpace& space, const Look& look,
                       const std::function<bool(const SeenCase&)>& shows, const std::atomic<bool>* stop) {
  CaseSearch search({most_trials, std::chrono::hours(24), stop},
                    [&](auto& self, const Case& one, auto) -> std::optional<SeenCase> {
                      if (!is_offered(one.configuration, space) ||
                          (one.destination && !is_offered(*one.destination, space)))
                        return std::nullopt;
                      ++self.trials;
                      auto again = look({one.configuration, one.destination});
                      if (!again.not_tried.empty() || !shows(again)) return std::nullopt;
                      return again;
                    });
  search.space = &space;
  search.usual = usual_configuration(space);
  for (unsigned i = 0; i < starts_to_reproduce && !search.found && !search.spent(); ++i)
    search.shows(seen.one);
  MinimizedCase result;
  result.minimality = minimize(search, std::span<const Pass<CaseSearch>>(case_passes));
  result.best = search.found ? std::move(search.best) : seen;
  result.starts = search.trials;
  return result;
}

}  // namespace hptck
