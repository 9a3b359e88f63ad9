// SPDX-License-Identifier: Apache-2.0
#include "weft/resampling.h"

#include <utility>

#include "core/base/check.h"
#include "weft/error.h"

namespace weft {
namespace {

std::int64_t checked(const char* name, std::int64_t r) {
  if (r < 1) fail<ValueError>(name, "r is ", r, "; it must be positive");
  return r;
}

}  // namespace

Upsample::Upsample(ResizeOptions options) : options_(std::move(options)) {}
Tensor Upsample::forward(Tensor x) const { return resize(x, options_); }

PixelShuffle::PixelShuffle(std::int64_t r) : r_(checked("pixel_shuffle", r)) {}
Tensor PixelShuffle::forward(Tensor x) const { return pixel_shuffle(x, r_); }

PixelUnshuffle::PixelUnshuffle(std::int64_t r) : r_(checked("pixel_unshuffle", r)) {}
Tensor PixelUnshuffle::forward(Tensor x) const { return pixel_unshuffle(x, r_); }

}  // namespace weft
