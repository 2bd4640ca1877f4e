// The cases are first collected as values, which the counters are taken from, and then written; counting
// while writing was rejected because the counters stand before what they count. No more than one of failure,
// error and skipped goes into a case: consumers differ in what they make of several.
#include "reports/junit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <pugixml.hpp>
#include <set>
#include <sstream>
#include <utility>

#include "reports/finding_text.h"
#include "reports/visible.h"

namespace hptck {
namespace {

struct Case {
  std::string name;
  const char* outcome = nullptr;  ///< "failure", "error", "skipped"; none: passed
  std::string type = {}, message = {}, text = {};
  std::string output = {};
};

struct Suite {
  std::string name;
  std::vector<Case> cases;

  std::ptrdiff_t count(std::string_view outcome) const {
    return std::count_if(cases.begin(), cases.end(),
                         [&](const Case& one) { return one.outcome != nullptr && one.outcome == outcome; });
  }
};

using Properties = std::vector<std::pair<std::string, std::string>>;

std::string text_of_findings(const CampaignRecord& record, const std::vector<std::size_t>& findings) {
  std::string text;
  for (const auto index : findings) {
    const auto& finding = record.findings.at(index);
    if (!text.empty()) text += "\n----\n\n";
    text += fmt::format("{}: {}\n", subject_of(finding), visible_line(finding.headline));
    for (const auto& section : sections_of(finding)) {
      text += fmt::format("\n{}{}{}\n", section.title, section.title.empty() ? "" : ":\n", section.body);
    }
  }
  return text;
}

std::string headline_of_findings(const CampaignRecord& record, const std::vector<std::size_t>& findings) {
  auto headline = record.findings.at(findings.at(0)).headline;
  if (findings.size() > 1) headline += fmt::format(" (and {} more)", findings.size() - 1);
  return headline;
}

std::string with_reason(Verdict verdict, const std::string& reason) {
  return fmt::format("{}{}{}", name_of(verdict), reason.empty() ? "" : ": ", reason);
}

Case case_of(const CampaignRecord& record, const ClauseResult& result) {
  const auto& clause = text_of(result.clause);
  Case one{.name = clause.id, .type = clause.id, .message = with_reason(result.verdict, result.reason)};
  one.output = fmt::format("{}\nSource: {}, {}\nExercised {} times.\n", clause.text, clause.source,
                           clause.place, result.exercised);
  if (!clause.reason.empty()) one.output += fmt::format("Not fully judged: {}\n", clause.reason);
  switch (result.verdict) {
    case Verdict::pass:
      break;
    case Verdict::fail:
      one.outcome = "failure";
      break;
    case Verdict::error:
      one.outcome = "error";
      break;
    case Verdict::inconclusive:
    case Verdict::not_applicable:
      one.outcome = "skipped";
      break;
  }
  if (result.verdict == Verdict::fail && !result.findings.empty()) {
    one.message = headline_of_findings(record, result.findings);
    one.text = text_of_findings(record, result.findings);
  }
  return one;
}

/// Findings that appear under no failed clause, such as a death in answer to a call that the catalogue does
/// not know. They must not get lost.
std::vector<std::size_t> findings_without_clause(const CampaignRecord& record, const CampaignResult& result) {
  std::set<std::size_t> placed;
  for (const auto& clause : result.clauses) {
    if (clause.verdict == Verdict::fail) placed.insert(clause.findings.begin(), clause.findings.end());
  }
  std::vector<std::size_t> rest;
  for (std::size_t i = 0; i < record.findings.size(); ++i) {
    if (!placed.contains(i) && !record.findings[i].hostile) rest.push_back(i);
  }
  return rest;
}

/// The one case of the suite "campaign". If the kit or its environment failed, that comes first, because the
/// rest cannot be relied on then.
Case campaign_case(const CampaignRecord& record, const CampaignResult& result) {
  Case one{.name = "campaign completed", .type = "campaign"};
  one.output = fmt::format("{}\n", with_reason(result.verdict, result.reason));
  const auto homeless = findings_without_clause(record, result);
  one.text = text_of_findings(record, homeless);
  if (!record.error.empty() || result.verdict == Verdict::error) {
    const auto& reason = record.error.empty() ? result.reason : record.error;
    one.outcome = "error";
    one.message = with_reason(Verdict::error, reason);
    one.text = reason + '\n' + (one.text.empty() ? "" : "\n") + one.text;
  } else if (!homeless.empty()) {
    one.outcome = "failure";
    one.message = headline_of_findings(record, homeless);
  } else if (!record.complete) {
    one.outcome = "skipped";
    one.message = with_reason(Verdict::inconclusive, "the journal was cut short");
  }
  return one;
}

std::vector<Suite> suites_of(const CampaignRecord& record, const CampaignResult& result) {
  std::vector<Suite> suites;
  for (const auto& clause : result.clauses) {
    const auto& group = text_of(clause.clause).group;
    if (suites.empty() || suites.back().name != group) suites.push_back({group, {}});
    suites.back().cases.push_back(case_of(record, clause));
  }
  suites.push_back({"campaign", {campaign_case(record, result)}});
  // What a hostile guest causes says nothing about conformance, so it is in no clause's suite.
  std::vector<Case> hostile;
  for (std::size_t i = 0; i < record.findings.size(); ++i) {
    if (!record.findings[i].hostile) continue;
    hostile.push_back({.name = fmt::format("finding {}", i + 1), .type = "hostile guest"});
    hostile.back().outcome = "failure";
    hostile.back().message = headline_of_findings(record, {i});
    hostile.back().text = text_of_findings(record, {i});
  }
  if (!hostile.empty()) suites.push_back({"hostile guest", std::move(hostile)});
  return suites;
}

Properties properties_of(const CampaignRecord& record, const CampaignResult& result) {
  Properties properties{{"kit.version", record.kit_version},
                        {"specification.edition", record.edition},
                        {"specification.catalogue_hash", record.catalogue_hash},
                        {"campaign.seed", fmt::format("{}", record.seed)},
                        {"campaign.calls", fmt::format("{}", record.tally.calls)},
                        {"campaign.configurations", fmt::format("{}", record.tally.configurations)},
                        {"campaign.migrations", fmt::format("{}", record.tally.migrations)},
                        {"campaign.started", record.started},
                        {"campaign.complete", record.complete ? "yes" : "no"},
                        {"campaign.verdict", std::string(name_of(result.verdict))},
                        {"adapter", record.adapter},
                        {"adapter.options", fmt::format("{}", fmt::join(record.adapter_options, " "))},
                        {"iut.name", record.description.name},
                        {"iut.version", record.description.version}};
  const auto diagnosis = diagnosis_lines(record);
  for (std::size_t i = 0; i < diagnosis.size(); ++i)
    properties.emplace_back(i == 0 ? "diagnosis" : fmt::format("diagnosis.{}", i + 1), diagnosis[i]);
  for (const auto& [name, why] : record.machines.accelerators)
    properties.emplace_back("machines." + name, why.empty() ? "used" : why);
  for (const auto& [key, value] : record.description.identity) properties.emplace_back("iut." + key, value);
  for (std::size_t i = 0; i < record.statements.size(); ++i) {
    properties.emplace_back(fmt::format("partition.{}", i + 1), print_statement(record.statements[i]));
  }
  return properties;
}

std::string class_name(const std::string& group) {
  auto name = "hptck." + group;
  std::replace_if(
      name.begin() + 6, name.end(),
      [](unsigned char character) { return std::isalnum(character) == 0 && character != '_'; }, '_');
  return name;
}

/// All text gets into the document through these two functions, which make it fit to print.
void set(pugi::xml_node node, const char* attribute, std::string_view value) {
  node.append_attribute(attribute).set_value(visible_line(value).c_str());
}
void set_text(pugi::xml_node node, std::string_view text) {
  if (!text.empty()) node.text().set(visible(text).c_str());
}

void write(pugi::xml_node suite, const std::string& group, const Case& one) {
  auto node = suite.append_child("testcase");
  set(node, "classname", class_name(group));
  set(node, "name", one.name);
  if (one.outcome != nullptr) {
    auto outcome = node.append_child(one.outcome);
    set(outcome, "type", one.type);
    set(outcome, "message", one.message);
    set_text(outcome, one.text);
  }
  set_text(node.append_child("system-out"), one.output);
}

void write(pugi::xml_node root, const Suite& suite, const Properties& properties,
           const std::string& started) {
  auto node = root.append_child("testsuite");
  set(node, "name", suite.name);
  set(node, "tests", fmt::format("{}", suite.cases.size()));
  for (const auto& [attribute, outcome] :
       {std::pair{"failures", "failure"}, {"errors", "error"}, {"skipped", "skipped"}}) {
    set(node, attribute, fmt::format("{}", suite.count(outcome)));
  }
  if (!started.empty()) set(node, "timestamp", started);
  auto list = node.append_child("properties");
  for (const auto& [name, value] : properties) {
    auto property = list.append_child("property");
    set(property, "name", name);
    set(property, "value", value);
  }
  for (const auto& one : suite.cases) write(node, suite.name, one);
}

}  // namespace

std::string junit_xml(const CampaignRecord& record, const CampaignResult& result) {
  const auto suites = suites_of(record, result);
  const auto properties = properties_of(record, result);
  pugi::xml_document document;
  auto declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version") = "1.0";
  declaration.append_attribute("encoding") = "UTF-8";

  std::size_t tests = 0;
  std::ptrdiff_t failures = 0, errors = 0;
  for (const auto& suite : suites) {
    tests += suite.cases.size();
    failures += suite.count("failure");
    errors += suite.count("error");
  }
  auto root = document.append_child("testsuites");
  set(root, "name", "hptck");
  set(root, "tests", fmt::format("{}", tests));
  set(root, "failures", fmt::format("{}", failures));
  set(root, "errors", fmt::format("{}", errors));
  // Clauses are tested all at once, so only the whole campaign has a time that means anything. The schema
  // allows no `skipped` at this level, and properties only in suites: each suite repeats them, because CIs
  // show suites separately.
  if (std::isfinite(record.seconds) && record.seconds > 0) {
    set(root, "time", fmt::format("{:.3f}", record.seconds));
  }
  for (const auto& suite : suites) write(root, suite, properties, record.started);

  std::ostringstream text;
  document.save(text, "  ", pugi::format_default, pugi::encoding_utf8);
  return text.str();
}

}  // namespace hptck
