// What stands in the three XML files, clause by clause; xml_document.h is the strict reading.
#include "spec/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <sstream>

#include "spec/xml_document.h"

namespace hptck {

namespace {

bool is_clause_id(std::string_view id) {
  const auto dot = id.find('.');
  if (dot == 0 || dot == std::string_view::npos || dot + 1 == id.size() ||
      id.find('.', dot + 1) != std::string_view::npos)
    return false;
  const auto plain = [](unsigned char c) {
    return std::islower(c) || std::isdigit(c) || c == '_' || c == '.';
  };
  return std::islower(static_cast<unsigned char>(id[0])) && std::all_of(id.begin(), id.end(), plain);
}

// The words of `needs`, separated by a blank; "nothing" stands alone.
std::vector<Need> load_needs(const Document& document, const pugi::xml_node& node) {
  using K = std::pair<std::string_view, Need>;
  constexpr K names[] = {{"option", Need::option},
                         {"option_absent", Need::option_absent},
                         {"permitted", Need::permitted},
                         {"forbidden", Need::forbidden},
                         {"initial_size", Need::initial_size},
                         {"largest_size", Need::largest_size},
                         {"late_preparation", Need::late_preparation},
                         {"collision_in_preparation", Need::collision_in_preparation},
                         {"collision_in_commit", Need::collision_in_commit},
                         {"reset", Need::reset},
                         {"machines", Need::machines},
                         {"kvm", Need::kvm},
                         {"older_machines", Need::older_machines}};
  const auto words = document.attribute(node, "needs");
  std::vector<Need> needs;
  if (words == "nothing") return needs;
  std::istringstream stream(words);
  for (std::string word; stream >> word;) {
    const auto found = std::ranges::find(names, word, &K::first);
    if (found == std::end(names))
      document.fail(node, fmt::format("needs=\"{}\": \"{}\" is no need", words, word));
    needs.push_back(found->second);
  }
  return needs;
}

std::vector<Ambiguity> load_ambiguities(const Document& document) {
  const auto root = document.root("ambiguities");
  document.check_attributes(root, {"schema"});
  document.check_schema(root);
  std::vector<Ambiguity> ambiguities;
  for (const auto& node : document.elements(root, {"ambiguity"})) {
    document.check_attributes(node, {"id", "title"});
    Ambiguity ambiguity;
    ambiguity.id = document.attribute(node, "id");
    ambiguity.title = document.attribute(node, "title");
    for (const auto& other : ambiguities) {
      if (other.id == ambiguity.id)
        document.fail(node, fmt::format("ambiguity \"{}\" stands twice", ambiguity.id));
    }
    for (const auto& child : document.elements(node, {"question", "reading", "chosen"})) {
      const std::string_view name = child.name();
      const auto text = document.text(child);
      if (name == "reading") {
        ambiguity.readings.push_back(text);
        continue;
      }
      auto& place = name == "question" ? ambiguity.question : ambiguity.chosen;
      if (!place.empty()) document.fail(child, fmt::format("a second <{}>", name));
      place = text;
    }
    if (ambiguity.question.empty() || ambiguity.chosen.empty() || ambiguity.readings.empty()) {
      document.fail(
          node, fmt::format("ambiguity \"{}\" needs a question, a reading and the one chosen", ambiguity.id));
    }
    ambiguities.push_back(std::move(ambiguity));
  }
  return ambiguities;
}

ClauseText load_clause(const Document& document, const pugi::xml_node& node) {
  document.check_attributes(node, {"id", "source", "place", "modality", "status", "ambiguity", "needs"});
  ClauseText clause;
  clause.id = document.attribute(node, "id");
  if (!is_clause_id(clause.id)) {
    document.fail(node,
                  fmt::format("clause id \"{}\" is not of the form name.name, in a-z, 0-9 and _", clause.id));
  }
  clause.source = document.attribute(node, "source");
  clause.place = document.attribute(node, "place");
  clause.modality =
      choose<Modality>(document, node, "modality", {{"must", Modality::must}, {"may", Modality::may}});
  clause.status = choose<ClauseStatus>(document, node, "status",
                                       {{"judged", ClauseStatus::judged},
                                        {"partial", ClauseStatus::partial},
                                        {"unjudged", ClauseStatus::unjudged}});
  if (node.attribute("ambiguity")) clause.ambiguity = document.attribute(node, "ambiguity");
  const auto says_needs = node.attribute("needs") ? node : node.parent();
  if (says_needs.attribute("needs")) clause.needs = load_needs(document, says_needs);
  for (const auto& child : document.elements(node, {"text", "reason"})) {
    auto& place = std::string_view(child.name()) == "text" ? clause.text : clause.reason;
    if (!place.empty()) document.fail(child, fmt::format("a second <{}>", child.name()));
    place = document.text(child);
  }
  if (clause.text.empty()) document.fail(node, fmt::format("clause \"{}\" has no <text>", clause.id));
  if (clause.reason.empty() != (clause.status == ClauseStatus::judged)) {
    document.fail(
        node,
        fmt::format("clause \"{}\": a <reason> is given exactly when status is not \"judged\"", clause.id));
  }
  return clause;
}

}  // namespace

std::string enumerator_of(std::string_view id) {
  std::string enumerator(id);
  std::ranges::replace_if(
      enumerator, [](unsigned char c) { return !std::isalnum(c); }, '_');
  return enumerator;
}

Catalogue load_catalogue(std::string_view clauses_xml, std::string_view clauses_name,
                         std::string_view ambiguities_xml, std::string_view ambiguities_name) {
  Catalogue catalogue;
  catalogue.ambiguities = load_ambiguities(Document(ambiguities_xml, ambiguities_name));

  const Document document(clauses_xml, clauses_name);
  const auto root = document.root("catalogue");
  document.check_attributes(root, {"schema", "edition"});
  document.check_schema(root);
  catalogue.edition = document.attribute(root, "edition");

  std::set<std::string> ids, enumerators, groups, sources;
  for (const auto& node : document.elements(root, {"source", "group"})) {
    if (std::string_view(node.name()) == "source") {
      document.check_attributes(node, {"id", "title"});
      document.elements(node, {});
      const Source source{document.attribute(node, "id"), document.attribute(node, "title")};
      if (!sources.insert(source.id).second)
        document.fail(node, fmt::format("source \"{}\" stands twice", source.id));
      catalogue.sources.push_back(source);
      continue;
    }
    document.check_attributes(node, {"name", "needs"});
    const auto group = document.attribute(node, "name");
    if (!groups.insert(enumerator_of(group)).second)
      document.fail(node,
                    fmt::format("group \"{}\" stands twice, or has the same enumerator as another", group));
    const auto clauses = document.elements(node, {"clause"});
    if (clauses.empty()) document.fail(node, fmt::format("group \"{}\" holds no clause", group));
    for (const auto& child : clauses) {
      auto clause = load_clause(document, child);
      clause.group = group;
      if (!ids.insert(clause.id).second)
        document.fail(child, fmt::format("clause id \"{}\" stands twice", clause.id));
      if (!enumerators.insert(enumerator_of(clause.id)).second) {
        document.fail(child, fmt::format("clause id \"{}\" has the same enumerator as another", clause.id));
      }
      if (!sources.contains(clause.source)) {
        document.fail(child,
                      fmt::format("clause \"{}\" names the unknown source \"{}\"", clause.id, clause.source));
      }
      const auto known = std::any_of(catalogue.ambiguities.begin(), catalogue.ambiguities.end(),
                                     [&](const Ambiguity& a) { return a.id == clause.ambiguity; });
      if (!clause.ambiguity.empty() && !known) {
        document.fail(child, fmt::format("clause \"{}\" names the unknown ambiguity \"{}\"", clause.id,
                                         clause.ambiguity));
      }
      catalogue.clauses.push_back(std::move(clause));
    }
  }
  if (catalogue.clauses.empty()) document.fail(root, "the catalogue holds no clause");
  if (catalogue.clauses.size() > 128)
    document.fail(root, "more than 128 clauses: widen hptck::ClauseSet first");
  return catalogue;
}

std::vector<DeviationText> load_deviations(std::string_view xml, std::string_view name,
                                           const Catalogue& catalogue) {
  const Document document(xml, name);
  const auto root = document.root("deviations");
  document.check_attributes(root, {"schema"});
  document.check_schema(root);
  const auto clause = [&](const pugi::xml_node& node, const char* attribute) {
    const auto id = document.attribute(node, attribute);
    const auto known = std::any_of(catalogue.clauses.begin(), catalogue.clauses.end(),
                                   [&](const ClauseText& c) { return c.id == id; });
    if (!known) document.fail(node, fmt::format("{}=\"{}\" names no clause", attribute, id));
    return id;
  };
  const auto plain = [](unsigned char c) { return std::islower(c) || std::isdigit(c) || c == '_'; };
  std::set<std::string> ids;
  std::vector<DeviationText> deviations;
  for (const auto& node : document.elements(root, {"deviation"})) {
    DeviationText deviation;
    deviation.id = document.attribute(node, "id");
    if (!std::islower(static_cast<unsigned char>(deviation.id[0])) ||
        !std::all_of(deviation.id.begin(), deviation.id.end(), plain))
      document.fail(node, fmt::format("deviation id \"{}\" is not of a-z, 0-9 and _", deviation.id));
    if (!ids.insert(deviation.id).second)
      document.fail(node, fmt::format("deviation id \"{}\" stands twice", deviation.id));
    deviation.breaks = clause(node, "breaks");
    deviation.shows_at = node.attribute("shows_at") ? clause(node, "shows_at") : deviation.breaks;
    using K = std::string_view;
    deviation.kind = choose<K>(document, node, "kind",
                               {{"wrong code", "wrong code"},
                                {"missing check", "missing check"},
                                {"wrong order", "wrong order"},
                                {"wrong bound", "wrong bound"},
                                {"wrong width", "wrong width"},
                                {"state not cleared", "state not cleared"},
                                {"state cleared too early", "state cleared too early"},
                                {"stale state", "stale state"},
                                {"sticky error", "sticky error"},
                                {"right return, wrong effect", "right return, wrong effect"},
                                {"right effect, wrong return", "right effect, wrong return"},
                                {"silent loss", "silent loss"},
                                {"no answer", "no answer"}});
    if (node.attribute("seen_in"))
      deviation.seen_in = choose<SeenIn>(document, node, "seen_in",
                                         {{"contents", SeenIn::contents},
                                          {"faults", SeenIn::faults},
                                          {"configuration", SeenIn::configuration}});
    if (node.attribute("partition"))
      deviation.needs_absent = choose<bool>(document, node, "partition", {{"absent", true}});
    document.check_attributes(node, {"id", "breaks", "shows_at", "kind", "seen_in", "partition"});
    for (const auto& child : node.children()) {
      if (child.type() != pugi::node_pcdata) document.fail(child, "<deviation> holds text only");
    }
    deviation.text = node.child_value();
    if (deviation.text.empty())
      document.fail(node, fmt::format("deviation \"{}\" has no text", deviation.id));
    deviations.push_back(std::move(deviation));
  }
  if (deviations.empty()) document.fail(root, "the catalogue holds no deviation");
  if (deviations.size() > 255) document.fail(root, "more than 255 deviations: widen hptck::Deviation first");
  return deviations;
}

}  // namespace hptck
