// Machines of a real QEMU against the rules, and programs that only claim to be it. What a wrong one does is
// brought about by a script that goes on as QEMU with other words, so that each check is seen to fail.
#include "conformance/adapters/qemu/qemu_machines.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "model/machines/judge.h"

namespace hptck {
namespace {

using namespace machines;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

Configuration with(const char* maximum, Processor processor = Processor::POWER8,
                   const char* machine = "pseries-7.2") {
  Configuration configuration;
  configuration.machine = machine;
  configuration.processor = processor;
  if (maximum != nullptr) configuration.maximum = maximum;
  return configuration;
}

std::vector<std::string> broken(const Findings& findings) {
  std::vector<std::string> lines;
  for (const auto& one : findings) {
    if (one.violated) lines.push_back(fmt::format("{}: {}", id_of(one.clause), one.explanation));
  }
  return lines;
}

std::vector<Clause> broken_clauses(const Findings& findings) {
  std::vector<Clause> clauses;
  for (const auto& one : findings) {
    if (one.violated) clauses.push_back(one.clause);
  }
  return clauses;
}

TEST(QemuMachines, offer_what_this_qemu_has) {
  const auto offer = make_qemu_machines({})->offer();
  const auto& types = offer.space.types;
  EXPECT_NE(std::find(types.begin(), types.end(), "pseries-2.12"), types.end());
  EXPECT_EQ(std::find(types.begin(), types.end(), "pseries"), types.end()) << "an alias";
  EXPECT_LT(std::find(types.begin(), types.end(), "pseries-2.9") - types.begin(),
            std::find(types.begin(), types.end(), "pseries-2.12") - types.begin());
  // Every accelerator is there, or is not for a reason.
  for (const auto accelerator : {Accelerator::tcg, Accelerator::kvm_hv, Accelerator::kvm_pr}) {
    const bool there = std::any_of(offer.space.beneath.begin(), offer.space.beneath.end(),
                                   [&](const auto& one) { return one.accelerator == accelerator; });
    const auto lacking = offer.lacking.find(accelerator);
    EXPECT_NE(there, lacking != offer.lacking.end() && !lacking->second.empty()) << name_of(accelerator);
  }
  EXPECT_GE(offer.at_once, 1u);
}

TEST(QemuMachines, are_seen_whole_and_keep_the_rules) {
  const auto machines = make_qemu_machines({});
  for (const auto& configuration :
       {with(nullptr), with("16m"), with("4k", Processor::POWER7), with("16g", Processor::POWER9),
        with(nullptr, Processor::POWER10), with(nullptr, Processor::POWER8, "pseries-2.12")}) {
    const auto seen = machines->start(configuration);
    const auto name = text_of(configuration);
    EXPECT_FALSE(seen.fault) << name << ": " << seen.fault->evidence;
    EXPECT_TRUE(seen.observation.started) << name << ": " << seen.observation.messages;
    EXPECT_TRUE(seen.observation.property) << name;
    EXPECT_EQ(seen.observation.enter.size(), every_page_encoding().size()) << name;
    EXPECT_THAT(broken(judge(configuration, seen.observation)), IsEmpty()) << name;
  }
}

TEST(QemuMachines, that_are_refused_say_so) {
  const auto machines = make_qemu_machines({});
  for (const char* maximum : {"2k", "5k", "abc", "", "64k,64k"}) {
    const auto configuration = with(maximum);
    const auto seen = machines->start(configuration).observation;
    EXPECT_FALSE(seen.started) << maximum;
    EXPECT_EQ(seen.exit_status, 1) << maximum;
    EXPECT_FALSE(seen.messages.empty()) << maximum;
    EXPECT_THAT(broken(judge(configuration, seen)), IsEmpty()) << maximum;
  }
}

TEST(QemuMachines, start_side_by_side) {
  const auto machines = make_qemu_machines({});
  std::vector<SeenMachine> seen(4);
  {
    std::vector<std::jthread> threads;
    for (auto& one : seen) threads.emplace_back([&] { one = machines->start(with("16m")); });
  }
  for (const auto& one : seen) EXPECT_THAT(broken(judge(with("16m"), one.observation)), IsEmpty());
}

TEST(QemuMachines, migrate_where_nothing_is_lost_and_not_where_something_is) {
  const auto machines = make_qemu_machines({});
  const auto more = machines->migrate(with("64k"), with("16m"));
  EXPECT_TRUE(more.observation.accepted) << more.observation.messages;
  EXPECT_EQ(more.observation.enter.size(), every_page_encoding().size());
  EXPECT_THAT(broken(judge(with("64k"), with("16m"), more.observation)), IsEmpty());
  const auto less = machines->migrate(with("16m"), with("64k"));
  EXPECT_FALSE(less.observation.accepted);
  EXPECT_FALSE(less.observation.messages.empty());
  EXPECT_THAT(broken(judge(with("16m"), with("64k"), less.observation)), IsEmpty());
}

// A guest that has no HPT until it asks for one keeps it.
TEST(QemuMachines, migrate_a_guest_that_chose_hash_translation) {
  const auto source = with("16m", Processor::POWER9);
  const auto seen = make_qemu_machines({})->migrate(source, source);
  EXPECT_TRUE(seen.observation.accepted) << seen.observation.messages;
  EXPECT_THAT(broken(judge(source, source, seen.observation)), IsEmpty());
}

// QEMU 7.2 does, with machine types before 4.1. One that does not has to refuse.
TEST(QemuMachines, a_migration_that_loses_page_sizes_is_seen_as_one) {
  const auto source = with("16m", Processor::POWER8, "pseries-4.0");
  const auto destination = with(nullptr, Processor::POWER8, "pseries-4.0");
  const auto seen = make_qemu_machines({})->migrate(source, destination);
  ASSERT_TRUE(seen.not_tried.empty()) << seen.not_tried;
  const auto clauses = broken_clauses(judge(source, destination, seen.observation));
  if (seen.observation.accepted)
    EXPECT_THAT(clauses, testing::ElementsAre(Clause::migration_loses));
  else
    EXPECT_THAT(clauses, IsEmpty());
}

TEST(QemuMachines, a_source_that_does_not_start_is_no_migration) {
  const auto seen = make_qemu_machines({})->migrate(with("2k"), with(nullptr));
  EXPECT_THAT(seen.not_tried, HasSubstr("did not start"));
}

// A directory of its own for each test, with a program in it.
class WrongMachines : public testing::Test {
 protected:
  WrongMachines() {
    std::string name = testing::TempDir() + "hptck-wrong-XXXXXX";
    directory_ = mkdtemp(name.data());
  }
  ~WrongMachines() override { std::filesystem::remove_all(directory_); }

