// Loads and stores are atomic doublewords, acquire and release, because the guest runs meanwhile on another
// thread of another process. On x86 that costs nothing over plain ones.
#include "conformance/adapters/qemu/mailbox.h"

#include <atomic>
#include <bit>
#include <cassert>

namespace hptck::qemu {
namespace {

static_assert(HPTCK_MAILBOX_REQUESTS + HPTCK_MAILBOX_CAPACITY * HPTCK_REQUEST_SIZE <=
              HPTCK_MAILBOX_RESPONSES);
static_assert(HPTCK_MAILBOX_RESPONSES + HPTCK_MAILBOX_CAPACITY * HPTCK_RESPONSE_SIZE <= HPTCK_MAILBOX_SIZE);
static_assert(std::atomic_ref<std::uint64_t>::is_always_lock_free);

constexpr std::uint64_t swapped_if_little(std::uint64_t value) {
  return std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
}

constexpr std::size_t request_offset(std::size_t slot) {
  return HPTCK_MAILBOX_REQUESTS + slot * HPTCK_REQUEST_SIZE;
}
constexpr std::size_t response_offset(std::size_t slot) {
  return HPTCK_MAILBOX_RESPONSES + slot * HPTCK_RESPONSE_SIZE;
}

}  // namespace

std::uint64_t Mailbox::load(std::size_t offset) const {
  auto& word = *reinterpret_cast<std::uint64_t*>(base_ + offset);
  return swapped_if_little(std::atomic_ref(word).load(std::memory_order_acquire));
}

void Mailbox::store(std::size_t offset, std::uint64_t value) {
  auto& word = *reinterpret_cast<std::uint64_t*>(base_ + offset);
  std::atomic_ref(word).store(swapped_if_little(value), std::memory_order_release);
}

void Mailbox::expect_boot(std::uint64_t boot) {
  for (const auto offset : {HPTCK_MAILBOX_PROGRESS, HPTCK_MAILBOX_TREE, HPTCK_MAILBOX_TRAP,
                            HPTCK_MAILBOX_TRAP_SRR0, HPTCK_MAILBOX_TRAP_SRR1}) {
    store(offset, 0);
  }
  store(HPTCK_MAILBOX_BOOT, boot);
}

void Mailbox::post(std::span<const Call> calls, std::uint64_t rounds, std::uint64_t ticket) {
  assert(!calls.empty() && calls.size() <= capacity && rounds > 0);
  for (std::size_t slot = 0; slot < calls.size(); ++slot) {
    auto offset = request_offset(slot);
    store(offset, calls[slot].token);
    for (const auto argument : calls[slot].args) store(offset += 8, argument);
  }
  store(HPTCK_MAILBOX_COUNT, calls.size());
  store(HPTCK_MAILBOX_ROUNDS, rounds);
  store(HPTCK_MAILBOX_TICKET, ticket);
}

std::optional<Mailbox::Trap> Mailbox::trap(std::uint64_t boot) const {
  const auto word = load(HPTCK_MAILBOX_TRAP);
  if (word == 0) return std::nullopt;
  return Trap{word - boot, load(HPTCK_MAILBOX_TRAP_SRR0), load(HPTCK_MAILBOX_TRAP_SRR1)};
}

std::optional<Response> Mailbox::response(std::size_t slot, std::uint64_t progress) const {
  auto offset = response_offset(slot);
  const auto status = load(offset);
  auto sum = progress + status;
  Response response{static_cast<std::int64_t>(status), {}};
  for (auto& out : response.out) sum += out = load(offset += 8);
  if (load(offset + 8) != sum) return std::nullopt;
  return response;
}

bool Mailbox::holds(std::span<const Call> calls) const {
  for (std::size_t slot = 0; slot < calls.size(); ++slot) {
    auto offset = request_offset(slot);
    if (load(offset) != calls[slot].token) return false;
    for (const auto argument : calls[slot].args) {
      if (load(offset += 8) != argument) return false;
    }
  }
  return true;
}

}  // namespace hptck::qemu
