// What the kit and the child that runs a plugin have in common: anonymous memory, mapped before the fork.
// There is one mailbox and no ring: the kit needs a batch's answers before it knows the next batch, so there
// would never be a second entry in a ring. One side writes a page, the other reads it: the child cannot write
// requests at all, and pages that nobody can touch stand around the answers, so that a plugin which writes
// beyond them crashes and shows where, rather than answer wrongly.
//
// The kit trusts nothing that the plugin can write: it reads each word once, checks a count before it uses
// it, and copies no more of a text than it has room for.
#pragma once

#include <sched.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "conformance/adapters/plugin/hptck_plugin.h"

namespace hptck::plugin {

inline constexpr std::size_t capacity = 512;    ///< calls in a batch
inline constexpr std::size_t text_size = 1024;  ///< bytes of a text, its end included

enum class Operation : std::uint32_t { load, restart, hcall, reset, advance_time, quit };

/// Written by the kit. A new ticket, written last, says that there is a request.
struct Request {
  alignas(64) std::atomic<std::uint32_t> ticket;
  alignas(64) std::atomic<std::uint32_t> kit_sleeps;  ///< and wants to be woken
  alignas(64) Operation operation;
  std::uint32_t count, may_resize;
  std::uint64_t milliseconds;
  alignas(64) std::array<hptck_call, capacity> calls;
};

/// Written by the child, or by the plugin for all that the kit knows. `done` becomes the request's ticket,
/// last.
struct Reply {
  alignas(64) std::atomic<std::uint32_t> done;
  alignas(64) std::atomic<std::uint32_t> child_sleeps;
  alignas(64) std::uint32_t answered;
  alignas(64) std::int32_t result;
  std::uint32_t refused;  ///< by the child, not by the plugin: the plugin cannot be used
  hptck_statement statement;
  std::uint64_t abilities;
  std::array<char, text_size> name, version, text;
};

static_assert(std::atomic<std::uint32_t>::is_always_lock_free, "a lock could not be shared");

class SharedMemory {
 public:
  SharedMemory();  ///< Throws EnvironmentError.
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  /// In the child: requests become read-only.
  void protect_requests();

  Request& request() const { return *request_; }
  Reply& reply() const { return *reply_; }
  hptck_answer* answers() const { return answers_; }

 private:
  unsigned char* start_;
  Request* request_;
  hptck_answer* answers_;
  Reply* reply_;
};

/// A word of shared memory that another process changes.
inline std::uint32_t load_volatile(const std::uint32_t& word) {
  return *static_cast<const volatile std::uint32_t*>(&word);
}

/// Sleeps until the word is no longer `value`, or for no reason. Works between processes.
void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t value);
void futex_wake(const std::atomic<std::uint32_t>& word);

/// Whether watching a word before sleeping is worth it: not where there is one processor, which the other
/// side needs.
bool spinning_pays();

/// Watches the word for as long as most answers take. False when it still has not become what is wanted.
template <class Wanted>
bool spin(const std::atomic<std::uint32_t>& word, bool pays, Wanted wanted) {
  using namespace std::chrono_literals;
  constexpr auto spun = 100us;
  if (wanted(word.load(std::memory_order_acquire))) return true;
  if (!pays) return false;
  const auto end = std::chrono::steady_clock::now() + spun;
  do {
    for (int looks = 0; looks < 64; ++looks) {
      if (wanted(word.load(std::memory_order_acquire))) return true;
#if defined(__x86_64__) || defined(__i386__)
      __builtin_ia32_pause();
#endif
    }
    sched_yield();  // the scheduler may have put both sides on one processor
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

}  // namespace hptck::plugin
