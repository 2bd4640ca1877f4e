// kill -9 of the implementation, of the kit, and of both, at random moments of a campaign: whatever the
// moment, the journal is whole but for the batch in flight, no verdict is made up, and no process or file is
// left behind.
//
// The moments are drawn evenly over the length of a whole run, which is measured first (with QEMU, over its
// first seconds: the whole takes long); what is expected holds at every moment, so that no verdict here
// depends on when a signal arrives. What was answered is known
// from the implementation itself, which records it (recording.h). This process adopts whoever the kit leaves
// behind (PR_SET_CHILD_SUBREAPER): when it has no child any more, everybody is gone, with no look at names or
// numbers.
//
// HPTCK_KILL_MOMENTS: how many moments for each victim. HPTCK_KILL_SEED: of the moments.
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
extern "C" {
#include <sys/pidfd.h>  // in Debian 12 it does not say for itself that it is C
}

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "conformance/adapters/process/file_descriptor.h"
#include "conformance/record/journal.h"
#include "reports/command_line/kill/recording.h"

namespace hptck {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Words = std::vector<std::string>;

// Longer than a whole run takes on a machine that has much else to do; and than it takes a process to go when
// the kernel has been asked to kill it.
constexpr auto time_to_run = 300s, time_to_go = 30s;

// A batch has 512 calls and those of the plan that reached that number, which waits for preparations by
// repeating a call up to 64 times.
constexpr std::size_t most_in_flight = 512 + 256;

std::string read(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::stoull(text);
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto stat = read(entry.path() / "stat");  // "PID (NAME) STATE PPID ...", empty when it has gone
    const auto end = stat.rfind(')');
    if (end != std::string::npos && std::atoi(stat.c_str() + end + 4) == parent)
      children.push_back(std::stoi(name));
  }
  return children;
}

// The regular files in places for temporary ones that a process has open under a name.
void add_open_files(pid_t pid, std::set<fs::path>& files) {
  std::error_code gone;
  for (fs::directory_iterator it(fmt::format("/proc/{}/fd", pid), gone), end; !gone && it != end;
       it.increment(gone)) {
    const auto path = fs::read_symlink(it->path(), gone);
    for (const auto* place : {"/dev/shm/", "/tmp/", "/var/tmp/"})
      if (path.string().starts_with(place) && fs::is_regular_file(path)) files.insert(path);
  }
}

std::set<std::string> shared_memory() {
  std::set<std::string> names;
  if (testing::TempDir().starts_with("/dev/shm"))
    return names;  // then tests beside this one have theirs there
  for (const auto& entry : fs::directory_iterator("/dev/shm")) {
    if (entry.path().filename().string().find("hptck") != std::string::npos)
      names.insert(entry.path().filename());
  }
  return names;
}

std::vector<Recorded> read_records(const fs::path& path) {
  const auto bytes = read(path);
  std::vector<Recorded> records(bytes.size() / sizeof(Recorded));
  if (!records.empty())
    std::memcpy(static_cast<void*>(records.data()), bytes.data(), records.size() * sizeof(Recorded));
  return records;
}

struct Subject {
  std::string name;  // of the adapter
  Words deviations;  // of the implementation, in half of the runs
  bool records;
  unsigned calls, moments;           // by default
  std::chrono::milliseconds length;  // of what moments are drawn from; 0: of a whole run
};

void PrintTo(const Subject& subject, std::ostream* out) { *out << subject.name; }

enum class Victim { implementation, kit, both };

class Kill : public testing::TestWithParam<Subject> {
 protected:
  Kill()
      : directory_(fs::path(testing::TempDir()) / fmt::format("hptck-kill-{}", ::getpid())),
        shared_memory_(shared_memory()) {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    seed_ = from_environment("HPTCK_KILL_SEED", std::random_device{}());
    random_.seed(seed_);
  }
  ~Kill() override {
    if (!HasFailure()) fs::remove_all(directory_);
  }

  bool chance() { return random_() % 2 == 0; }

