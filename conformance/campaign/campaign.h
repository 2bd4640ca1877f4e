// A campaign: tries an implementation under test, judges every answer, and goes on after what it finds.
//
// One violated clause may not hide the clauses behind it. A refused answer is therefore explained and
// minimized, what was seen is diagnosed, and the campaign goes on under the specification with the deviations
// found; what no known deviation explains is remembered under its key, and the oracle is widened after it.
// What is new is minimized in fresh partitions first; what is known is only counted. The key of a finding is
// that of its minimized trace: a long trace can suggest a cause that a short one disproves.
#pragma once

#include <atomic>
#include <functional>
#include <optional>

#include "conformance/record/journal.h"
#include "conformance/campaign/minimizer.h"

namespace hptck {

/// Of the machines that an implementation offers to configure, for the rules about page sizes.
enum class ConfigurationCover : std::uint8_t {
  none,
  pairwise,  ///< any two settings meet in one of them
  full,      ///< all
};
struct ConfigurationOptions {
  ConfigurationCover cover = ConfigurationCover::pairwise;
  /// At most so many of a pairwise cover, the most telling first; and migrations. None: as many as the
  /// adapter finds usual.
  std::optional<std::uint64_t> configurations, migrations;
};

struct CampaignOptions {
  std::uint64_t seed = 1;
  std::uint64_t calls =
      100000;          ///< hypercalls of the campaign proper, the minimizer's not counted; 0: no limit
  double seconds = 0;  ///< of the campaign proper; 0: no limit
  unsigned exhaustive_length = 3;  ///< every sequence of abstract calls up to this length is tried first
  unsigned batch_calls = 512;      ///< hypercalls that go to the adapter together
  MinimizerBudget minimizer;
  ConfigurationOptions configurations;
  Deviations under;                         ///< taken for granted: only what they do not explain is a finding
  const std::atomic<bool>* stop = nullptr;  ///< set from outside to end the campaign early
  /// The one command that replays a trace file; for reports.
  std::function<std::string(const std::string& trace_file)> replay_command;
  std::filesystem::path out;  ///< where traces of findings are written
};

struct Progress {
  std::string doing;  ///< "trying random plans", "minimizing ..."
  std::uint64_t calls = 0;
  double seconds = 0;
  std::size_t findings = 0;
  double fraction = 0;  ///< 0 to 1, of the campaign proper
};

/// Runs the campaign. `record` comes with what is known before (adapter, options, kit version) and ends with
/// everything; the journal has the same. Trouble of the kit or its environment ends up in record.error.
void run_campaign(Adapter& adapter, const CampaignOptions& options, Journal& journal, CampaignRecord& record,
                  const std::function<void(const Progress&)>& progress);

}  // namespace hptck
