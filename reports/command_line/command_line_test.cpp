// The hptck command as its users meet it: exit codes, messages, files, and what is left when it is killed.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "conformance/record/journal.h"

namespace hptck {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string read(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class CommandLine : public testing::Test {
 protected:
  CommandLine() : out_(fs::path(testing::TempDir()) / fmt::format("hptck-command-line-{}", ::getpid())) {
    fs::create_directories(out_);
  }
  ~CommandLine() override { fs::remove_all(out_); }

  struct Outcome {
    int code;
    std::string output;
  };

  Outcome hptck(const std::string& arguments) {
    const auto log = out_ / "log";
    const int status =
        std::system(fmt::format("{} {} >{} 2>&1", HPTCK_PROGRAM, arguments, log.string()).c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read(log)};
  }

  std::string out() const { return (out_ / "out").string(); }

  fs::path out_;
};

TEST_F(CommandLine, conformant_exits_0_and_writes_its_reports) {
  const auto run = hptck("certify --adapter builtin --seed 1 --calls 30000 --quiet --out " + out());
  EXPECT_EQ(run.code, 0) << run.output;
  EXPECT_THAT(run.output, HasSubstr("PASS"));
  for (const auto* file : {"junit.xml", "summary.json", "journal.txt"})
    EXPECT_TRUE(fs::exists(fs::path(out()) / file)) << file;
  EXPECT_EQ(run.output.find('\x1b'), std::string::npos) << "no colour unless on a terminal";
}

TEST_F(CommandLine, not_conformant_exits_1_and_its_replay_command_reproduces) {
  const auto run = hptck(
      "certify --adapter builtin --deviation commit_keeps_pending --seed 1 --calls 20000 --quiet --out " +
      out());
  EXPECT_EQ(run.code, 1) << run.output;
  const auto record = read_journal(read(fs::path(out()) / "journal.txt"), "journal");
  ASSERT_FALSE(record.findings.empty());
  const auto& command = record.findings[0].replay_command;
  EXPECT_THAT(command, HasSubstr("--deviation commit_keeps_pending"));
  const int status = std::system((command + " >/dev/null 2>&1").c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1);
  // Without the deviation the same calls are answered rightly.
  EXPECT_EQ(hptck("replay --adapter builtin " + out() + "/" + record.findings[0].file).code, 0);
  EXPECT_EQ(hptck("check " + out() + "/" + record.findings[0].file).code, 1);
}

TEST_F(CommandLine, inconclusive_exits_2) {
  EXPECT_EQ(hptck("certify --adapter builtin --resize absent --calls 500 --quiet --out " + out()).code, 2);
}

TEST_F(CommandLine, trouble_of_the_environment_exits_3_and_is_reported) {
  const auto run = hptck("certify --adapter qemu --qemu /no/such/qemu --calls 10 --quiet --out " + out());
  EXPECT_EQ(run.code, 3) << run.output;
  EXPECT_THAT(run.output, HasSubstr("/no/such/qemu"));
  EXPECT_THAT(read(fs::path(out()) / "junit.xml"), HasSubstr("<error"));
  EXPECT_EQ(hptck("certify --adapter builtin --calls 10 --quiet --out /proc/nowhere").code, 3);
}

TEST_F(CommandLine, wrong_use_exits_64_with_a_message) {
  for (const auto* arguments :
       {"", "certify", "certify --adapter nobody", "serve --scheme c", "serve --adapter builtin",
        "certify --adapter builtin --calls many", "frobnicate", "certify --adapter builtin --no-such-option",
        "certify --adapter builtin --deviation nonsense", "certify --adapter builtin --calls 0",
        "certify --adapter builtin --calls -5", "certify --adapter builtin --calls 0 --seconds nan",
        "replay --adapter builtin"}) {
    const auto run = hptck(std::string(arguments) +
                           (std::string(arguments).find("certify") == 0 ? " --out " + out() : ""));
    EXPECT_EQ(run.code, 64) << arguments << '\n' << run.output;
    EXPECT_FALSE(run.output.empty()) << arguments;
  }
}

TEST_F(CommandLine, help_and_version_exit_0) {
  EXPECT_EQ(hptck("--help").code, 0);
  EXPECT_EQ(hptck("--version").code, 0);
  const auto help = hptck("certify --adapter qemu --help");
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.output, HasSubstr("--resize-hpt"));
  EXPECT_THAT(help.output, HasSubstr("--seed"));
}

TEST_F(CommandLine, a_faulty_trace_is_refused_with_its_place) {
  std::ofstream(out_ / "bad.trace") << "hptck-trace 1\npartition\nH_READ 0x0 0x0 -> H_FINE\n";
  const auto run = hptck("replay --adapter builtin " + (out_ / "bad.trace").string());
  EXPECT_EQ(run.code, 3);
  EXPECT_THAT(run.output, HasSubstr("bad.trace:3:19: \"H_FINE\" is not a status"));
  EXPECT_EQ(hptck("check " + (out_ / "missing.trace").string()).code, 3);
}

TEST_F(CommandLine, clauses_are_listed_with_their_places) {
  const auto run = hptck("clauses --ambiguities");
  EXPECT_EQ(run.code, 0);
  EXPECT_THAT(run.output, HasSubstr("prepare.discard"));
  EXPECT_THAT(run.output, HasSubstr("sec_resize_hpt_commit, Semantics, item 2"));
  EXPECT_THAT(run.output, HasSubstr("A1 The upper half of the shift register"));
}

TEST_F(CommandLine, deviations_are_named_from_the_journal_and_may_be_taken_for_granted) {
  const std::string wrong =
      "--adapter builtin --deviation commit_keeps_pending --deviation prepare_accepts_17 ";
  const auto first = hptck("certify " + wrong + "--seed 1 --calls 20000 --quiet --out " + out());
  const std::string both = "LoPAR 2.9 with deviations prepare_accepts_17, commit_keeps_pending\n";
  EXPECT_THAT(first.output, HasSubstr("Diagnosis: " + both));
  EXPECT_THAT(read(fs::path(out()) / "junit.xml"), HasSubstr(both.substr(0, both.size() - 1)));
  const auto diagnosis = hptck("diagnose " + out() + "/journal.txt");
  EXPECT_EQ(diagnosis.code, 1);
  EXPECT_THAT(diagnosis.output, testing::StartsWith(both));
  EXPECT_THAT(diagnosis.output, HasSubstr("PREPARE takes a shift of 17 for a size."));

  // Under them nothing is found, and the clauses fail all the same; under one of them the other is.
  const auto again =
      hptck("certify " + wrong +
            "--seed 2 --calls 20000 --quiet --under commit_keeps_pending --under prepare_accepts_17 --out " +
            out());
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.output, HasSubstr("\n0 findings"));
  EXPECT_THAT(again.output, HasSubstr("taken for granted: commit_keeps_pending"));
  const auto other = hptck("certify " + wrong +
                           "--seed 2 --calls 20000 --quiet --under commit_keeps_pending --out " + out());
  EXPECT_THAT(other.output, HasSubstr("\n1 finding "));

