// Machines of many configurations, for the rules about page sizes: a pairwise cover of what is offered and
// configurations on either side of each rule, or everything; and migrations between some.
#include <fmt/format.h>

#include <utility>

#include "conformance/campaign/machine_campaign.h"
#include "conformance/campaign/strategy.h"
#include "generators/boundaries.h"

namespace hptck {
namespace {

struct Plans {
  std::vector<MachinePlan> machines, migrations;
};

Plans plans_for(const MachineOffer& offer, const CampaignOptions& options) {
  const auto& wanted = options.configurations;
  const bool full = wanted.cover == ConfigurationCover::full;
  Plans plans;
  for (auto& one :
       full ? all_configurations(offer.space) : pairwise_configurations(offer.space, options.seed)) {
    if (!full && plans.machines.size() == wanted.configurations.value_or(offer.usual_configurations)) break;
    plans.machines.push_back({std::move(one)});
  }
  if (!full && !wanted.configurations)
    for (auto& one : boundary_configurations_in(offer.space)) plans.machines.push_back({std::move(one)});
  for (auto& [source, destination] :
       migrations(offer.space, options.seed, wanted.migrations.value_or(offer.usual_migrations)))
    plans.migrations.push_back({std::move(source), std::move(destination)});
  return plans;
}

ConfigurationRecord record_of(const MachineOffer& offer, const CampaignOptions& options) {
  ConfigurationRecord record;
  record.cover = options.configurations.cover == ConfigurationCover::full ? "full" : "pairwise";
  for (const auto& beneath : offer.space.beneath)
    record.accelerators[std::string(name_of(beneath.accelerator))] = "";
  record.types = offer.space.types;
  for (const auto& [accelerator, why] : offer.lacking) record.accelerators.emplace(name_of(accelerator), why);
  return record;
}

void try_and_investigate(Machines& machines, const CampaignOptions& options, Journal& journal,
                         CampaignRecord& record, std::size_t findings_before, const Report& progress,
                         MachineFindings& result) {
  const auto offer = machines.offer();
  record.machines = record_of(offer, options);
  journal.machines(record.machines);
  journal.flush();
  auto plans = plans_for(offer, options);
  auto all = std::move(plans.machines);
  all.insert(all.end(), plans.migrations.begin(), plans.migrations.end());
  const auto stopped = [&] { return options.stop != nullptr && options.stop->load(); };
  const auto seen = try_each(
      machines, offer.at_once, all, options.under, stopped, journal, record.tally,
      [&](const MachinePlan& plan, std::size_t count) {
        progress(fmt::format("{}, {} of {}", plan.destination ? "migrating guests" : "configuring machines",
                             count, all.size()));
      });
  investigate_machines(seen,
                       {.space = offer.space,
                        .granted = options.under,
                        .look = look_at(machines, journal),
                        .sink = sink_to(journal, options.out, options.replay_command),
                        .findings_before = findings_before,
                        .stop = options.stop,
                        .progress = progress},
                       result);
  journal.tally(record.tally);
  journal.flush();
}

}  // namespace

MachineFindings try_configurations(Machines* machines, const CampaignOptions& options, Journal& journal,
                                   CampaignRecord& record, std::size_t findings_before,
                                   const Report& progress) {
  MachineFindings found;
  // What cannot be had does not apply, also when it was not wanted; what was only not wanted stays open.
  if (machines == nullptr) {
    record.machines.why_not = "the adapter starts no machines of other configurations";
    journal.machines(record.machines);
    return found;
  }
  if (options.configurations.cover == ConfigurationCover::none) return found;
  try {
    try_and_investigate(*machines, options, journal, record, findings_before, progress, found);
  } catch (const EnvironmentError& error) {
    found.trouble = error.what();
  }
  return found;
}

void try_machines(Workshop& shop) {
  if (shop.options.stop != nullptr && shop.options.stop->load()) return;
  const bool can = shop.record.description.abilities.contains(Ability::configure);
  shop.of_machines = try_configurations(can ? shop.adapter.machines() : nullptr, shop.options, shop.journal,
                                        shop.record, shop.investigation.findings().size(), shop.report);
}

}  // namespace hptck
