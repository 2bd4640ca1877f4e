// One QEMU process with one of our images in it: its command line, its RAM (an anonymous file that the kit
// maps too), its control channel, and the mailbox protocol. The adapter replaces a Machine that failed; a
// Machine itself never recovers.
//
// Everything that QEMU is given (RAM, image, control socket) is an inherited file descriptor, named to it as
// /proc/self/fd/N where it wants a path. So there is no file to clean up, in /dev/shm or elsewhere, and
// kill -9 of the kit leaves none.
#pragma once

#include <functional>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "conformance/adapters/adapter.h"
#include "conformance/adapters/process/patience.h"
#include "conformance/adapters/process/process.h"
#include "conformance/adapters/qemu/device_tree.h"
#include "conformance/adapters/qemu/mailbox.h"
#include "conformance/adapters/qemu/qemu_options.h"
#include "conformance/adapters/qemu/qmp.h"

namespace hptck::qemu {

/// An anonymous file of a fixed size: nobody who has it open can shrink it under the kit's mapping.
class SharedRam {
 public:
  /// Of pages of 2^page_shift bytes; 0: of the host's usual size. Throws EnvironmentError, also when the host
  /// has no such pages.
  explicit SharedRam(std::uint64_t size, unsigned page_shift = 0);
  ~SharedRam();
  SharedRam(const SharedRam&) = delete;
  SharedRam& operator=(const SharedRam&) = delete;

  int descriptor() const { return file_.get(); }
  std::span<unsigned char> bytes() const { return bytes_; }

 private:
  FileDescriptor file_;
  std::span<unsigned char> bytes_;
};

/// What one start has beyond the options that all have.
struct Launch {
  std::string accelerator = {};     ///< as -accel takes it; empty: QEMU chooses
  unsigned backing_page_shift = 0;  ///< of the pages behind guest RAM; 0: the host's usual ones
  int incoming = -1;                ///< a socket from which another machine's state comes
};

/// A start after which there was no sign of life from the guest.
struct NoBoot {
  Fault::Kind kind = Fault::Kind::hung;  ///< garbled: the guest took an interrupt
  std::optional<Ending> ending;          ///< none: it still runs
  std::string why;                       ///< with the last lines of its output
};

class Machine {
 public:
  /// Returns when the image has checked in. Throws EnvironmentError.
  Machine(const QemuOptions& options, const std::string& resize_hpt, std::span<const unsigned char> image);
  /// Starts QEMU and does not wait. Nothing but boot(), arrived(), output() and qmp() may follow until the
  /// guest is known to run. Throws EnvironmentError when no process can be started.
  Machine(const QemuOptions& options, const std::string& resize_hpt, std::span<const unsigned char> image,
          const Launch& launch);

  /// Waits until the image has checked in.
  std::optional<NoBoot> boot();
  /// The guest of `source` was migrated here and goes on, with its RAM and so with the state of its agent.
  /// Takes over what the kit knows about that guest; `source` must not be used afterwards.
  void take_over(const Machine& source);
  /// Nothing while QEMU runs. Does not block.
  std::optional<Ending> ending() { return process_->ending(); }
  void pause(std::chrono::nanoseconds time) { process_->pause(time); }
  /// The last lines of what QEMU wrote to standard output and error.
  std::string output() { return process_->output_tail(); }

  /// Resets the machine, and returns when the image has checked in again, or what went wrong.
  std::optional<Fault> reset();
  /// The same at the guest's wish. Throws EnvironmentError when QEMU was ended from outside.
  std::optional<Fault> reboot();

  /// As Adapter::batch, for any number of calls.
  BatchResult run(std::span<const Call> calls, std::span<Response> responses);

  /// Has the agent issue the same calls (at most Mailbox::capacity) over and over with nobody looking at the
  /// answers: the most that run() could reach.
  std::optional<Fault> run_unchecked(std::span<const Call> calls, std::uint64_t rounds);

  std::optional<DeviceTreeFacts> device_tree() const {
    return read_device_tree(ram_.bytes(), mailbox_.tree_address());
  }
  /// See read_segment_page_sizes().
  std::optional<std::vector<std::uint32_t>> segment_page_sizes() const {
    return read_segment_page_sizes(ram_.bytes(), mailbox_.tree_address());
  }
  Qmp& qmp() { return *qmp_; }
  pid_t pid() const { return process_->pid(); }
  const std::vector<std::string>& command() const { return command_; }
  std::span<unsigned char> ram() const { return ram_.bytes(); }

 private:
  /// From call `call` of a batch on, nothing in the mailbox is to be believed.
  struct Unsound {
    std::uint64_t call;
    std::string how;
  };
  /// Reads the responses of the first `answered` calls. Returns what is wrong with them, if anything.
  using Take = std::function<std::optional<Unsound>(std::uint64_t answered)>;

  std::optional<NoBoot> await_boot();
  void post(std::span<const Call> calls, std::uint64_t rounds);
  BatchResult await(std::uint64_t total, const Take& take);
  /// Checks that what the agent only reads is unchanged.
  std::optional<std::string> damage(std::span<const Call> calls) const;

  Fault died(const Ending& ending);
  Fault hung(std::chrono::milliseconds waited);
  std::uint64_t random_word();

  QemuOptions options_;
  std::span<const unsigned char> image_;
  SharedRam ram_;
  Mailbox mailbox_;
  std::random_device random_;
  std::uint64_t boot_ = 0;    ///< what the present boot answers with
  std::uint64_t ticket_ = 0;  ///< of the batch in flight
  std::uint64_t idle_ = 0;    ///< the progress word as the last batch, or the boot, left it
  std::vector<std::string> command_;
  std::optional<Qmp> qmp_;
  std::optional<Process> process_;
};

}  // namespace hptck::qemu