  EXPECT_EQ(hptck("certify --adapter builtin --calls 5000 --quiet --seed 1 --out " + out()).code, 0);
  EXPECT_EQ(hptck("diagnose " + out() + "/journal.txt").code, 0);
  const auto bad = hptck("check --under commit_keeps x.trace");
  EXPECT_EQ(bad.code, 64);
  EXPECT_THAT(bad.output, HasSubstr("commit_keeps is not a deviation; see hptck deviations"));
  const auto list = hptck("deviations");
  EXPECT_EQ(list.code, 0);
  EXPECT_THAT(list.output, HasSubstr("commit_keeps_pending"));
}

TEST_F(CommandLine, a_hypervisor_behind_standard_input_and_output_gets_the_verdict_that_it_would_get_here) {
  const std::string certify = "certify --adapter stdio --seed 1 --calls 30000 --quiet --out " + out();
  for (const auto* scheme : {"a", "b"}) {
    const auto run = hptck(fmt::format("{} -- {} serve --scheme {}", certify, HPTCK_PROGRAM, scheme));
    EXPECT_EQ(run.code, 0) << run.output;
  }
  const auto run =
      hptck(fmt::format("{} -- {} serve --deviation commit_keeps_pending", certify, HPTCK_PROGRAM));
  EXPECT_EQ(run.code, 1) << run.output;
  EXPECT_THAT(run.output, HasSubstr("Finding 1 of 1: commit.clears"));
  EXPECT_THAT(run.output, HasSubstr("Diagnosis: LoPAR 2.9 with deviation commit_keeps_pending\n"));
  const auto record = read_journal(read(fs::path(out()) / "journal.txt"), "journal");
  const auto& command = record.findings.at(0).replay_command;
  EXPECT_THAT(command, testing::EndsWith("--adapter stdio -- " HPTCK_PROGRAM
                                         " serve --deviation commit_keeps_pending"));
  EXPECT_EQ(WEXITSTATUS(std::system((command + " >/dev/null 2>&1").c_str())), 1);
}

