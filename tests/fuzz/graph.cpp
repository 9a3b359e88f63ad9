// SPDX-License-Identifier: Apache-2.0
// Texts of graphs: one that is read is printed, read and printed again to the same text.
#include "core/ir/print.h"
#include "core/ir/read.h"
#include "tests/fuzz/fuzz.h"

using namespace weft;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text;
  if (testing::accepts([&] { text = ir::print(ir::read(testing::text_of({data, size}))); }))
    testing::require(ir::print(ir::read(text)) == text);
  return 0;
}
