// The adapter against the real thing, and against programs that only claim to be it. What QEMU does wrong is
// shown with signals and with a hypercall that writes to the agent's own memory, both aimed at a moment that
// the test has seen come (a batch in flight), never at a time of the clock.
#include "conformance/adapters/qemu/qemu_adapter.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "conformance/adapters/qemu/guest_images.h"
#include "conformance/adapters/qemu/machine.h"

namespace hptck {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

// Bits of an HPTE that QEMU keeps for itself and lets H_READ show.
constexpr std::uint64_t own_bits = 0x60;

Response answer(Adapter& adapter, const Call& call) {
  Response response;
  const auto result = adapter.batch({&call, 1}, {&response, 1});
  if (result.fault) throw std::runtime_error(result.fault->evidence);
  return response;
}

std::int64_t status_of(Adapter& adapter, const Call& call) { return answer(adapter, call).status; }

// PREPARE is asked until it is done, then COMMIT.
std::int64_t resize(Adapter& adapter, std::uint64_t shift) {
  for (;;) {
    const auto code = status_of(adapter, prepare(0, shift));
    if (!is_long_busy(code)) {
      if (code != status::H_SUCCESS) return code;
      return status_of(adapter, commit(0, shift));
    }
    adapter.wait(1ms);
  }
}

// The HPT has 2^(shift - 4) entries.
void expect_table_of(Adapter& adapter, unsigned shift) {
  const std::uint64_t entries = 1ull << (shift - 4);
  EXPECT_EQ(status_of(adapter, read_hpte(entries - 1)), status::H_SUCCESS) << "shift " << shift;
  EXPECT_EQ(status_of(adapter, read_hpte(entries)), status::H_PARAMETER) << "shift " << shift;
}

TEST(QemuAdapter, says_what_it_is) {
  const auto adapter = make_qemu_adapter({});
  const auto description = adapter->describe();
  EXPECT_EQ(description.name, "QEMU");
  EXPECT_THAT(description.version, ContainsRegex("^[0-9]+\\.[0-9]+\\.[0-9]+$"));
  EXPECT_NE(description.version, "0.0.0");
  EXPECT_THAT(description.identity.at("machine type"), ContainsRegex("^pseries-.*-machine$"));
  EXPECT_THAT(description.identity.at("cpu type"), HasSubstr("power8"));
  EXPECT_THAT(description.identity.at("accelerator"), AnyOf("TCG", "KVM"));
  EXPECT_THAT(description.identity.at("command"), HasSubstr("-cpu POWER8 -m 256M"));
  EXPECT_TRUE(description.abilities.contains(Ability::forbid_resize));
  EXPECT_TRUE(description.abilities.contains(Ability::reset));
}

TEST(QemuAdapter, prepare_of_nothing_succeeds) {
  const auto adapter = make_qemu_adapter({});
  adapter->restart({});
  EXPECT_EQ(status_of(*adapter, prepare(0, 0)), status::H_SUCCESS);
}

TEST(QemuAdapter, commit_succeeds_in_both_directions_of_size) {
  const auto adapter = make_qemu_adapter({});
  const unsigned initial = adapter->restart({}).initial_shift;
  ASSERT_GE(initial, min_shift + 2);
  expect_table_of(*adapter, initial);
  for (const unsigned shift : {initial + 1, initial, initial - 2, initial + 1}) {
    ASSERT_EQ(resize(*adapter, shift), status::H_SUCCESS) << "shift " << shift;
    expect_table_of(*adapter, shift);
  }
}

TEST(QemuAdapter, initial_size_follows_from_the_memory) {
  QemuOptions options;
  options.memory = "1G";
  const auto adapter = make_qemu_adapter(options);
  const unsigned initial = adapter->restart({}).initial_shift;
  EXPECT_EQ(initial, 23);
  expect_table_of(*adapter, initial);
}

TEST(QemuAdapter, restart_gives_a_fresh_partition) {
  const auto adapter = make_qemu_adapter({});
  const auto statement = adapter->restart({});
  ASSERT_EQ(resize(*adapter, statement.initial_shift - 1u), status::H_SUCCESS);
  ASSERT_EQ(status_of(*adapter, {token::H_ENTER, {H_EXACT, 3, HPTE_VALID | HPTE_BOLTED, 0x190}}),
            status::H_SUCCESS);
  const auto code = status_of(*adapter, prepare(0, statement.initial_shift + 1u));
  ASSERT_TRUE(code == status::H_SUCCESS || is_long_busy(code));

  EXPECT_EQ(adapter->restart({}), statement);
  EXPECT_EQ(status_of(*adapter, commit(0, statement.initial_shift + 1u)), status::H_CLOSED);
  expect_table_of(*adapter, statement.initial_shift);
  EXPECT_EQ(answer(*adapter, read_hpte(3)).out[0] & ~own_bits, 0u);
}

TEST(QemuAdapter, reset_reboots_the_guest) {
  const auto adapter = make_qemu_adapter({});
  const auto statement = adapter->restart({});
  ASSERT_EQ(resize(*adapter, statement.initial_shift - 1u), status::H_SUCCESS);
  ASSERT_FALSE(adapter->reset());
  expect_table_of(*adapter, statement.initial_shift);
  EXPECT_EQ(status_of(*adapter, prepare(0, 0)), status::H_SUCCESS);
}

// Whatever a reset leaves pending, the next partition does not get it.
TEST(QemuAdapter, restart_after_a_reset_gives_a_fresh_partition) {
  const auto adapter = make_qemu_adapter({});
  const unsigned initial = adapter->restart({}).initial_shift;
  const auto code = status_of(*adapter, prepare(0, initial + 1));
  ASSERT_TRUE(code == status::H_SUCCESS || is_long_busy(code));
  ASSERT_FALSE(adapter->reset());
  adapter->restart({});
  EXPECT_EQ(status_of(*adapter, commit(0, initial + 1)), status::H_CLOSED);
}

TEST(QemuAdapter, registers_are_carried_in_full) {
  const auto adapter = make_qemu_adapter({});
  adapter->restart({});
  constexpr std::uint64_t high = 0x0123'4560'0000'0000 | HPTE_BOLTED | HPTE_VALID, low = 0x190;
  ASSERT_EQ(status_of(*adapter, {token::H_ENTER, {H_EXACT, 8, high, low}}), status::H_SUCCESS);
  const auto response = answer(*adapter, read_hpte(8));
  EXPECT_EQ(response.status, status::H_SUCCESS);
  EXPECT_EQ(response.out[0] & ~own_bits, high);
  EXPECT_EQ(response.out[1], low);
  EXPECT_EQ(status_of(*adapter, {0xffff'ffff'ffff'fffc, {}}), status::H_FUNCTION);
}

TEST(QemuAdapter, partition_that_may_not_resize_gets_h_authority) {
  const auto adapter = make_qemu_adapter({});
  EXPECT_EQ(adapter->restart({.may_resize = false}).resize, Statement::Resize::disabled);
  EXPECT_EQ(status_of(*adapter, prepare(0, 0)), status::H_AUTHORITY);
  EXPECT_EQ(status_of(*adapter, commit(7, 99)), status::H_AUTHORITY);
  EXPECT_EQ(adapter->restart({}).resize, Statement::Resize::enabled);
  EXPECT_EQ(status_of(*adapter, prepare(0, 0)), status::H_SUCCESS);
}

TEST(QemuAdapter, user_can_forbid_resizing_for_good) {
  QemuOptions options;
  options.resize_hpt = "disabled";
  const auto adapter = make_qemu_adapter(options);
  EXPECT_EQ(adapter->describe().abilities, (std::set{Ability::reset, Ability::configure}));
  EXPECT_EQ(adapter->restart({}).resize, Statement::Resize::disabled);
  EXPECT_EQ(status_of(*adapter, prepare(0, 0)), status::H_AUTHORITY);
}

// The n-th call asks about an entry of its own, so that an answer in the wrong place would show.
TEST(QemuAdapter, batch_may_be_longer_than_the_mailbox) {
  const auto adapter = make_qemu_adapter({});
  adapter->restart({});
  std::vector<Call> calls;
  const std::size_t half = qemu::Mailbox::capacity + 77;
  for (std::uint64_t n = 0; n < half; ++n) {
    calls.push_back({token::H_ENTER, {H_EXACT, n, n << 12 | HPTE_BOLTED | HPTE_VALID, 0x190}});
  }
  for (std::uint64_t n = 0; n < half; ++n) calls.push_back(read_hpte(n));
  std::vector<Response> responses(calls.size());
  const auto result = adapter->batch(calls, responses);
  ASSERT_FALSE(result.fault) << result.fault->evidence;
  EXPECT_EQ(result.answered, calls.size());
  for (std::uint64_t n = 0; n < half; ++n) {
    ASSERT_EQ(responses[n].status, status::H_SUCCESS) << n;
    ASSERT_EQ(responses[half + n].out[0] & ~own_bits, calls[n].args[2]) << n;
  }
}

TEST(Machine, reset_keeps_the_process) {
  qemu::Machine machine({}, "enabled", qemu::agent_image());
  const auto pid = machine.pid();
  for (int times = 0; times < 3; ++times) EXPECT_FALSE(machine.reset());
  EXPECT_EQ(machine.pid(), pid);
}

TEST(Machine, reboot_that_qemu_dies_of_is_a_fault_with_the_signal) {
  qemu::Machine machine({}, "enabled", qemu::agent_image());
  kill(machine.pid(), SIGSEGV);
  const auto fault = machine.reboot();
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind, Fault::Kind::died);
  EXPECT_THAT(fault->evidence, HasSubstr("SIGSEGV"));
  EXPECT_THAT(fault->evidence, HasSubstr("In play was a reset"));
}

TEST(Machine, reboot_that_never_ends_is_a_hang) {
  QemuOptions options;
  qemu::Machine machine(options, "enabled", qemu::agent_image());
  // A machine that is stopped is reset, and its guest does not run.
  ASSERT_TRUE(machine.qmp().execute("stop", 5s));
  const auto fault = machine.reboot();
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind, Fault::Kind::hung);
  EXPECT_THAT(fault->evidence, HasSubstr("no sign of life from the guest"));
}

TEST(Machine, reboot_that_was_ended_from_outside_is_nobodys_fault) {
  qemu::Machine machine({}, "enabled", qemu::agent_image());
  kill(machine.pid(), SIGKILL);
  EXPECT_THROW(machine.reboot(), EnvironmentError);
}

// Does something to a machine once a long batch is under way, and says how the batch ended.
class Interference : public testing::Test {
 protected:
  static QemuOptions patient_for(std::chrono::milliseconds deadline) {
    QemuOptions options;
    options.deadline = deadline;
    return options;
  }

  BatchResult run(qemu::Machine& machine, const std::function<void()>& act) {
    const qemu::Mailbox mailbox(machine.ram());
    const auto before = mailbox.progress();
    std::thread actor([&] {
      while (mailbox.progress() == before) std::this_thread::yield();
      for (auto begun = mailbox.progress(); mailbox.progress() == begun;) std::this_thread::yield();
      act();
    });
    const std::vector<Call> calls(1'000'000, prepare(1, 20));
    responses.resize(calls.size());
    struct Join {
      std::thread& thread;
      ~Join() { thread.join(); }
    } join{actor};
    return machine.run(calls, responses);
  }

  std::vector<Response> responses;
};

TEST_F(Interference, crash_is_a_fault_with_the_signal_and_the_answers_before_it) {
  qemu::Machine machine({}, "enabled", qemu::agent_image());
  const auto result = run(machine, [&] { kill(machine.pid(), SIGSEGV); });
  ASSERT_TRUE(result.fault);
  EXPECT_EQ(result.fault->kind, Fault::Kind::died);
  EXPECT_THAT(result.fault->evidence, HasSubstr("SIGSEGV"));
  EXPECT_THAT(result.fault->evidence, HasSubstr("H_RESIZE_HPT_PREPARE 0x1 0x14"));
  ASSERT_GT(result.answered, 0u);
  for (std::size_t n = 0; n < result.answered; ++n) ASSERT_EQ(responses[n].status, status::H_PARAMETER);
}

TEST_F(Interference, standstill_is_a_hang) {
  qemu::Machine machine(patient_for(300ms), "enabled", qemu::agent_image());
  const auto result = run(machine, [&] { kill(machine.pid(), SIGSTOP); });
  ASSERT_TRUE(result.fault);
  EXPECT_EQ(result.fault->kind, Fault::Kind::hung);
  EXPECT_THAT(result.fault->evidence, HasSubstr("control channel does not answer either"));
  EXPECT_GT(result.answered, 0u);
}

// The partition is stopped, QEMU is not.
TEST_F(Interference, hang_of_the_guest_alone_is_told_from_one_of_qemu) {
  qemu::Machine machine(patient_for(300ms), "enabled", qemu::agent_image());
  const auto result = run(machine, [&] { machine.qmp().execute("stop", 5s); });
  ASSERT_TRUE(result.fault);
  EXPECT_EQ(result.fault->kind, Fault::Kind::hung);
  EXPECT_THAT(result.fault->evidence, HasSubstr("control channel answers: \"paused\""));
}

TEST_F(Interference, kill_from_outside_is_not_the_hypervisors_fault) {
  for (const int signal : {SIGKILL, SIGTERM, SIGINT}) {
    qemu::Machine machine({}, "enabled", qemu::agent_image());
    EXPECT_THROW(run(machine, [&] { kill(machine.pid(), signal); }), EnvironmentError) << "signal " << signal;
  }
}

TEST_F(Interference, reset_in_mid_batch_is_noticed) {
  qemu::Machine machine(patient_for(3s), "enabled", qemu::agent_image());
  const auto result = run(machine, [&] { machine.qmp().execute("system_reset", 5s); });
  ASSERT_TRUE(result.fault);
  EXPECT_EQ(result.fault->kind, Fault::Kind::garbled);
  EXPECT_THAT(result.fault->evidence, HasSubstr("reset in mid-batch"));
}

TEST_F(Interference, scribbled_progress_is_garbled) {
  qemu::Machine machine({}, "enabled", qemu::agent_image());
  std::atomic<bool> ended = false;
  BatchResult result;
  std::thread scribbler;
  result = run(machine, [&] {
    scribbler = std::thread([&] {
      auto* progress = reinterpret_cast<std::uint64_t*>(machine.ram().data() + HPTCK_MAILBOX_ADDRESS +
                                                        HPTCK_MAILBOX_PROGRESS);
      while (!ended) std::atomic_ref(*progress).store(0x5555'5555'5555'5555);
    });
  });
  ended = true;
  scribbler.join();
  ASSERT_TRUE(result.fault);
  EXPECT_EQ(result.fault->kind, Fault::Kind::garbled);
}

// H_LOGICAL_CI_STORE has the hypervisor write to the partition's real memory: here, where it must not.
Call store_to(std::uint64_t address, std::uint64_t size, std::uint64_t value) {
  return {0x40, {size, address, value}};
}

BatchResult run_on_fresh(std::vector<Call> calls) {
  qemu::Machine machine({}, "enabled", qemu::agent_image());
  std::vector<Response> responses(calls.size());
  return machine.run(calls, responses);
}

TEST(Scribble, overwritten_request_is_garbled) {
  const auto third = HPTCK_MAILBOX_ADDRESS + HPTCK_MAILBOX_REQUESTS + 2 * HPTCK_REQUEST_SIZE;
  const auto result = run_on_fresh({prepare(0, 0), store_to(third + 16, 8, 0x77), prepare(0, 0)});
  ASSERT_TRUE(result.fault);
  EXPECT_EQ(result.fault->kind, Fault::Kind::garbled);
  EXPECT_THAT(result.fault->evidence, HasSubstr("requests in the mailbox were overwritten"));
}

TEST(Scribble, overwritten_agent_is_garbled) {
  const auto result = run_on_fresh({prepare(0, 0), store_to(0x208, 4, 0x60000000), prepare(0, 0)});
  ASSERT_TRUE(result.fault);
  EXPECT_EQ(result.fault->kind, Fault::Kind::garbled);
  EXPECT_THAT(result.fault->evidence, HasSubstr("guest agent's code was overwritten"));
}

TEST(Scribble, interrupt_in_the_agent_is_reported_with_its_vector) {
  const auto image = qemu::agent_image();
  constexpr unsigned char sc1[] = {0x44, 0x00, 0x00, 0x22};
  const auto found = std::search(image.begin(), image.end(), std::begin(sc1), std::end(sc1));
  ASSERT_NE(found, image.end());
  const auto after = static_cast<std::uint64_t>(found - image.begin()) + sizeof sc1;
  const auto result = run_on_fresh({prepare(0, 0), store_to(after, 4, 0), prepare(0, 0)});  // 0: illegal
  ASSERT_TRUE(result.fault);
  EXPECT_EQ(result.fault->kind, Fault::Kind::garbled);
  EXPECT_EQ(result.answered, 1u);
  EXPECT_THAT(result.fault->evidence,
              AnyOf(HasSubstr("took interrupt 0x700"), HasSubstr("took interrupt 0xe40")));
  EXPECT_THAT(result.fault->evidence, HasSubstr(fmt::format("at {:#x}", after)));
}

TEST(QemuAdapter, works_again_after_a_fault) {
  QemuOptions options;
  options.deadline = 1s;
  const auto adapter = make_qemu_adapter(options);
  const auto statement = adapter->restart({});
  const Call calls[] = {prepare(0, 0), store_to(0x208, 4, 0x60000000)};
  Response responses[2];
  ASSERT_TRUE(adapter->batch(calls, responses).fault);
  EXPECT_EQ(adapter->describe().name, "QEMU");
  EXPECT_EQ(adapter->restart({}), statement);
  EXPECT_EQ(status_of(*adapter, prepare(0, 0)), status::H_SUCCESS);
}

// A directory of its own for each test, with a program in it.
class FakeQemu : public testing::Test {
 protected:
  FakeQemu() {
    std::string name = testing::TempDir() + "hptck-fake-XXXXXX";
    directory_ = mkdtemp(name.data());
  }
  ~FakeQemu() override { std::filesystem::remove_all(directory_); }

  QemuOptions fake(const std::string& script) {
    QemuOptions options;
    options.program = directory_ / "qemu";
    options.start_deadline = 1s;
    options.deadline = 1s;
    std::ofstream(options.program) << "#!/bin/sh\n" << script << "\n";
    std::filesystem::permissions(options.program, std::filesystem::perms::owner_all);
    return options;
  }

  static std::string error_of(const QemuOptions& options) {
    try {
      make_qemu_adapter(options)->restart({});
    } catch (const EnvironmentError& error) {
      return error.what();
    }
    return "no error";
  }

  std::filesystem::path directory_;
};

TEST_F(FakeQemu, absent_program_is_named) {
  QemuOptions options;
  options.program = directory_ / "absent";
  EXPECT_EQ(error_of(options), "cannot run " + options.program + ": No such file or directory");
}

TEST_F(FakeQemu, what_qemu_says_about_a_bad_cpu_is_passed_on) {
  QemuOptions options;
  options.cpu = "POWER99";
  EXPECT_THAT(error_of(options),
              AllOf(HasSubstr("POWER99"), HasSubstr("exit status 1"), HasSubstr("CPU model")));
}

TEST_F(FakeQemu, what_qemu_says_about_a_bad_machine_is_passed_on) {
  QemuOptions options;
  options.machine = "toaster";
  EXPECT_THAT(error_of(options), AllOf(HasSubstr("unsupported machine type"), HasSubstr("toaster")));
}

TEST_F(FakeQemu, what_qemu_says_about_too_little_memory_is_passed_on) {
  QemuOptions options;
  options.memory = "64M";
  EXPECT_THAT(error_of(options), ContainsRegex("[Mm]emory|RMA|aligned"));
}

TEST_F(FakeQemu, early_exit_is_told_with_its_last_words) {
  EXPECT_THAT(error_of(fake("echo cannot be bothered >&2; exit 3")),
              AllOf(HasSubstr("exit status 3"), HasSubstr("cannot be bothered")));
}

TEST_F(FakeQemu, garbage_is_made_harmless) {
  const auto error =
      error_of(fake("printf 'a\\001\\033[31m\\377b'; printf '}{\\n\\n[]\\n{\"event\":1}\\n' >&4; exit 1"));
  EXPECT_THAT(error, HasSubstr("a??[31m?b"));
}

TEST_F(FakeQemu, kit_keeps_its_own_files_to_itself) {
  const auto options = fake("ls -l /proc/$$/fd; exit 1");
  const FileDescriptor low(open((directory_ / "journal").c_str(), O_CREAT | O_WRONLY, 0600));
  const FileDescriptor journal(fcntl(low.get(), F_DUPFD, 20));  // a number that nobody else will take
  ASSERT_GE(journal.get(), 20);
  const auto error = error_of(options);
  EXPECT_THAT(error, HasSubstr("memfd:hptck-ram"));
  EXPECT_THAT(error, Not(HasSubstr("journal")));
}

TEST_F(FakeQemu, flood_of_output_exhausts_nothing) {
  const auto error = error_of(fake("yes 'a line of rubbish, over and over' >&2"));
  EXPECT_THAT(error, AllOf(HasSubstr("no sign of life"), HasSubstr("a line of rubbish")));
  EXPECT_LT(error.size(), 8192u);
}

TEST_F(FakeQemu, silence_ends_with_the_deadline) {
  EXPECT_THAT(error_of(fake("exec sleep 1000")), HasSubstr("no sign of life"));
}

// Writes the boot word into the progress word, as the agent would, and then plays dead.
TEST_F(FakeQemu, program_that_answers_nothing_after_the_start_is_a_hang) {
  const auto options =
      fake(fmt::format("dd bs=8 count=1 skip={} seek={} conv=notrunc if=/proc/self/fd/3 of=/proc/self/fd/3 "
                       "2>/dev/null; sleep 1000",
                       (HPTCK_MAILBOX_ADDRESS + HPTCK_MAILBOX_BOOT) / 8,
                       (HPTCK_MAILBOX_ADDRESS + HPTCK_MAILBOX_PROGRESS) / 8));
  const auto adapter = make_qemu_adapter(options);
  EXPECT_EQ(adapter->restart({}), Statement{});
  const auto call = prepare(0, 0);
  Response response;
  const auto result = adapter->batch({&call, 1}, {&response, 1});
  ASSERT_TRUE(result.fault);
  EXPECT_EQ(result.fault->kind, Fault::Kind::hung);
  EXPECT_EQ(result.answered, 0u);
}

// All processes whose command line has `marker` in it.
std::vector<pid_t> processes_with(const std::string& marker) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "cmdline");
    const std::string command(std::istreambuf_iterator<char>(file), {});
    if (command.find(marker) != std::string::npos) found.push_back(std::stoi(name));
  }
  return found;
}

