// The catalogue of deviations is refused, with its place, for every kind of fault; and it is wide enough:
// sixty wrong rows, and no must clause that nobody could break in two ways.
#include "spec/deviations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "spec/embedded_data.h"

namespace hptck {
namespace {

using ::testing::HasSubstr;

std::string refusal(const std::string& inside) {
  try {
    load_deviations("<deviations schema=\"1\">\n" + inside + "</deviations>", "d.xml", catalogue());
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

const std::string sound =
    R"(<deviation id="a" breaks="commit.flags" kind="wrong code">It is wrong.</deviation>)";

TEST(DeviationCatalogue, a_sound_one_is_accepted) { EXPECT_EQ(refusal(sound), "accepted"); }

TEST(DeviationCatalogue, a_fault_is_refused_with_file_line_and_column) {
  EXPECT_EQ(refusal(R"(<deviation id="a" breaks="commit.flogs" kind="wrong code">T.</deviation>)"),
            "d.xml:2:2: breaks=\"commit.flogs\" names no clause");
  EXPECT_EQ(refusal(R"(<deviation id="A" breaks="commit.flags" kind="wrong code">T.</deviation>)"),
            "d.xml:2:2: deviation id \"A\" is not of a-z, 0-9 and _");
  EXPECT_THAT(refusal(R"(<deviation id="a" breaks="commit.flags" kind="odd">T.</deviation>)"),
              HasSubstr("kind=\"odd\" is not one of"));
  EXPECT_THAT(refusal(R"(<deviation id="a" breaks="commit.flags">T.</deviation>)"),
              HasSubstr("needs the attribute \"kind\""));
  EXPECT_THAT(refusal(R"(<deviation id="a" breaks="commit.flags" kind="wrong code" x="y">T.</deviation>)"),
              HasSubstr("has no attribute \"x\""));
  EXPECT_THAT(refusal(R"(<deviation id="a" breaks="commit.flags" kind="wrong code"/>)"),
              HasSubstr("has no text"));
  EXPECT_THAT(refusal(R"(<deviation id="a" breaks="commit.flags" kind="wrong code">T<b/></deviation>)"),
              HasSubstr("holds text only"));
  EXPECT_THAT(
      refusal(R"(<deviation id="a" breaks="commit.flags" seen_in="x" kind="wrong code">T.</deviation>)"),
      HasSubstr("seen_in=\"x\" is not one of"));
  EXPECT_THAT(refusal(sound + sound), HasSubstr("\"a\" stands twice"));
  EXPECT_THAT(refusal(""), HasSubstr("holds no deviation"));
}

TEST(DeviationCatalogue, has_sixty_wrong_rows_and_two_for_every_must_clause) {
  std::map<std::string, int> breaking;
  std::set<std::string> kinds;
  int rows = 0;
  for (const auto& deviation : deviation_texts()) {
    ++breaking[deviation.breaks];
    kinds.insert(deviation.kind);
    rows += deviation.seen_in == SeenIn::control;
    EXPECT_TRUE(deviation.text.ends_with('.')) << deviation.id;
  }
  EXPECT_GE(rows, 60);
  EXPECT_EQ(kinds.size(), 13u) << "a kind that no deviation has";
  for (const auto& clause : catalogue().clauses) {
    if (clause.modality != Modality::must || clause.status == ClauseStatus::unjudged) continue;
    EXPECT_GE(breaking[clause.id], 2) << clause.id;
  }
}

TEST(DeviationCatalogue, enumerators_and_ids_are_the_same) {
  EXPECT_EQ(deviation_texts().size(), static_cast<std::size_t>(deviation_count));
  for (int i = 0; i < deviation_count; ++i) {
    const auto deviation = static_cast<Deviation>(i);
    EXPECT_EQ(deviation_named(id_of(deviation)), deviation);
    EXPECT_EQ(id_of(broken_by(deviation)), text_of(deviation).breaks);
    EXPECT_EQ(id_of(shown_at(deviation)), text_of(deviation).shows_at);
  }
  EXPECT_EQ(id_of(Deviation::commit_flags_is_h_parameter), "commit_flags_is_h_parameter");
  EXPECT_EQ(deviation_named("prepare_accepts_16"), std::nullopt);
}

TEST(DeviationCatalogue, sets_are_named_in_order) {
  EXPECT_EQ(to_string(Deviations{}), "none");
  EXPECT_EQ(to_string(Deviations{Deviation::commit_keeps_pending, Deviation::prepare_accepts_17}),
            "prepare_accepts_17 commit_keeps_pending");
}

}  // namespace
}  // namespace hptck
