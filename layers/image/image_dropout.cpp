// SPDX-License-Identifier: Apache-2.0
#include "weft/image_dropout.h"

#include "core/base/check.h"
#include "layers/image/rank.h"
#include "weft/error.h"
#include "weft/noise.h"

namespace weft {

ImageDropout::ImageDropout(const char* name, int axes, double rate) : name_(name), axes_(axes), rate_(rate) {
  if (!(rate >= 0 && rate < 1)) fail<ValueError>(name, "rate is ", rate, ", it must lie in [0, 1)");
}
Tensor ImageDropout::forward(Tensor x) const {
  expect_images(name_, x, axes_);
  return training() ? feature_dropout(x, rate_) : x;
}
Dropout1d::Dropout1d(double rate) : ImageDropout("dropout1d", 1, rate) {}
Dropout2d::Dropout2d(double rate) : ImageDropout("dropout2d", 2, rate) {}
Dropout3d::Dropout3d(double rate) : ImageDropout("dropout3d", 3, rate) {}

}  // namespace weft