bool is_stopped(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  const std::string status(std::istreambuf_iterator<char>(file), {});
  return status.find("State:\tT") != std::string::npos;
}

bool shm_holds(const std::string& text) {
  for (const auto& entry : std::filesystem::directory_iterator("/dev/shm")) {
    if (entry.path().string().find(text) != std::string::npos) return true;
  }
  return false;
}

// The program is a script that goes on as the real QEMU under a name of the test's own, to be found by.
class Leftovers : public FakeQemu {
 protected:
  QemuOptions marked() {
    auto options = fake("exec -a \"$0\" qemu-system-ppc64 \"$@\"");
    std::ifstream in(options.program);
    std::string script(std::istreambuf_iterator<char>(in), {});
    script.replace(0, script.find('\n'), "#!/bin/bash");
    std::ofstream(options.program) << script;
    options.start_deadline = 30s;
    return options;
  }
};

TEST_F(Leftovers, nothing_is_left_when_the_adapter_ends) {
  const auto options = marked();
  {
    const auto adapter = make_qemu_adapter(options);
    adapter->restart({});
    const auto running = processes_with(options.program);
    ASSERT_EQ(running.size(), 1u);
    std::ifstream maps(fmt::format("/proc/{}/maps", running[0]));
    const std::string mapped(std::istreambuf_iterator<char>(maps), {});
    EXPECT_THAT(mapped, HasSubstr("memfd:hptck-ram"));
    EXPECT_THAT(mapped, Not(HasSubstr("/dev/shm")));
  }
  EXPECT_TRUE(processes_with(options.program).empty());
  EXPECT_FALSE(shm_holds("hptck"));
}

