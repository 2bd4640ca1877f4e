// The plugin adapter with a plugin that is well, which is certified, and with one that goes wrong in every
// way that was thought of: the kit survives, says what happened, and goes on with a new process.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "conformance/adapters/plugin/plugin_adapter.h"
#include "conformance/adapters/plugin/plugin_process.h"
#include "conformance/campaign/campaign.h"
#include "conformance/record/verdict.h"

namespace hptck {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr Call bad{0xbad, {}};

PluginOptions options_for(const std::string& library) {
  PluginOptions options;
  options.library = library;
  options.deadline = 300ms;
  options.start_deadline = 500ms;
  return options;
}

// One process for each test: ctest runs each in its own, and so does every adapter.
std::unique_ptr<Adapter> misbehaving(const std::string& way) {
  setenv("HPTCK_MISBEHAVE", way.c_str(), 1);
  return make_plugin_adapter(options_for(HPTCK_MISBEHAVING_PLUGIN));
}

std::string error_of(Adapter& adapter) {
  try {
    adapter.restart({});
  } catch (const EnvironmentError& error) {
    return error.what();
  }
  return "no error";
}

std::string load_error(const std::string& way) { return error_of(*misbehaving(way)); }

bool has_children() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

// Three calls are answered, the fourth is the one that the plugin does not survive.
BatchResult fourth_call_goes_wrong(Adapter& adapter) {
  std::vector<Call> calls(6, read_hpte(0));
  for (std::size_t n = 0; n < calls.size(); ++n) calls[n].args[0] = n + 100;
  calls[3].token = bad.token;
  std::vector<Response> responses(calls.size());
  auto result = adapter.batch(calls, responses);
  for (std::size_t n = 0; n < std::min<std::size_t>(result.answered, 3); ++n)
    EXPECT_EQ(responses[n].out[0], n + 100);
  return result;
}

// And the adapter is as good as new afterwards.
void expect_fault(const std::string& way, Fault::Kind kind, std::size_t answered,
                  const std::string& evidence) {
  SCOPED_TRACE(way);
  const auto adapter = misbehaving(way);
  for (int round = 0; round < 2; ++round) {
    adapter->restart({});
    const auto result = fourth_call_goes_wrong(*adapter);
    ASSERT_TRUE(result.fault);
    EXPECT_EQ(result.fault->kind, kind) << result.fault->evidence;
    EXPECT_EQ(result.answered, answered);
    EXPECT_THAT(result.fault->evidence, HasSubstr(evidence));
  }
}

TEST(Plugin, example_is_certified) {
  const auto adapter = make_plugin_adapter(options_for(HPTCK_EXAMPLE_PLUGIN));
  const auto out = std::filesystem::path(testing::TempDir()) / fmt::format("hptck-plugin-{}", ::getpid());
  std::filesystem::create_directories(out);
  CampaignOptions campaign;
  campaign.seed = 1;
  campaign.calls = 30000;
  campaign.out = out;
  campaign.replay_command = [](const std::string& file) { return file; };
  CampaignRecord record;
  {
    Journal journal(out / "journal.txt", Journal::Detail::sparse);
    run_campaign(*adapter, campaign, journal, record, [](const Progress&) {});
  }
  std::filesystem::remove_all(out);
  const auto result = judge(record);
  EXPECT_EQ(result.verdict, Verdict::pass) << result.reason;
  EXPECT_TRUE(record.findings.empty());
}

TEST(Plugin, says_what_it_is) {
  const auto adapter = misbehaving("");
  const auto description = adapter->describe();
  EXPECT_EQ(description.name, "misbehaving plugin");
  EXPECT_EQ(description.version, "1");
  EXPECT_EQ(description.identity.at("library"), HPTCK_MISBEHAVING_PLUGIN);
  EXPECT_EQ(description.abilities, (std::set{Ability::forbid_resize, Ability::reset}))
      << "an ability that the kit does not know is passed over";
}

TEST(Plugin, statement_is_handed_on) {
  const auto adapter = make_plugin_adapter(options_for(HPTCK_EXAMPLE_PLUGIN));
  const Statement enabled{Statement::Resize::enabled, 20, 22, 1};
  EXPECT_EQ(adapter->restart({}), enabled);
  EXPECT_EQ(adapter->restart({.may_resize = false}).resize, Statement::Resize::disabled);
  EXPECT_EQ(misbehaving("")->restart({}), Statement{}) << "nothing declared";
}

TEST(Plugin, batches_of_any_size_are_answered_in_order) {
  const auto adapter = misbehaving("");
  adapter->restart({});
  for (const std::size_t size : {0, 1, 511, 512, 513, 5000}) {
    std::vector<Call> calls(size);
    for (std::size_t n = 0; n < size; ++n) calls[n].args[0] = n + 1;
    std::vector<Response> responses(size);
    const auto result = adapter->batch(calls, responses);
    EXPECT_FALSE(result.fault);
    ASSERT_EQ(result.answered, size);
    for (std::size_t n = 0; n < size; ++n) ASSERT_EQ(responses[n].out[0], n + 1);
  }
}

TEST(Plugin, crash_is_a_death_with_evidence) {
  expect_fault("crash", Fault::Kind::died, 3, "was killed by SIGSEGV");
  expect_fault("crash", Fault::Kind::died, 3, "In play was hcall 0xbad");
  expect_fault("crash", Fault::Kind::died, 3, "about to?[31m crash");
}

TEST(Plugin, abort_is_a_death) { expect_fault("abort", Fault::Kind::died, 3, "was killed by SIGABRT"); }

TEST(Plugin, exit_is_a_death) { expect_fault("exit", Fault::Kind::died, 3, "ended with exit status 7"); }

TEST(Plugin, exit_in_the_plugin_runs_nothing_that_the_kit_registered) {
  static const auto file =
      std::filesystem::path(testing::TempDir()) / fmt::format("hptck-exit-{}", ::getpid());
  static const pid_t kit = ::getpid();
  std::atexit([] {
    if (::getpid() != kit) std::ofstream(file) << "the child ran it";
  });
  expect_fault("exit", Fault::Kind::died, 3, "ended with exit status 7");
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST(Plugin, silence_is_a_hang) {
  expect_fault("hang", Fault::Kind::hung, 3, "did not answer within 300 ms");
  expect_fault("spin", Fault::Kind::hung, 3, "did not answer within 300 ms");
  expect_fault("flood", Fault::Kind::hung, 3, "a line of output");
}

TEST(Plugin, wrong_count_is_garbled) {
  expect_fault("too few", Fault::Kind::garbled, 3, "*answered at 3 of 6");
  expect_fault("too many", Fault::Kind::garbled, 0, "*answered at 7 of 6");
  expect_fault("far too many and crash", Fault::Kind::died, 0, "impossible");
}

TEST(Plugin, writing_beyond_the_answers_is_a_death) {
  expect_fault("answers too many", Fault::Kind::died, 3, "was killed by SIGSEGV");
}

TEST(Plugin, requests_cannot_be_written_to) {
  expect_fault("writes to the requests", Fault::Kind::died, 3, "was killed by SIGSEGV");
}

TEST(Plugin, scribbling_over_the_answer_words_is_garbled) {
  expect_fault("writes around the count", Fault::Kind::garbled, 0, "memory that is the kit's");
}

TEST(Plugin, what_a_plugin_reports_of_its_hypervisor_is_handed_on) {
  expect_fault("says died", Fault::Kind::died, 3, "the reason that last_error() gives");
  expect_fault("says hung", Fault::Kind::hung, 3, "the reason that last_error() gives");
  expect_fault("says garbled", Fault::Kind::garbled, 3, "the reason that last_error() gives");
  expect_fault("says nonsense", Fault::Kind::garbled, 3, "returned 99");
  const auto adapter = misbehaving("says environment");
  adapter->restart({});
  EXPECT_THROW(fourth_call_goes_wrong(*adapter), EnvironmentError);
}

TEST(Plugin, end_by_sigkill_or_sigterm_is_trouble_of_the_environment) {
  for (const auto* way : {"SIGKILL", "SIGTERM"}) {
    const auto adapter = misbehaving(way);
    adapter->restart({});
    EXPECT_THROW(fourth_call_goes_wrong(*adapter), EnvironmentError) << way;
    adapter->restart({});
  }
}

TEST(Plugin, crash_in_reset_is_a_fault_of_reset) {
  const auto adapter = misbehaving("crash in reset");
  adapter->restart({});
  const auto fault = adapter->reset();
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind, Fault::Kind::died);
  adapter->restart({});
}

TEST(Plugin, crash_while_time_passes_is_held_against_the_next_call) {
  const auto adapter = misbehaving("crash in advance_time");
  adapter->restart({});
  adapter->wait(1ms);
  adapter->wait(1ms);
  const auto result = fourth_call_goes_wrong(*adapter);
  ASSERT_TRUE(result.fault);
  EXPECT_EQ(result.answered, 0u);
  EXPECT_EQ(result.fault->kind, Fault::Kind::died);
}

TEST(Plugin, unusable_library_is_an_error_that_says_what_to_do) {
  EXPECT_THAT(
      error_of(*make_plugin_adapter(options_for("/no/such/library.so"))),
      AllOf(HasSubstr("/no/such/library.so"), HasSubstr("cannot be loaded"), HasSubstr("Give the path")));
  EXPECT_THAT(error_of(*make_plugin_adapter(options_for("/proc/self/status"))),
              HasSubstr("cannot be loaded"));
  EXPECT_THAT(error_of(*make_plugin_adapter(options_for(HPTCK_NO_ENTRY_PLUGIN))),
              HasSubstr("does not export hptck_plugin_entry"));
  EXPECT_THAT(load_error("no struct"), HasSubstr("returned NULL"));
  EXPECT_THAT(load_error("wrong version"), HasSubstr("version 2 of the plugin interface"));
  EXPECT_THAT(load_error("short struct"), HasSubstr("struct_size is 16"));
  EXPECT_THAT(load_error("no name"), HasSubstr("its name is NULL"));
  EXPECT_THAT(load_error("no hcall"), HasSubstr("its hcall is NULL"));
  EXPECT_THAT(load_error("no reset"), HasSubstr("HPTCK_CAN_RESET promises"));
  EXPECT_THAT(load_error("no instance"), HasSubstr("the reason that last_error() gives"));
  EXPECT_THAT(load_error("crash in entry"), HasSubstr("was killed by SIGSEGV"));
  EXPECT_THAT(load_error("crash in create"), HasSubstr("failed while it was loaded"));
  EXPECT_THAT(load_error("hang in create"), HasSubstr("did not answer within 500 ms"));
}

TEST(Plugin, restart_that_makes_no_partition_is_trouble_of_the_environment) {
  EXPECT_THAT(load_error("crash in restart"), HasSubstr("was killed by SIGSEGV"));
  EXPECT_THAT(load_error("no memory"), HasSubstr("the reason that last_error() gives"));
}

TEST(Plugin, restart_is_tried_again_in_a_new_process) {
  const auto adapter = misbehaving("crash in the second restart");
  for (int round = 0; round < 3; ++round) EXPECT_NO_THROW(adapter->restart({}));
}

TEST(Plugin, statement_out_of_range_is_refused) {
  EXPECT_THAT(load_error("shift out of range"), HasSubstr("a shift of 47"));
  EXPECT_THAT(load_error("resize out of range"), HasSubstr("resize 4"));
  EXPECT_THAT(load_error("pages out of range"), HasSubstr("pages 0x40"));
  EXPECT_THAT(load_error("limit below start"), HasSubstr("max_shift of 23 below an initial_shift of 24"));
}

TEST(Plugin, no_process_is_left) {
  for (const auto* way : {"", "crash", "hang", "hang in destroy", "crash in create"}) {
    {
      const auto adapter = misbehaving(way);
      try {
        adapter->restart({});
        fourth_call_goes_wrong(*adapter);
        adapter->restart({});
        EXPECT_TRUE(has_children()) << "the test sees children";
      } catch (const EnvironmentError&) {
      }
    }
    EXPECT_FALSE(has_children()) << way;
  }
}

TEST(Plugin, descriptors_do_not_add_up) {
  const auto count = [] {
    std::size_t number = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++number;
    return number;
  };
  const auto before = count();
  for (int round = 0; round < 3; ++round) {
    const auto adapter = misbehaving("crash");
    adapter->restart({});
    fourth_call_goes_wrong(*adapter);
    adapter->restart({});
  }
  EXPECT_EQ(count(), before);
}

// The kit is a child of the test's here; the plugin's process tells its number through its name in /proc.
TEST(Plugin, child_dies_with_the_kit) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t kit = ::fork();
  ASSERT_GE(kit, 0);
  if (kit == 0) {
    setenv("HPTCK_MISBEHAVE", "", 1);
    const plugin::PluginProcess process(HPTCK_MISBEHAVING_PLUGIN, "", 5s);
    const pid_t child = process.pid();
    if (::write(ends[1], &child, sizeof child) != sizeof child) ::_exit(1);
    for (;;) ::pause();
  }
  pid_t child = 0;
  ASSERT_EQ(::read(ends[0], &child, sizeof child), static_cast<ssize_t>(sizeof child));
  EXPECT_EQ(::kill(child, 0), 0);
  ::kill(kit, SIGKILL);
  ::waitpid(kit, nullptr, 0);
  // Whoever inherits it reaps it when it likes, so a zombie counts as gone.
  const auto gone = [&] {
    std::ifstream status(fmt::format("/proc/{}/stat", child));
    std::string number, name, state;
    return !(status >> number >> name >> state) || state == "Z" || state == "X";
  };
  for (int looks = 0; looks < 500 && !gone(); ++looks) std::this_thread::sleep_for(10ms);
  EXPECT_TRUE(gone());
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace hptck
