// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/detail/export.h"
#include "weft/module.h"
#include "weft/resize.h"

// Images with more or fewer pixels, as layers, channels last: (n, spatial..., c). Errors and dtypes are those of the
// functions in weft/resize.h.
namespace weft WEFT_EXPORT {

// y = resize(x), over one to three spatial axes; torch.nn.Upsample.
class Upsample : public Module {
 public:
  // The new sizes or the factors, and the values between elements.
  explicit Upsample(ResizeOptions options);
  // (n, spatial..., c) -> (n, sizes..., c)
  Tensor forward(Tensor x) const;
  Upsample remake() const { return Upsample(options_); }
  WEFT_MODULE()

 private:
  ResizeOptions options_;
};

// y = pixel_shuffle(x, r)
class PixelShuffle : public Module {
 public:
  // Pixels per channel along each axis.
  explicit PixelShuffle(std::int64_t r);
  // (n, h, w, c r r) -> (n, h r, w r, c)
  Tensor forward(Tensor x) const;
  PixelShuffle remake() const { return PixelShuffle(r_); }
  WEFT_MODULE()

 private:
  std::int64_t r_;
};

// y = pixel_unshuffle(x, r)
class PixelUnshuffle : public Module {
 public:
  // Pixels per channel along each axis.
  explicit PixelUnshuffle(std::int64_t r);
  // (n, h r, w r, c) -> (n, h, w, c r r)
  Tensor forward(Tensor x) const;
  PixelUnshuffle remake() const { return PixelUnshuffle(r_); }
  WEFT_MODULE()

 private:
  std::int64_t r_;
};

}  // namespace weft WEFT_EXPORT
