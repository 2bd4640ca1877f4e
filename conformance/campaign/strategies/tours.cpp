// Tours: plans that meet every rule once from each side, always the same for a situation, before anything is
// left to chance. The resize hypercalls' go on in one partition; those about what is in the table, and about
// reboots, each want an empty table of the size at start, so that one plan that leads elsewhere does not
// spoil the others.
#include "conformance/campaign/strategy.h"
#include "generators/contents.h"
#include "generators/tour.h"

namespace hptck {
namespace {

void take(Session& session, const std::vector<Plan>& plans) {
  for (const auto& plan : plans) {
    if (session.is_over()) break;
    session.issue_patiently(plan);
  }
  session.flush();
}

void take_each_from_start(Session& session, const Situation& at, const std::vector<Plan>& plans) {
  for (const auto& plan : plans) {
    if (session.is_over()) return;
    if (!session.is_untouched(at)) session.restart();
    session.carry_out(plan);
  }
}

// The situation of a fresh partition, its size looked at.
Situation start(Session& session) {
  session.restart();
  session.flush();
  return session.foreseen();
}

}  // namespace

void try_every_rule_when_forbidden(Workshop& shop) {
  shop.session.restart({false});
  take(shop.session, forbidden_tour(shop.session.foreseen()));
}

void try_every_rule(Workshop& shop) {
  shop.session.restart();
  take(shop.session, tour(shop.session.foreseen()));
}

void try_every_rule_of_contents(Workshop& shop) {
  const auto at = start(shop.session);
  const auto pages = shop.session.pages();
  take_each_from_start(shop.session, at, content_tour(at, pages));
  take_each_from_start(shop.session, at, vast_content_tour(at, pages));
}

void try_resets(Workshop& shop) {
  const auto at = start(shop.session);
  take_each_from_start(shop.session, at, reset_tour(at));
}

}  // namespace hptck
