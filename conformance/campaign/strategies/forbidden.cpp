// A few random plans in a partition that may not resize its HPT: every answer is the same there.
#include "conformance/campaign/strategy.h"

namespace hptck {

void try_at_random_when_forbidden(Workshop& shop) {
  constexpr std::uint64_t calls = 64;
  auto& session = shop.session;
  session.restart({false});
  const auto end = shop.record.tally.calls + calls;
  while (session.calls() < end && !session.is_over()) session.issue(shop.random.next(session.foreseen()));
  session.flush();
}

}  // namespace hptck
