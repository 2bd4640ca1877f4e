// The adapter: the thin interface between the kit and an implementation under test (IUT). An adapter carries
// hypercalls to a partition and answers back, says what the IUT is, and makes fresh partitions. It knows
// nothing of the specification and judges nothing. This file and machines.h are the only ones with virtual
// functions.
//
// Four kinds of trouble, never mixed:
//   - the IUT misbehaves (dies, hangs, answers garbage, corrupts the mailbox): a Fault in the BatchResult,
//     with the evidence; the calls before it keep their answers;
//   - the environment fails (no such program, no memory, no space, killed from outside): EnvironmentError;
//   - the user gives bad options: the command line refuses them before an adapter exists;
//   - a bug of ours: assert.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>

#include "model/hypercall.h"
#include "model/trace.h"

namespace hptck {

/// The kit or its surroundings failed; the verdict is ERROR, never FAIL. what() says what to do.
class EnvironmentError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What an adapter can do beyond carrying hypercalls. Tests declare what they need; nobody asks who it is.
enum class Ability : std::uint8_t {
  forbid_resize,  ///< restart() can make a partition that may not resize its HPT (H_AUTHORITY)
  reset,          ///< reset() reboots the guest
  configure,      ///< machines() starts machines of other configurations
};

/// How the IUT misbehaved in answer to a guest.
struct Fault {
  enum class Kind : std::uint8_t {
    died,     ///< ended or crashed by itself: exit status, signal
    hung,     ///< no answer within the deadline
    garbled,  ///< the channel holds what no guest agent would write
  };
  Kind kind = Kind::died;
  std::string evidence;  ///< exit status, signal, last lines of stderr; several lines are fine
};

/// Calls [0, answered) have their responses; with a fault, call `answered` was in play.
struct BatchResult {
  std::size_t answered = 0;
  std::optional<Fault> fault;
};

struct Description {
  std::string name, version;                    ///< "QEMU", "7.2.22"
  std::map<std::string, std::string> identity;  ///< machine type, CPU, RAM and the like, for reports
  std::set<Ability> abilities;
};

/// What kind of fresh partition is wanted.
struct Partition {
  bool may_resize = true;  ///< false only with Ability::forbid_resize
  bool operator==(const Partition&) const = default;
};

class Machines;

class Adapter {
 public:
  virtual ~Adapter() = default;

  /// What the IUT is. May start it. Throws EnvironmentError.
  virtual Description describe() = 0;

  /// Replaces the partition by a fresh one (also after a Fault): an empty HPT of the initial size, no Pending
  /// HPT. Returns what the IUT declares about it. Throws EnvironmentError when none can be made.
  virtual Statement restart(const Partition& partition) = 0;

  /// Issues the calls, of which none is a reset, in order. `responses` is as long as `calls`. Stops at the
  /// first fault, after which only restart() and describe() may be called. Throws EnvironmentError.
  virtual BatchResult batch(std::span<const Call> calls, std::span<Response> responses) = 0;

  /// Reboots the guest: the same partition, memory and configuration go on. Returns what went wrong, as
  /// batch() does; nothing, once the guest runs again. Only with Ability::reset. Throws EnvironmentError.
  virtual std::optional<Fault> reset() { throw EnvironmentError("the adapter cannot reboot the guest"); }

  /// What starts machines of any configuration, for the rules about page sizes; it lives as long as the
  /// adapter. None without Ability::configure.
  virtual Machines* machines() { return nullptr; }

  /// Lets time pass for the guest: on a real machine the kit sleeps, a simulated one advances its clock.
  virtual void wait(std::chrono::milliseconds time) = 0;
};

/// batch() for calls that may include resets, if the adapter has Ability::reset. The response to a reset that
/// succeeded is H_SUCCESS.
inline BatchResult issue(Adapter& adapter, std::span<const Call> calls, std::span<Response> responses) {
  BatchResult result;
  while (result.answered < calls.size()) {
    const auto rest = calls.subspan(result.answered);
    if (rest.front().token == token::reset) {
      result.fault = adapter.reset();
      if (result.fault) return result;
      responses[result.answered++] = {};
      continue;
    }
    const auto next =
        std::find_if(rest.begin(), rest.end(), [](const Call& call) { return call.token == token::reset; });
    const auto count = static_cast<std::size_t>(next - rest.begin());
    const auto batch = adapter.batch(rest.first(count), responses.subspan(result.answered, count));
    result.answered += batch.answered;
    result.fault = batch.fault;
    if (batch.fault || batch.answered != count) return result;
  }
  return result;
}

}  // namespace hptck
