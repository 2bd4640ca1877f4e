// The kit against hypervisors known to be wrong: the kill table, and diagnosis of pairs.
//
// That a kit passes good hypervisors shows nothing yet. Here every deviation of the catalogue is switched on
// in the built-in hypervisor, which is then certified; every one that can be told from the specification has
// to be killed, on the clause that it breaks. The number of calls that takes is compared with that of a plain
// generator, which knows the hypercalls but not the model (flags 0 or 1, shift 0 to 64), under the same
// oracle; the length of the minimized trace is compared with that of the shortest there is
// (model/resize/explorer.h).
//
//   0 all killed, every pair diagnosed   1 not so   3 environment   64 usage
#include "conformance/checks/mutants/mutants.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "conformance/campaign/campaign.h"

namespace hptck::mutants {

BuiltinOptions hypervisor_with(const Deviations& deviations) {
  BuiltinOptions options;
  options.deviations = deviations;
  deviations.for_each([&](Deviation deviation) {
    if (text_of(deviation).needs_absent) options.resize = BuiltinOptions::Resize::absent;
    // Some of the hash's bits count in the largest tables only.
    if (deviation == Deviation::rehash_1t_not_spread || deviation == Deviation::rehash_b_in_avpn)
      options.max_shift = max_shift;
  });
  return options;
}

Certified certified(const Deviations& deviations, std::uint64_t seed, const Options& options) {
  const auto adapter = make_builtin_adapter(hypervisor_with(deviations));
  CampaignOptions campaign;
  campaign.seed = seed;
  campaign.calls = options.calls;
  campaign.configurations.cover = ConfigurationCover::none;
  Certified result;
  result.record.edition = catalogue().edition;
  Journal journal(options.out / "journal.txt", Journal::Detail::sparse);
  run_campaign(*adapter, campaign, journal, result.record, nullptr);
  if (!result.record.error.empty()) throw EnvironmentError(result.record.error);
  for (const auto& clause : judge(result.record).clauses) {
    if (clause.verdict == Verdict::fail) result.failed.push_back(clause.clause);
  }
  for (const auto& finding : result.record.findings) {
    if (finding.consequence) continue;
    if (!result.detected || finding.first_call < *result.detected) {
      result.detected = finding.first_call;
      result.shortest_finding = finding.trace.steps.size();
    }
  }
  return result;
}

namespace {

int run(int argc, char** argv) {
  CLI::App app{"hptck_mutants: does the kit catch hypervisors known to be wrong?"};
  Options options;
  app.add_option("DEVIATION", options.ids, "only these; default: all")->check([](const std::string& id) {
    return deviation_named(id) ? "" : id + " is not a deviation; see hptck deviations";
  });
  app.add_option("--seeds", options.seeds, "campaigns a deviation, with seeds from 1")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--calls", options.calls, "hypercalls a campaign")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  app.add_option("--pairs", options.pairs, "diagnose this many random pairs in place of the kill table")
      ->check(CLI::Range(0, 1'000'000));
  app.add_option("--seed", options.seed, "which pairs")->capture_default_str();
  app.add_option("--out", options.out, "directory for kill-table.json")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, std::cout, std::cerr) == 0 ? 0 : 64;
  }
  std::filesystem::create_directories(options.out);
  return (options.pairs != 0 ? diagnose_pairs(options) : kill_table(options)) ? 0 : 1;
}

}  // namespace
}  // namespace hptck::mutants

int main(int argc, char** argv) {
  try {
    return hptck::mutants::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "hptck_mutants: {}\n", error.what());
    return 3;
  }
}
