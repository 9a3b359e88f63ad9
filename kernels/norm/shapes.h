// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>

#include "core/exec/kernel.h"
#include "core/scalar/annotate.h"

namespace weft::kernels {

// A batch with its channels last, cut into blocks of rows whose statistics are made apart and then joined in order.
// The cut follows from the shape alone.
struct ChannelBlocks {
  std::int64_t rows = 0, channels = 0;
  std::int64_t block_rows = 1, blocks = 1;

  WEFT_HD std::int64_t begin(std::int64_t block) const { return block * block_rows < rows ? block * block_rows : rows; }
  WEFT_HD std::int64_t end(std::int64_t block) const { return begin(block + 1); }
};

// Blocks of about `work` elements, but no more than `most` of them; at least one, also for an empty batch.
inline ChannelBlocks channel_blocks(const Shape& shape, std::int64_t work, std::int64_t most) {
  ChannelBlocks b;
  b.channels = shape[-1];
  b.rows = b.channels ? shape.numel() / b.channels : 0;
  b.block_rows = std::max<std::int64_t>({1, work / std::max<std::int64_t>(1, b.channels), (b.rows + most - 1) / most});
  b.blocks = std::max<std::int64_t>(1, (b.rows + b.block_rows - 1) / b.block_rows);
  return b;
}

}  // namespace weft::kernels