  // The words of QEMU's command line are "$@".
  std::unique_ptr<Machines> wrong(const std::string& script) {
    QemuOptions options;
    options.program = directory_ / "qemu";
    options.start_deadline = 2s;
    std::ofstream(options.program) << "#!/bin/bash\n" << script << "\n";
    std::filesystem::permissions(options.program, std::filesystem::perms::owner_all);
    return make_qemu_machines(options);
  }
  std::vector<Clause> broken_by(const std::string& script, const Configuration& configuration) {
    return broken_clauses(judge(configuration, wrong(script)->start(configuration).observation));
  }

  std::filesystem::path directory_;
};

using testing::Contains;

TEST_F(WrongMachines, another_maximum_than_was_given_is_seen) {
  const auto script = R"(exec qemu-system-ppc64 "${@/max-page-size=64k/max-page-size=16m}")";
  EXPECT_THAT(broken_by(script, with("64k")), Contains(Clause::sizes_maximum));
  EXPECT_THAT(broken_by(script, with("4k")), IsEmpty());
}

TEST_F(WrongMachines, a_default_that_is_not_the_machine_types_is_seen) {
  const auto script = R"(exec qemu-system-ppc64 "${@/pseries-7.2/pseries-7.2,cap-hpt-max-page-size=16g}")";
  EXPECT_THAT(broken_by(script, with(nullptr)), Contains(Clause::sizes_maximum));
}

TEST_F(WrongMachines, another_processor_tree_is_seen) {
  const auto script = R"(exec qemu-system-ppc64 "${@/POWER8/POWER5+_v2.1}")";
  EXPECT_THAT(broken_by(script, with("16m")), Contains(Clause::sizes_processor));
}

TEST_F(WrongMachines, a_missing_warning_is_seen) {
  EXPECT_THAT(broken_by(R"(exec qemu-system-ppc64 "$@" 2>/dev/null)", with("4k")),
              Contains(Clause::option_warning));
}

TEST_F(WrongMachines, a_refusal_that_looks_like_success_is_seen) {
  EXPECT_THAT(broken_by(R"(qemu-system-ppc64 "$@"; exit 0)", with("2k")), Contains(Clause::machine_refusal));
  EXPECT_THAT(broken_by(R"(exec qemu-system-ppc64 "$@" 2>/dev/null)", with("2k")),
              Contains(Clause::machine_refusal));
  EXPECT_THAT(broken_by("kill -SEGV $$", with("2k")), Contains(Clause::machine_refusal));
}

TEST_F(WrongMachines, a_refusal_without_a_cause_is_seen) {
  EXPECT_THAT(broken_by("echo sorry >&2; exit 1", with(nullptr)), Contains(Clause::machine_starts));
}

TEST_F(WrongMachines, a_machine_that_accepts_anything_is_seen) {
  const auto script = R"(exec qemu-system-ppc64 "${@/max-page-size=2k/max-page-size=64k}")";
  EXPECT_THAT(broken_by(script, with("2k")), Contains(Clause::option_minimum));
}

TEST_F(WrongMachines, one_that_hangs_is_a_fault_and_is_ended) {
  const auto seen = wrong("exec sleep 1000")->start(with(nullptr));
  EXPECT_FALSE(seen.observation.started);
  ASSERT_TRUE(seen.fault);
  EXPECT_EQ(seen.fault->kind, Fault::Kind::hung);
}

TEST_F(WrongMachines, one_that_floods_is_a_fault_and_its_words_are_bounded) {
  const auto seen = wrong("exec yes 'a line of rubbish, over and over' >&2")->start(with(nullptr));
  ASSERT_TRUE(seen.fault);
  EXPECT_THAT(seen.fault->evidence, HasSubstr("a line of rubbish"));
  EXPECT_LT(seen.observation.messages.size(), 10000u);
}

TEST_F(WrongMachines, one_that_dies_is_a_fault) {
  const auto seen = wrong("kill -SEGV $$")->start(with(nullptr));
  EXPECT_FALSE(seen.observation.exit_status);
  ASSERT_TRUE(seen.fault);
  EXPECT_EQ(seen.fault->kind, Fault::Kind::died);
  EXPECT_THAT(seen.fault->evidence, HasSubstr("SIGSEGV"));
}

TEST_F(WrongMachines, one_that_is_killed_is_no_violation) {
  EXPECT_THROW(wrong("kill -KILL $$")->start(with(nullptr)), EnvironmentError);
}

TEST_F(WrongMachines, a_destination_that_is_not_one_is_a_refusal) {
  const auto script = R"(for word; do [[ $word == -incoming ]] && exit 3; done; exec qemu-system-ppc64 "$@")";
  const auto seen = wrong(script)->migrate(with("64k"), with("64k"));
  EXPECT_FALSE(seen.observation.accepted);
  EXPECT_THAT(broken_clauses(judge(with("64k"), with("64k"), seen.observation)),
              Contains(Clause::migration_accepted));
}

TEST_F(WrongMachines, a_destination_with_another_guest_is_seen) {
  const auto script =
      R"(for word; do [[ $word == -incoming ]] && set -- "${@/max-page-size=16m/max-page-size=64k}"; done
exec qemu-system-ppc64 "${@/pseries-7.2/pseries-4.0}")";
  const auto source = with("16m"), destination = with("16m");
  const auto seen = wrong(script)->migrate(source, destination);
  if (seen.observation.accepted)  // by a QEMU that does not send the maximum for this machine type
    EXPECT_THAT(broken_clauses(judge(source, destination, seen.observation)),
                Contains(Clause::migration_keeps));
  else
    EXPECT_THAT(broken_clauses(judge(source, destination, seen.observation)),
                Contains(Clause::migration_accepted));
}

TEST_F(WrongMachines, lists_that_never_end_are_trouble_of_the_environment) {
  EXPECT_THROW(wrong("exec yes pseries-1.1")->offer(), EnvironmentError);
  EXPECT_THROW(wrong("exec sleep 1000")->offer(), EnvironmentError);
  EXPECT_THROW(wrong("echo pseries-1.1")->offer(), EnvironmentError) << "no accelerator";
}

}  // namespace
}  // namespace hptck
