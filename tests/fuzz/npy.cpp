// SPDX-License-Identifier: Apache-2.0
// NumPy's arrays and archives of them.
#include <cstring>

#include "core/io/host_memory.h"
#include "core/io/npy.h"
#include "core/io/npz.h"
#include "tests/fuzz/fuzz.h"

using namespace weft;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto memory = detail::host_memory(size);
  if (size > 0) std::memcpy(memory.get(), data, size);
  const std::span<const std::byte> bytes{memory.get(), size};
  testing::accepts([&] {
    const Tensor x = weft::data::parse_npy(bytes, memory, "fuzz");
    testing::require(x.to(DType::kF64).to_vector<double>().size() == static_cast<std::size_t>(x.numel()));
    testing::require(!weft::data::npy_header(x, "fuzz").empty());
  });
  testing::accepts([&] {
    for (const auto& [name, x] : weft::data::parse_npz(bytes, memory, "fuzz"))
      testing::require(x.to(DType::kF64).to_vector<double>().size() == static_cast<std::size_t>(x.numel()));
  });
  return 0;
}
