#include "conformance/adapters/qemu/machine.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>

namespace hptck::qemu {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

[[noreturn]] void fail(std::string_view what) {
  throw EnvironmentError(fmt::format("{}: {}", what, std::strerror(errno)));
}

FileDescriptor anonymous_file(const char* name, unsigned flags) {
  FileDescriptor file(memfd_create(name, MFD_CLOEXEC | flags));
  if (file.get() < 0) fail("cannot make an anonymous file");
  return above_inherited(std::move(file));
}

FileDescriptor file_of(std::span<const unsigned char> bytes) {
  auto file = anonymous_file("hptck-image", 0);
  if (write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    fail("cannot write the guest's image to memory");
  }
  return file;
}

// Numbers that the child knows the descriptors by, in the order in which they are handed over.
constexpr int ram_number = 3, qmp_number = 4, image_number = 5, incoming_number = 6;

std::vector<std::string> command_for(const QemuOptions& options, const std::string& resize_hpt,
                                     std::size_t ram_size, const Launch& launch) {
  const auto machine = fmt::format("{},resize-hpt={},memory-backend=ram", options.machine, resize_hpt);
  const auto ram = fmt::format("memory-backend-file,id=ram,size={},mem-path=/proc/self/fd/{},share=on",
                               ram_size, ram_number);
  const auto image = fmt::format("/proc/self/fd/{}", image_number);
  const auto qmp = fmt::format("socket,id=qmp,fd={}", qmp_number);
  std::vector<std::string> command{options.program, "-name", "hptck", "-nodefaults", "-no-user-config"};
  const std::pair<const char*, std::string> arguments[] = {
      {"-display", "none"},  {"-machine", machine},
      {"-cpu", options.cpu}, {"-m", options.memory},
      {"-object", ram},      {"-bios", image},
      {"-chardev", qmp},     {"-mon", "chardev=qmp,mode=control"},
  };
  for (const auto& [name, value] : arguments) command.insert(command.end(), {name, value});
  if (!launch.accelerator.empty()) command.insert(command.end(), {"-accel", launch.accelerator});
  if (launch.incoming >= 0)
    command.insert(command.end(), {"-incoming", fmt::format("fd:{}", incoming_number)});
  return command;
}

std::string text_of(const Mailbox::Trap& trap) {
  if (trap.vector >= HPTCK_VECTORS_END) {
    return "the guest agent's record of interrupts holds what it never wrote";
  }
  return fmt::format("the guest agent took interrupt {:#x} at {:#x}, SRR1 {:#x}", trap.vector, trap.srr0,
                     trap.srr1);
}

// When to look at the mailbox again. A short wait is spun, because sleeping takes longer than a hypercall; in
// a long one half of the time that the rest of the batch will probably take is slept, which leaves the
// processor to QEMU and still ends on time.
std::chrono::nanoseconds sleep_before_next_look(steady_clock::duration since_post, std::uint64_t answered,
                                                std::uint64_t total) {
  constexpr auto spun = 150us, shortest = 50us, longest = 2000us;
  if (since_post < spun) return 0ns;
  if (answered == 0) return std::clamp<std::chrono::nanoseconds>(since_post / 4, shortest, longest);
  const auto left = since_post / answered * (total - answered);
  if (left < 2 * spun && since_post < 1s) return 0ns;
  return std::clamp<std::chrono::nanoseconds>(left / 2, shortest, longest);
}

}  // namespace

