// Hostile guests: HPTEs in places and of kinds that no legal guest enters, then resizes in both directions.
#include <algorithm>
#include <utility>

#include "generators/content_calls.h"
#include "generators/contents.h"

namespace hptck {

using namespace content_calls;

std::vector<Plan> hostile_plans(const Situation& at, std::uint64_t seed) {
  Dice dice(rc::Random{seed});
  const auto shift = at.current_shift;
  const auto most = std::max(std::min(at.limit, largest_tried), min_shift);
  const auto any_entry = [&]() -> Placed {
    const auto hpteg = dice.one_in(4)   ? 0
                       : dice.one_in(4) ? last_hpteg(shift)
                                        : dice.word() & last_hpteg(shift);
    Placed placed{hpteg * 8 + dice.below(8), dice.word() | HPTE_VALID, memory_coherent | dice.below(8)};
    if (!dice.one_in(4)) placed.high |= HPTE_BOLTED;
    switch (dice.below(5)) {
      case 0:  // a reserved segment size
        placed.high |= one << 63;
        break;
      case 1:  // an LP that is not listed
        placed.high |= HPTE_LARGE;
        placed.low |= std::uint64_t{dice.one_in(2) ? 0x0fu : static_cast<unsigned>(dice.below(256))} << 12;
        break;
      case 2:  // 16 GiB in a segment of 256 MiB
        placed.high = (placed.high & ~(3ull << 62)) | HPTE_LARGE;
        placed.low |= 0x3000;
        break;
      case 3:  // any attributes, any real page
        placed.low = dice.one_in(4) ? ~std::uint64_t{0} : dice.word();
        break;
      default:  // an ordinary page in a wrong place, more likely than not
        placed.high &= ~(2ull << 62 | HPTE_LARGE);
        break;
    }
    return placed;
  };
  std::vector<Plan> plans;
  for (int i = 0; i < 12; ++i) {
    Plan plan;
    const auto enter_some = [&] {
      for (auto n = dice.number(4, 24); n > 0; --n) {
        auto placed = any_entry();
        plan.push_back({enter(dice.one_in(4) ? 0 : H_EXACT, placed)});
        if (!dice.one_in(3)) continue;
        // The same again where a smaller table may have it collide, or a larger one part it.
        placed.ptex ^= one << dice.number(3, shift - 5);
        plan.push_back({enter_exactly(placed)});
      }
    };
    enter_some();
    unsigned sizes[] = {dice.one_in(2) ? min_shift : std::max(shift - 1, min_shift),
                        std::min(shift + 1, most), dice.number(min_shift, most),
                        std::clamp(shift, min_shift, most)};
    if (dice.one_in(2)) std::swap(sizes[0], sizes[1]);
    for (const auto size : sizes) {
      plan.push_back({prepare(0, size), true});
      if (dice.one_in(3)) enter_some();
      plan.push_back({commit(0, size)});
      for (int reads = 0; reads < 4; ++reads) plan.push_back({read_four(dice.word() & (hptes_of(size) - 1))});
      plan.push_back({prepare(0, 0)});
    }
    plans.push_back(std::move(plan));
  }
  return plans;
}

}  // namespace hptck
