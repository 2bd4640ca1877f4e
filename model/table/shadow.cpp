#include "model/table/shadow.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace hptck {

bool is_platforms_own(const HpteWords& hpte) {
  constexpr std::uint64_t real_mode_vsid = 0x1ffffff;
  const auto avpn = raw(hashing::avpn_of(entry_of(hpte)));
  return is_bolted(hpte) && hpte.high >> 62 == 1 && avpn >> 17 == real_mode_vsid;
}

void Possible::add(const HpteWords& hpte) {
  if (!some) {
    some = true;
    first = hpte;
  } else if (first != hpte && std::find(more.begin(), more.end(), hpte) == more.end()) {
    more.push_front(hpte);
  }
}

Possible exactly(const HpteWords& hpte, Clause because) {
  Possible one;
  one.because = because;
  one.confirmed = false;
  one.some = is_valid(hpte);
  one.none = !one.some;
  if (one.some) one.first = hpte;
  return one;
}

Possible unknown_slot() {
  Possible one;
  one.anything = true;
  return one;
}

std::string text_of(const HpteWords& hpte) {
  if (!is_valid(hpte)) return "no valid HPTE";
  return fmt::format("{:#x} {:#x} ({}{}, {} segment)", hpte.high, hpte.low,
                     is_bolted(hpte) ? "bolted" : "not bolted",
                     (hpte.high & hashing::HPTE_SECONDARY) != 0 ? ", secondary" : "",
                     hpte.high >> 62 == 1 ? "1 TiB" : "256 MiB");
}

std::string text_of(const Possible& slot) {
  if (slot.anything) return "anything";
  std::string text = slot.none ? "no valid HPTE" : "";
  slot.for_each(
      [&](const HpteWords& one) { text += fmt::format("{}{}", text.empty() ? "" : ", or ", text_of(one)); });
  return text;
}

Possible& Shadow::slot(std::uint64_t ptex) {
  const auto [group, added] = groups.try_emplace(ptex / 8);
  if (added) group->second.fill(background);
  return group->second[ptex % 8];
}

void Shadow::forget_group(std::uint64_t hpteg) {
  for (std::uint64_t i = 0; i < 8; ++i) slot(hpteg * 8 + i) = unknown_slot();
}

std::vector<Held> Shadow::held() const {
  std::vector<Held> all;
  for_each_slot([&](std::uint64_t ptex, const Possible& slot) {
    slot.for_each([&](const HpteWords& one) { all.push_back({ptex, one.high, one.low, slot.must()}); });
  });
  std::ranges::sort(all, {}, [](const Held& one) { return std::pair(one.ptex, one.high); });
  return all;
}

}  // namespace hptck
