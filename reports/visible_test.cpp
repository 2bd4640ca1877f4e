// Whatever bytes go in, what comes out is UTF-8 that XML 1.0 can carry and a terminal can show.
#include "reports/visible.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace hptck {
namespace {

using namespace std::string_literals;

TEST(Visible, text_fit_to_print_stays) {
  const auto text =
      "plain \t tab\nnewline \xc3\xa4 \xe2\x82\xac \xed\x9f\xbf \xee\x80\x80 \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf <&> \\ ]]>"s;
  EXPECT_EQ(visible(text), text);
}

TEST(Visible, control_characters_become_escapes) {
  EXPECT_EQ(visible("\x1b[31m\0\r\x7f\x07"s), "\\x1b[31m\\x00\\x0d\\x7f\\x07");
  EXPECT_EQ(visible("\xc2\x9b"), "\\u009b");
}

TEST(Visible, bytes_that_are_no_utf8_become_escapes) {
  EXPECT_EQ(visible("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(visible("\xe2\x82"), "\\xe2\\x82");
  EXPECT_EQ(visible("\xe2\x82 "), "\\xe2\\x82 ");
  EXPECT_EQ(visible("\x80"), "\\x80");
}

TEST(Visible, overlong_forms_and_surrogates_are_no_utf8) {
  EXPECT_EQ(visible("\xc0\xaf"), "\\xc0\\xaf");
  EXPECT_EQ(visible("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");
  EXPECT_EQ(visible("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(visible("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(Visible, characters_that_xml_forbids_or_that_reorder_text_become_escapes) {
  EXPECT_EQ(visible("\xef\xbf\xbe\xef\xbf\xbf"), "\\ufffe\\uffff");
  EXPECT_EQ(visible("\xe2\x80\xae\xe2\x81\xa6"), "\\u202e\\u2066");
}

TEST(Visible, line_has_neither_newline_nor_tab) { EXPECT_EQ(visible_line("a\nb\tc\n"), "a b c"); }

RC_GTEST_PROP(Visible, printing_twice_is_printing_once, (const std::string& bytes)) {
  RC_ASSERT(visible(visible(bytes)) == visible(bytes));
}

RC_GTEST_PROP(Visible, nothing_is_dropped, (const std::string& bytes)) {
  RC_ASSERT(visible(bytes).size() >= bytes.size());
}

}  // namespace
}  // namespace hptck
