// A campaign: tries an implementation under test, judges every answer, and goes on after what it finds.
//
// Data goes through a line of rooms, in one direction. Strategies (strategy.h) say what to try; a session
// (session.h) issues their plans to a partition, observes and remembers; an investigation (investigation.h)
// turns a refused answer or a death into a finding; the record (conformance/record) is what reports read.
// Machines have a session (machine_session.h) and an investigation (machine_investigation.h) of their own,
// since what is tried and seen there is of another kind; minimizing, writing down and reporting are shared.
//
// One violated clause may not hide the clauses behind it. So the campaign goes on under the specification
// with the deviations found; what no known deviation explains is remembered under its key, and the oracle is
// widened after it.
#pragma once

#include <atomic>
#include <functional>
#include <optional>

#include "conformance/campaign/minimize.h"
#include "conformance/record/journal.h"

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

/// What is being done, for whoever watches.
using Report = std::function<void(const std::string& doing)>;

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
