// The list of strategies. First what shows every rule once; then what is short, exhaustively; then what
// chance brings, for most of the budget. Hostile guests come last of what is tried with the partition, since
// LoPAR says nothing of them; machines depend on nothing that was seen before, nor the other way round.
#include "conformance/campaign/strategy.h"

namespace hptck {

void try_every_rule_when_forbidden(Workshop& shop);
void try_every_rule(Workshop& shop);
void try_at_random_when_forbidden(Workshop& shop);
void try_every_rule_of_contents(Workshop& shop);
void try_resets(Workshop& shop);
void try_every_sequence(Workshop& shop);
void try_in_turns(Workshop& shop);
void try_hostile_guests(Workshop& shop);
void try_machines(Workshop& shop);

std::span<const Strategy> strategies() {
  static constexpr Strategy all[] = {
      {"trying every rule once where resizing is forbidden", Ability::forbid_resize, std::nullopt,
       try_every_rule_when_forbidden},
      {"trying every rule once", std::nullopt, std::nullopt, try_every_rule},
      {"trying a partition that may not resize", Ability::forbid_resize, std::nullopt,
       try_at_random_when_forbidden},
      {"trying every rule of what is in the table", std::nullopt, std::nullopt, try_every_rule_of_contents},
      {"rebooting the guest", Ability::reset, std::nullopt, try_resets},
      {"trying every short sequence of calls", std::nullopt, 0.3, try_every_sequence},
      {"trying random plans", std::nullopt, 1.0, try_in_turns},
      {"trying hostile guests", std::nullopt, std::nullopt, try_hostile_guests},
      {"configuring machines", std::nullopt, std::nullopt, try_machines},
  };
  return all;
}

}  // namespace hptck
