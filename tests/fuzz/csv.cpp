// SPDX-License-Identifier: Apache-2.0
// Tables: the first byte has the separator and whether there is a header, the rest is the file.
#include "core/io/csv.h"

#include "tests/fuzz/fuzz.h"

using namespace weft;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  testing::Input input({data, size});
  const auto choice = input.take<std::uint8_t>();
  const data::CsvOptions options{.separator = ",;\t |:,,"[choice % 8], .header = (choice & 8) != 0};
  testing::accepts([&] {
    const data::Csv csv = data::parse_csv(detail::ByteSource(input.rest(), "fuzz", "csv"), options);
    testing::require(csv.values.rank() == 2 && csv.values.dim(0) > 0);
    testing::require(csv.names.size() == (options.header ? static_cast<std::size_t>(csv.values.dim(1)) : 0));
    testing::require(csv.values.to_vector<double>().size() == static_cast<std::size_t>(csv.values.numel()));
  });
  return 0;
}
