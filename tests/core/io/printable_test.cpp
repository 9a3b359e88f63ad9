// SPDX-License-Identifier: Apache-2.0
#include "core/io/printable.h"

#include <gtest/gtest.h>

namespace weft::testing {
namespace {

using detail::is_clean_text;
using detail::printable;

TEST(Printable, KeepsCharactersAndEscapesBytes) {
  EXPECT_EQ(printable("grüße, 数, 🙂"), "grüße, 数, 🙂");
  EXPECT_EQ(printable(std::string_view("a\0\n\x7f", 4)), "a\\x00\\x0a\\x7f");
  EXPECT_EQ(printable("gr\xf6\xdf"), "gr\\xf6\\xdf");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");                    // "/" in two bytes
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");                    // cut off
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // half of a surrogate pair
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // behind the last character
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");                    // a control character of terminals
}

TEST(Printable, CutsBetweenCharacters) {
  EXPECT_EQ(printable("üüü", 2), "üü...");
  EXPECT_EQ(printable("üü", 2), "üü");
}

TEST(Printable, CleanText) {
  EXPECT_TRUE(is_clean_text("weight (grüße)"));
  EXPECT_TRUE(is_clean_text(""));
  EXPECT_FALSE(is_clean_text("a\tb"));
  EXPECT_FALSE(is_clean_text("\xff"));
}

}  // namespace
}  // namespace weft::testing