  // Draws what is run next, and makes a place for it.
  void draw(bool deviates) {
    deviates_ = deviates && !GetParam().deviations.empty();
    fs::remove_all(directory_);
    fs::create_directories(directory_ / "tmp");
    command_ = {HPTCK_PROGRAM, "certify",
                "--adapter",   GetParam().name,
                "--seed",      std::to_string(random_() % 1'000'000),
                "--calls",     std::to_string(GetParam().calls),
                "--out",       out().string()};
    const auto add = [this](const Words& words) {
      command_.insert(command_.end(), words.begin(), words.end());
    };
    if (GetParam().name == "stdio") {
      add({"--"});
      // A shell in between, which the kit has not started itself.
      if (chance()) add({"sh", "-c", "\"$0\" \"$@\"; exit $?"});
      add({HPTCK_RECORDING_SERVER, record().string()});
      if (deviates_) add(GetParam().deviations);
    } else if (GetParam().name == "plugin") {
      add({"--library", HPTCK_RECORDING_PLUGIN, "--library-options", record().string()});
    }
  }

  fs::path out() const { return directory_ / "out"; }
  fs::path record() const { return directory_ / "record"; }

  void start() {
    std::vector<char*> argv;
    for (auto& word : command_) argv.push_back(word.data());
    argv.push_back(nullptr);
    const auto log = (directory_ / "log").string(), temporary = (directory_ / "tmp").string();
    const auto test = ::getpid();
    kit_ = ::fork();
    if (kit_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != test) ::_exit(127);
    const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ::dup2(file, 1);
    ::dup2(file, 2);
    ::close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
    ::setenv("TMPDIR", temporary.c_str(), 1);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }

  // Reaps a child of this process, adopted or not, that has ended; -1 when there is no child at all.
  pid_t reap() {
    int status = 0;
    const auto pid = ::waitpid(-1, &status, WNOHANG);
    if (pid == kit_ && pid > 0) kit_status_ = status;
    return pid;
  }

  // Sleeps until then, or until nobody is left.
  void sleep_until(Clock::time_point then) {
    while (Clock::now() < then && reap() >= 0)
      std::this_thread::sleep_for(std::min<Clock::duration>(1ms, then - Clock::now()));
  }

  void kill(Victim victim) {
    if (kit_status_) return;
    const auto children = children_of(kit_);
    std::vector<FileDescriptor> doomed;
    if (victim != Victim::kit) {
      for (const auto child : children) doomed.emplace_back(::pidfd_open(child, 0));
    }
    open_files_.clear();
    add_open_files(kit_, open_files_);
    for (const auto child : children) add_open_files(child, open_files_);
    if (victim != Victim::implementation) doomed.emplace_back(::pidfd_open(kit_, 0));
    std::shuffle(doomed.begin(), doomed.end(), random_);
    // The numbers still belong to whom they were looked up for.
    if (victim != Victim::kit && children_of(kit_) != children) return;
    for (const auto& one : doomed) {
      if (one.get() >= 0 && ::pidfd_send_signal(one.get(), SIGKILL, nullptr, 0) == 0) ++killed_;
    }
  }

  void expect_everybody_gone() {
    for (const auto limit = Clock::now() + time_to_run; !kit_status_ && Clock::now() < limit; reap())
      std::this_thread::sleep_for(200us);
    for (const auto limit = Clock::now() + time_to_go; reap() >= 0 && Clock::now() < limit;)
      std::this_thread::sleep_for(200us);
    for (auto left = children_of(::getpid()); !left.empty(); left = children_of(::getpid())) {
      for (const auto pid : left) {
        ADD_FAILURE() << "left behind: " << pid << ' ' << read(fmt::format("/proc/{}/cmdline", pid));
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
      }
    }
    ASSERT_TRUE(kit_status_) << "the kit did not end";
  }

