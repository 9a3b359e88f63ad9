// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/kernels/harness_run.h"
#include "tests/support/every_device.h"

namespace weft::testing {
namespace {

class TransposeOn : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(TransposeOn);

// More tiles than the CUDA kernel has blocks, so that some take a second one: into the same shared memory, which their
// slower threads may still be reading.
TEST_P(TransposeOn, ManyTiles) {
  constexpr std::int64_t kPlanes = (1 << 16) + 3, kSide = 16;
  constexpr std::size_t kArea = kSide * kSide;
  const TensorSpec spec{{kPlanes, kSide, kSide}, DType::kU8};
  RawTensor x{spec, Bytes(static_cast<std::size_t>(spec.bytes()))};
  for (std::size_t i = 0; i < x.bytes.size(); ++i) x.bytes[i] = static_cast<std::uint8_t>(i * 97 + i / kArea);
  ir::Node node;
  node.op = ir::OpId::of("transpose");
  node.attributes = {{"perm", ir::Ints{0, 2, 1}}};
  const RawRun run = run_raw(node, {x}, device());
  std::size_t wrong = 0;
  for (std::size_t plane = 0; plane < kPlanes; ++plane)
    for (std::size_t row = 0; row < kSide; ++row)
      for (std::size_t column = 0; column < kSide; ++column)
        wrong +=
            run.outputs[0].bytes[plane * kArea + column * kSide + row] != x.bytes[plane * kArea + row * kSide + column]
                ? 1
                : 0;
  EXPECT_EQ(wrong, 0u);
}

}  // namespace
}  // namespace weft::testing
