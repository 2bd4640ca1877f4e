// The built-in hypervisor, in the RFC's two schemes. It is the kit's known-good reference and, with
// deviations, its known-bad one. It is written from LoPAR's text as a hypervisor would be and shares no rule
// with the model: if it used the model's rows, the two would agree for the wrong reason.
//
// The schemes differ in when entries get into the new table, and in which of those that are not bolted do. In
// scheme A PREPARE allocates and clears a table, and COMMIT rehashes every bolted entry into it, and then
// some of the others. In scheme B all that the guest enters, removes and protects is mirrored into the new
// table from PREPARE on, the bolted entries that were there before are copied in the background, and COMMIT
// only pivots; so it is preparation that meets a collision. Hence one class that asks for its scheme in few
// places: where a table is created, where time passes, where an entry of the guest's changes, and where the
// Pending HPT becomes current. Two classes with a base were rejected: the checks of the hypercalls are most
// of the code, and what is left for a class of its own does not stand by itself.
//
// It is deterministic. Its clock counts steps; a hypercall takes one, and the guest can let time pass. It
// makes use of everything that LoPAR permits a platform, so that the kit is tested on it: a preparation takes
// time; a Pending HPT is dropped when nobody asks for it, and now and then in any case, as in a live
// migration; memory may be short; any hypercall may end with H_HARDWARE and no effect; and of the entries
// that are not bolted some survive a resize and some do not.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "conformance/adapters/builtin/hpt.h"
#include "model/hypercall.h"
#include "spec/deviations.h"

namespace hptck {

/// How often this hypervisor does what it may but need not do. Zero: never. A new partition does not reset
/// the counts, so that a campaign of many short partitions meets these events too.
struct Permissions {
  std::uint64_t hardware_every = 5'003;    ///< hypercalls from one H_HARDWARE to the next
  std::uint64_t migration_every = 10'007;  ///< hypercalls from one loss of what is pending to the next
  std::uint64_t shortage_every = 997;      ///< creations from one H_RESOURCE for want of memory to the next
  std::uint64_t timeout_steps = 1'600;     ///< steps that a Pending HPT stays without being asked for
  bool operator==(const Permissions&) const = default;
};

enum class Scheme : std::uint8_t { a, b };

/// Whether a hypervisor of the scheme can make the mistake. One of scheme B meets no collision in COMMIT.
bool can_make(Scheme scheme, Deviation deviation);

struct HypervisorOptions {
  unsigned initial_shift = 24;
  unsigned max_shift = 30;    ///< the largest HPT that the partition is permitted
  bool offers_resize = true;  ///< false: the resize hypercalls do not exist
  Permissions permissions;
  Deviations deviations;
};

class Hypervisor {
 public:
  /// Steps to a millisecond.
  static constexpr std::uint64_t steps_per_ms = 8;
  /// How many entries scheme B copies in a step. The first step is taken by the PREPARE that starts it.
  static constexpr std::uint64_t entries_per_step = 2;
  /// How long it takes to set up a table; up to 2^20 bytes it is over at once.
  static constexpr std::uint64_t preparation_steps(unsigned shift) {
    return shift <= 20 ? 0 : std::uint64_t{shift - 20} * (shift - 20);
  }

  Hypervisor(Scheme scheme, const HypervisorOptions& options);

  /// A fresh partition: an empty HPT of the initial size, nothing pending.
  void restart(bool may_resize);
  /// The guest starts again in the same partition: as in a fresh one that may do what this one may.
  void reboot();
  Response hcall(const Call& call);
  void advance(std::chrono::milliseconds time);
  bool has_pending() const { return pending_.has_value(); }
  bool is_preparing() const { return pending_ && !prepared(); }
  unsigned current_shift() const { return current_.shift(); }

 private:
  // What the guest did since the Pending HPT was created. Only some deviations use it, so it is recorded only
  // when one of them is on.
  struct Since {
    std::unordered_set<std::uint64_t> entered{};                        // where
    std::unordered_map<std::uint64_t, std::uint64_t> protected_from{};  // doubleword 1 as it was
    std::vector<std::pair<std::uint64_t, Hpte>> removed{};              // bolted ones
  };
  struct Pending {
    Hpt table;
    std::int32_t shift;
    std::uint64_t ready_at, asked_for_at;  // on the clock
    bool collided = false;
    bool reported = false;  // PREPARE has answered H_SUCCESS for it
    // Scheme B: where the bolted entries stand that were there before and are not copied yet, last one first.
    std::vector<std::uint64_t> uncopied{};
    // Scheme B: for each PTEX of the table that holds a copy, the PTEX of the original. The content of a slot
    // does not tell whose copy it is, because two entries may look alike.
    std::unordered_map<std::uint64_t, std::uint64_t> originals{};
    Since since{};
  };

  bool has(Deviation deviation) const { return options_.deviations.has(deviation); }
  bool mirrors() const { return scheme_ == Scheme::b; }
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
  bool rehash_into_pending(const Hpt& from);
  bool collides_for_no_reason(const Hpt& from) const;
  void carry_over_unbolted(const Hpt& from);
  void spoil_pending(const Hpt& from);
  bool switch_to_pending();
  void leave_pending(Hpt old);
  void spoil_current(std::int64_t answer);

  // What a reboot leaves, with a deviation, of the guest's life before it.
  Hpt table_after_reboot() const;
  std::optional<Pending> pending_after_reboot();

  // What of the current HPT is carried over, which is all that there is unless a deviation is on.
  Hpt carried_over() const;
  bool is_carried_over(std::uint64_t ptex) const;
  Hpte carried_over(std::uint64_t ptex) const;

  // Scheme B's way into the Pending HPT.
  void start_copying();
  void copy_in_background(std::uint64_t steps);
  void copy_next();
  void mirror(std::uint64_t ptex);
  void remove_copy(std::uint64_t ptex);
  std::optional<std::uint64_t> copy_of(std::uint64_t ptex) const;

  // Every change that the guest makes to its table, with what the scheme and deviations make of it.
  void put_entry(std::uint64_t ptex, Hpte hpte);
  void remove_entry(std::uint64_t ptex);
  void protect_entry(std::uint64_t ptex, Hpte hpte);

  Response enter(const Call& call);
  Response enter_exactly(std::uint64_t ptex, Hpte hpte);
  Response enter_in_group(std::uint64_t group, Hpte hpte);
  Response read(const Call& call) const;
  Response remove(const Call& call);
  std::int64_t protect(const Call& call);
  Response bulk_remove(const Call& call);
  std::optional<std::int64_t> bulk_remove_one(std::uint64_t& high, std::uint64_t avpn, bool first);
  std::int64_t long_busy() const;
  void pass(std::uint64_t steps);
  bool timed_out() const;

  Scheme scheme_;
  HypervisorOptions options_;
  // The platform.
  std::uint64_t clock_ = 0, hypercalls_until_hardware_, hypercalls_until_migration_,
                creations_until_shortage_;
  // The partition.
  bool may_resize_ = true;
  Hpt current_;
  std::optional<Pending> pending_;
  std::uint64_t commits_ = 0;
  bool flags_refused_ = false;  // by PREPARE; only a deviation uses it
};

struct SchemeA : Hypervisor {
  explicit SchemeA(const HypervisorOptions& options) : Hypervisor(Scheme::a, options) {}
};

struct SchemeB : Hypervisor {
  explicit SchemeB(const HypervisorOptions& options) : Hypervisor(Scheme::b, options) {}
};

}  // namespace hptck
