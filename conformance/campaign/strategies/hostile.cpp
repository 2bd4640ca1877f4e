// Guests that enter HPTEs where they do not belong. LoPAR says nothing of them; so only a hypervisor that
// does not go on is of interest, and it is no matter of conformance.
#include "conformance/campaign/strategy.h"
#include "generators/contents.h"

namespace hptck {

void try_hostile_guests(Workshop& shop) {
  auto& session = shop.session;
  // What legal guests saw is evidence also if nothing more is tried.
  session.keep_history();
  if (session.is_over()) return;
  session.restart();
  session.flush();
  const auto at = session.foreseen();
  session.expect_hostile_guests(true);
  for (const auto& plan : hostile_plans(at, shop.options.seed)) {
    if (session.is_over()) break;
    session.restart();
    session.carry_out(plan);
  }
  session.expect_hostile_guests(false);
}

}  // namespace hptck
