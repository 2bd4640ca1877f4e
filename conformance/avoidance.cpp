// A kind of HPTE is one property, the least usual that all HPTEs of the trace have in common with nothing
// plainer among them: secondary before the page size before the segment size. It may be wider than the cause;
// then what lies beyond is not tried, which is why a campaign that avoids anything has a finding to show for
// it. Of its kind it is only the bolted ones if those of the trace are bolted: a COMMIT that fails over what
// it has to carry may well do without what it may leave behind.
#include "conformance/avoidance.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/hashing.h"
#include "model/oracle.h"

namespace hptck {
namespace {

std::optional<std::size_t> encoding_of(const Call& enter) {
  if ((enter.args[2] & hashing::HPTE_LARGE) == 0) return std::nullopt;
  const auto lp = enter.args[3] >> 12 & 0xff;
  for (std::size_t i = 0; i < hashing::page_encodings.size(); ++i)
    if ((lp & hashing::page_encodings[i].mask) == hashing::page_encodings[i].lp) return i;
  return std::nullopt;
}
bool is_secondary(const Call& enter) { return (enter.args[2] & hashing::HPTE_SECONDARY) != 0; }
bool is_terabyte(const Call& enter) { return enter.args[2] >> 62 == 1; }
bool is_bolted(const Call& enter) { return (enter.args[2] & HPTE_BOLTED) != 0; }

}  // namespace

bool Avoidance::Kind::has(const Call& enter) const {
  if (bolted && !is_bolted(enter)) return false;
  return (secondary && is_secondary(enter)) || (encoding && encoding_of(enter) == encoding) ||
         (terabyte && is_terabyte(enter));
}

void Avoidance::learn(std::span<const Step> steps) {
  std::vector<Call> entered;
  for (const auto& step : steps)
    if (step.call.token == token::H_ENTER) entered.push_back(step.call);
  for (const auto& enter : entered) {
    Kind kind;
    kind.bolted = is_bolted(enter);
    if (is_secondary(enter))
      kind.secondary = true;
    else if (encoding_of(enter))
      kind.encoding = encoding_of(enter);
    else if (is_terabyte(enter))
      kind.terabyte = true;
    else
      continue;
    if (std::find(hptes_.begin(), hptes_.end(), kind) == hptes_.end()) hptes_.push_back(kind);
    return;
  }
  if (!steps.empty()) call(steps.back().call);
}

void Avoidance::call(const Call& call) { classes_.insert(call_class_of(call)); }

bool Avoidance::avoids(const Call& call) const {
  if (classes_.contains(call_class_of(call))) return true;
  return call.token == token::H_ENTER &&
         std::any_of(hptes_.begin(), hptes_.end(), [&](const Kind& kind) { return kind.has(call); });
}

std::string Avoidance::hptes_text() const {
  std::string text;
  for (const auto& kind : hptes_) {
    text += kind.bolted ? ":beside-bolted-" : ":beside-";
    if (kind.secondary) text += "secondary";
    if (kind.terabyte) text += "1T";
    if (kind.encoding)
      text += fmt::format("{}/{}", hashing::page_encodings[*kind.encoding].base_shift,
                          hashing::page_encodings[*kind.encoding].actual_shift);
  }
  return text;
}

}  // namespace hptck
