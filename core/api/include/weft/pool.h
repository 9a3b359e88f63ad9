// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/detail/export.h"
#include "weft/per_axis.h"
#include "weft/tensor.h"

// Pooling over windows that slide along the spatial axes of images, channels last: x (n, spatial..., c), with one to
// three spatial axes. Errors are those of weft/ops.h; besides, ValueError for windows without size, and for padding of
// more than half a window.
namespace weft WEFT_EXPORT {

// Windows of max pooling.
struct MaxPoolOptions {
  PerAxis window;         // elements
  PerAxis stride = {};    // distance of neighboring windows; none: the window's size
  PerAxis padding = {};   // before and behind the image, never the largest; none: 0
  PerAxis dilation = {};  // distance of neighboring elements of a window; none: 1
  bool ceil = false;      // a last window that ends behind the padding, if the window begins in the image or before
};
// The largest elements, and which elements of their windows they are.
struct MaxPoolResult {
  Tensor y, index;  // (n, windows..., c) each
};
// The largest element of each window: (n, spatial..., c) -> (n, windows..., c). An axis has floor((size + 2 padding -
// dilation (window - 1) - 1) / stride) + 1 windows. NaN is larger than any number; of equal elements the first
// takes the gradient. All dtypes.
[[nodiscard]] Tensor max_pool(const Tensor& x, const MaxPoolOptions& options);
// max_pool() with the positions in the windows, counted in row-major order, as u8; as i32 if a window has more than 256
// elements. PyTorch counts within the image.
[[nodiscard]] MaxPoolResult max_pool_with_index(const Tensor& x, const MaxPoolOptions& options);
// Values put back to where max_pool_with_index() of the same options took them from, and 0 elsewhere: (n, windows...,
// c) -> (n, spatial..., c). Values of one element add up. `size`: spatial sizes; none: (windows - 1) stride - 2 padding
// + dilation (window - 1) + 1. All dtypes but bool. An index outside the window is a DataError at the next read.
[[nodiscard]] Tensor max_unpool(const Tensor& y, const Tensor& index, const MaxPoolOptions& options,
                                const PerAxis& size = {});
// The largest element of windows that part an axis into size[i] shares: elements floor(j in / size) up to ceil((j + 1)
// in / size). All dtypes.
[[nodiscard]] Tensor adaptive_max_pool(const Tensor& x, const PerAxis& size);
// The largest element of each channel: (n, spatial..., c) -> (n, c).
[[nodiscard]] Tensor global_max_pool(const Tensor& x);

// Windows of average pooling.
struct AvgPoolOptions {
  PerAxis window;             // elements
  PerAxis stride = {};        // distance of neighboring windows; none: the window's size
  PerAxis padding = {};       // zeros before and behind the image; none: 0
  bool ceil = false;          // as in MaxPoolOptions
  bool count_padding = true;  // means count the zeros of the padding
  std::int64_t divisor = 0;   // what sums are divided by; 0: the number of elements that count
};
// The mean of each window: (n, spatial..., c) -> (n, windows..., c). Floating dtypes; 16-bit types are added in f32.
[[nodiscard]] Tensor avg_pool(const Tensor& x, const AvgPoolOptions& options);
// The mean of windows that part an axis into size[i] shares, as adaptive_max_pool(). Floating dtypes.
[[nodiscard]] Tensor adaptive_avg_pool(const Tensor& x, const PerAxis& size);
// The mean of each channel: (n, spatial..., c) -> (n, c). Integers give f32.
[[nodiscard]] Tensor global_avg_pool(const Tensor& x);

// Windows of L_p pooling.
struct LpPoolOptions {
  PerAxis window;       // elements
  PerAxis stride = {};  // distance of neighboring windows; none: the window's size
  bool ceil = false;    // as in MaxPoolOptions
};
// The p-norm of each window, sum(|x|^p)^(1/p): (n, spatial..., c) -> (n, windows..., c). Its gradient at a window of
// zeros is 0. Floating dtypes; ValueError unless p is positive.
[[nodiscard]] Tensor lp_pool(const Tensor& x, double p, const LpPoolOptions& options);

}  // namespace weft
