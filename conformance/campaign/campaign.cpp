#include "conformance/campaign/campaign.h"

#include <algorithm>
#include <exception>

#include "conformance/campaign/conclusions.h"
#include "conformance/campaign/explanations.h"
#include "conformance/campaign/strategy.h"

namespace hptck {
namespace {

// A journal has its head also when the implementation cannot be started.
void describe(Adapter& adapter, Journal& journal, CampaignRecord& record) {
  std::exception_ptr trouble;
  try {
    record.description = adapter.describe();
  } catch (const EnvironmentError&) {
    trouble = std::current_exception();
  }
  journal.campaign(record);
  journal.flush();
  if (trouble) std::rethrow_exception(trouble);
}

// What is known now that everything was seen.
void conclude(CampaignRecord& record, const Investigation& investigation, MachineFindings of_machines) {
  const auto& diagnosed = investigation.diagnosed();
  record.findings = concluded(investigation.findings(), diagnosed, investigation.unexplained());
  record.diagnosis = diagnosed.explanations;
  if (of_machines.findings.empty()) return;
  std::ranges::move(of_machines.findings, std::back_inserter(record.findings));
  if (record.diagnosis.empty()) record.diagnosis = {diagnosed.granted};
  record.diagnosis = each_with_each(record.diagnosis, of_machines.diagnosis);
}

void write_down(Journal& journal, CampaignRecord& record) {
  try {
    for (const auto& finding : record.findings) journal.finding(finding);
    if (!record.diagnosis.empty()) journal.diagnosis(record.diagnosis);
    journal.tally(record.tally);
    if (record.complete) journal.end(record.seconds);
    journal.flush();
  } catch (const EnvironmentError& error) {
    // The record still has everything, for whoever called.
    record.complete = false;
    if (record.error.empty()) record.error = error.what();
  }
}

}  // namespace

void run_campaign(Adapter& adapter, const CampaignOptions& options, Journal& journal, CampaignRecord& record,
                  const std::function<void(const Progress&)>& progress) {
  record.under = options.under;
  Report report;
  auto budget = options.minimizer;
  budget.stop = options.stop;
  Investigation investigation(options.under, {.play = play_on(adapter, &journal),
                                              .sink = sink_to(journal, options.out, options.replay_command),
                                              .budget = budget,
                                              .seed = options.seed,
                                              .progress = [&](const std::string& doing) { report(doing); }});
  Session session(adapter, options, journal, record, investigation,
                  [&](const std::string& doing) { report(doing); });
  report = [&](const std::string& doing) {
    if (progress)
      progress({doing, record.tally.calls, session.seconds(), investigation.findings().size(),
                std::min(session.fraction(), 1.0)});
  };
  PlanSource random(options.seed);
  Workshop shop{options, session, random, adapter, journal, record, investigation, report};
  try {
    describe(adapter, journal, record);
    for (const auto& strategy : strategies()) {
      if (strategy.needs && !record.description.abilities.contains(*strategy.needs)) continue;
      session.doing(std::string(strategy.name));
      session.go_on_until(strategy.until);
      strategy.run(shop);
    }
    investigation.conclude();
    if (!shop.of_machines.trouble.empty()) throw EnvironmentError(shop.of_machines.trouble);
  } catch (const EnvironmentError& error) {
    record.error = error.what();
    journal.error(record.error);
  }
  const bool stopped = options.stop != nullptr && options.stop->load();
  record.complete = record.error.empty() && !stopped;
  record.seconds = session.seconds();
  conclude(record, investigation, std::move(shop.of_machines));
  write_down(journal, record);
}

}  // namespace hptck
