// Every sequence of up to a few calls of a small alphabet: random plans find what is likely, this finds what
// is short.
#include "generators/exhaustive.h"

#include <fmt/format.h>

#include "conformance/campaign/strategy.h"

namespace hptck {

void try_every_sequence(Workshop& shop) {
  auto& session = shop.session;
  const auto length = shop.options.exhaustive_length;
  session.doing(fmt::format("trying every sequence of up to {} calls", length));
  session.restart();
  const auto at = session.foreseen();
  for_each_sequence(alphabet(at.current_shift, at.limit), length, [&](const Plan& plan) {
    session.issue(plan);
    session.issue(Plan{{prepare(0, 0)}});
    return !session.is_over();
  });
  session.flush();
}

}  // namespace hptck
