#include "conformance/adapters/plugin/shared_memory.h"

#include <fmt/format.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "conformance/adapters/adapter.h"

namespace hptck::plugin {
namespace {

// Big enough for every machine's pages.
constexpr std::size_t page = 64 * 1024;
constexpr std::size_t pages_for(std::size_t bytes) { return (bytes + page - 1) / page * page; }

constexpr std::size_t answers_size = capacity * sizeof(hptck_answer);
constexpr std::size_t request_start = 0;
constexpr std::size_t answers_start = request_start + pages_for(sizeof(Request)) + page;
constexpr std::size_t reply_start = answers_start + pages_for(answers_size) + page;
constexpr std::size_t total = reply_start + pages_for(sizeof(Reply)) + page;

}  // namespace

SharedMemory::SharedMemory() {
  void* start = mmap(nullptr, total, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED)
    throw EnvironmentError(fmt::format("no memory to share with the plugin: {}", std::strerror(errno)));
  start_ = static_cast<unsigned char*>(start);
  constexpr int both = PROT_READ | PROT_WRITE;
  if (mprotect(start_ + request_start, pages_for(sizeof(Request)), both) != 0 ||
      mprotect(start_ + answers_start, pages_for(answers_size), both) != 0 ||
      mprotect(start_ + reply_start, pages_for(sizeof(Reply)), both) != 0) {
    const int error = errno;
    munmap(start_, total);
    throw EnvironmentError(fmt::format("no memory to share with the plugin: {}", std::strerror(error)));
  }
  request_ = new (start_ + request_start) Request;
  reply_ = new (start_ + reply_start) Reply;
  // The answers end directly before a page that nobody can touch.
  answers_ = reinterpret_cast<hptck_answer*>(start_ + reply_start - page - answers_size);
}

SharedMemory::~SharedMemory() { munmap(start_, total); }

void SharedMemory::protect_requests() {
  mprotect(start_ + request_start, pages_for(sizeof(Request)), PROT_READ);
}

void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t value) {
  syscall(SYS_futex, &word, FUTEX_WAIT, value, nullptr, nullptr, 0);
}

void futex_wake(const std::atomic<std::uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

bool spinning_pays() {
  cpu_set_t processors;
  return sched_getaffinity(0, sizeof processors, &processors) == 0 && CPU_COUNT(&processors) > 1;
}

}  // namespace hptck::plugin
