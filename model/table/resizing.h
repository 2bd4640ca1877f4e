// What a COMMIT does to the shadow of a table: which slots HPTEs claim, and where they are carried. Each HPTE
// goes by the rows alone (model/table/table_rows.h); what only the table as a whole can say stands here: that
// two claim one slot, and that the slot which is free depends on who came before.
#pragma once

#include <optional>
#include <vector>

#include "model/table/contents_rules.h"
#include "model/table/shadow.h"

namespace hptck {

/// What the guest has done since PREPARE, as far as it matters to COMMIT.
struct SincePrepare {
  unsigned pending = 0;    ///< the shift last asked for; 0: none
  bool collided = false;   ///< two bolted HPTEs may have needed one slot of it
  std::uint32_t when = 0;  ///< PREPARE was called
  /// What was removed or changed; empty where that does not matter.
  struct Undone {
    std::uint64_t ptex;
    HpteWords hpte;  ///< before
    Presence presence;
  };
  std::vector<Undone> undone = {};
};

/// Whether two bolted HPTEs, as far as known, may need one slot in a table of that shift.
bool may_collide(const Shadow& shadow, const ContentRules& rules, unsigned to);

/// Two bolted HPTEs that need one slot.
struct Collision {
  HpteWords hpte;             ///< one of them
  std::uint64_t here, there;  ///< PTEXs
};

struct Moved {
  bool open = false;                                  ///< nothing is known of the new table
  std::optional<Collision> collision = std::nullopt;  ///< because of which there is no new table
  Shadow table = {};
};

/// The table that a COMMIT with this answer makes of this one.
Moved moved(const Shadow& shadow, const ContentRules& rules, const SincePrepare& since, unsigned from,
            unsigned to, std::int64_t answer, std::uint32_t now);

/// What becomes of an HPTE in a call that carries it nowhere.
Fate fate_of(const FateList<Concrete>& list, const HpteWords& hpte, std::uint64_t ptex, unsigned from,
             unsigned to, std::int64_t answer);

}  // namespace hptck
