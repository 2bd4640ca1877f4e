// What a resize does to HPTEs, and what the resize hypercalls answer, a stretch of each in turn until the
// budget ends: guests that use the table, beginning with HPTEs that they would hardly ever draw, and random
// plans.
#include <algorithm>
#include <iterator>

#include "conformance/campaign/strategy.h"
#include "generators/contents.h"
#include "generators/witness_plans.h"

namespace hptck {
namespace {

// Fewer where contents are tried: each HPTE entered may matter to what is found, so there is more to
// minimize.
constexpr std::size_t content_calls_per_partition = 2048, rare_calls_per_partition = 512;
// Long enough for a partition to get somewhere, short enough that a short campaign has several turns.
constexpr std::uint64_t calls_in_a_turn = 4096;

// To be issued in a partition in this situation whose table is empty, in turn.
struct RarePlans {
  Situation at;
  std::vector<Plan> plans;
  std::size_t next = 0;
};

struct Turn {
  Session& session;
  std::uint64_t end;
  bool is_over() const { return session.is_over() || session.calls() >= end; }
};

// HPTEs that solvers found. Leaves an empty table.
void try_rare(const Turn& turn, RarePlans& rare) {
  auto& session = turn.session;
  session.doing("trying HPTEs that solvers found");
  while (!rare.plans.empty() && !turn.is_over() && session.calls_since_restart() < rare_calls_per_partition &&
         session.is_untouched(rare.at)) {
    if (!session.carry_out(rare.plans[rare.next++ % rare.plans.size()])) break;
  }
  if (session.is_untouched(rare.at)) return;
  session.restart();
  session.flush();
}

// A guest that looks at each answer before it goes on, since what is right to enter depends on the table.
void try_contents(const Turn& turn, ContentGuest& guest, RarePlans& rare) {
  auto& session = turn.session;
  while (!turn.is_over()) {
    session.restart();
    session.flush();
    try_rare(turn, rare);
    session.doing("trying what becomes of HPTEs");
    guest.restart();
    // An implementation with a table too small for one is lost; one that was restarted has another table.
    do {
      session.count_unissued(!session.carry_out(guest.next(session.foreseen(), session.held())));
    } while (!turn.is_over() && session.calls_since_restart() != 0 &&
             session.calls_since_restart() < content_calls_per_partition &&
             session.foreseen().current_shift >= min_shift);
  }
}

void try_at_random(const Turn& turn, PlanSource& random) {
  auto& session = turn.session;
  session.doing("trying random plans");
  session.restart();
  while (!turn.is_over()) session.issue(random.next(session.foreseen()));
}

}  // namespace

void try_in_turns(Workshop& shop) {
  auto& session = shop.session;
  session.restart();
  session.flush();
  const auto at = session.foreseen();
  const auto seed = shop.options.seed;
  ContentGuest guest(seed, session.pages());
  // A short campaign gets to some of the rare ones only; which, the seed decides.
  RarePlans rare{at, witness_plans(at, session.pages()), seed};
  std::ranges::move(vast_witness_plans(at, session.pages()), std::back_inserter(rare.plans));
  for (bool contents = true; !session.is_over(); contents = !contents) {
    const Turn turn{session, shop.record.tally.calls + calls_in_a_turn};
    if (contents)
      try_contents(turn, guest, rare);
    else
      try_at_random(turn, shop.random);
    session.flush();
  }
}

}  // namespace hptck
