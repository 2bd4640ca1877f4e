#include "spec/xml_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "spec/catalogue.h"

namespace hptck {

InputError::InputError(std::string_view file, std::size_t line, std::size_t column, std::string_view message)
    : std::runtime_error(fmt::format("{}:{}:{}: {}", file, line, column, message)) {}

Document::Document(std::string_view xml, std::string_view name) : xml_(xml), name_(name) {
  const auto result = document_.load_buffer(
      xml.data(), xml.size(),
      pugi::parse_default | pugi::parse_trim_pcdata | pugi::parse_comments | pugi::parse_doctype);
  if (!result) fail(result.offset, result.description());
}

void Document::fail(std::ptrdiff_t offset, std::string_view message) const {
  const auto end = std::min<std::size_t>(offset < 0 ? 0 : static_cast<std::size_t>(offset), xml_.size());
  const auto before = xml_.substr(0, end);
  const auto line = 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const auto newline = before.rfind('\n');
  const auto column = newline == std::string_view::npos ? end + 1 : end - newline;
  throw InputError(name_, line, column, message);
}

void Document::fail(const pugi::xml_node& node, std::string_view message) const {
  fail(node.offset_debug(), message);
}

pugi::xml_node Document::root(const char* name) const {
  const auto node = document_.document_element();
  for (const auto& child : document_.children()) {
    if (child != node && child.type() != pugi::node_comment)
      fail(child, "only comments may stand beside the document element");
  }
  if (std::string_view(node.name()) != name) {
    fail(node, fmt::format("the document element is <{}>, expected <{}>", node.name(), name));
  }
  return node;
}

void Document::check_attributes(const pugi::xml_node& node,
                                std::initializer_list<std::string_view> known) const {
  std::set<std::string_view> seen;
  for (const auto& attribute : node.attributes()) {
    if (std::find(known.begin(), known.end(), std::string_view(attribute.name())) == known.end()) {
      fail(node, fmt::format("<{}> has no attribute \"{}\"", node.name(), attribute.name()));
    }
    if (!seen.insert(attribute.name()).second) {
      fail(node, fmt::format("<{}> has the attribute \"{}\" twice", node.name(), attribute.name()));
    }
  }
}

std::string Document::attribute(const pugi::xml_node& node, const char* name) const {
  const std::string value = node.attribute(name).value();
  if (value.empty()) fail(node, fmt::format("<{}> needs the attribute \"{}\"", node.name(), name));
  return value;
}

std::string Document::text(const pugi::xml_node& node) const {
  check_attributes(node, {});
  for (const auto& child : node.children()) {
    // One piece of text: pugixml hands out the first only, and a comment would cut it short.
    if (child.type() != pugi::node_pcdata) fail(child, fmt::format("<{}> holds text only", node.name()));
  }
  const std::string value = node.child_value();
  if (value.empty()) fail(node, fmt::format("<{}> is empty", node.name()));
  return value;
}

std::vector<pugi::xml_node> Document::elements(const pugi::xml_node& node,
                                               std::initializer_list<std::string_view> known) const {
  std::vector<pugi::xml_node> found;
  for (const auto& child : node.children()) {
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
      fail(child, fmt::format("text where <{}> holds elements only", node.name()));
    }
    if (child.type() != pugi::node_element) continue;
    if (std::find(known.begin(), known.end(), std::string_view(child.name())) == known.end()) {
      fail(child, fmt::format("<{}> does not belong in <{}>", child.name(), node.name()));
    }
    found.push_back(child);
  }
  return found;
}

void Document::check_schema(const pugi::xml_node& node) const {
  if (attribute(node, "schema") != "1") {
    fail(node, fmt::format("schema \"{}\" is not known; this build reads schema \"1\"",
                           node.attribute("schema").value()));
  }
}

}  // namespace hptck