TEST_F(CommandLine, faults_behind_standard_input_and_output_are_found_and_minimized) {
  const std::pair<const char*, const char*> table[] = {
      {"commit_all_flags_dies", "Finding 1 of 1: commit.flags"},
      {"commit_none_garbles", "Finding 1 of 1: commit.no_pending"},
      {"prepare_46_hangs", "Finding 1 of 1: prepare.resource"},
  };
  for (const auto& [deviation, finding] : table) {
    const auto run = hptck(
        fmt::format("certify --adapter stdio --deadline-ms 500 --seed 1 --calls 10000 --quiet --out {} -- {} "
                    "serve --deviation {}",
                    out(), HPTCK_PROGRAM, deviation));
    EXPECT_EQ(run.code, 1) << run.output;
    EXPECT_THAT(run.output, HasSubstr(finding));
  }
}

TEST_F(CommandLine, the_command_of_the_stdio_adapter_is_quoted_for_the_shell) {
  std::ofstream(out_ / "it's a [program]")
      << "exec " << HPTCK_PROGRAM << " serve --deviation prepare_accepts_17\n";
  const auto run =
      hptck(fmt::format("certify --adapter stdio --seed 1 --calls 5000 --quiet --out {} -- sh \"{}\"", out(),
                        (out_ / "it's a [program]").string()));
  EXPECT_EQ(run.code, 1) << run.output;
  const auto record = read_journal(read(fs::path(out()) / "journal.txt"), "journal");
  EXPECT_EQ(WEXITSTATUS(std::system((record.findings.at(0).replay_command + " >/dev/null 2>&1").c_str())), 1);
}

TEST_F(CommandLine, what_keeps_a_hypervisor_from_being_judged_is_an_error) {
  const std::string certify = "certify --adapter stdio --calls 10 --quiet --out " + out();
  const auto nothing = hptck(certify);
  EXPECT_EQ(nothing.code, 64);
  EXPECT_THAT(nothing.output, HasSubstr("the command to start is missing"));
  EXPECT_EQ(hptck(certify + " --").code, 64);
  const auto missing = hptck(certify + " -- /no/such/program");
  EXPECT_EQ(missing.code, 3);
  EXPECT_THAT(missing.output, HasSubstr("cannot run /no/such/program"));
  const auto mute = hptck(certify + " -- true");
  EXPECT_EQ(mute.code, 3);
  EXPECT_THAT(mute.output, HasSubstr("true does not describe itself"));
}

TEST_F(CommandLine, a_hypervisor_killed_in_mid_campaign_is_an_error_and_no_verdict) {
  const auto pid_file = (out_ / "pid").string();
  const auto command = fmt::format(
      "certify --adapter stdio --calls 0 --seconds 60 --quiet --out {} -- sh -c "
      "\"echo \\$\\$ >{}; exec {} serve\"",
      out(), pid_file, HPTCK_PROGRAM);
  std::thread killer([&] {
    const auto journal = fs::path(out()) / "journal.txt";
    for (int i = 0; i < 600 && (!fs::exists(journal) || fs::file_size(journal) < 200000); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (const int pid = std::atoi(read(pid_file).c_str()); pid > 1) ::kill(pid, SIGKILL);
  });
  const auto run = hptck(command);
  killer.join();
  EXPECT_EQ(run.code, 3) << run.output;
  EXPECT_THAT(run.output, HasSubstr("This came from outside"));
}

TEST_F(CommandLine, reports_can_be_made_again_from_the_journal) {
  ASSERT_EQ(hptck("certify --adapter builtin --seed 1 --calls 30000 --quiet --out " + out()).code, 0);
  const auto again = (out_ / "again").string();
  EXPECT_EQ(hptck("report " + out() + "/journal.txt --out " + again).code, 0);
  EXPECT_EQ(read(fs::path(out()) / "junit.xml"), read(fs::path(again) / "junit.xml"));
}

TEST_F(CommandLine, a_killed_kit_loses_at_most_the_batch_in_flight) {
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::execl(HPTCK_PROGRAM, HPTCK_PROGRAM, "certify", "--adapter", "builtin", "--calls", "0", "--seconds",
            "60", "--quiet", "--out", out().c_str(), nullptr);
    ::_exit(127);
  }
  const auto journal = fs::path(out()) / "journal.txt";
  for (int i = 0; i < 600 && (!fs::exists(journal) || fs::file_size(journal) < 200000); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  const auto record = read_journal(read(journal), "journal");
  EXPECT_FALSE(record.complete);
  EXPECT_GT(record.tally.calls, 1000u);
  EXPECT_EQ(hptck("report " + journal.string() + " --out " + out()).code, 2)
      << "a journal cut short is inconclusive";
}

TEST_F(CommandLine, a_killed_kit_leaves_no_report_of_an_earlier_run) {
  hptck("certify --adapter builtin --calls 500 --quiet --out " + out());
  ASSERT_TRUE(fs::exists(fs::path(out()) / "junit.xml"));
  const auto started = out_ / "started";
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto script = fmt::format("echo >'{}'; exec sleep 1000", started.string());
    ::execl(HPTCK_PROGRAM, HPTCK_PROGRAM, "certify", "--adapter", "stdio", "--quiet", "--out", out().c_str(),
            "--", "sh", "-c", script.c_str(), nullptr);
    ::_exit(127);
  }
  for (int i = 0; i < 600 && !fs::exists(started); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  for (const auto* file : {"junit.xml", "summary.json"})
    EXPECT_FALSE(fs::exists(fs::path(out()) / file)) << file;
}

TEST_F(CommandLine, an_interrupted_campaign_still_reports) {
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::freopen("/dev/null", "w", stdout);
    ::execl(HPTCK_PROGRAM, HPTCK_PROGRAM, "certify", "--adapter", "builtin", "--calls", "0", "--seconds",
            "60", "--quiet", "--out", out().c_str(), nullptr);
    ::_exit(127);
  }
  const auto journal = fs::path(out()) / "journal.txt";
  for (int i = 0; i < 600 && (!fs::exists(journal) || fs::file_size(journal) < 200000); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  ::kill(child, SIGINT);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 2);
  EXPECT_TRUE(fs::exists(fs::path(out()) / "junit.xml"));
}

