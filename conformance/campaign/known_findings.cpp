#include "conformance/campaign/known_findings.h"

namespace hptck {
namespace {

// How often a cause that a shorter trace disproved is looked into before it is taken for disproved.
constexpr unsigned attempts_at_a_key = 3;

}  // namespace

bool KnownFindings::is_settled(const std::string& key) const {
  const auto known = places_.find(key);
  return known != places_.end() && !all_[known->second].finding.consequence;
}

bool KnownFindings::is_met_again(const std::string& key, bool after_others) {
  const auto known = places_.find(key);
  if (known == places_.end()) return false;
  auto& finding = all_[known->second].finding;
  ++finding.occurrences;
  return !finding.consequence || after_others || ++second_looks_[key] > attempts_at_a_key;
}

std::optional<std::size_t> KnownFindings::place_of(const Finding& finding) const {
  const auto known = places_.find(finding.key);
  if (known == places_.end()) return all_.size();
  if (finding.consequence || !all_[known->second].finding.consequence) return std::nullopt;
  return known->second;
}

void KnownFindings::put(Finding finding, const Target& target, std::size_t place) {
  places_[finding.key] = place;
  if (place == all_.size()) {
    all_.push_back({std::move(finding), target});
    return;
  }
  finding.occurrences += all_[place].finding.occurrences;
  all_[place] = {std::move(finding), target};
}

void KnownFindings::is_found_as(const std::string& suspected, const std::string& key) {
  if (key != suspected && ++attempts_[suspected] >= attempts_at_a_key) places_[suspected] = places_.at(key);
}

}  // namespace hptck