SharedRam::SharedRam(std::uint64_t size, unsigned page_shift)
    : file_(anonymous_file(
          "hptck-ram", page_shift == 0 ? MFD_ALLOW_SEALING
                                       : MFD_ALLOW_SEALING | MFD_HUGETLB | page_shift << MFD_HUGE_SHIFT)) {
  if (size < HPTCK_MAILBOX_ADDRESS + HPTCK_MAILBOX_SIZE) {
    throw EnvironmentError("the partition's memory is too small for the guest agent; give it 256M or more");
  }
  if (ftruncate(file_.get(), static_cast<off_t>(size)) != 0 ||
      fcntl(file_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) {
    fail("cannot make the partition's memory");
  }
  void* start = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
  if (start == MAP_FAILED) fail("cannot map the partition's memory");
  bytes_ = {static_cast<unsigned char*>(start), size};
}

SharedRam::~SharedRam() {
  if (!bytes_.empty()) munmap(bytes_.data(), bytes_.size());
}

Machine::Machine(const QemuOptions& options, const std::string& resize_hpt,
                 std::span<const unsigned char> image)
    : Machine(options, resize_hpt, image, {}) {
  if (const auto failed = boot()) {
    throw EnvironmentError(
        fmt::format("QEMU did not start: {}\nThe command was: {}\n"
                    "Check --qemu, --machine, --cpu and --memory.",
                    failed->why, quoted(command_)));
  }
}

Machine::Machine(const QemuOptions& options, const std::string& resize_hpt,
                 std::span<const unsigned char> image, const Launch& launch)
    : options_(options),
      image_(image),
      ram_(ram_bytes(options.memory).value_or(0), launch.backing_page_shift),
      mailbox_(ram_.bytes()),
      boot_(random_word()),
      command_(command_for(options, resize_hpt, ram_.bytes().size(), launch)) {
  mailbox_.expect_boot(boot_);
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) fail("cannot make a socket pair");
  FileDescriptor ours(ends[0]);
  const auto theirs = above_inherited(FileDescriptor(ends[1]));
  qmp_.emplace(std::move(ours));
  const auto image_file = file_of(image);
  std::vector<int> inherited{ram_.descriptor(), theirs.get(), image_file.get()};
  if (launch.incoming >= 0) inherited.push_back(launch.incoming);
  process_.emplace(command_, inherited);
}

std::optional<NoBoot> Machine::boot() { return await_boot(); }

void Machine::take_over(const Machine& source) {
  boot_ = source.boot_;
  ticket_ = source.ticket_;
  idle_ = source.idle_;
}

std::uint64_t Machine::random_word() { return (std::uint64_t{random_()} << 32 | random_()) | 1; }

std::optional<NoBoot> Machine::await_boot() {
  const auto no_boot = [this](Fault::Kind kind, const std::string& how) {
    return NoBoot{kind, process_->ending(), with_output(how, *process_)};
  };
  Patience patience(options_.start_deadline);
  for (;;) {
    patience.look();
    const auto ending = process_->ending();
    if (mailbox_.progress() == boot_) break;
    if (const auto trap = mailbox_.trap(boot_)) return no_boot(Fault::Kind::garbled, text_of(*trap));
    if (ending) return no_boot(Fault::Kind::died, "it " + ending->text());
    if (patience.ended())
      return no_boot(Fault::Kind::hung,
                     fmt::format("no sign of life from the guest within {} ms", patience.waited().count()));
    process_->pause(100us);
  }
  idle_ = boot_;
  return std::nullopt;
}

// The agent reads the boot word once, at its entry, so that only the agent of the new boot can echo the new
// word: there is no need to stop the old one first, or to wait for QEMU to say that it has been reset.
std::optional<Fault> Machine::reset() {
  boot_ = random_word();
  mailbox_.expect_boot(boot_);
  const bool accepted = qmp_->execute("system_reset", options_.start_deadline).has_value();
  if (!accepted) {
    // A QEMU that closed the channel may be about to end.
    Patience patience(1s);
    while (!process_->ending() && !patience.ended()) {
      patience.look();
      process_->pause(1ms);
    }
  }
  if (!accepted && !process_->ending())
    return Fault{Fault::Kind::hung, with_output("system_reset was not carried out", *process_)};
  if (auto failed = await_boot()) return Fault{failed->kind, std::move(failed->why)};
  return std::nullopt;
}

std::optional<Fault> Machine::reboot() {
  auto fault = reset();
  if (fault && fault->kind == Fault::Kind::died) fault = died(*process_->ending());
  if (fault) fault->evidence = "In play was a reset.\n" + fault->evidence;
  return fault;
}

void Machine::post(std::span<const Call> calls, std::uint64_t rounds) {
  ticket_ = random_word();
  mailbox_.post(calls, rounds, ticket_);
}

