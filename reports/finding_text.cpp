// The wording of findings. What is said about minimality is only what the minimizer established: 1-minimal
// says that no single reduction reproduces, and not that no shorter sequence exists.
#include "reports/finding_text.h"

#include <fmt/format.h>

#include <stdexcept>

#include "reports/visible.h"

namespace hptck {
namespace {

std::string sentence_on_minimality(const Finding& finding) {
  const bool machines = !finding.configuration.empty();
  const auto partitions = fmt::format("{} {}{}", finding.replays, machines ? "start" : "fresh partition",
                                      finding.replays == 1 ? "" : "s");
  switch (finding.minimality) {
    case Finding::Minimality::one_minimal:
      if (machines)
        return fmt::format("1-minimal: with any one setting more as usual it no longer shows ({} used).",
                           partitions);
      return fmt::format("1-minimal: with anything more taken away it no longer shows ({} used).",
                         partitions);
    case Finding::Minimality::budget_ended:
      return fmt::format("Not minimal: the budget ended first ({} used).", partitions);
    case Finding::Minimality::not_reproduced:
      if (finding.replays == 0) return "Not minimized: this is what the campaign saw.";
      return fmt::format("Not minimized: it did not show again in {}; this is what the campaign saw.",
                         partitions);
  }
  throw std::logic_error("no such minimality");
}

std::string deviations_of(const Finding& finding) {
  std::string text;
  finding.deviations.for_each([&](Deviation deviation) {
    text += fmt::format("{}: {}\n", id_of(deviation), text_of(deviation).text);
  });
  return text;
}

std::string without_trailing_newlines(std::string text) {
  text.erase(text.find_last_not_of('\n') + 1);
  return text;
}

}  // namespace

std::string_view name_of(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::violation:
      return "violation";
    case Finding::Kind::died:
      return "died";
    case Finding::Kind::hung:
      return "hung";
    case Finding::Kind::garbled:
      return "garbled";
  }
  throw std::logic_error("no such kind of finding");
}

std::string_view name_of(Finding::Minimality minimality) {
  switch (minimality) {
    case Finding::Minimality::one_minimal:
      return "one minimal";
    case Finding::Minimality::budget_ended:
      return "budget ended";
    case Finding::Minimality::not_reproduced:
      return "not reproduced";
  }
  throw std::logic_error("no such minimality");
}

std::string subject_of(const Finding& finding) {
  if (finding.clauses.empty()) return std::string(name_of(finding.kind));
  std::string subject;
  for (const auto clause : finding.clauses) {
    subject += fmt::format("{}{}", subject.empty() ? "" : " or ", id_of(clause));
  }
  return subject;
}

std::vector<Section> sections_of(const Finding& finding) {
  // Once a deviation is diagnosed, the campaign goes on under it and no longer counts what it explains.
  const auto met = finding.deviations.empty() && finding.occurrences != 1
                       ? fmt::format("met it {} times, first", finding.occurrences)
                       : std::string("met it first");
  const bool machines = !finding.configuration.empty();
  std::vector<Section> sections{
      {"", visible(finding.explanation), false},
      {"Known as", deviations_of(finding), false},
      {"Evidence", visible(finding.evidence), true},
      {"Sequence", machines ? "" : visible(print_trace(finding.trace)), true},
      {finding.configuration.find(" -> ") == std::string::npos ? "Machine" : "Migration",
       visible_line(finding.configuration), true},
      {"",
       machines ? fmt::format("{} The campaign met it {} time{}.", sentence_on_minimality(finding),
                              finding.occurrences, finding.occurrences == 1 ? "" : "s")
                : fmt::format("{} The campaign {} at call {}.", sentence_on_minimality(finding), met,
                              finding.first_call),
       false},
      {"Replay", visible_line(finding.replay_command), true},
  };
  for (auto& section : sections) section.body = without_trailing_newlines(std::move(section.body));
  std::erase_if(sections, [](const Section& section) { return section.body.empty(); });
  return sections;
}

}  // namespace hptck
