// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/module.h"

namespace weft WEFT_EXPORT {

// Dropout1d, Dropout2d and Dropout3d: feature_dropout in training for images, otherwise x. Derived layers fix the
// number of spatial axes.
class ImageDropout : public Module {
 public:
  // (n, spatial..., c); the same shape and dtype. ShapeError for another rank.
  Tensor forward(Tensor x) const;
  WEFT_MODULE()

 protected:
  // Settings of the derived layer, with its name in errors and its number of spatial axes.
  ImageDropout(const char* name, int axes, double rate);
  const char* name_;
  int axes_;
  double rate_;
};

// Over (n, length, c).
class Dropout1d : public ImageDropout {
 public:
  // `rate`: probability that a channel of an image is zero everywhere.
  explicit Dropout1d(double rate = 0.5);
  Dropout1d remake() const { return Dropout1d(rate_); }
};

// Over (n, height, width, c).
class Dropout2d : public ImageDropout {
 public:
  // `rate`: probability that a channel of an image is zero everywhere.
  explicit Dropout2d(double rate = 0.5);
  Dropout2d remake() const { return Dropout2d(rate_); }
};

// Over (n, depth, height, width, c).
class Dropout3d : public ImageDropout {
 public:
  // `rate`: probability that a channel of an image is zero everywhere.
  explicit Dropout3d(double rate = 0.5);
  Dropout3d remake() const { return Dropout3d(rate_); }
};

}  // namespace weft