  void expect_no_file_left() {
    EXPECT_TRUE(fs::is_empty(directory_ / "tmp"));
    std::set<fs::path> own;  // which the kit has too, before it is the kit
    add_open_files(::getpid(), own);
    for (const auto& file : open_files_) {
      if (own.contains(file) || file.string().starts_with(directory_.string())) continue;
      EXPECT_FALSE(fs::exists(file)) << file;
    }
    for (const auto& name : shared_memory()) EXPECT_TRUE(shared_memory_.contains(name)) << name;
    if (!fs::exists(out())) return;
    for (const auto& entry : fs::directory_iterator(out())) {
      const auto name = entry.path().filename().string();
      EXPECT_TRUE(name == "journal.txt" || name == "junit.xml" || name == "summary.json" ||
                  (name.starts_with("finding-") && name.ends_with(".trace")))
          << name;
    }
  }

  // That the journal has every answer but those of the batch in flight. Returns how many are missing.
  std::size_t expect_all_answers(const std::vector<Trace>& partitions) {
    if (!GetParam().records) return 0;
    const auto records = read_records(record());
    std::size_t journaled = 0;
    for (const auto& partition : partitions) {
      for (const auto& step : partition.steps) {
        if (!step.response || step.call.token == token::reset) continue;  // records have calls only
        if (journaled >= records.size()) {
          ADD_FAILURE() << "the journal has answers that were not given";
          return 0;
        }
        const auto& [call, response] = records[journaled++];
        if (step.call == call && *step.response == defined_part(call, response)) continue;
        ADD_FAILURE() << "answer " << journaled << " is not as it was given: " << to_string(step.call);
        return 0;
      }
    }
    return records.size() - journaled;
  }

  // What is expected whoever was killed, and when.
  void expect_sound_journal(Victim victim) {
    const bool kit_killed = WIFSIGNALED(*kit_status_);
    if (kit_killed) {
      EXPECT_NE(victim, Victim::implementation) << "the kit was killed by signal " << WTERMSIG(*kit_status_);
      EXPECT_EQ(WTERMSIG(*kit_status_), SIGKILL);
    }
    const auto report = [&] {
      const auto status =
          std::system(fmt::format("'{}' report '{}' --out '{}' >/dev/null 2>&1", HPTCK_PROGRAM,
                                  (out() / "journal.txt").string(), (directory_ / "again").string())
                          .c_str());
      return WEXITSTATUS(status);
    };
    const auto text = read(out() / "journal.txt");
    const auto head = text.find("\ncampaign ");
    if (head == std::string::npos || text.find('\n', head + 1) == std::string::npos) {
      EXPECT_TRUE(kit_killed) << "a journal without a head";
      EXPECT_TRUE(!GetParam().records || read_records(record()).empty())
          << "answers before the journal has a head";
      EXPECT_EQ(report(), 3);
      ++before_;
      return;
    }
    std::vector<Trace> partitions;
    const auto found = read_journal(text, "journal.txt", &partitions);
    const auto missing = expect_all_answers(partitions);
    most_missing_ = std::max(most_missing_, missing);
    EXPECT_LE(missing, most_in_flight);
    const auto code = exit_code(judge(found).verdict);
    EXPECT_EQ(report(), code);
    if (GetParam().records && !deviates_) {
      EXPECT_THAT(found.findings, testing::IsEmpty()) << "a finding in what is correct";
    }
    if (found.complete) {
      ++after_;
      EXPECT_GE(found.tally.calls, GetParam().calls);
      EXPECT_EQ(missing, 0u);
      EXPECT_EQ(found.error, "");
      if (GetParam().records) {
        EXPECT_EQ(code, deviates_ ? 1 : 0);
      }
    } else {
      EXPECT_EQ(code, !found.findings.empty() ? 1 : !found.error.empty() ? 3 : 2);
    }
    if (kit_killed) {
      EXPECT_TRUE(found.complete || !found.error.empty() || !fs::exists(out() / "junit.xml"))
          << "a report before there is anything to report";
      return;
    }
    // It has said itself what became of it.
    EXPECT_TRUE(found.complete || !found.error.empty());
    EXPECT_TRUE(text.ends_with('\n'));
    EXPECT_EQ(WEXITSTATUS(*kit_status_), code);
    EXPECT_TRUE(fs::exists(out() / "junit.xml") && fs::exists(out() / "summary.json"));
  }

