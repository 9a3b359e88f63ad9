// SPDX-License-Identifier: Apache-2.0
// Records and names of CIFAR, of 10 or 100 classes by the first byte.
#include "core/data/images/cifar.h"

#include <vector>

#include "tests/fuzz/fuzz.h"

using namespace weft;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  testing::Input input({data, size});
  const bool fine = input.take<std::uint8_t>() % 2 == 1;
  const detail::CifarRecord record{"fuzz", fine ? 100u : 10u, fine ? 2u : 1u};
  testing::accepts([&] {
    std::vector<std::byte> pixels(input.rest().size());
    std::vector<std::int64_t> labels;
    detail::parse_cifar(std::as_bytes(input.rest()), "fuzz", record, pixels.data(), labels);
    testing::require(labels.size() == record.count(input.rest().size(), "fuzz"));
  });
  testing::accepts([&] {
    testing::require(detail::parse_cifar_names(testing::text_of(input.rest()), "fuzz", record).size() ==
                     record.classes);
  });
  return 0;
}
