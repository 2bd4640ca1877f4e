#include "spec/embedded.h"

#include <algorithm>

#include "spec/embedded_data.h"

namespace hptck {

const Catalogue& catalogue() {
  static const Catalogue loaded = load_catalogue(embedded::clauses_xml, "spec/clauses.xml",
                                                 embedded::ambiguities_xml, "spec/ambiguities.xml");
  return loaded;
}

const ClauseText& text_of(Clause clause) { return catalogue().clauses.at(static_cast<std::size_t>(clause)); }

bool needs(Clause clause, Need need) {
  return std::ranges::find(text_of(clause).needs, need) != text_of(clause).needs.end();
}

std::string_view id_of(Clause clause) { return text_of(clause).id; }

std::string_view catalogue_hash() { return embedded::sha256; }

}  // namespace hptck