BatchResult Machine::await(std::uint64_t total, const Take& take) {
  const auto posted = steady_clock::now();
  Patience patience(options_.deadline);
  BatchResult result;
  bool begun = false;
  const auto garbled = [&](const std::string& how) {
    result.fault = Fault{Fault::Kind::garbled, with_output(how, *process_)};
    return result;
  };
  for (std::chrono::nanoseconds sleep{0};;) {
    std::optional<Ending> ending;
    if (sleep > 0ns) {
      process_->pause(sleep);
      ending = process_->ending();  // before the progress word is read, which then is final
    }
    patience.look();
    const auto word = mailbox_.progress();
    const auto answered = word - ticket_;
    if (answered <= total) {
      if (answered < result.answered) return garbled("the guest agent's progress went backwards");
      if (answered > result.answered || !begun) patience.renew();
      begun = true;
      if (answered > result.answered && take) {
        if (const auto unsound = take(answered)) {
          result.answered = unsound->call;
          return garbled(unsound->how);
        }
      }
      result.answered = answered;
      if (answered == total) {
        idle_ = word;
        return result;
      }
    } else if (begun || word != idle_) {
      return garbled(word == boot_ ? "the partition was reset in mid-batch"
                                   : "the guest agent's progress word holds what it never wrote");
    }
    if (ending) {
      result.fault = died(*ending);
      return result;
    }
    if (const auto trap = mailbox_.trap(boot_)) return garbled(text_of(*trap));
    if (patience.ended()) {
      result.fault = hung(patience.waited());
      return result;
    }
    sleep = sleep_before_next_look(steady_clock::now() - posted, result.answered, total);
  }
}

std::optional<std::string> Machine::damage(std::span<const Call> calls) const {
  if (!mailbox_.holds(calls)) return "the requests in the mailbox were overwritten";
  if (!std::equal(image_.begin(), image_.end(), ram_.bytes().begin())) {
    return "the guest agent's code was overwritten";
  }
  return std::nullopt;
}

BatchResult Machine::run(std::span<const Call> calls, std::span<Response> responses) {
  assert(responses.size() >= calls.size());
  std::size_t done = 0;
  while (done < calls.size()) {
    const auto part = calls.subspan(done, std::min(calls.size() - done, Mailbox::capacity));
    const auto answers = responses.subspan(done, part.size());
    std::uint64_t taken = 0;
    const auto take = [&](std::uint64_t answered) -> std::optional<Unsound> {
      for (; taken < answered; ++taken) {
        const auto response = mailbox_.response(taken, ticket_ + taken + 1);
        if (!response) return Unsound{taken, "a response in the mailbox was overwritten"};
        answers[taken] = *response;
      }
      return std::nullopt;
    };
    post(part, 1);
    auto result = await(part.size(), take);
    if (!result.fault) {
      // It is unknown when this happened, so no answer of this part of the batch can be believed.
      if (const auto how = damage(part)) {
        result = {0, Fault{Fault::Kind::garbled, with_output(*how, *process_)}};
      }
    }
    if (result.fault) {
      const auto& call = part[std::min<std::size_t>(result.answered, part.size() - 1)];
      result.fault->evidence = fmt::format("In play was {}.\n{}", to_string(call), result.fault->evidence);
      result.answered += done;
      return result;
    }
    done += part.size();
  }
  return {done, std::nullopt};
}

std::optional<Fault> Machine::run_unchecked(std::span<const Call> calls, std::uint64_t rounds) {
  post(calls, rounds);
  return await(calls.size() * rounds, nullptr).fault;
}

Fault Machine::died(const Ending& ending) {
  const auto reason = qmp_->shutdown_reason();
  auto evidence =
      with_output("QEMU " + ending.text() + (reason.empty() ? "" : ", reason given: " + reason), *process_);
  const bool from_outside = ending.by_signal(SIGKILL) || ending.by_signal(SIGTERM) ||
                            reason == "host-signal" || reason == "host-qmp-quit" || reason == "host-ui";
  if (from_outside) {
    throw EnvironmentError(evidence +
                           "\nThis came from outside: a user, or the kernel for want of memory (see dmesg).");
  }
  return {Fault::Kind::died, std::move(evidence)};
}

Fault Machine::hung(std::chrono::milliseconds waited) {
  const auto status = qmp_->execute("query-status", 1s);
  std::string control = "does not answer either";
  if (status && status->contains("status")) control = fmt::format("answers: {}", (*status)["status"].dump());
  return {Fault::Kind::hung, with_output(fmt::format("No answer within {} ms. QEMU's control channel {}.",
                                                     waited.count(), control),
                                         *process_)};
}

}  // namespace hptck::qemu
