// Strategies: what a campaign tries. Each is a value with a name, what the adapter has to be able to do, how
// far into the campaign's budget it goes, and a function that issues plans to a session. To add one, write
// its function in a file of its own and enter it in the list in strategies/strategies.cpp, which has them in
// the order in which they are run; nothing else knows of any.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "conformance/campaign/machine_investigation.h"
#include "conformance/campaign/session.h"

namespace hptck {

/// What a strategy works with.
struct Workshop {
  const CampaignOptions& options;
  Session& session;    ///< with the one partition
  PlanSource& random;  ///< one stream of random plans, whoever draws from it
  /// What configurations of machines are tried with, and what that comes to.
  Adapter& adapter;
  Journal& journal;
  CampaignRecord& record;
  const Investigation& investigation;
  Report report;
  MachineFindings of_machines = {};
};

struct Strategy {
  std::string_view name;  ///< as the progress line says it
  std::optional<Ability> needs;
  /// It ends when so much of the campaign's budget is spent. None: it is short, and made in any case.
  std::optional<double> until;
  void (*run)(Workshop&);
};

std::span<const Strategy> strategies();

}  // namespace hptck
