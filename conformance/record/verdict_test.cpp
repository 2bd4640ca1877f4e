// From counts and findings to verdicts: never seen is never a pass, and no finding is ever lost.
#include "conformance/record/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hptck {
namespace {

const ClauseResult& at(const CampaignResult& result, Clause clause) {
  return result.clauses.at(static_cast<std::size_t>(clause));
}

// A campaign in which every clause was seen that a scheme A hypervisor shows.
CampaignRecord thorough() {
  CampaignRecord record;
  record.complete = true;
  record.statements = {{Statement::Resize::disabled, 24, 30}, {Statement::Resize::enabled, 24, 30}};
  record.description.abilities = {Ability::forbid_resize, Ability::reset};
  for (auto& count : record.tally.exercised) count = 5;
  for (const auto clause : {Clause::prepare_option_absent, Clause::commit_option_absent})
    record.tally.exercised[static_cast<int>(clause)] = 0;
  return record;
}

void unseen(CampaignRecord& record, Clause clause) { record.tally.exercised[static_cast<int>(clause)] = 0; }

Finding finding_on(std::vector<Clause> clauses) {
  Finding finding;
  finding.clauses = std::move(clauses);
  return finding;
}

TEST(Verdict, all_seen_and_none_broken_passes) {
  const auto result = judge(thorough());
  EXPECT_EQ(result.verdict, Verdict::pass) << result.reason;
  EXPECT_EQ(at(result, Clause::commit_success).verdict, Verdict::pass);
  EXPECT_EQ(at(result, Clause::commit_bolted).verdict, Verdict::pass);
  EXPECT_EQ(at(result, Clause::enter_other).verdict, Verdict::not_applicable) << "no row judges it";
}

TEST(Verdict, a_must_clause_never_seen_is_inconclusive) {
  for (const auto clause : {Clause::commit_success, Clause::prepare_discard, Clause::prepare_resource,
                            Clause::prepare_authority, Clause::commit_clears}) {
    auto record = thorough();
    unseen(record, clause);
    const auto result = judge(record);
    EXPECT_EQ(at(result, clause).verdict, Verdict::inconclusive) << id_of(clause);
    EXPECT_EQ(result.verdict, Verdict::inconclusive) << id_of(clause);
    EXPECT_THAT(result.reason, testing::HasSubstr(std::string(id_of(clause))));
  }
}

TEST(Verdict, nothing_seen_is_inconclusive) {
  CampaignRecord record;
  record.complete = true;
  EXPECT_EQ(judge(record).verdict, Verdict::inconclusive);
}

TEST(Verdict, a_permission_never_used_does_not_apply) {
  auto record = thorough();
  unseen(record, Clause::pending_dropped);
  const auto result = judge(record);
  EXPECT_EQ(at(result, Clause::pending_dropped).verdict, Verdict::not_applicable);
  EXPECT_EQ(result.verdict, Verdict::pass);
}

TEST(Verdict, what_was_not_declared_is_not_demanded) {
  auto record = thorough();
  record.statements = {{Statement::Resize::enabled, 24, 0}};
  for (const auto clause : {Clause::prepare_resource, Clause::prepare_authority, Clause::commit_authority})
    unseen(record, clause);
  const auto result = judge(record);
  EXPECT_EQ(at(result, Clause::prepare_resource).verdict, Verdict::not_applicable);
  EXPECT_EQ(at(result, Clause::commit_authority).verdict, Verdict::not_applicable);
  EXPECT_EQ(result.verdict, Verdict::pass);
}

constexpr Clause reset_clauses[] = {Clause::reset_no_pending, Clause::reset_size, Clause::reset_empty,
                                    Clause::reset_restarts};

TEST(Verdict, clauses_of_a_reset_do_not_apply_where_the_adapter_cannot) {
  auto record = thorough();
  record.description.abilities.erase(Ability::reset);
  for (const auto clause : reset_clauses) unseen(record, clause);
  const auto result = judge(record);
  for (const auto clause : reset_clauses) {
    EXPECT_EQ(at(result, clause).verdict, Verdict::not_applicable) << id_of(clause);
    EXPECT_EQ(at(result, clause).reason, "the adapter cannot reboot the guest");
  }
  EXPECT_EQ(result.verdict, Verdict::pass);
}

TEST(Verdict, clauses_of_a_reset_never_seen_are_inconclusive_where_the_adapter_can) {
  for (const auto clause : reset_clauses) {
    auto record = thorough();
    unseen(record, clause);
    EXPECT_EQ(at(judge(record), clause).verdict, Verdict::inconclusive) << id_of(clause);
  }
}

TEST(Verdict, the_size_after_a_reset_is_not_demanded_where_none_is_declared) {
  auto record = thorough();
  record.statements = {{Statement::Resize::enabled, 0, 30}, {Statement::Resize::disabled, 0, 30}};
  unseen(record, Clause::reset_size);
  EXPECT_EQ(at(judge(record), Clause::reset_size).verdict, Verdict::not_applicable);
}

TEST(Verdict, an_option_that_is_not_offered_is_never_certified) {
  CampaignRecord record;
  record.complete = true;
  record.statements = {Statement{}};
  record.machines.why_not = "no machines can be configured";
  record.tally.exercised[static_cast<int>(Clause::prepare_option_absent)] = 9;
  record.tally.exercised[static_cast<int>(Clause::commit_option_absent)] = 9;
  const auto result = judge(record);
  EXPECT_EQ(result.verdict, Verdict::inconclusive);
  EXPECT_EQ(result.reason, "nothing of resizing could be seen: the option is not offered");
  EXPECT_EQ(at(result, Clause::commit_success).verdict, Verdict::not_applicable);
  // These have nothing to do with the option.
  EXPECT_EQ(at(result, Clause::enter_hardware).reason, "a permission that was not used");
  EXPECT_EQ(at(result, Clause::commit_hardware).reason, "the option is not offered");
}

TEST(Verdict, clauses_about_kvm_do_not_apply_where_it_cannot_be_had) {
  auto record = thorough();
  record.machines.cover = "pairwise";
  record.machines.accelerators = {{"tcg", ""}, {"kvm-hv", "no /dev/kvm"}, {"kvm-pr", "no /dev/kvm"}};
  unseen(record, Clause::host_backing);
  unseen(record, Clause::sizes_property);
  auto result = judge(record);
  EXPECT_EQ(at(result, Clause::host_backing).reason,
            "it is about KVM, which cannot be had here: kvm-hv: no /dev/kvm; kvm-pr: no /dev/kvm");
  EXPECT_EQ(at(result, Clause::sizes_property).verdict, Verdict::inconclusive);
  record.machines.accelerators["kvm-hv"] = "";
  EXPECT_EQ(at(judge(record), Clause::host_backing).verdict, Verdict::inconclusive);
  record.machines = {};
  record.machines.why_not = "the adapter starts no machines";
  for (const auto clause : {Clause::host_backing, Clause::sizes_property})
    EXPECT_EQ(at(judge(record), clause).reason, "the adapter starts no machines");
}

TEST(Verdict, what_older_machines_do_does_not_apply_where_there_are_none) {
  auto record = thorough();
  record.machines.cover = "pairwise";
  unseen(record, Clause::maximum_older);
  // An old journal does not say which there are.
  EXPECT_EQ(at(judge(record), Clause::maximum_older).verdict, Verdict::inconclusive);
  record.machines.types = {"pseries-2.12", "pseries-7.2"};
  EXPECT_EQ(at(judge(record), Clause::maximum_older).verdict, Verdict::inconclusive);
  record.machines.types = {"pseries-3.0", "pseries-10.0"};
  EXPECT_EQ(at(judge(record), Clause::maximum_older).verdict, Verdict::not_applicable);
  EXPECT_EQ(at(judge(record), Clause::maximum_older).reason,
            "no machine type is that old any more: the oldest is pseries-3.0");
}

TEST(Verdict, what_an_implementation_never_does_is_not_demanded) {
  auto record = thorough();
  unseen(record, Clause::prepare_create_busy);
  unseen(record, Clause::commit_busy);
  unseen(record, Clause::commit_collision);
  EXPECT_EQ(at(judge(record), Clause::commit_busy).reason,
            "preparation always ended within the call that started it");
  EXPECT_EQ(at(judge(record), Clause::commit_collision).reason,
            "collisions were found by preparation, not by COMMIT");
  unseen(record, Clause::commit_collided);
  EXPECT_EQ(at(judge(record), Clause::commit_collision).verdict, Verdict::inconclusive);
}

TEST(Verdict, a_finding_fails_its_clause_even_when_seen_at_work) {
  auto record = thorough();
  record.findings = {finding_on({Clause::commit_flags})};
  const auto result = judge(record);
  EXPECT_EQ(result.verdict, Verdict::fail);
  EXPECT_EQ(at(result, Clause::commit_flags).verdict, Verdict::fail);
  EXPECT_THAT(at(result, Clause::commit_flags).findings, testing::ElementsAre(0u));
}

TEST(Verdict, ambiguous_evidence_is_held_against_the_clause_known_to_be_broken) {
  auto record = thorough();
  record.findings = {finding_on({Clause::commit_busy, Clause::commit_success}),
                     finding_on({Clause::commit_success})};
  const auto result = judge(record);
  EXPECT_EQ(at(result, Clause::commit_busy).verdict, Verdict::pass);
  EXPECT_THAT(at(result, Clause::commit_success).findings, testing::ElementsAre(1u, 0u));
}

TEST(Verdict, an_incomplete_campaign_is_not_a_pass) {
  auto record = thorough();
  record.complete = false;
  EXPECT_EQ(judge(record).verdict, Verdict::inconclusive);
}

TEST(Verdict, trouble_of_the_kit_is_an_error_unless_a_violation_is_proven) {
  auto record = thorough();
  record.complete = false;
  record.error = "no space";
  EXPECT_EQ(judge(record).verdict, Verdict::error);
  record.findings = {finding_on({Clause::commit_flags})};
  EXPECT_EQ(judge(record).verdict, Verdict::fail);
}

TEST(Verdict, exit_codes_are_the_documented_ones) {
  EXPECT_EQ(exit_code(Verdict::pass), 0);
  EXPECT_EQ(exit_code(Verdict::fail), 1);
  EXPECT_EQ(exit_code(Verdict::inconclusive), 2);
  EXPECT_EQ(exit_code(Verdict::not_applicable), 2);
  EXPECT_EQ(exit_code(Verdict::error), 3);
}

TEST(Verdict, what_a_hostile_guest_brings_about_breaks_no_clause) {
  auto record = thorough();
  auto finding = finding_on({});
  finding.kind = Finding::Kind::died;
  finding.hostile = true;
  record.findings.push_back(finding);
  EXPECT_EQ(judge(record).verdict, Verdict::pass);
  record.findings.front().hostile = false;
  EXPECT_EQ(judge(record).verdict, Verdict::fail);
}

}  // namespace
}  // namespace hptck