TEST_F(Leftovers, nothing_is_left_when_the_kit_is_killed) {
  const auto options = marked();
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t kit = fork();
  ASSERT_GE(kit, 0);
  if (kit == 0) {
    const auto adapter = make_qemu_adapter(options);
    adapter->restart({});
    const std::vector<Call> calls(4'000'000, prepare(1, 20));
    std::vector<Response> responses(calls.size());
    [[maybe_unused]] const auto told = write(ready[1], "!", 1);
    adapter->batch(calls, responses);
    _exit(1);
  }
  close(ready[1]);
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  close(ready[0]);
  EXPECT_EQ(processes_with(options.program).size(), 1u);
  kill(kit, SIGKILL);
  int status = 0;
  ASSERT_EQ(waitpid(kit, &status, 0), kit);
  EXPECT_TRUE(WIFSIGNALED(status));
  // Death is asked for by the kernel at once and takes QEMU a moment; ctest's time limit is the deadline.
  while (!processes_with(options.program).empty()) std::this_thread::sleep_for(10ms);
  EXPECT_FALSE(shm_holds("hptck"));
}

TEST_F(Leftovers, nothing_is_left_of_a_qemu_that_hangs) {
  auto options = marked();
  options.deadline = 300ms;
  const auto adapter = make_qemu_adapter(options);
  adapter->restart({});
  const auto running = processes_with(options.program);
  ASSERT_EQ(running.size(), 1u);
  kill(running[0], SIGSTOP);
  while (!is_stopped(running[0])) std::this_thread::yield();
  const auto call = prepare(0, 0);
  Response response;
  const auto result = adapter->batch({&call, 1}, {&response, 1});
  ASSERT_TRUE(result.fault);
  EXPECT_EQ(result.fault->kind, Fault::Kind::hung);
  EXPECT_TRUE(processes_with(options.program).empty());
}

}  // namespace
}  // namespace hptck