  void run(Victim victim, Clock::duration moment) {
    kit_status_.reset();
    const auto begin = Clock::now();
    start();
    ASSERT_GE(kit_, 0);
    sleep_until(begin + moment);
    kill(victim);
    // A kit that was just asking for a fresh partition may have got it in a new process, and then goes on for
    // as long as the whole run takes.
    for (const auto limit = Clock::now() + time_to_run;
         victim == Victim::implementation && GetParam().length != 0s && !kit_status_ && Clock::now() < limit;
         kill(victim))
      sleep_until(Clock::now() + 50ms);
    expect_everybody_gone();
    length_ = Clock::now() - begin;
    if (HasFatalFailure()) return;
    expect_no_file_left();
    expect_sound_journal(victim);
  }

  fs::path directory_;
  std::set<std::string> shared_memory_;
  std::uint64_t seed_ = 0;
  std::mt19937_64 random_;
  Words command_;
  bool deviates_ = false;
  pid_t kit_ = -1;
  std::optional<int> kit_status_;
  std::set<fs::path> open_files_;
  Clock::duration length_{};
  std::size_t killed_ = 0, before_ = 0, after_ = 0, most_missing_ = 0;
};

TEST_P(Kill, leaves_a_sound_journal_and_nothing_else) {
  const auto moments = from_environment("HPTCK_KILL_MOMENTS", GetParam().moments);
  fmt::print("HPTCK_KILL_SEED={} HPTCK_KILL_MOMENTS={}\n", seed_, moments);
  Clock::duration length[2] = {GetParam().length, GetParam().length};
  for (const bool deviates : {false, true}) {
    if (length[deviates] != 0s) continue;
    draw(deviates);
    ASSERT_NO_FATAL_FAILURE(run(Victim::kit, time_to_run));
    ASSERT_EQ(after_, 1u) << "a whole run";
    ASSERT_FALSE(HasFailure());
    length[deviates] = length_;
    after_ = 0;
  }
  constexpr std::pair<Victim, const char*> victims[] = {
      {Victim::implementation, "the implementation"}, {Victim::kit, "the kit"}, {Victim::both, "both"}};
  for (const auto& [victim, name] : victims) {
    killed_ = before_ = after_ = most_missing_ = 0;
    for (std::uint64_t i = 0; i < moments; ++i) {
      random_.seed(seed_ + i);  // so that this moment alone can be drawn again
      const bool deviates = chance();
      draw(deviates);
      const auto ended_before = after_;
      const auto moment = std::chrono::duration_cast<Clock::duration>(
          length[deviates] * std::uniform_real_distribution<>()(random_));
      run(victim, moment);
      ASSERT_FALSE(HasFailure()) << name << " killed after " << std::chrono::duration<double>(moment).count()
                                 << " s, moment " << i << " of seed " << seed_ << "; see " << directory_
                                 << "; " << testing::PrintToString(command_) << '\n'
                                 << read(directory_ / "log");
      // The machine is less busy than it was; the next moments are to fall into the run.
      if (after_ != ended_before) length[deviates] = std::min(length[deviates], length_);
    }
    fmt::print(
        "{}: {} moments, {} processes killed, {} before the journal has a head, {} after its end; at most {} "
        "answers not in the journal\n",
        name, moments, killed_, before_, after_, most_missing_);
    std::fflush(stdout);
  }
}

const auto name_of_adapter = [](const auto& info) { return info.param.name; };

INSTANTIATE_TEST_SUITE_P(
    Process, Kill,
    testing::Values(Subject{"stdio", {"commit_keeps_pending", "prepare_accepts_17"}, true, 20000, 5, 0s},
                    Subject{"plugin", {}, true, 20000, 5, 0s}),
    name_of_adapter);
INSTANTIATE_TEST_SUITE_P(Machine, Kill, testing::Values(Subject{"qemu", {}, false, 3000, 2, 3s}),
                         name_of_adapter);

}  // namespace
}  // namespace hptck
