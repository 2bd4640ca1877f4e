// A strict reader: an element or attribute that the schema does not name is an error with its place, as is
// a missing one. Strictness is the point: a misspelt modality that silently became `must` would end in a
// wrong verdict. A general XML Schema validator was rejected because its messages do not speak of clauses.
#pragma once

#include <initializer_list>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hptck {

class Document {
 public:
  /// The name is used in errors only.
  Document(std::string_view xml, std::string_view name);

  [[noreturn]] void fail(std::ptrdiff_t offset, std::string_view message) const;
  [[noreturn]] void fail(const pugi::xml_node& node, std::string_view message) const;

  pugi::xml_node root(const char* name) const;
  void check_schema(const pugi::xml_node& node) const;
  void check_attributes(const pugi::xml_node& node, std::initializer_list<std::string_view> known) const;
  std::string attribute(const pugi::xml_node& node, const char* name) const;
  /// The text of a leaf element.
  std::string text(const pugi::xml_node& node) const;
  /// The element children, each named; anything else, stray text included, is an error.
  std::vector<pugi::xml_node> elements(const pugi::xml_node& node,
                                       std::initializer_list<std::string_view> known) const;

 private:
  std::string_view xml_, name_;
  pugi::xml_document document_;
};

/// What the attribute's word stands for.
template <class Value>
Value choose(const Document& document, const pugi::xml_node& node, const char* name,
             std::initializer_list<std::pair<std::string_view, Value>> choices) {
  const auto value = document.attribute(node, name);
  std::string expected;
  for (const auto& [word, meaning] : choices) {
    if (word == value) return meaning;
    expected += (expected.empty() ? "\"" : ", \"") + std::string(word) + '"';
  }
  document.fail(node, std::string(name) + "=\"" + value + "\" is not one of " + expected);
}

}  // namespace hptck
