// The campaign over configurations: against the fake host, right and wrong, and against machines that break
// down in every way that a real one can.
#include "conformance/campaign/machine_campaign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "conformance/adapters/builtin/builtin_machines.h"
#include "conformance/record/configuration_file.h"

namespace hptck {
namespace {

using machines::Configuration;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// The fake host, of which a test may change what is seen.
class Changed : public Machines {
 public:
  explicit Changed(const Deviations& deviations = {}) : host_(make_builtin_machines(deviations)) {}

  MachineOffer offer() override {
    auto offer = host_->offer();
    offer.at_once = at_once;
    if (only_newer)
      std::erase_if(offer.space.types,
                    [](const auto& type) { return machines::scheme_of(type) == machines::Scheme::older; });
    if (only_tcg) {
      offer.space.beneath.resize(1);
      offer.space.backing_shifts = {12};
      offer.lacking[machines::Accelerator::kvm_hv] = "no such thing";
      offer.lacking[machines::Accelerator::kvm_pr] = "nor this";
    }
    return offer;
  }
  SeenMachine start(const Configuration& configuration) override {
    ++starts;
    auto seen = host_->start(configuration);
    if (change) change(configuration, seen);
    return seen;
  }
  SeenMigration migrate(const Configuration& source, const Configuration& destination) override {
    auto seen = host_->migrate(source, destination);
    if (change_migration) change_migration(seen);
    return seen;
  }

  unsigned at_once = 1;
  bool only_tcg = false, only_newer = false;
  std::atomic<int> starts = 0;
  std::function<void(const Configuration&, SeenMachine&)> change;
  std::function<void(SeenMigration&)> change_migration;

 private:
  std::unique_ptr<Machines> host_;
};

class ConfigurationCampaigns : public testing::Test {
 protected:
  ConfigurationCampaigns() {
    std::string name = testing::TempDir() + "hptck-configurations-XXXXXX";
    options_.out = mkdtemp(name.data());
    record_.edition = "LoPAR 2.9";
    record_.complete = true;
  }
  ~ConfigurationCampaigns() override { std::filesystem::remove_all(options_.out); }

  MachineFindings run(Machines* machines) {
    Journal journal(options_.out / "journal.txt", Journal::Detail::full);
    journal.campaign(record_);
    auto found = try_configurations(machines, options_, journal, record_, record_.findings.size(),
                                    [](const std::string&) {});
    record_.findings = found.findings;
    journal.tally(record_.tally);
    if (!found.trouble.empty()) throw EnvironmentError(found.trouble);
    return found;
  }
  Verdict verdict_of(Clause clause) const {
    return judge(record_).clauses[static_cast<std::size_t>(clause)].verdict;
  }
  std::string reason_of(Clause clause) const {
    return judge(record_).clauses[static_cast<std::size_t>(clause)].reason;
  }
  std::string journal() const {
    std::stringstream text;
    text << std::ifstream(options_.out / "journal.txt").rdbuf();
    return text.str();
  }

