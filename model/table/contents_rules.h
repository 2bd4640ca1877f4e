// What the content oracle (model/table/contents.h) goes by: the rules of a slot and of the table, how calls
// are taken apart into slots, and of which COMMITs it is not known what they do to contents. All of it is the
// specification's until deviations edit it (model/table/contents_deviations.cpp), so that the oracle itself
// knows none of them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "model/hypercall.h"
#include "model/table/slot_rules.h"
#include "model/table/table_rows.h"
#include "spec/deviations.h"

namespace hptck {

/// How a call is taken apart into slots and its answer put together.
struct CallRules {
  /// What a call is mistaken for, in a table of that shift; 0: of a shift that is not known.
  std::vector<std::function<void(Call&, unsigned shift)>> misreadings;

  std::uint64_t read_four_mask = ~std::uint64_t{3};       ///< what H_READ with READ_4 looks at of a PTEX
  std::uint64_t exact_returned_mask = ~std::uint64_t{0};  ///< what H_ENTER with Exact returns of it
  unsigned enter_slots = 8;                               ///< of an HPTEG that H_ENTER looks at
  bool enter_returns_group = false;                       ///< where the HPTE is remains unsaid

  unsigned bulk_carried_out = 4;  ///< of the requests that H_BULK_REMOVE says are carried out
  bool bulk_may_leave_type = false;
  /// The outcomes of a request that end H_BULK_REMOVE, and with what.
  struct Ending {
    std::int64_t outcome, status;
  };
  std::vector<Ending> bulk_endings{{status::H_PARAMETER, status::H_PARAMETER},
                                   {status::H_HARDWARE, status::H_HARDWARE}};
};

/// A COMMIT after which the table may be another one.
struct Switch {
  std::int64_t answer;
  unsigned asked, after;                    ///< shifts; 0: none, not known
  std::function<bool()> may_have_collided;  ///< whether two bolted HPTEs may have needed one slot
};

struct ContentRules {
  SlotRules<Concrete> slot;
  TableRules<Concrete> table = {};
  CallRules calls = {};

  /// After which switches nothing can be said of contents: it depends on the hypervisor's scheme. Deviations
  /// that leave contents open predict nothing about them.
  std::vector<std::function<bool(const Switch&)>> leaves_open = {};
  /// The failures with which COMMIT may have switched.
  std::vector<std::int64_t> switching_failures = {};
  bool pending_unsure = false;    ///< what is pending may be another than the last PREPARE asked for
  bool pending_outlives = false;  ///< a reset
  bool remembers_undone = false;  ///< what was removed or changed since PREPARE counts at COMMIT
  bool growing_collides = false;  ///< HPTEs may need one slot also in a table that is not smaller
  unsigned short_by = 0;          ///< how much less than it was asked for a Pending HPT's shift is
};

/// What some deviations of the resize hypercalls do to contents depends on the hypervisor's scheme. As far as
/// known: they leave contents open. As specified: as if they did nothing.
enum class Rigour : std::uint8_t { as_far_as_known, as_specified };

ContentRules content_rules(const Deviations& deviations, Rigour rigour);

}  // namespace hptck
