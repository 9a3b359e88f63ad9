// SPDX-License-Identifier: Apache-2.0
// IDX files, packed or not.
#include "core/io/idx.h"

#include "tests/fuzz/fuzz.h"

using namespace weft;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  testing::accepts([&] {
    const Tensor x = data::parse_idx(detail::ByteSource({data, size}, "fuzz", "idx"));
    testing::require(x.to_vector<double>().size() == static_cast<std::size_t>(x.numel()));
  });
  return 0;
}
