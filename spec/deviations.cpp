#include "spec/deviations.h"

#include <algorithm>

#include "spec/embedded_data.h"

namespace hptck {
namespace {

const std::vector<DeviationText>& texts() {
  static const auto loaded = load_deviations(embedded::deviations_xml, "spec/deviations.xml", catalogue());
  return loaded;
}

// The loader saw to it that there is such a clause.
Clause clause_named(std::string_view id) {
  const auto& clauses = catalogue().clauses;
  return static_cast<Clause>(std::ranges::find(clauses, id, &ClauseText::id) - clauses.begin());
}

}  // namespace

std::span<const DeviationText> deviation_texts() { return texts(); }

const DeviationText& text_of(Deviation deviation) { return texts().at(static_cast<std::size_t>(deviation)); }

std::string_view id_of(Deviation deviation) { return text_of(deviation).id; }

std::optional<Deviation> deviation_named(std::string_view id) {
  const auto found = std::ranges::find(texts(), id, &DeviationText::id);
  if (found == texts().end()) return std::nullopt;
  return static_cast<Deviation>(found - texts().begin());
}

Clause broken_by(Deviation deviation) { return clause_named(text_of(deviation).breaks); }

Clause shown_at(Deviation deviation) { return clause_named(text_of(deviation).shows_at); }

bool is_of_configurations(Deviation deviation) { return text_of(deviation).seen_in == SeenIn::configuration; }

std::string to_string(const Deviations& deviations) {
  std::string ids;
  deviations.for_each(
      [&](Deviation deviation) { ids.append(ids.empty() ? "" : " ").append(id_of(deviation)); });
  return ids.empty() ? "none" : ids;
}

}  // namespace hptck
