// The hypervisor's four hypercalls. PREPARE and COMMIT follow the order of checks in LoPAR's sections
// sec_resize_hpt_prepare and sec_resize_hpt_commit line by line, because an error may come after the state
// has changed. shift is declared int32, so both take the low half of the register as a signed number. What
// LoPAR leaves open after a COMMIT that met a collision is decided like this: the Pending HPT stays, as one
// whose preparation has ended on that collision. A preparation that met one is not tried again before the
// guest has given it up.
#include "conformance/builtin/hypervisor.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <utility>

namespace hptck {
namespace {

constexpr std::uint64_t read_4 = 1ull << (63 - 26);
// Doubleword 0 bits 57 and 58, which H_ENTER keeps for the hypervisor.
constexpr std::uint64_t hypervisor_bits = 0x60;

// Counts down to an event that happens once in `every`; never when that is zero.
bool now(std::uint64_t& left, std::uint64_t every) {
  if (every == 0 || --left != 0) return false;
  left = every;
  return true;
}

}  // namespace

bool can_make(Scheme scheme, Deviation deviation) {
  switch (deviation) {
    case Deviation::commit_collision_switches:
    case Deviation::commit_collision_is_h_resource:
    case Deviation::commit_collision_is_h_parameter:
      return scheme == Scheme::a;
    default:
      return true;
  }
}

Hypervisor::Hypervisor(Scheme scheme, const HypervisorOptions& options)
    : scheme_(scheme),
      options_(options),
      hypercalls_until_hardware_(options.permissions.hardware_every),
      hypercalls_until_migration_(options.permissions.migration_every),
      creations_until_shortage_(options.permissions.shortage_every),
      current_(options.initial_shift) {
  options.deviations.for_each(
      [scheme]([[maybe_unused]] Deviation deviation) { assert(can_make(scheme, deviation)); });
}

void Hypervisor::restart(bool may_resize) {
  may_resize_ = may_resize;
  current_ = Hpt(options_.initial_shift);
  pending_.reset();
  commits_ = 0;
  flags_refused_ = false;
}

void Hypervisor::advance(std::chrono::milliseconds time) {
  if (time.count() > 0) pass(static_cast<std::uint64_t>(time.count()) * steps_per_ms);
}

void Hypervisor::pass(std::uint64_t steps) {
  clock_ += steps;
  if (!pending_) return;
  if (timed_out())
    pending_.reset();
  else
    copy_in_background(steps);
}

// How long scheme B copies is the guest's doing. A guest that waits for as long as it was told finds its
// table, therefore, and time counts from when that is prepared.
bool Hypervisor::timed_out() const {
  const auto timeout = options_.permissions.timeout_steps;
  auto since = pending_->asked_for_at;
  if (mirrors()) since = std::max(since, pending_->ready_at);
  return timeout != 0 && clock_ > since && clock_ - since > timeout;
}

Response Hypervisor::hcall(const Call& call) {
  pass(1);
  if (now(hypercalls_until_migration_, options_.permissions.migration_every)) pending_.reset();
  if (now(hypercalls_until_hardware_, options_.permissions.hardware_every)) return {status::H_HARDWARE, {}};
  switch (call.token) {
    case token::H_ENTER:
      return enter(call);
    case token::H_READ:
      return read(call);
    case token::H_RESIZE_HPT_PREPARE:
      return {options_.offers_resize ? prepare(call.args[0], call.args[1]) : prepare_not_offered(), {}};
    case token::H_RESIZE_HPT_COMMIT:
      return {options_.offers_resize ? commit(call.args[0], call.args[1]) : commit_not_offered(), {}};
  }
  return {status::H_FUNCTION, {}};
}

bool Hypervisor::is_size(std::int32_t shift) const {
  const std::int32_t smallest = has(Deviation::prepare_accepts_17)   ? 17
                                : has(Deviation::prepare_refuses_18) ? 19
                                                                     : 18;
  const std::int32_t greatest = has(Deviation::prepare_accepts_47)   ? 47
                                : has(Deviation::prepare_refuses_46) ? 45
                                                                     : 46;
  return shift >= smallest && shift <= greatest;
}

bool Hypervisor::is_too_large(std::int32_t shift) const {
  if (has(Deviation::prepare_ignores_limit)) return false;
  return shift > static_cast<std::int32_t>(options_.max_shift) +
                     (has(Deviation::prepare_exceeds_largest_by_one) ? 1 : 0);
}

std::int64_t Hypervisor::prepare_not_offered() const {
  if (has(Deviation::prepare_absent_is_h_parameter)) return status::H_PARAMETER;
  return has(Deviation::prepare_absent_is_h_success) ? status::H_SUCCESS : status::H_FUNCTION;
}

std::int64_t Hypervisor::prepare(std::uint64_t flags, std::uint64_t shift_register) {
  auto shift = static_cast<std::int32_t>(static_cast<std::uint32_t>(shift_register));
  if (has(Deviation::prepare_narrows_shift_to_byte)) shift = static_cast<std::uint8_t>(shift);
  if (has(Deviation::prepare_narrows_flags_to_word)) flags = static_cast<std::uint32_t>(flags);
  if (has(Deviation::prepare_flags_low_bit_only)) flags &= 1;
  if (has(Deviation::prepare_ignores_flags)) flags = 0;
  if (has(Deviation::prepare_checks_flags_before_authority) && flags != 0 && !may_resize_)
    return refuse_flags();

  if (!may_resize_ && !has(Deviation::prepare_unchecked_authority))
    return has(Deviation::prepare_authority_is_h_privilege) ? status::H_PRIVILEGE : status::H_AUTHORITY;

  if (has(Deviation::prepare_error_sticks) && flags == 0 && std::exchange(flags_refused_, false))
    return status::H_PARAMETER;
  if (has(Deviation::prepare_checks_flags_before_discard) && flags != 0) return refuse_flags();
  if (has(Deviation::prepare_checks_range_before_discard) && shift != 0 && !is_size(shift))
    return status::H_PARAMETER;
  if (has(Deviation::prepare_checks_resource_before_discard) && flags == 0 && is_size(shift) &&
      is_too_large(shift))
    return status::H_RESOURCE;

  if (pending_) {
    if (const auto answer = match_or_discard(flags, shift)) return *answer;
  }
  if (has(Deviation::prepare_checks_zero_before_flags) && shift == 0) return status::H_SUCCESS;
  if (flags != 0) return refuse_flags();
  if (shift == 0)
    return has(Deviation::prepare_zero_is_h_parameter) ? status::H_PARAMETER : status::H_SUCCESS;
  const bool limit_first = has(Deviation::prepare_checks_limit_before_range) && is_too_large(shift);
  if (!is_size(shift) && !limit_first) return status::H_PARAMETER;
  if (is_too_large(shift))
    return has(Deviation::prepare_resource_is_h_no_mem) ? status::H_NO_MEM : status::H_RESOURCE;
  return create_pending(shift);
}

std::int64_t Hypervisor::refuse_flags() {
  flags_refused_ = true;
  return status::H_PARAMETER;
}

// Nothing when the call goes on, as it does after the Pending HPT was discarded.
std::optional<std::int64_t> Hypervisor::match_or_discard(std::uint64_t flags, std::int32_t shift) {
  if (shift == pending_->shift && (flags == 0 || has(Deviation::prepare_match_ignores_flags)))
    return answer_match();
  if (flags == 0 && is_size(shift)) {
    if (has(Deviation::prepare_keeps_other_size)) return answer_match();
    if (has(Deviation::prepare_other_size_is_h_busy) && !prepared()) return status::H_BUSY;
  }
  if (!(has(Deviation::prepare_zero_keeps_pending) && flags == 0 && shift == 0)) pending_.reset();
  return std::nullopt;
}

std::int64_t Hypervisor::answer_match() {
  pending_->asked_for_at = clock_;
  if (!prepared() && !has(Deviation::prepare_match_says_ready_early))
    return has(Deviation::prepare_match_is_h_busy) ? status::H_BUSY : long_busy();
  if (pending_->collided) {
    if (has(Deviation::prepare_match_collision_is_h_parameter)) return status::H_PARAMETER;
    return has(Deviation::prepare_match_collision_is_h_success) ? status::H_SUCCESS : status::H_PTEG_FULL;
  }
  if (has(Deviation::prepare_match_ready_is_h_busy)) return status::H_BUSY;
  if (has(Deviation::prepare_match_ready_is_h_parameter)) return status::H_PARAMETER;
  // Each preparation is reported once, or no guest that polls would ever get to COMMIT. It takes two steps at
  // least, so that the call after this one still finds it going on.
  if (has(Deviation::prepare_match_restarts) && std::exchange(pending_->reported, false)) {
    const auto steps = preparation_steps(static_cast<unsigned>(pending_->shift));
    pending_->ready_at = clock_ + std::max<std::uint64_t>(steps, 2);
    return long_busy();
  }
  pending_->reported = true;
  return status::H_SUCCESS;
}

std::int64_t Hypervisor::create_pending(std::int32_t shift) {
  const auto size = static_cast<unsigned>(shift);
  if (has(Deviation::prepare_same_size_is_h_parameter) && size == current_.shift())
    return status::H_PARAMETER;
  if (has(Deviation::prepare_smaller_is_h_parameter) && size < current_.shift()) return status::H_PARAMETER;
  if (now(creations_until_shortage_, options_.permissions.shortage_every)) return status::H_RESOURCE;
  if (has(Deviation::prepare_creates_nothing)) return status::H_SUCCESS;

  const auto allocated = has(Deviation::prepare_allocates_half) ? size - 1 : size;
  pending_ = Pending{Hpt(allocated), shift, clock_ + preparation_steps(size), clock_};
  if (mirrors()) start_copying();
  if (pending_->collided) return status::H_PTEG_FULL;
  if (prepared() || has(Deviation::prepare_says_ready_early)) {
    pending_->reported = true;
    return status::H_SUCCESS;
  }
  if (has(Deviation::prepare_busy_code_off_the_table) && shift >= 28)
    return status::H_LONG_BUSY_ORDER_100_SEC + 1;
  return long_busy();
}

std::int64_t Hypervisor::commit_not_offered() const {
  if (has(Deviation::commit_absent_is_h_closed)) return status::H_CLOSED;
  return has(Deviation::commit_absent_is_h_parameter) ? status::H_PARAMETER : status::H_FUNCTION;
}

std::int64_t Hypervisor::commit(std::uint64_t flags, std::uint64_t shift_register) {
  auto shift = static_cast<std::int32_t>(static_cast<std::uint32_t>(shift_register));
  if (has(Deviation::commit_narrows_shift_to_byte)) shift = static_cast<std::uint8_t>(shift);
  if (has(Deviation::commit_narrows_flags_to_word)) flags = static_cast<std::uint32_t>(flags);
  if (has(Deviation::commit_flags_low_bit_only)) flags &= 1;
  if (has(Deviation::commit_ignores_flags)) flags = 0;

  if (!may_resize_ && !has(Deviation::commit_unchecked_authority)) {
    if (has(Deviation::commit_checks_pending_before_authority) && !pending_) return status::H_CLOSED;
    return has(Deviation::commit_authority_is_h_privilege) ? status::H_PRIVILEGE : status::H_AUTHORITY;
  }

  if (has(Deviation::commit_flags_is_h_parameter) && flags != 0) return status::H_PARAMETER;
  if (!pending_) {
    if (has(Deviation::commit_none_is_h_parameter)) return status::H_PARAMETER;
    return has(Deviation::commit_none_is_h_success) ? status::H_SUCCESS : status::H_CLOSED;
  }
  const auto answer = commit_pending(flags, shift);
  if (has(Deviation::commit_failure_discards) && (answer == status::H_CLOSED || answer == status::H_BUSY))
    pending_.reset();
  return answer;
}

bool Hypervisor::names_pending(std::int32_t shift) const {
  if (has(Deviation::commit_ignores_shift)) return true;
  if (has(Deviation::commit_shift_zero_commits) && shift == 0) return true;
  if (has(Deviation::commit_accepts_smaller_shift) && shift >= 18 && shift < pending_->shift) return true;
  return shift == pending_->shift;
}

std::int64_t Hypervisor::commit_pending(std::uint64_t flags, std::int32_t shift) {
  if (has(Deviation::commit_checks_busy_before_shift) && flags == 0 && !prepared()) return status::H_BUSY;
  if (has(Deviation::commit_checks_busy_before_flags) && flags != 0 && names_pending(shift) && !prepared())
    return status::H_BUSY;
  if (flags != 0 || !names_pending(shift)) {
    if (has(Deviation::commit_shift_is_h_parameter) && flags == 0) return status::H_PARAMETER;
    if (has(Deviation::commit_closed_switches)) switch_to_pending();
    return status::H_CLOSED;
  }
  pending_->asked_for_at = clock_;
  if (!prepared() && !has(Deviation::commit_ignores_busy)) {
    if (has(Deviation::commit_busy_is_h_long_busy)) return long_busy();
    if (has(Deviation::commit_busy_is_h_closed)) return status::H_CLOSED;
    if (has(Deviation::commit_busy_switches)) switch_to_pending();
    return status::H_BUSY;
  }
  if (pending_->collided && !has(Deviation::commit_ignores_collided)) {
    if (has(Deviation::commit_collided_is_h_parameter)) return status::H_PARAMETER;
    return has(Deviation::commit_collided_is_h_busy) ? status::H_BUSY : status::H_PTEG_FULL;
  }
  return commit_prepared();
}

std::int64_t Hypervisor::commit_prepared() {
  const auto from = static_cast<std::int32_t>(current_.shift()), to = pending_->shift;
  if (has(Deviation::commit_same_size_is_h_parameter) && to == from) return status::H_PARAMETER;
  if (has(Deviation::commit_smaller_is_h_parameter) && to < from) return status::H_PARAMETER;
  if (has(Deviation::commit_keeps_old_table) || (has(Deviation::commit_never_shrinks) && to < from) ||
      (has(Deviation::commit_never_grows) && to > from)) {
    pending_.reset();
    return status::H_SUCCESS;
  }
  if (!switch_to_pending()) {
    if (has(Deviation::commit_collision_is_h_parameter)) return status::H_PARAMETER;
    return has(Deviation::commit_collision_is_h_resource) ? status::H_RESOURCE : status::H_PTEG_FULL;
  }
  if (has(Deviation::commit_hardware_switches) && ++commits_ % 2 == 0) return status::H_HARDWARE;
  return status::H_SUCCESS;
}

bool Hypervisor::rehash_into_pending() {
  auto deviations = options_.deviations;
  // Who takes no notice of a collision that is known does not look for it in the rehash either.
  if (has(Deviation::commit_ignores_collided) && pending_->collided)
    deviations.add(Deviation::commit_overwrites_on_collision);
  return rehash_bolted(current_, pending_->table, deviations);
}

// Makes the Pending HPT the current one. In scheme A this is when it gets the bolted entries. On a collision
// the half-filled table is of no use any more and is cleared; the Pending HPT itself stays, to say why it
// cannot be had. In scheme B everything is in place, unless a deviation is on: who takes no notice of a
// collision goes on where preparation ended, and loses one of the two entries.
bool Hypervisor::switch_to_pending() {
  if (mirrors() && pending_->collided) {
    while (!pending_->uncopied.empty()) copy_next();
  }
  const bool fits = mirrors() || rehash_into_pending();
  if (!fits && !has(Deviation::commit_collision_switches)) {
    pending_->table = Hpt(pending_->table.shift());
    pending_->collided = true;
    return false;
  }
  auto old = std::exchange(current_, std::move(pending_->table));
  // What a deviation leaves pending agrees with the current HPT in scheme B and is cleared in scheme A: to a
  // rehash, what it held before would be a collision.
  if (has(Deviation::commit_swaps)) {
    const auto shift = old.shift();
    pending_ =
        Pending{mirrors() ? std::move(old) : Hpt(shift), static_cast<std::int32_t>(shift), clock_, clock_};
  } else if (has(Deviation::commit_keeps_pending)) {
    pending_->table = mirrors() ? current_ : Hpt(current_.shift());
  } else {
    pending_.reset();
  }
  return fits;
}

// The memory of the new table is clear where it is first touched, so that copying need not wait for it to be
// set up as a whole. As the pace is known, so is the time.
void Hypervisor::start_copying() {
  auto& uncopied = pending_->uncopied;
  for (const auto& [ptex, hpte] : current_.entries())
    if (is_bolted(hpte)) uncopied.push_back(ptex);
  std::ranges::sort(uncopied, std::greater());
  copy_in_background(1);
  if (pending_->collided) return;
  const auto steps = (uncopied.size() + entries_per_step - 1) / entries_per_step;
  pending_->ready_at = std::max(pending_->ready_at, clock_ + steps);
}

void Hypervisor::copy_in_background(std::uint64_t steps) {
  for (auto left = steps * entries_per_step; left != 0 && !pending_->uncopied.empty() && !pending_->collided;
       --left)
    copy_next();
}

void Hypervisor::copy_next() {
  const auto ptex = pending_->uncopied.back();
  pending_->uncopied.pop_back();
  mirror(ptex);
}

// A collision ends preparation. In a table that is not smaller it means what it means to rehash_bolted.
void Hypervisor::mirror(std::uint64_t ptex) {
  auto& table = pending_->table;
  if (rehash_entry(current_.at(ptex), ptex, table, options_.deviations)) return;
  if (table.shift() >= current_.shift()) return;
  pending_->collided = true;
  pending_->ready_at = std::min(pending_->ready_at, clock_);
}

// An estimate of the time left, in the orders of magnitude that the return codes have.
std::int64_t Hypervisor::long_busy() const {
  const auto steps_left = pending_->ready_at - clock_;
  auto code = status::H_LONG_BUSY_ORDER_1_MSEC;
  for (auto order = steps_per_ms; order < steps_left && code < status::H_LONG_BUSY_ORDER_100_SEC; order *= 10)
    ++code;
  return code;
}

// There is no memory behind this partition, so the checks of the logical page (its bounds, WIMG) have nothing
// to check and every page passes.
Response Hypervisor::enter(const Call& call) {
  const auto flags = call.args[0], ptex = call.args[1], high = call.args[2], low = call.args[3];
  if (ptex >= current_.hpte_count()) return {status::H_PARAMETER, {}};
  const bool exact = (flags & H_EXACT) != 0;
  const auto first = exact ? ptex : ptex & ~std::uint64_t{7};
  const auto last = exact ? ptex : ptex | 7;
  for (auto slot = first; slot <= last; ++slot) {
    if ((current_.at(slot).high & HPTE_VALID) != 0) continue;
    current_.put(slot, {high & ~hypervisor_bits, low});
    if (mirrors() && pending_) mirror(slot);
    return {status::H_SUCCESS, {slot}};
  }
  return {status::H_PTEG_FULL, {}};
}

Response Hypervisor::read(const Call& call) const {
  const auto flags = call.args[0], ptex = call.args[1];
  const auto bound = current_.hpte_count() + (has(Deviation::read_bound_off_by_one) ? 1 : 0) -
                     (has(Deviation::read_refuses_last) ? 1 : 0);
  if (ptex >= bound && !has(Deviation::read_ignores_bound)) return {status::H_PARAMETER, {}};
  const bool four = (flags & read_4) != 0;
  if (has(Deviation::read_empty_is_h_not_found) && !four && (current_.at(ptex).high & HPTE_VALID) == 0)
    return {status::H_NOT_FOUND, {}};
  const auto first = four ? ptex & ~std::uint64_t{3} : ptex;
  Response response;
  for (std::size_t index = 0; index < (four ? 4u : 1u); ++index) {
    const auto hpte = current_.at(first + index);
    response.out[2 * index] = hpte.high;
    response.out[2 * index + 1] = hpte.low;
  }
  return response;
}

}  // namespace hptck
