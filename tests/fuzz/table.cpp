// SPDX-License-Identifier: Apache-2.0
// Tables of text: the first two bytes have the layout, the rest is the file.
#include "core/data/table/read_table.h"
#include "tests/fuzz/fuzz.h"

using namespace weft;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  testing::Input input({data, size});
  const auto marks = input.take<std::uint8_t>(), layout = input.take<std::uint8_t>();
  const data::TableOptions options{.separator = ",;\t |:,,"[marks % 8],
                                   .decimal = (marks & 8) != 0 ? ',' : '.',
                                   .comment = (marks & 16) != 0 ? '#' : '\0',
                                   .skip_lines = layout % 4,
                                   .header = (layout & 4) != 0};
  testing::accepts([&] {
    const data::Table table = data::parse_table(detail::ByteSource(input.rest(), "fuzz", "table"), options);
    testing::require(table.size() > 0 && !table.names().empty());
    for (const std::string& name : table.names()) testing::require(table.column(name).size() == table.size());
    testing::require(!table.describe().empty());
    testing::require(table.split(0.5, {.stratify = table.names()[0]}).train.size() <= table.size());
  });
  return 0;
}
