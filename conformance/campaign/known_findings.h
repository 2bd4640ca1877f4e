// The findings of a campaign so far, each under its key, and how often what was met may be looked into again.
//
// Equal keys are one finding. A short trace can show another cause than the long one suggested: then the key
// that was suspected gets some more chances before it is taken for the other's. And what was taken for a
// consequence of something else is looked into again when it shows by itself.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "conformance/campaign/replay.h"

namespace hptck {

/// A finding and what was looked for when it was minimized.
struct Found {
  Finding finding;
  Target target;
};

class KnownFindings {
 public:
  const std::vector<Found>& all() const { return all_; }
  bool contains(const std::string& key) const { return places_.contains(key); }

  /// Known, and not to be had in a better form: a finding that was taken for a consequence may prove to be
  /// none.
  bool is_settled(const std::string& key) const;

  /// Counts it, if it is known. True: there is no need to look into it.
  bool is_met_again(const std::string& key, bool after_others);

  /// Where the finding belongs, from 0; none where it says nothing new.
  std::optional<std::size_t> place_of(const Finding& finding) const;
  void put(Finding finding, const Target& target, std::size_t place);

  /// Looking into what had the first key came to a finding with the second.
  void is_found_as(const std::string& suspected, const std::string& key);

 private:
  std::vector<Found> all_;
  std::map<std::string, std::size_t> places_;  // by key, or one found to be another's
  std::map<std::string, unsigned> attempts_, second_looks_;
};

}  // namespace hptck
