// What the model remembers of a partition.
//
//   idle or cancelled --- PREPARE(0, s) ---> preparing --- preparation ends ---> prepared or collided
//   prepared --- COMMIT(0, s) ---> idle, with a current HPT of the new size
//   preparing, prepared or collided --- another PREPARE, or the platform's own will ---> cancelled
//   any --- the guest is rebooted ---> idle or cancelled, with a current HPT of the size at start
//
// `cancelled` and `idle` both mean that there is no Pending HPT. They are kept apart, with the reason in
// `gone`, because a Pending HPT that shows up again is one defect or another depending on why it should not
// be there.
#pragma once

#include <bit>
#include <cstdint>
#include <string>

#include "model/framework/domain.h"

namespace hptck {

/// The partition's standing towards the option. Rigid: it never changes while the partition lives.
enum class Standing : std::uint8_t {
  permitted,  ///< may resize its HPT
  forbidden,  ///< may not: H_AUTHORITY
  absent,     ///< the option is not offered, or there is no HPT
};

/// The control states. Only in the middle three is there a Pending HPT.
enum class Phase : std::uint8_t { idle, preparing, prepared, collided, cancelled };

/// Why there is no Pending HPT. `none` while there is one.
enum class Gone : std::uint8_t {
  none,
  never,       ///< none was created yet
  committed,   ///< it became the current HPT
  dropped,     ///< the platform discarded it
  zero,        ///< PREPARE with shift 0
  discarding,  ///< within a PREPARE that does not match and goes on; never between calls
  flags,       ///< a PREPARE that did not match and ended with H_PARAMETER for its flags
  range,       ///< ... with H_PARAMETER for its shift
  resource,    ///< ... with H_RESOURCE
  reset,       ///< the guest was rebooted
};

/// Why the current HPT has the size it has.
enum class Table : std::uint8_t {
  initial,    ///< no COMMIT reached its checks yet
  committed,  ///< the last COMMIT made it current
  kept,       ///< the last COMMIT failed
  reset,      ///< the guest was rebooted, and no COMMIT reached its checks since
};

/// Bits of State::marks: what else the model has to remember. Beyond `bolted` they belong to deviations.
namespace mark {
inline constexpr std::uint8_t bolted = 1;        ///< the guest has entered a bolted HPTE
inline constexpr std::uint8_t error_sticks = 2;  ///< the next PREPARE repeats an error
inline constexpr std::uint8_t will_lie = 4;      ///< the next COMMIT that succeeds says H_HARDWARE
inline constexpr std::uint8_t all = 7;
}  // namespace mark

/// Eight one-byte words. In the concrete domain a State is 8 bytes and is copied and compared as such.
template <class Domain>
struct State {
  using Word = typename Domain::template Word<8>;
  Word standing;  ///< Standing
  Word phase;     ///< Phase
  Word pending;   ///< shift of the Pending HPT; 0 when there is none
  Word gone;      ///< Gone
  Word current;   ///< shift of the current HPT
  Word table;     ///< Table
  Word marks;     ///< bits of hptck::mark
  Word limit;     ///< largest shift permitted as far as declared, else 46. Rigid.
  bool operator==(const State&) const = default;
};

/// Either of two states, word by word.
template <class Domain>
State<Domain> ite(typename Domain::Bool c, const State<Domain>& a, const State<Domain>& b) {
  return {ite(c, a.standing, b.standing), ite(c, a.phase, b.phase),     ite(c, a.pending, b.pending),
          ite(c, a.gone, b.gone),         ite(c, a.current, b.current), ite(c, a.table, b.table),
          ite(c, a.marks, b.marks),       ite(c, a.limit, b.limit)};
}

/// What always holds, in the state's domain.
template <class Domain>
typename Domain::Bool true_of(const State<Domain>& s) {
  return eq(s.phase, s.phase);
}

using ConcreteState = State<Concrete>;
static_assert(sizeof(ConcreteState) == 8);

inline std::uint64_t packed(const ConcreteState& state) { return std::bit_cast<std::uint64_t>(state); }
inline ConcreteState unpacked(std::uint64_t bits) { return std::bit_cast<ConcreteState>(bits); }

/// "prepared: Pending HPT of shift 19 fully prepared; current HPT of shift 24"
std::string describe(const ConcreteState& state);

}  // namespace hptck