  CampaignOptions options_;
  CampaignRecord record_;
};

TEST_F(ConfigurationCampaigns, a_right_host_shows_every_clause_and_breaks_none) {
  Changed machines;
  const auto found = run(&machines);
  EXPECT_THAT(found.findings, IsEmpty());
  EXPECT_THAT(found.diagnosis, ElementsAre(Deviations{}));
  for (const auto& result : judge(record_).clauses) {
    const auto& clause = text_of(result.clause);
    if (!needs(result.clause, Need::machines) || clause.status == ClauseStatus::unjudged ||
        clause.modality == Modality::may)
      continue;
    EXPECT_EQ(result.verdict, Verdict::pass) << clause.id << ": " << result.reason;
  }
  EXPECT_GT(record_.tally.configurations, 500u);
  EXPECT_EQ(record_.tally.migrations, 200u);
}

TEST_F(ConfigurationCampaigns, threads_change_nothing) {
  Changed one({Deviation::sizes_lack_16g}), several({Deviation::sizes_lack_16g});
  several.at_once = 8;
  const auto alone = run(&one);
  record_.findings.clear();
  const auto together = run(&several);
  EXPECT_EQ(alone.findings, together.findings);
  EXPECT_EQ(alone.diagnosis, together.diagnosis);
  EXPECT_EQ(one.starts, several.starts);
}

TEST_F(ConfigurationCampaigns, what_is_about_kvm_does_not_apply_where_there_is_none) {
  Changed machines;
  machines.only_tcg = true;
  EXPECT_THAT(run(&machines).findings, IsEmpty());
  for (const auto clause :
       {Clause::host_backing, Clause::host_segments, Clause::host_page_sizes, Clause::sizes_same}) {
    EXPECT_EQ(verdict_of(clause), Verdict::not_applicable) << id_of(clause);
    EXPECT_THAT(reason_of(clause), HasSubstr("kvm-hv: no such thing; kvm-pr: nor this")) << id_of(clause);
  }
  EXPECT_EQ(verdict_of(Clause::maximum_given), Verdict::pass);
}

TEST_F(ConfigurationCampaigns, what_is_about_older_machines_does_not_apply_where_there_are_none) {
  Changed machines;
  machines.only_newer = true;
  EXPECT_THAT(run(&machines).findings, IsEmpty());
  EXPECT_EQ(verdict_of(Clause::maximum_older), Verdict::not_applicable);
  EXPECT_EQ(verdict_of(Clause::maximum_default), Verdict::pass);
  const auto read = read_journal(journal(), "journal");
  EXPECT_EQ(read.machines, record_.machines);
  // A journal of before the types were written down is read still.
  auto old = journal();
  const auto at = old.find(",\"types\":[");
  ASSERT_NE(at, std::string::npos);
  old.erase(at, old.find(']', at) + 1 - at);
  EXPECT_THAT(read_journal(old, "journal").machines.types, IsEmpty());
}

TEST_F(ConfigurationCampaigns, without_machines_nothing_applies_and_left_out_is_inconclusive) {
  EXPECT_THAT(run(nullptr).findings, IsEmpty());
  EXPECT_EQ(verdict_of(Clause::sizes_maximum), Verdict::not_applicable);
  EXPECT_THAT(reason_of(Clause::sizes_maximum), HasSubstr("starts no machines"));
  record_.machines = {};
  options_.configurations.cover = ConfigurationCover::none;
  EXPECT_THAT(run(nullptr).findings, IsEmpty());
  EXPECT_EQ(verdict_of(Clause::sizes_maximum), Verdict::not_applicable);
  record_.machines = {};
  Changed machines;
  run(&machines);
  EXPECT_EQ(machines.starts, 0);
  EXPECT_EQ(verdict_of(Clause::sizes_maximum), Verdict::inconclusive);
}

TEST_F(ConfigurationCampaigns, a_deviation_is_found_named_and_brought_down_to_one_change) {
  Changed machines({Deviation::option_no_warning});
  const auto found = run(&machines);
  ASSERT_THAT(found.findings, SizeIs(1));
  const auto& finding = found.findings[0];
  EXPECT_THAT(finding.clauses, ElementsAre(Clause::option_warning));
  EXPECT_EQ(finding.deviations, Deviations{Deviation::option_no_warning});
  EXPECT_EQ(finding.minimality, Finding::Minimality::one_minimal);
  EXPECT_EQ(finding.configuration, "pseries-7.2 POWER8 max=\"4k\" tcg backing=4k");
  EXPECT_THAT(finding.explanation, HasSubstr("it takes: cap-hpt-max-page-size=4k"));
  EXPECT_THAT(found.diagnosis, ElementsAre(Deviations{Deviation::option_no_warning}));
  EXPECT_EQ(verdict_of(Clause::option_warning), Verdict::fail);

  // And replayed from its file alone.
  std::stringstream text;
  text << std::ifstream(options_.out / finding.file).rdbuf();
  const auto file = parse_configuration_file(text.str(), finding.file);
  EXPECT_TRUE(violates(judge(see_again(machines, file.configuration, file.destination).one)));
  Changed right;
  EXPECT_FALSE(violates(judge(see_again(right, file.configuration, file.destination).one)));
}

TEST_F(ConfigurationCampaigns, a_migration_is_brought_down_too) {
  Changed machines({Deviation::migration_unchecked});
  const auto found = run(&machines);
  ASSERT_THAT(found.findings, SizeIs(1));
  const auto& finding = found.findings[0];
  EXPECT_THAT(finding.clauses, ElementsAre(Clause::migration_loses));
  EXPECT_THAT(finding.configuration, HasSubstr(" -> "));
  EXPECT_EQ(finding.minimality, Finding::Minimality::one_minimal);
}

TEST_F(ConfigurationCampaigns, one_deviation_does_not_hide_another) {
  const Deviations both{Deviation::option_minimum_unchecked, Deviation::sizes_mixed_unfiltered};
  Changed machines(both);
  const auto found = run(&machines);
  EXPECT_THAT(found.diagnosis, ElementsAre(both));
  EXPECT_THAT(found.findings, SizeIs(2));
  EXPECT_EQ(verdict_of(Clause::option_minimum), Verdict::fail);
  EXPECT_EQ(verdict_of(Clause::sizes_mixed), Verdict::fail);
}

TEST_F(ConfigurationCampaigns, what_is_taken_for_granted_is_no_finding) {
  options_.under = {Deviation::option_no_warning};
  Changed machines(options_.under);
  const auto found = run(&machines);
  EXPECT_THAT(found.findings, IsEmpty());
  EXPECT_THAT(found.diagnosis, ElementsAre(options_.under));
}

TEST_F(ConfigurationCampaigns, what_no_deviation_explains_is_said_to_be_unexplained_and_hides_nothing) {
  Changed machines({Deviation::option_no_warning});
  machines.change = [](const Configuration& configuration, SeenMachine& seen) {
    if (configuration.processor == machines::Processor::POWER9 && seen.observation.property)
      seen.observation.property = std::vector<std::uint32_t>{1, 2, 3};
  };
  const auto found = run(&machines);
  EXPECT_THAT(found.diagnosis, ElementsAre(Deviations{Deviation::option_no_warning}));
  ASSERT_THAT(found.findings, SizeIs(2));
  EXPECT_FALSE(found.findings[0].unexplained);
  EXPECT_TRUE(found.findings[1].unexplained);
  EXPECT_THAT(found.findings[1].clauses, ElementsAre(Clause::sizes_property));
  EXPECT_EQ(found.findings[1].configuration, "pseries-7.2 POWER9 max=default tcg backing=4k");
}

TEST_F(ConfigurationCampaigns, a_lie_about_anything_seen_is_refused) {
  using Change = std::function<void(SeenMachine&)>;
  const Change lies[] = {
      [](SeenMachine& seen) { seen.observation.property = std::vector<std::uint32_t>{}; },
      [](SeenMachine& seen) { seen.observation.property = std::vector<std::uint32_t>(1024, 0xffffffff); },
      [](SeenMachine& seen) { seen.observation.property->pop_back(); },
      [](SeenMachine& seen) { seen.observation.property->back() ^= 1; },
      [](SeenMachine& seen) { seen.observation.enter[0].status = status::H_PARAMETER; },
      [](SeenMachine& seen) { seen.observation.enter[256].status = status::H_SUCCESS; },
      [](SeenMachine& seen) { seen.observation.enter[256].status = 12345; },
      [](SeenMachine& seen) {
        seen.observation = {};
        seen.observation.exit_status = 1;
        seen.observation.messages = "no";
      }};
  for (std::size_t i = 0; i < std::size(lies); ++i) {
    Changed machines;
    machines.change = [&](const Configuration&, SeenMachine& seen) {
      if (seen.observation.started) lies[i](seen);
    };
    record_.findings.clear();
    options_.configurations.configurations = 30;
    EXPECT_FALSE(run(&machines).findings.empty()) << i;
  }
}

TEST_F(ConfigurationCampaigns, a_machine_that_dies_under_its_guest_is_found_without_a_clause) {
  Changed machines;
  machines.change = [](const Configuration& configuration, SeenMachine& seen) {
    if (!seen.observation.started || configuration.maximum != "16m") return;
    seen.observation.enter.resize(100);
    seen.fault = Fault{Fault::Kind::died, "was killed by SIGSEGV"};
  };
  const auto found = run(&machines);
  ASSERT_THAT(found.findings, SizeIs(1));
  const auto& finding = found.findings[0];
  EXPECT_EQ(finding.kind, Finding::Kind::died);
  EXPECT_THAT(finding.clauses, IsEmpty());
  EXPECT_THAT(finding.evidence, HasSubstr("SIGSEGV"));
  EXPECT_EQ(finding.configuration, "pseries-7.2 POWER8 max=\"16m\" tcg backing=4k");
  EXPECT_EQ(judge(record_).verdict, Verdict::fail);
}

TEST_F(ConfigurationCampaigns, a_machine_that_always_hangs_is_found) {
  Changed machines;
  machines.change = [](const Configuration& configuration, SeenMachine& seen) {
    if (configuration.maximum != "16g" || !seen.observation.started) return;
    seen.observation = {};
    seen.fault = Fault{Fault::Kind::hung, "no sign of life"};
  };
  const auto found = run(&machines);
  ASSERT_THAT(found.findings, SizeIs(1));
  EXPECT_THAT(found.findings[0].evidence, HasSubstr("no sign of life"));
}

TEST_F(ConfigurationCampaigns, a_hang_that_never_shows_again_is_trouble_of_the_environment) {
  Changed machines;
  int left = 1;
  machines.change = [&](const Configuration&, SeenMachine& seen) {
    if (seen.observation.started && left-- == 1) seen.fault = Fault{Fault::Kind::hung, "no answer"};
  };
  EXPECT_THROW(run(&machines), EnvironmentError);
}

TEST_F(ConfigurationCampaigns, trouble_of_the_environment_ends_it_with_what_was_seen_written_down) {
  for (const unsigned at_once : {1u, 4u}) {
    Changed machines;
    machines.at_once = at_once;
    machines.change = [&](const Configuration&, SeenMachine&) {
      if (machines.starts >= 20) throw EnvironmentError("no memory");
    };
    EXPECT_THROW(run(&machines), EnvironmentError);
    std::vector<machines::Case> cases;
    read_journal(journal(), "journal", nullptr, &cases);
    EXPECT_GE(cases.size(), 15u);
  }
}

TEST_F(ConfigurationCampaigns, stopping_it_leaves_a_journal_of_what_was_seen) {
  std::atomic<bool> stop = false;
  options_.stop = &stop;
  Changed machines;
  machines.change = [&](const Configuration&, SeenMachine&) { stop = machines.starts >= 10; };
  run(&machines);
  EXPECT_LT(machines.starts, 20);
  EXPECT_EQ(record_.tally.configurations, static_cast<std::uint64_t>(machines.starts));
}

TEST_F(ConfigurationCampaigns, a_journal_gives_back_every_case_and_finding) {
  options_.configurations = {ConfigurationCover::pairwise, 120, 30};
  Changed machines({Deviation::enter_size_unfiltered});
  std::vector<SeenMachine> seen;
  machines.change = [&](const Configuration&, SeenMachine& one) { seen.push_back(one); };
  const auto found = run(&machines);
  std::vector<machines::Case> cases;
  const auto record = read_journal(journal(), "journal", nullptr, &cases);
  EXPECT_EQ(record.findings, found.findings);
  EXPECT_EQ(record.tally, record_.tally);
  EXPECT_EQ(record.machines, record_.machines);
  std::erase_if(cases, [](const machines::Case& one) { return one.destination.has_value(); });
  ASSERT_EQ(cases.size(), seen.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(cases[i].seen.started, seen[i].observation.started);
    EXPECT_EQ(cases[i].seen.exit_status, seen[i].observation.exit_status);
    EXPECT_EQ(cases[i].seen.messages, seen[i].observation.messages);
    EXPECT_EQ(cases[i].seen.property, seen[i].observation.property);
    ASSERT_EQ(cases[i].seen.enter.size(), seen[i].observation.enter.size());
    for (std::size_t k = 0; k < cases[i].seen.enter.size(); ++k) {
      EXPECT_EQ(cases[i].seen.enter[k].encoding, seen[i].observation.enter[k].encoding);
      EXPECT_EQ(cases[i].seen.enter[k].status, seen[i].observation.enter[k].status);
    }
  }
}

// Every one that such a campaign can see is found on its clause and named.
class DeviatingHost : public ConfigurationCampaigns, public testing::WithParamInterface<Deviation> {};

TEST_P(DeviatingHost, is_found_on_its_clause_and_diagnosed) {
  const auto deviation = GetParam();
  Changed machines({deviation});
  const auto found = run(&machines);
  ASSERT_FALSE(found.findings.empty());
  EXPECT_THAT(found.diagnosis, testing::Contains(Deviations{deviation}));
  const auto is_its = [&](const Finding& finding) {
    return finding.clauses == std::vector{broken_by(deviation)} ||
           (found.diagnosis.size() > 1 && finding.deviations == found.diagnosis.front());
  };
  for (const auto& finding : found.findings) {
    EXPECT_TRUE(is_its(finding)) << finding.headline;
    EXPECT_EQ(finding.minimality, Finding::Minimality::one_minimal);
    EXPECT_FALSE(finding.unexplained);
  }
}

std::vector<Deviation> of_configurations() {
  std::vector<Deviation> all;
  for (int i = 0; i < deviation_count; ++i) {
    if (is_of_configurations(static_cast<Deviation>(i))) all.push_back(static_cast<Deviation>(i));
  }
  return all;
}
INSTANTIATE_TEST_SUITE_P(All, DeviatingHost, testing::ValuesIn(of_configurations()),
                         [](const auto& one) { return std::string(id_of(one.param)); });

}  // namespace
}  // namespace hptck
