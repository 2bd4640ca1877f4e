// The generated documents change when a row does. That the committed ones are current is the ctest entry
// documents_are_current, which runs the program on docs/.
#include "model/described/documents.h"

#include <gmock/gmock.h>

#include "model/resize/deviations.h"
#include "spec/embedded.h"

namespace hptck {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Documents, change_when_a_row_changes) {
  for (const auto deviation : {Deviation::commit_flags_is_h_parameter, Deviation::prepare_refuses_46,
                               Deviation::commit_keeps_pending}) {
    auto rules = specification<Described>();
    deviate(rules, deviation);
    EXPECT_NE(specification_document(rules), specification_document(specification<Described>()));
  }
}

TEST(Documents, diagram_and_computed_defects_change_when_a_row_changes) {
  auto rules = specification<Concrete>();
  rules.commit.answer(Clause::commit_busy, answers(status::H_CLOSED));
  EXPECT_NE(state_diagram(rules), state_diagram(specification<Concrete>()));
  EXPECT_NE(computed_defects(rules), computed_defects(specification<Concrete>()));
}

TEST(Documents, drawing_is_recognized_by_its_source) {
  const auto dot = state_diagram(specification<Concrete>());
  const auto begin = dot.find("id=\""), end = dot.find('"', begin + 4);
  EXPECT_TRUE(drawn_from("<g " + dot.substr(begin, end + 1 - begin) + ">", dot));
  EXPECT_FALSE(drawn_from("<g id=\"state_diagram_0\">", dot));
}

TEST(Documents, every_clause_can_be_linked_to) {
  const auto text = specification_document(specification<Described>());
  for (const auto& clause : catalogue().clauses)
    EXPECT_THAT(text, HasSubstr("<a id=\"clause-" + clause.id + "\"></a>")) << clause.id;
  for (const auto& ambiguity : catalogue().ambiguities)
    EXPECT_THAT(text, HasSubstr("<a id=\"" + ambiguity.id + "\"></a>")) << ambiguity.id;
}

TEST(Documents, only_the_computed_part_is_replaced) {
  const std::string document = "before\n<!-- computed -->\nold\n<!-- end of computed -->\nafter\n";
  const auto replaced = with_computed_part(document, "new\n");
  EXPECT_THAT(replaced, HasSubstr("before\n"));
  EXPECT_THAT(replaced, HasSubstr("new\n<!-- end of computed -->\nafter\n"));
  EXPECT_THAT(replaced, Not(HasSubstr("old")));
  EXPECT_EQ(with_computed_part(replaced, "new\n"), replaced);
  EXPECT_THROW(with_computed_part("no marks", "new\n"), std::runtime_error);
}

// Under the reading that a collision is never "fully prepared" the items on H_PTEG_FULL are dead: the finding
// that the report leads with.
TEST(Defects, literal_reading_kills_the_collision_items) {
  const auto text = computed_defects(specification<Concrete>());
  EXPECT_THAT(
      text,
      HasSubstr("`prepare.match_collision` (must, H_PTEG_FULL) and `commit.collided` (must, H_PTEG_FULL)"));
}

}  // namespace
}  // namespace hptck
