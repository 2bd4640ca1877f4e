// The hypervisor's hypercalls. PREPARE and COMMIT follow the order of checks in LoPAR's sections
// sec_resize_hpt_prepare and sec_resize_hpt_commit line by line, because an error may come after the state
// has changed. shift is declared int32, so both take the low half of the register as a signed number.
//
// What LoPAR leaves open is decided like this. After a COMMIT that met a collision the Pending HPT stays, as
// one whose preparation ended on that collision; it is not prepared again until the guest has given it up. Of
// the entries that are not bolted, scheme A carries over those with an even PTEX and scheme B those entered
// during preparation, both only where no other entry needs the slot.
//
// Most deviations in what COMMIT leaves in a table act when the table is about to become current, after a
// right rehash: a mistake that should show only in the contents must not cause collisions.
#include "conformance/adapters/builtin/hypervisor.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <utility>

namespace hptck {
namespace {

constexpr std::uint64_t secondary = 0x2;  // doubleword 0
// Doubleword 1. WIMG of ordinary memory is 0010, and so is that of all the memory that there is here.
constexpr std::uint64_t referenced = 0x100, changed = 0x80, wimg = 0x78, wimg_memory = 0x10, protection = 0x7;
// What the AVPN flag compares: doubleword 0 without its software bits, L, H and V.
constexpr std::uint64_t compared_bits = ~std::uint64_t{0x7f};
// Doubleword 0 bits 57 and 58, which H_ENTER keeps for the hypervisor.
constexpr std::uint64_t hypervisor_bits = 0x60;

// H_BULK_REMOVE says in its first request that this is the one that failed.
Response hardware_error(const Call& call) {
  Response response{status::H_HARDWARE, {}};
  if (call.token != token::H_BULK_REMOVE) return response;
  std::copy_n(call.args.begin(), 8, response.out.begin());
  auto& high = response.out[0];
  if ((high & bulk::type) == bulk::request)
    high = (high & (bulk::ptex | bulk::andcond | bulk::avpn)) | bulk::response | bulk::hardware;
  return response;
}

// Counts down to an event that happens once in `every`; never when that is zero.
bool now(std::uint64_t& left, std::uint64_t every) {
  if (every == 0 || --left != 0) return false;
  left = every;
  return true;
}

}  // namespace

bool can_make(Scheme scheme, Deviation deviation) {
  if (is_of_configurations(deviation)) return false;
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

// A reboot changes neither the clock nor the counts of the platform.
void Hypervisor::reboot() {
  auto table = table_after_reboot();
  pending_ = pending_after_reboot();
  current_ = std::move(table);
  commits_ = 0;
  flags_refused_ = false;
}

Hpt Hypervisor::table_after_reboot() const {
  auto shift = options_.initial_shift;
  if (has(Deviation::reset_keeps_size) ||
      (has(Deviation::reset_keeps_larger_size) && current_.shift() > shift))
    shift = current_.shift();
  Hpt table(shift);
  const bool all = has(Deviation::reset_keeps_entries), bolted = has(Deviation::reset_keeps_bolted);
  if (shift != current_.shift() || !(all || bolted)) return table;
  for (const auto& [ptex, hpte] : current_.entries())
    if (all || is_bolted(hpte)) table.put(ptex, hpte);
  return table;
}

// The Pending HPT that a deviation keeps holds no entries, as if it had been prepared for the empty table
// that comes next. At this point the current HPT is still the one from before the reboot.
std::optional<Hypervisor::Pending> Hypervisor::pending_after_reboot() {
  if (!pending_ ||
      !(has(Deviation::reset_keeps_pending) || (has(Deviation::reset_keeps_prepared) && prepared())))
    return std::nullopt;
  auto left = std::move(*pending_);
  left.table = Hpt(left.table.shift());
  left.uncopied.clear();
  left.originals.clear();
  left.since = {};
  return left;
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

// In scheme B it depends on the guest how long copying takes. So that a guest which waits as long as it was
// told finds its table, the time-out counts from the end of preparation there.
bool Hypervisor::timed_out() const {
  const auto timeout = options_.permissions.timeout_steps;
  auto since = pending_->asked_for_at;
  if (mirrors()) since = std::max(since, pending_->ready_at);
  return timeout != 0 && clock_ > since && clock_ - since > timeout;
}

Response Hypervisor::hcall(const Call& call) {
  pass(1);
  if (now(hypercalls_until_migration_, options_.permissions.migration_every)) pending_.reset();
  if (now(hypercalls_until_hardware_, options_.permissions.hardware_every)) return hardware_error(call);
  switch (call.token) {
    case token::H_REMOVE:
      return remove(call);
    case token::H_ENTER:
      return enter(call);
    case token::H_PROTECT:
      return {protect(call), {}};
    case token::H_BULK_REMOVE:
      return bulk_remove(call);
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

// The answer; nothing if the Pending HPT was discarded and the call goes on.
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
  // Each preparation answers H_SUCCESS once, or no guest that polls would ever get to COMMIT. It takes at
  // least two steps, so that it is still going on at the next call.
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
    if (has(Deviation::commit_none_is_h_success)) return status::H_SUCCESS;
    spoil_current(status::H_CLOSED);
    return status::H_CLOSED;
  }
  const auto answer = commit_pending(flags, shift);
  spoil_current(answer);
  if (has(Deviation::commit_failure_discards) && (answer == status::H_CLOSED || answer == status::H_BUSY))
    pending_.reset();
  return answer;
}

// What a COMMIT with a deviation does to the current table when it fails.
void Hypervisor::spoil_current(std::int64_t answer) {
  const bool full = answer == status::H_PTEG_FULL;
  const bool frees = full && has(Deviation::commit_collision_frees_table);
  const bool moves = full && has(Deviation::commit_collision_moves);
  const bool drops = (full || answer == status::H_CLOSED || answer == status::H_BUSY) &&
                     has(Deviation::commit_failure_drops_unbolted);
  if (!frees && !moves && !drops) return;
  const auto upper_half = current_.hpte_count() / 2;
  for (const auto& [ptex, hpte] : current_.entries())
    if (frees || (moves && is_bolted(hpte) && ptex >= upper_half) || (drops && !is_bolted(hpte)))
      remove_entry(ptex);
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

bool Hypervisor::is_carried_over(std::uint64_t ptex) const {
  return !has(Deviation::commit_loses_entered) || !pending_->since.entered.contains(ptex);
}

Hpte Hypervisor::carried_over(std::uint64_t ptex) const {
  if (!is_carried_over(ptex)) return {};
  auto hpte = current_.at(ptex);
  const auto& protected_from = pending_->since.protected_from;
  if (const auto found = protected_from.find(ptex); found != protected_from.end()) hpte.low = found->second;
  return hpte;
}

Hpt Hypervisor::carried_over() const {
  auto table = current_;
  for (const auto ptex : pending_->since.entered) table.put(ptex, carried_over(ptex));
  for (const auto& [ptex, low] : pending_->since.protected_from) table.put(ptex, carried_over(ptex));
  return table;
}

bool Hypervisor::rehash_into_pending(const Hpt& from) {
  auto deviations = options_.deviations;
  // A hypervisor that ignores a known collision does not look for it in the rehash either.
  if (has(Deviation::commit_ignores_collided) && pending_->collided)
    deviations.add(Deviation::commit_overwrites_on_collision);
  return rehash_bolted(from, pending_->table, deviations);
}

// Whether a deviation sees a collision although all bolted entries are already in the Pending HPT.
bool Hypervisor::collides_for_no_reason(const Hpt& from) const {
  const auto& to = pending_->table;
  const bool by_hpteg = has(Deviation::commit_false_collision),
             by_unbolted = has(Deviation::commit_unbolted_collide);
  if ((!by_hpteg && !by_unbolted) || to.shift() >= from.shift()) return false;
  std::unordered_set<std::uint64_t> needed;  // HPTEGs
  for (const auto& [ptex, hpte] : from.entries()) {
    const auto place = rehashed_ptex(hpte, ptex, from, to, options_.deviations);
    if (by_hpteg && is_bolted(hpte) && !needed.insert(place / 8).second) return true;
    if (by_unbolted && is_valid(hpte) && !is_bolted(hpte) && is_bolted(to.at(place))) return true;
  }
  return false;
}

// About half of them are carried over, so that a guest meets entries that survive and entries that do not.
void Hypervisor::carry_over_unbolted(const Hpt& from) {
  const bool unhashed = has(Deviation::commit_unbolted_unhashed);
  auto& table = pending_->table;
  for (const auto& [ptex, hpte] : from.entries()) {
    if (!is_valid(hpte) || is_bolted(hpte)) continue;
    if (!unhashed) {
      if (ptex % 2 == 0) rehash_entry(hpte, ptex, from, table, options_.deviations);
    } else if (const auto place = ptex % table.hpte_count(); !is_valid(table.at(place))) {
      table.put(place, hpte);
    }
  }
}

void Hypervisor::spoil_pending(const Hpt& from) {
  auto& table = pending_->table;
  for (const auto& [ptex, hpte] : pending_->since.removed)
    if (const auto place = rehashed_ptex(hpte, ptex, from, table, options_.deviations);
        !is_valid(table.at(place)))
      table.put(place, hpte);
  if (has(Deviation::commit_leaves_copies) && table.shift() > from.shift()) {
    for (const auto& [ptex, hpte] : from.entries())
      if (is_bolted(hpte) && !is_valid(table.at(ptex))) table.put(ptex, hpte);
  }
  if (has(Deviation::commit_clears_table)) table = Hpt(table.shift());
  const bool drops_bolted = has(Deviation::rehash_drops_bolted_bit),
             drops_secondary = has(Deviation::rehash_drops_secondary_bit),
             clears_second_half = has(Deviation::rehash_clears_second_half);
  if (!drops_bolted && !drops_secondary && !clears_second_half) return;
  for (auto [ptex, hpte] : table.entries()) {
    if (drops_bolted) hpte.high &= ~HPTE_BOLTED;
    if (drops_secondary) hpte.high &= ~secondary;
    if (clears_second_half) hpte.low = 0;
    table.put(ptex, hpte);
  }
}

// Makes the Pending HPT the current one. In scheme A this is when it gets the entries. On a collision the
// half-filled table is cleared; the Pending HPT itself stays, so that later calls are answered with the
// collision. In scheme B everything is in place. Only a deviation that ignores the collision gets here with
// some entries not copied yet: it copies them now, and loses one of the two that collide.
bool Hypervisor::switch_to_pending() {
  if (mirrors() && pending_->collided) {
    while (!pending_->uncopied.empty()) copy_next();
  }
  const bool as_prepared = pending_->since.entered.empty() && pending_->since.protected_from.empty();
  const auto altered = as_prepared ? std::nullopt : std::optional(carried_over());
  const auto& from = altered ? *altered : current_;
  const bool fits = (mirrors() || rehash_into_pending(from)) && !collides_for_no_reason(from);
  if (!fits && !has(Deviation::commit_collision_switches)) {
    if (!mirrors()) pending_->table = Hpt(pending_->table.shift());
    pending_->collided = true;
    return false;
  }
  if (!mirrors() || has(Deviation::commit_unbolted_unhashed)) carry_over_unbolted(from);
  spoil_pending(from);
  leave_pending(std::exchange(current_, std::move(pending_->table)));
  return fits;
}

// The Pending HPT that a deviation leaves mirrors the current HPT in scheme B and is empty in scheme A, where
// a later rehash into it would collide with whatever it held.
void Hypervisor::leave_pending(Hpt old) {
  const auto originals = std::move(pending_->originals);
  if (has(Deviation::commit_swaps)) {
    const auto shift = old.shift();
    pending_ =
        Pending{mirrors() ? std::move(old) : Hpt(shift), static_cast<std::int32_t>(shift), clock_, clock_};
    for (const auto& [copy, original] : originals) pending_->originals[original] = copy;
  } else if (has(Deviation::commit_keeps_pending)) {
    pending_->table = mirrors() ? current_ : Hpt(current_.shift());
    pending_->since = {};
    for (const auto& [copy, original] : originals) pending_->originals[copy] = copy;
  } else {
    pending_.reset();
  }
}

// The new table's memory is cleared where it is first touched, so copying starts at once. How long it takes
// follows from how many entries it copies in a step.
void Hypervisor::start_copying() {
  auto& uncopied = pending_->uncopied;
  for (const auto& [ptex, hpte] : current_.entries())
    if (is_bolted(hpte)) uncopied.push_back(ptex);
  std::ranges::reverse(uncopied);
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

// A collision ends preparation; but in a table that is not smaller it is ignored, for the reason that
// rehash_bolted gives.
void Hypervisor::mirror(std::uint64_t ptex) {
  using enum Rehashed::Outcome;
  const auto hpte = carried_over(ptex);
  if (!is_bolted(hpte) && has(Deviation::commit_unbolted_unhashed)) return;
  auto& table = pending_->table;
  const auto rehashed = rehash_entry(hpte, ptex, current_, table, options_.deviations);
  if (rehashed.outcome == entered) pending_->originals[rehashed.ptex] = ptex;
  if (rehashed.outcome != collided || table.shift() >= current_.shift()) return;
  pending_->collided = true;
  pending_->ready_at = std::min(pending_->ready_at, clock_);
}

// Removes the copy of an entry that is still in the current HPT. There may be none: the entry may not be
// copied yet, or another entry may have taken the slot.
void Hypervisor::remove_copy(std::uint64_t ptex) {
  auto& uncopied = pending_->uncopied;
  const auto next = std::ranges::lower_bound(uncopied, ptex, std::greater());
  if (next != uncopied.end() && *next == ptex) uncopied.erase(next);
  if (const auto copy = copy_of(ptex)) {
    pending_->table.put(*copy, {});
    pending_->originals.erase(*copy);
  }
}

// A rehash with a deviation may put the copy in another slot, so the whole HPTEG is searched.
std::optional<std::uint64_t> Hypervisor::copy_of(std::uint64_t ptex) const {
  const auto place = rehashed_ptex(current_.at(ptex), ptex, current_, pending_->table, options_.deviations);
  for (auto slot = place & ~std::uint64_t{7}; slot <= (place | 7); ++slot) {
    const auto found = pending_->originals.find(slot);
    if (found != pending_->originals.end() && found->second == ptex) return slot;
  }
  return std::nullopt;
}

// An estimate of the time left, in the orders of magnitude that the return codes have.
std::int64_t Hypervisor::long_busy() const {
  const auto steps_left = pending_->ready_at - clock_;
  auto code = status::H_LONG_BUSY_ORDER_1_MSEC;
  for (auto order = steps_per_ms; order < steps_left && code < status::H_LONG_BUSY_ORDER_100_SEC; order *= 10)
    ++code;
  return code;
}

// The slot may hold a valid entry only where a deviation overwrites it.
void Hypervisor::put_entry(std::uint64_t ptex, Hpte hpte) {
  if (is_valid(current_.at(ptex))) remove_entry(ptex);
  current_.put(ptex, hpte);
  if (!pending_) return;
  if (has(Deviation::commit_loses_entered) || has(Deviation::commit_loses_protection))
    pending_->since.entered.insert(ptex);
  if (mirrors()) mirror(ptex);
}

void Hypervisor::remove_entry(std::uint64_t ptex) {
  if (pending_) {
    if (mirrors()) remove_copy(ptex);
    auto& since = pending_->since;
    since.protected_from.erase(ptex);
    if (const auto hpte = current_.at(ptex); has(Deviation::commit_resurrects_removed) && is_bolted(hpte))
      since.removed.emplace_back(ptex, hpte);
  }
  current_.put(ptex, {});
}

void Hypervisor::protect_entry(std::uint64_t ptex, Hpte hpte) {
  if (pending_ && has(Deviation::commit_loses_protection) && !pending_->since.entered.contains(ptex))
    pending_->since.protected_from.emplace(ptex, current_.at(ptex).low);
  current_.put(ptex, hpte);
  if (!pending_ || !mirrors()) return;
  if (const auto copy = copy_of(ptex)) pending_->table.put(*copy, carried_over(ptex));
}

// The partition has no memory, so there are no bounds to check the logical page number against.
Response Hypervisor::enter(const Call& call) {
  const auto flags = call.args[0], count = current_.hpte_count();
  auto ptex = call.args[1];
  if (has(Deviation::enter_beyond_wraps)) ptex %= count;
  if (ptex >= count)
    return {has(Deviation::enter_beyond_is_h_pteg_full) ? status::H_PTEG_FULL : status::H_PARAMETER, {}};
  const Hpte hpte{call.args[2] & ~hypervisor_bits, call.args[3]};
  if (!has_known_sizes(hpte) || (hpte.low & wimg) != wimg_memory) return {status::H_PARAMETER, {}};
  if ((flags & H_EXACT) != 0 && !has(Deviation::enter_exact_ignored)) return enter_exactly(ptex, hpte);
  return enter_in_group(ptex & ~std::uint64_t{7}, hpte);
}

Response Hypervisor::enter_exactly(std::uint64_t ptex, Hpte hpte) {
  if (is_valid(current_.at(ptex)) && !has(Deviation::enter_exact_overwrites))
    return {has(Deviation::enter_occupied_is_h_parameter) ? status::H_PARAMETER : status::H_PTEG_FULL, {}};
  put_entry(ptex, hpte);
  return {status::H_SUCCESS, {has(Deviation::enter_exact_returns_group) ? ptex & ~std::uint64_t{7} : ptex}};
}

Response Hypervisor::enter_in_group(std::uint64_t group, Hpte hpte) {
  const auto end = group + (has(Deviation::enter_sees_seven_slots) ? 7 : 8);
  auto slot = group;
  while (slot != end && is_valid(current_.at(slot))) ++slot;
  if (slot == end) {
    if (has(Deviation::enter_full_is_h_resource)) return {status::H_RESOURCE, {}};
    if (!has(Deviation::enter_full_overwrites)) return {status::H_PTEG_FULL, {}};
    slot = group + 7;
  }
  put_entry(slot, hpte);
  return {status::H_SUCCESS, {has(Deviation::enter_returns_group) ? group : slot}};
}

Response Hypervisor::read(const Call& call) const {
  const auto flags = call.args[0], ptex = call.args[1];
  const auto bound = current_.hpte_count() + (has(Deviation::read_bound_off_by_one) ? 1 : 0) -
                     (has(Deviation::read_refuses_last) ? 1 : 0);
  if (ptex >= bound && !has(Deviation::read_ignores_bound)) return {status::H_PARAMETER, {}};
  const bool four = (flags & H_READ_4) != 0;
  if (has(Deviation::read_empty_is_h_not_found) && !four && !is_valid(current_.at(ptex)))
    return {status::H_NOT_FOUND, {}};
  const auto first = four && !has(Deviation::read_four_unaligned) ? ptex & ~std::uint64_t{3} : ptex;
  Response response;
  for (std::size_t index = 0; index < (four ? 4u : 1u); ++index) {
    auto hpte = current_.at(first + index);
    if (has(Deviation::read_hides_unbolted) && !is_bolted(hpte)) hpte.high &= ~HPTE_VALID;
    response.out[2 * index] = hpte.high;
    response.out[2 * index + 1] = hpte.low;
  }
  return response;
}

Response Hypervisor::remove(const Call& call) {
  const auto flags = call.args[0], avpn = call.args[2], count = current_.hpte_count();
  auto ptex = call.args[1];
  if (has(Deviation::remove_beyond_wraps)) ptex %= count;
  if (ptex >= count)
    return {has(Deviation::remove_beyond_is_h_not_found) ? status::H_NOT_FOUND : status::H_PARAMETER, {}};
  const auto hpte = current_.at(ptex);
  const bool other_page = (flags & H_AVPN) != 0 && (hpte.high & compared_bits) != avpn;
  const bool has_bits = (flags & H_ANDCOND) != 0 && (hpte.high & avpn) != 0;
  if ((other_page && !has(Deviation::remove_ignores_avpn)) ||
      (has_bits && !has(Deviation::remove_ignores_andcond)) || !is_valid(hpte) ||
      (is_bolted(hpte) && has(Deviation::remove_refuses_bolted)))
    return {status::H_NOT_FOUND, {}};
  if (!has(Deviation::remove_removes_nothing)) remove_entry(ptex);
  return {status::H_SUCCESS, {hpte.high, hpte.low}};
}

// Storage keys and pp0 are not for this platform, and what the guest says of them is passed over.
std::int64_t Hypervisor::protect(const Call& call) {
  const auto flags = call.args[0], avpn = call.args[2], count = current_.hpte_count();
  auto ptex = call.args[1];
  if (has(Deviation::protect_beyond_wraps)) ptex %= count;
  if (ptex >= count)
    return has(Deviation::protect_beyond_is_h_not_found) ? status::H_NOT_FOUND : status::H_PARAMETER;
  auto hpte = current_.at(ptex);
  if (!is_valid(hpte)) return has(Deviation::protect_ignores_v) ? status::H_SUCCESS : status::H_NOT_FOUND;
  const bool other_page = (flags & H_AVPN) != 0 && (hpte.high & compared_bits) != avpn;
  if (other_page && !has(Deviation::protect_ignores_avpn)) return status::H_NOT_FOUND;
  if (has(Deviation::protect_changes_nothing)) return status::H_SUCCESS;
  hpte.low = (hpte.low & ~(protection | referenced)) | (flags & protection);
  if (has(Deviation::protect_drops_bolted_bit)) hpte.high &= ~HPTE_BOLTED;
  protect_entry(ptex, hpte);
  return status::H_SUCCESS;
}

// However the call ends, the translation specifiers come back as far as they were processed.
Response Hypervisor::bulk_remove(const Call& call) {
  Response response;
  auto& specifiers = response.out;
  std::copy_n(call.args.begin(), 8, specifiers.begin());
  for (std::size_t index = 0; index < 8; index += 2) {
    const auto ending = bulk_remove_one(specifiers[index], specifiers[index + 1], index == 0);
    if (!ending) continue;
    response.status = *ending;
    break;
  }
  return response;
}

// The status that ends the call; nothing if the call goes on.
std::optional<std::int64_t> Hypervisor::bulk_remove_one(std::uint64_t& high, std::uint64_t avpn, bool first) {
  const auto type = high & bulk::type;
  if (type == bulk::end) return status::H_SUCCESS;
  if (type != bulk::request) return status::H_PARAMETER;
  high = (high & (bulk::ptex | bulk::andcond | bulk::avpn)) | bulk::response;
  const bool by_avpn = (high & bulk::avpn) != 0, by_andcond = (high & bulk::andcond) != 0;
  const auto ptex = high & bulk::ptex;
  const bool beyond = ptex >= current_.hpte_count();
  if ((by_avpn && by_andcond) || (beyond && !has(Deviation::bulk_beyond_is_not_found))) {
    high |= bulk::parameter;
    if (has(Deviation::bulk_goes_on_after_parameter)) return std::nullopt;
    return status::H_PARAMETER;
  }
  const auto hpte = beyond ? Hpte{} : current_.at(ptex);
  const bool other_page = by_avpn && (hpte.high & compared_bits) != avpn;
  if (!is_valid(hpte) || (other_page && !has(Deviation::bulk_ignores_avpn)) ||
      (by_andcond && (hpte.high & avpn) != 0)) {
    high |= bulk::not_found;
    if (has(Deviation::bulk_stops_at_not_found)) return status::H_SUCCESS;
    return std::nullopt;
  }
  high |= bulk::success | (hpte.low & (referenced | changed)) << 51;  // R and C come to bits 4 and 5
  if (first || !has(Deviation::bulk_removes_first_only)) remove_entry(ptex);
  if (has(Deviation::bulk_leaves_requests)) high = (high & ~bulk::type) | bulk::request;
  return std::nullopt;
}

}  // namespace hptck
