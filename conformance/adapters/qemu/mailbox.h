// The host's view of the mailbox in guest RAM: see mailbox_layout.h for the protocol. The other side is the
// implementation under test, so nothing read here is trusted: every word is loaded once, and whether it makes
// sense is decided on that copy.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "conformance/adapters/qemu/mailbox_layout.h"
#include "model/hypercall.h"

namespace hptck::qemu {

class Mailbox {
 public:
  static constexpr std::size_t capacity = HPTCK_MAILBOX_CAPACITY;

  struct Trap {
    std::uint64_t vector, srr0, srr1;
  };

  /// `ram` is all of the guest's RAM, from address 0.
  explicit Mailbox(std::span<unsigned char> ram) : base_(ram.data() + HPTCK_MAILBOX_ADDRESS) {}

  /// To be called before the partition starts or is reset; its agent will answer with progress() == boot.
  void expect_boot(std::uint64_t boot);
  /// Hands over at most `capacity` calls, to be issued `rounds` times; wakes the agent.
  void post(std::span<const Call> calls, std::uint64_t rounds, std::uint64_t ticket);

  std::uint64_t progress() const { return load(HPTCK_MAILBOX_PROGRESS); }
  std::uint64_t tree_address() const { return load(HPTCK_MAILBOX_TREE); }
  /// The interrupt that stopped the agent, if the trap word is not as expect_boot left it.
  std::optional<Trap> trap(std::uint64_t boot) const;
  /// The answer in `slot`, or nothing if it is not what the agent wrote when it reached `progress`.
  std::optional<Response> response(std::size_t slot, std::uint64_t progress) const;
  /// Whether the calls handed over still stand there.
  bool holds(std::span<const Call> calls) const;

 private:
  std::uint64_t load(std::size_t offset) const;
  void store(std::size_t offset, std::uint64_t value);

  unsigned char* base_;
};

}  // namespace hptck::qemu
