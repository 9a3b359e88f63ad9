// SPDX-License-Identifier: Apache-2.0
#include "core/base/text_table.h"

#include <gtest/gtest.h>

namespace weft::testing {
namespace {

TEST(TextTable, AlignsEachColumnToItsSide) {
  EXPECT_EQ(detail::text_table({{"layer", "bytes", "why"}, {"0", "12345678", ""}, {"blocks.3", "1", "x"}}, "lrl"),
            "layer        bytes  why\n"
            "0         12345678\n"
            "blocks.3         1  x\n");
  EXPECT_EQ(detail::text_table({}, "lr"), "");
  EXPECT_EQ(detail::text_table({{"", ""}}, "lr"), "\n");
}

}  // namespace
}  // namespace weft::testing
