// The catalogue is refused, with its place, for every kind of fault that its schema knows.
#include "spec/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/embedded.h"
#include "spec/embedded_data.h"

namespace hptck {
namespace {

using ::testing::StartsWith;

constexpr const char* no_ambiguities = R"(<ambiguities schema="1"></ambiguities>)";

std::string clause(const std::string& attributes, const std::string& inside = "<text>t</text>") {
  return "<catalogue schema=\"1\" edition=\"e\">\n<source id=\"s\" title=\"t\"/>\n<group name=\"g\">\n  "
         "<clause " +
         attributes + ">" + inside + "</clause>\n</group></catalogue>";
}
const std::string sound = R"(id="a.b" source="s" place="p" modality="must" status="judged")";

std::string refusal(const std::string& xml, const std::string& ambiguities = no_ambiguities) {
  try {
    load_catalogue(xml, "c.xml", ambiguities, "a.xml");
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Catalogue, a_sound_one_is_accepted) {
  const auto loaded = load_catalogue(clause(sound), "c.xml", no_ambiguities, "a.xml");
  ASSERT_EQ(loaded.clauses.size(), 1u);
  EXPECT_EQ(loaded.clauses[0].id, "a.b");
  EXPECT_EQ(loaded.clauses[0].group, "g");
  EXPECT_EQ(loaded.clauses[0].text, "t");
}

TEST(Catalogue, a_clause_has_the_needs_of_its_group_unless_it_says_its_own) {
  const auto needs = [](const std::string& of_group, const std::string& of_clause) {
    auto xml = clause(sound + of_clause);
    xml.replace(xml.find("name=\"g\""), 8, "name=\"g\"" + of_group);
    return load_catalogue(xml, "c.xml", no_ambiguities, "a.xml").clauses[0].needs;
  };
  using testing::ElementsAre;
  EXPECT_THAT(needs("", ""), ElementsAre());
  EXPECT_THAT(needs(R"( needs="option reset")", ""), ElementsAre(Need::option, Need::reset));
  EXPECT_THAT(needs(R"( needs="option reset")", R"( needs="machines kvm")"),
              ElementsAre(Need::machines, Need::kvm));
  EXPECT_THAT(needs(R"( needs="option reset")", R"( needs="nothing")"), ElementsAre());
}

TEST(Catalogue, groups_are_enumerators_too) {
  EXPECT_EQ(group_of(Clause::prepare_flags), Group::H_RESIZE_HPT_PREPARE);
  EXPECT_EQ(group_of(Clause::pending_dropped), Group::Pending_HPT);
  EXPECT_EQ(group_of(Clause::migration_keeps), Group::Page_sizes_in_migration);
}

TEST(Catalogue, a_fault_is_refused_with_file_line_and_column) {
  EXPECT_THAT(refusal("<catalogue schema=\"1\"\n <oops"), StartsWith("c.xml:2:"));
  EXPECT_EQ(refusal(clause(R"(id="a.b" source="s" place="p" modality="shall" status="judged")")),
            "c.xml:4:4: modality=\"shall\" is not one of \"must\", \"may\"");
  EXPECT_EQ(refusal(clause(R"(id="a.b" source="s" place="p" modality="must" status="fine")")),
            "c.xml:4:4: status=\"fine\" is not one of \"judged\", \"partial\", \"unjudged\"");
  EXPECT_EQ(refusal(clause(R"(id="ab" source="s" place="p" modality="must" status="judged")")),
            "c.xml:4:4: clause id \"ab\" is not of the form name.name, in a-z, 0-9 and _");
  EXPECT_EQ(refusal(clause(R"(id="a.b" source="x" place="p" modality="must" status="judged")")),
            "c.xml:4:4: clause \"a.b\" names the unknown source \"x\"");
  EXPECT_EQ(refusal(clause(sound + R"( ambiguity="A9")")),
            "c.xml:4:4: clause \"a.b\" names the unknown ambiguity \"A9\"");
  EXPECT_EQ(refusal(clause(sound + R"( colour="red")")), "c.xml:4:4: <clause> has no attribute \"colour\"");
  EXPECT_EQ(refusal(clause(sound + R"( needs="option colour")")),
            "c.xml:4:4: needs=\"option colour\": \"colour\" is no need");
  EXPECT_EQ(refusal(clause(R"(id="a.b" source="s" modality="must" status="judged")")),
            "c.xml:4:4: <clause> needs the attribute \"place\"");
  EXPECT_EQ(refusal(clause(sound, "")), "c.xml:4:4: clause \"a.b\" has no <text>");
  EXPECT_THAT(refusal(clause(sound, "<text>t</text><text>u</text>")), testing::HasSubstr("a second <text>"));
  EXPECT_THAT(refusal(clause(sound, "<text>t</text><note>u</note>")),
              testing::HasSubstr("<note> does not belong in <clause>"));
  EXPECT_THAT(refusal(clause(sound, "stray<text>t</text>")),
              testing::HasSubstr("text where <clause> holds elements only"));
  EXPECT_THAT(refusal(clause(sound, "<text>t</text><reason>r</reason>")),
              testing::HasSubstr("exactly when status is not"));
  EXPECT_THAT(refusal(clause(R"(id="a.b" source="s" place="p" modality="must" status="partial")")),
              testing::HasSubstr("exactly when status is not"));
  EXPECT_THAT(refusal(R"(<catalogue schema="2" edition="e"/>)"),
              testing::HasSubstr("schema \"2\" is not known"));
  EXPECT_THAT(refusal(R"(<catalogue schema="1" edition="e"/>)"), testing::HasSubstr("holds no clause"));
  EXPECT_THAT(refusal(R"(<list schema="1"/>)"), testing::HasSubstr("expected <catalogue>"));
}

TEST(Catalogue, nothing_is_passed_over_in_silence) {
  EXPECT_THAT(refusal(clause(sound, "<text>one <!-- two --> three</text>")),
              testing::HasSubstr("<text> holds text only"));
  EXPECT_THAT(refusal(clause(sound, "<text>one <b>two</b></text>")),
              testing::HasSubstr("<text> holds text only"));
  EXPECT_THAT(refusal(clause(sound + R"( ambiguity="")")),
              testing::HasSubstr("needs the attribute \"ambiguity\""));
  EXPECT_THAT(refusal("<!DOCTYPE x>" + clause(sound)), testing::HasSubstr("only comments may stand beside"));
  EXPECT_THAT(refusal(clause(sound) + "<catalogue/>"), testing::HasSubstr("only comments may stand beside"));
  EXPECT_THAT(refusal(R"(<catalogue schema="1" edition="e"><source id="s" title="t">x</source></catalogue>)"),
              testing::HasSubstr("text where <source> holds elements only"));
  EXPECT_THAT(refusal(R"(<catalogue schema="1" edition="e"><group name="g"/></catalogue>)"),
              testing::HasSubstr("holds no clause"));
}

TEST(Catalogue, ids_that_stand_twice_are_refused) {
  const std::string one = "<clause " + sound + "><text>t</text></clause>";
  EXPECT_THAT(
      refusal("<catalogue schema=\"1\" edition=\"e\"><source id=\"s\" title=\"t\"/><group name=\"g\">" + one +
              one + "</group></catalogue>"),
      testing::HasSubstr("clause id \"a.b\" stands twice"));
}

TEST(Catalogue, a_faulty_ambiguity_register_is_refused) {
  EXPECT_EQ(
      refusal(clause(sound), "<ambiguities schema=\"1\">\n<ambiguity id=\"A\" title=\"t\"/></ambiguities>"),
      "a.xml:2:2: ambiguity \"A\" needs a question, a reading and the one chosen");
}

TEST(Catalogue, every_truncation_of_the_real_one_is_refused_and_none_crashes) {
  const std::string whole = embedded::clauses_xml;
  const auto last = whole.rfind("</catalogue>");
  for (std::size_t length = 0; length < last + 11; length += 37) {
    EXPECT_THAT(refusal(whole.substr(0, length), embedded::ambiguities_xml), StartsWith("c.xml:")) << length;
  }
}

TEST(Catalogue, the_embedded_one_names_every_enumerator) {
  EXPECT_EQ(catalogue().clauses.size(), static_cast<std::size_t>(clause_count));
  EXPECT_EQ(id_of(Clause::prepare_flags), "prepare.flags");
  EXPECT_EQ(catalogue_hash().size(), 64u);
  EXPECT_EQ(catalogue().edition, "LoPAR 2.9");
}

TEST(Catalogue, every_ambiguity_is_named_by_a_clause) {
  for (const auto& ambiguity : catalogue().ambiguities) {
    const auto named = [&](const ClauseText& c) { return c.ambiguity == ambiguity.id; };
    EXPECT_TRUE(std::any_of(catalogue().clauses.begin(), catalogue().clauses.end(), named)) << ambiguity.id;
  }
}

}  // namespace
}  // namespace hptck
