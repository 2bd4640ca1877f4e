// What every JUnit report has in common, whatever the campaign: well-formed, of the shape that Jenkins and
// Surefire accept, one case per clause, the same names, counters that count.
#include "reports/junit.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstring>
#include <pugixml.hpp>
#include <set>

#include "reports/sample_records.h"

namespace hptck {
namespace {

pugi::xml_document parsed(const std::string& xml) {
  pugi::xml_document document;
  const auto outcome = document.load_buffer(xml.data(), xml.size(), pugi::parse_full);
  if (!outcome) throw std::runtime_error(fmt::format("byte {}: {}", outcome.offset, outcome.description()));
  return document;
}

SampleCampaign sample(std::string_view name) {
  for (auto& one : sample_campaigns()) {
    if (one.name == name) return one;
  }
  throw std::logic_error("no such sample");
}

std::vector<std::string> names_in(const std::string& xml) {
  const auto document = parsed(xml);
  std::vector<std::string> names;
  for (const auto suite : document.child("testsuites")) {
    for (const auto one : suite.children("testcase")) {
      names.push_back(fmt::format("{}/{}/{}", suite.attribute("name").value(),
                                  one.attribute("classname").value(), one.attribute("name").value()));
    }
  }
  return names;
}

pugi::xml_node case_in(const pugi::xml_document& document, const char* name) {
  return document.select_node(fmt::format("//testcase[@name='{}']", name).c_str()).node();
}

/// What Jenkins' and Surefire's schemas allow where, as far as both agree.
void check_shape(const pugi::xml_document& document) {
  const auto allowed = [](pugi::xml_node node, const std::set<std::string>& children,
                          const std::set<std::string>& attributes) {
    for (const auto child : node.children()) {
      if (child.type() == pugi::node_element && !children.contains(child.name())) {
        throw std::runtime_error(fmt::format("<{}> in <{}>", child.name(), node.name()));
      }
    }
    for (const auto attribute : node.attributes()) {
      if (!attributes.contains(attribute.name())) {
        throw std::runtime_error(fmt::format("attribute {} of <{}>", attribute.name(), node.name()));
      }
    }
  };
  const auto root = document.child("testsuites");
  allowed(root, {"testsuite"}, {"name", "tests", "failures", "errors", "time"});
  for (const auto suite : root.children()) {
    allowed(suite, {"properties", "testcase"},
            {"name", "tests", "failures", "errors", "skipped", "timestamp"});
    for (const char* required : {"name", "tests", "failures", "errors"}) {
      if (!suite.attribute(required)) throw std::runtime_error(fmt::format("a suite has no {}", required));
    }
    for (const auto property : suite.child("properties")) allowed(property, {}, {"name", "value"});
    for (const auto one : suite.children("testcase")) {
      allowed(one, {"failure", "error", "skipped", "system-out"}, {"classname", "name"});
      for (const auto child : one.children()) {
        allowed(child, {},
                std::strcmp(child.name(), "system-out") == 0 ? std::set<std::string>{}
                                                             : std::set<std::string>{"type", "message"});
      }
    }
  }
}

std::ptrdiff_t count(pugi::xml_node node, const char* path) { return std::ssize(node.select_nodes(path)); }

void check_counters(pugi::xml_node node, const char* below) {
  const auto check = [&](const char* attribute, const char* element) {
    const auto path =
        fmt::format("{}testcase{}", below, *element == '\0' ? "" : fmt::format("[{}]", element));
    if (node.attribute(attribute) && node.attribute(attribute).as_int(-1) != count(node, path.c_str())) {
      throw std::runtime_error(fmt::format("{} of {} says {}", attribute, node.attribute("name").value(),
                                           node.attribute(attribute).value()));
    }
  };
  check("tests", "");
  check("failures", "failure");
  check("errors", "error");
  check("skipped", "skipped");
}

/// Stricter than pugixml, which reads characters that XML 1.0 forbids.
void check_characters(const std::string& xml) {
  for (const unsigned char byte : xml) {
    if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f) {
      throw std::runtime_error(fmt::format("control character {:#x}", byte));
    }
  }
  if (xml.find("&#") != std::string::npos) throw std::runtime_error("a character reference");
}

/// Any record and any result that says something about each clause.
rc::Gen<SampleCampaign> any_campaign() {
  return rc::gen::exec([] {
    const auto text = rc::gen::container<std::string>(
        rc::gen::map(rc::gen::inRange(0, 256), [](int byte) { return static_cast<char>(byte); }));
    const auto verdict =
        rc::gen::map(rc::gen::inRange(0, 5), [](int value) { return static_cast<Verdict>(value); });
    SampleCampaign any;
    auto& record = any.record;
    record.kit_version = *text;
    record.edition = *text;
    record.catalogue_hash = *text;
    record.seed = *rc::gen::arbitrary<std::uint64_t>();
    record.adapter = *text;
    record.adapter_options = *rc::gen::container<std::vector<std::string>>(text);
    record.description = {*text, *text, {{*text, *text}}, {}};
    record.started = *text;
    record.seconds = *rc::gen::arbitrary<double>();
    record.statements.resize(static_cast<std::size_t>(*rc::gen::inRange(0, 3)));
    record.error = *text;
    record.complete = *rc::gen::arbitrary<bool>();
    record.findings.resize(static_cast<std::size_t>(*rc::gen::inRange(0, 4)));
    for (auto& finding : record.findings) {
      finding.kind = static_cast<Finding::Kind>(*rc::gen::inRange(0, 4));
      finding.minimality = static_cast<Finding::Minimality>(*rc::gen::inRange(0, 3));
      finding.headline = *text;
      finding.explanation = *text;
      finding.evidence = *text;
      finding.file = *text;
      finding.replay_command = *text;
      finding.trace.intent = *text;
    }
    for (int i = 0; i < clause_count; ++i) {
      any.result.clauses.push_back(
          {static_cast<Clause>(i), *verdict, *rc::gen::arbitrary<std::uint64_t>(), {}, *text});
    }
    for (std::size_t i = 0; i < record.findings.size(); ++i) {
      if (*rc::gen::arbitrary<bool>()) {
        any.result.clauses[static_cast<std::size_t>(*rc::gen::inRange(0, clause_count))].findings.push_back(
            i);
      }
    }
    any.result.verdict = *verdict;
    any.result.reason = *text;
    return any;
  });
}

TEST(Junit, every_clause_has_exactly_one_case_named_by_its_id) {
  std::vector<std::string> wanted;
  for (const auto& clause : catalogue().clauses) {
    auto type = clause.group;
    std::replace(type.begin(), type.end(), ' ', '_');
    wanted.push_back(fmt::format("{}/hptck.{}/{}", clause.group, type, clause.id));
  }
  wanted.emplace_back("campaign/hptck.campaign/campaign completed");
  for (const auto& one : sample_campaigns())
    EXPECT_EQ(names_in(junit_xml(one.record, one.result)), wanted) << one.name;
}

TEST(Junit, every_group_of_the_catalogue_is_one_suite_in_its_order) {
  const auto one = sample("failing");
  const auto document = parsed(junit_xml(one.record, one.result));
  std::vector<std::string> suites;
  for (const auto suite : document.child("testsuites")) suites.emplace_back(suite.attribute("name").value());
  EXPECT_THAT(suites, testing::ElementsAre("H_RESIZE_HPT_PREPARE", "Pending HPT", "H_RESIZE_HPT_COMMIT",
                                           "H_READ", "H_ENTER", "H_REMOVE", "H_PROTECT", "H_BULK_REMOVE",
                                           "Reset", "Page sizes of a machine", "Page sizes of a guest",
                                           "Page sizes in migration", "campaign"));
}

TEST(Junit, verdicts_map_to_outcomes) {
  const auto one = sample("failing");
  const auto document = parsed(junit_xml(one.record, one.result));
  const auto outcome = [&](const char* name) {
    const auto first = case_in(document, name).first_child();
    return fmt::format("{} {}", first.name(), first.attribute("message").value());
  };
  EXPECT_EQ(outcome("prepare.flags"), "system-out ");
  EXPECT_THAT(outcome("commit.flags"),
              testing::HasSubstr("failure H_RESIZE_HPT_COMMIT 0x1 0x13 was answered"));
  EXPECT_THAT(outcome("commit.collided"), testing::HasSubstr("skipped INCONCLUSIVE: it was never seen"));
  EXPECT_THAT(outcome("pending.dropped"), testing::HasSubstr("skipped NOT APPLICABLE: a permission"));
  const auto broken = sample("error");
  const auto error = parsed(junit_xml(broken.record, broken.result));
  EXPECT_STREQ(case_in(error, "prepare.flags").first_child().name(), "error");
  EXPECT_STREQ(case_in(error, "campaign completed").first_child().name(), "error");
}

TEST(Junit, failure_carries_explanation_evidence_trace_minimality_and_replay_command) {
  const auto one = sample("failing");
  const auto document = parsed(junit_xml(one.record, one.result));
  const auto flags = case_in(document, "commit.flags").child("failure");
  EXPECT_STREQ(flags.attribute("type").value(), "commit.flags");
  const auto& finding = one.record.findings[0];
  for (const auto& part :
       {finding.explanation, print_trace(finding.trace), finding.replay_command, std::string("1-minimal")}) {
    EXPECT_THAT(flags.text().get(), testing::HasSubstr(part));
  }
  EXPECT_THAT(
      case_in(document, "commit.success").child("failure").text().get(),
      testing::AllOf(testing::HasSubstr("ended by signal 11"), testing::HasSubstr("\\x1b[31mred"),
                     testing::HasSubstr("no answer"), testing::HasSubstr("]]> </failure> <![CDATA[ &")));
}

TEST(Junit, several_findings_of_one_clause_are_one_failure) {
  auto one = sample("failing");
  one.result.clauses[static_cast<std::size_t>(Clause::commit_flags)].findings = {0, 2};
  const auto document = parsed(junit_xml(one.record, one.result));
  const auto node = case_in(document, "commit.flags");
  EXPECT_EQ(count(node, "failure"), 1);
  EXPECT_THAT(node.child("failure").attribute("message").value(), testing::EndsWith("(and 1 more)"));
  EXPECT_THAT(node.child("failure").text().get(),
              testing::AllOf(testing::HasSubstr(one.record.findings[0].explanation),
                             testing::HasSubstr(one.record.findings[2].explanation)));
}

TEST(Junit, finding_without_clause_fails_the_campaign_case) {
  const auto one = sample("failing");
  const auto document = parsed(junit_xml(one.record, one.result));
  const auto node = case_in(document, "campaign completed");
  EXPECT_STREQ(node.child("failure").attribute("message").value(),
               "The mailbox was overwritten in answer to hcall 0xf000");
}

TEST(Junit, finding_without_clause_stays_in_the_text_of_an_error) {
  auto one = sample("failing");
  one.record.error = "no space left";
  const auto document = parsed(junit_xml(one.record, one.result));
  const auto node = case_in(document, "campaign completed");
  EXPECT_FALSE(node.child("failure"));
  EXPECT_THAT(node.child("error").text().get(),
              testing::AllOf(testing::StartsWith("no space left\n"), testing::HasSubstr("hcall 0xf000")));
}

TEST(Junit, campaign_cut_short_does_not_pass_as_completed) {
  const auto one = sample("cut_short");
  const auto document = parsed(junit_xml(one.record, one.result));
  EXPECT_TRUE(case_in(document, "campaign completed").child("skipped"));
}

RC_GTEST_PROP(Junit, every_campaign_yields_a_valid_report, ()) {
  const auto any = *any_campaign();
  const auto xml = junit_xml(any.record, any.result);
  check_characters(xml);
  const auto document = parsed(xml);
  check_shape(document);
  check_counters(document.child("testsuites"), "testsuite/");
  for (const auto suite : document.child("testsuites")) check_counters(suite, "");
}

RC_GTEST_PROP(Junit, no_finding_gets_lost, ()) {
  auto any = *any_campaign();
  for (std::size_t i = 0; i < any.record.findings.size(); ++i) {
    any.record.findings[i].headline = fmt::format("finding number {}", i);
  }
  const auto document = parsed(junit_xml(any.record, any.result));
  for (std::size_t i = 0; i < any.record.findings.size(); ++i) {
    const auto path =
        fmt::format("//testcase/*[self::failure or self::error][contains(., 'finding number {}')]", i);
    RC_ASSERT(count(document, path.c_str()) > 0);
  }
}

RC_GTEST_PROP(Junit, every_campaign_has_the_same_names, ()) {
  const auto any = *any_campaign();
  static const auto usual = names_in(junit_xml(sample("passing").record, sample("passing").result));
  RC_ASSERT(names_in(junit_xml(any.record, any.result)) == usual);
}

}  // namespace
}  // namespace hptck
