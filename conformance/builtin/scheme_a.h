// A hypervisor of the RFC's scheme A: PREPARE allocates and clears a table, which takes time, and COMMIT
// rehashes every bolted entry into it. It is the kit's known-good reference and, with deviations, its
// known-bad one. It is written from LoPAR's text as a hypervisor would be and shares no rule with the model:
// if it used the model's rows, the two would agree for the wrong reason.
//
// It is deterministic. Its clock counts steps; a hypercall takes one, and the guest can let time pass. It
// makes use of what LoPAR permits a platform, since a tester that has never met a permission is not known to
// allow it: a preparation takes time, a Pending HPT is dropped when nobody asks for it and, as in a live
// migration, now and then at any rate, memory may be short, and any hypercall may end with H_HARDWARE and no
// effect.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "conformance/builtin/hpt.h"
#include "model/hypercall.h"
#include "spec/deviations.h"

namespace hptck {

/// How often this hypervisor does what it may but need not do. Zero: never. The counts go on over partitions,
/// as a platform's life does, so that a campaign of many short partitions meets them too.
struct Permissions {
  std::uint64_t hardware_every = 5'003;    ///< hypercalls from one H_HARDWARE to the next
  std::uint64_t migration_every = 10'007;  ///< hypercalls from one loss of what is pending to the next
  std::uint64_t shortage_every = 997;      ///< creations from one H_RESOURCE for want of memory to the next
  std::uint64_t timeout_steps = 1'600;     ///< steps that a Pending HPT stays without being asked for
  bool operator==(const Permissions&) const = default;
};

struct SchemeAOptions {
  unsigned initial_shift = 24;
  unsigned max_shift = 30;    ///< the largest HPT that the partition is permitted
  bool offers_resize = true;  ///< false: the resize hypercalls do not exist
  Permissions permissions;
  Deviations deviations;
};

class SchemeA {
 public:
  /// Steps to a millisecond.
  static constexpr std::uint64_t steps_per_ms = 8;
  /// How long the preparation of a table takes; up to 2^20 bytes it is over at once.
  static constexpr std::uint64_t preparation_steps(unsigned shift) {
    return shift <= 20 ? 0 : std::uint64_t{shift - 20} * (shift - 20);
  }

  explicit SchemeA(const SchemeAOptions& options);

  /// A fresh partition: an empty HPT of the initial size, nothing pending.
  void restart(bool may_resize);
  Response hcall(const Call& call);
  void advance(std::chrono::milliseconds time);
  bool has_pending() const { return pending_.has_value(); }

 private:
  struct Pending {
    Hpt table;
    std::int32_t shift;
    std::uint64_t ready_at, asked_for_at;  // on the clock
    bool collided = false;
    bool reported = false;  // PREPARE has answered H_SUCCESS for it
  };

  bool has(Deviation deviation) const { return options_.deviations.has(deviation); }
  bool prepared() const { return clock_ >= pending_->ready_at; }
  bool is_size(std::int32_t shift) const;
  bool is_too_large(std::int32_t shift) const;

  // PREPARE and its steps.
  std::int64_t prepare(std::uint64_t flags, std::uint64_t shift_register);
  std::int64_t prepare_not_offered() const;
  std::int64_t refuse_flags();
  std::optional<std::int64_t> match_or_discard(std::uint64_t flags, std::int32_t shift);
  std::int64_t answer_match();
  std::int64_t create_pending(std::int32_t shift);

  // COMMIT and its steps.
  std::int64_t commit(std::uint64_t flags, std::uint64_t shift_register);
  std::int64_t commit_not_offered() const;
  bool names_pending(std::int32_t shift) const;
  std::int64_t commit_pending(std::uint64_t flags, std::int32_t shift);
  std::int64_t commit_prepared();
  bool switch_to_pending();

  Response enter(const Call& call);
  Response read(const Call& call) const;
  std::int64_t long_busy() const;
  void pass(std::uint64_t steps);

  SchemeAOptions options_;
  // The platform.
  std::uint64_t clock_ = 0, hypercalls_until_hardware_, hypercalls_until_migration_,
                creations_until_shortage_;
  // The partition.
  bool may_resize_ = true;
  Hpt current_;
  std::optional<Pending> pending_;
  std::uint64_t commits_ = 0;
  bool flags_refused_ = false;  // by PREPARE; nothing right asks for it
};

}  // namespace hptck
