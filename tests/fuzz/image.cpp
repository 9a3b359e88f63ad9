// SPDX-License-Identifier: Apache-2.0
// PNG and JPEG files.
#include "core/io/image.h"

#include "tests/fuzz/fuzz.h"

using namespace weft;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::int64_t kMostPixels = 1 << 16;
  for (const int channels : {1, 3, 4})
    testing::accepts([&] {
      const Tensor image = parse_image({data, size}, "fuzz", {.channels = channels, .max_pixels = kMostPixels});
      testing::require(image.rank() == 3 && image.dim(2) == channels && image.dim(0) * image.dim(1) <= kMostPixels);
      testing::require(image.to_vector<int>().size() == static_cast<std::size_t>(image.numel()));
    });
  return 0;
}
