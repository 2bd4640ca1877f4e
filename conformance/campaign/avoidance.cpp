#include "conformance/campaign/avoidance.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/oracle.h"
#include "model/table/hashing.h"

namespace hptck {

std::optional<HpteKind> kind_of(const Call& enter) {
  HpteKind kind;
  kind.page.terabyte = enter.args[2] >> 62 == 1;
  kind.secondary = (enter.args[2] & hashing::HPTE_SECONDARY) != 0;
  kind.bolted = (enter.args[2] & HPTE_BOLTED) != 0;
  if ((enter.args[2] & hashing::HPTE_LARGE) == 0) return kind;
  const auto lp = enter.args[3] >> 12 & 0xff;
  for (std::size_t i = 0; i < hashing::page_encodings.size(); ++i)
    if ((lp & hashing::page_encodings[i].mask) == hashing::page_encodings[i].lp) {
      kind.page.encoding = static_cast<std::uint8_t>(i);
      return kind;
    }
  return std::nullopt;
}

std::string to_string(const HpteKind& kind) {
  const auto size = [](unsigned shift) {
    return shift < 20   ? fmt::format("{} KiB", 1u << (shift - 10))
           : shift < 30 ? fmt::format("{} MiB", 1u << (shift - 20))
                        : fmt::format("{} GiB", 1u << (shift - 30));
  };
  const auto* encoding = kind.page.encoding ? &hashing::page_encodings[*kind.page.encoding] : nullptr;
  const auto base = encoding != nullptr ? encoding->base_shift : 12u,
             actual = encoding != nullptr ? encoding->actual_shift : 12u;
  return fmt::format("{}{}{} pages{}, {} segment", kind.bolted ? "bolted, " : "",
                     kind.secondary ? "secondary, " : "", size(actual),
                     base == actual ? "" : " among pages of " + size(base),
                     kind.page.terabyte ? "1 TiB" : "256 MiB");
}

bool is_plain(const HpteKind& kind) { return kind.page == PageKind{} && !kind.secondary; }

std::optional<std::size_t> first_unusual_entry(std::span<const Step> steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].call.token != token::H_ENTER) continue;
    if (const auto kind = kind_of(steps[i].call); kind && !is_plain(*kind)) return i;
  }
  return std::nullopt;
}

std::vector<HpteKind> other_kinds(const HpteKind& kind, Pages pages) {
  std::vector<HpteKind> others;
  for (const auto& page : page_kinds(pages))
    for (const bool secondary : {false, true}) {
      const HpteKind other{page, secondary, kind.bolted};
      if (!(other == kind)) others.push_back(other);
    }
  return others;
}

void Avoidance::call(const Call& call) { classes_.insert(call_class_of(call)); }

void Avoidance::hpte(const HpteKind& kind) {
  if (std::find(hptes_.begin(), hptes_.end(), kind) == hptes_.end()) hptes_.push_back(kind);
}

bool Avoidance::avoids(const Call& call) const {
  if (classes_.contains(call_class_of(call))) return true;
  if (call.token != token::H_ENTER || hptes_.empty()) return false;
  auto kind = kind_of(call);
  if (!kind) return false;
  const auto has = [&] { return std::find(hptes_.begin(), hptes_.end(), *kind) != hptes_.end(); };
  if (has()) return true;
  // Who dies of one that it may leave behind dies of one that it has to keep.
  if (!kind->bolted) return false;
  kind->bolted = false;
  return has();
}

std::string Avoidance::hptes_text() const {
  std::string text;
  for (const auto& kind : hptes_) {
    text += fmt::format("{}{}{}", text.empty() ? ":beside-" : ",", kind.bolted ? "b" : "",
                        kind.secondary ? "s" : "");
    if (kind.page.terabyte) text += "T";
    if (kind.page.encoding)
      text += fmt::format("{}/{}", hashing::page_encodings[*kind.page.encoding].base_shift,
                          hashing::page_encodings[*kind.page.encoding].actual_shift);
  }
  return text;
}

}  // namespace hptck
