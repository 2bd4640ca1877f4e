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

#include "conformance/adapter.h"
#include "conformance/process/patience.h"
#include "conformance/process/process.h"
#include "conformance/qemu/device_tree.h"
#include "conformance/qemu/mailbox.h"
#include "conformance/qemu/qemu_options.h"
#include "conformance/qemu/qmp.h"

namespace hptck::qemu {

/// An anonymous file of a fixed size that no holder of it can shrink under our mapping.
class SharedRam {
 public:
  explicit SharedRam(std::uint64_t size);  ///< Throws EnvironmentError.
  ~SharedRam();
  SharedRam(const SharedRam&) = delete;
  SharedRam& operator=(const SharedRam&) = delete;

  int descriptor() const { return file_.get(); }
  std::span<unsigned char> bytes() const { return bytes_; }

 private:
  FileDescriptor file_;
  std::span<unsigned char> bytes_;
};

class Machine {
 public:
  /// Returns when the image has checked in. Throws EnvironmentError.
  Machine(const QemuOptions& options, const std::string& resize_hpt, std::span<const unsigned char> image);

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
  /// Told that the first `answered` calls are; says what is wrong with their responses.
  using Take = std::function<std::optional<Unsound>(std::uint64_t answered)>;

  std::optional<Fault> await_boot();
  void post(std::span<const Call> calls, std::uint64_t rounds);
  BatchResult await(std::uint64_t total, const Take& take);
  /// Looks at what the agent only reads: it has to be as it was made.
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