TEST_F(CommandLine, plugin_is_certified) {
  const auto run = hptck("certify --adapter plugin --library " HPTCK_EXAMPLE_PLUGIN
                         " --seed 1 --calls 30000 --quiet --out " +
                         out());
  EXPECT_EQ(run.code, 0) << run.output;
  EXPECT_THAT(run.output, HasSubstr("PASS"));
}

TEST_F(CommandLine, crash_of_a_plugin_is_no_answer) {
  const auto trace = (out_ / "commit.trace").string();
  std::ofstream(trace) << "hptck-trace 1\npartition\nH_RESIZE_HPT_COMMIT 0x0 0x0 -> H_CLOSED\n";
  ::setenv("HPTCK_MISBEHAVE", "crash", 1);
  const auto run = hptck(
      "replay --adapter plugin --library " HPTCK_MISBEHAVING_PLUGIN " --library-options 0x370 " + trace);
  ::unsetenv("HPTCK_MISBEHAVE");
  EXPECT_EQ(run.code, 1) << run.output;
  EXPECT_THAT(run.output, HasSubstr("was killed by SIGSEGV"));
  EXPECT_THAT(run.output, HasSubstr("reproduced, in attempt 1"));
}

TEST_F(CommandLine, unusable_plugin_is_trouble_of_the_environment) {
  const auto run = hptck("certify --adapter plugin --library /no/such.so --calls 10 --quiet --out " + out());
  EXPECT_EQ(run.code, 3) << run.output;
  EXPECT_THAT(run.output, HasSubstr("Give the path of a shared library"));
  EXPECT_EQ(hptck("certify --adapter plugin --out " + out()).code, 64) << "without a library";
}

TEST_F(CommandLine, adapter_check_exits_0_for_an_adapter_that_is_well) {
  const auto json = (out_ / "check.json").string();
  for (const auto* adapter :
       {"builtin", "builtin --resize absent", "plugin --library " HPTCK_EXAMPLE_PLUGIN}) {
    const auto run = hptck(fmt::format("adapter-check --adapter {} --json {}", adapter, json));
    EXPECT_EQ(run.code, 0) << run.output;
    EXPECT_THAT(run.output, HasSubstr("hypercalls a second"));
    EXPECT_THAT(read(json), HasSubstr("\"passed\": true"));
  }
}

TEST_F(CommandLine, adapter_check_exits_otherwise_for_any_other) {
  ::setenv("HPTCK_MISBEHAVE", "crash", 1);
  // H_READ kills it.
  const auto run =
      hptck("adapter-check --adapter plugin --library " HPTCK_MISBEHAVING_PLUGIN " --library-options 0x0c");
  ::unsetenv("HPTCK_MISBEHAVE");
  EXPECT_EQ(run.code, 1) << run.output;
  EXPECT_THAT(run.output, HasSubstr("batch_of_512_is_answered"));
  EXPECT_EQ(hptck("adapter-check --adapter plugin --library /no/such.so").code, 3);
  EXPECT_EQ(hptck("adapter-check").code, 64);
  EXPECT_EQ(hptck("adapter-check --adapter nobody").code, 64);
}

}  // namespace
}  // namespace hptck
