// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "weft/detail/export.h"
#include "weft/tensor.h"

// Statistics beyond the reductions in weft/ops.h; axes and errors as there. Integers give f32.
namespace weft WEFT_EXPORT {

// sqrt(variance(x, axes, keep, correction)), torch.std and, with correction 0, numpy.std.
[[nodiscard]] Tensor standard_deviation(const Tensor& x, std::vector<int> axes = {}, bool keep = false,
                                        int correction = 1);
// (sum |x|^p)^(1/p); p = 0 counts what is not 0, infinity is the largest |x|, -infinity the smallest. Slope 0 where all
// x are 0, as in PyTorch.
[[nodiscard]] Tensor norm(const Tensor& x, double p = 2, std::vector<int> axes = {}, bool keep = false);
// The value below which a share q of the elements along an axis lies, linear between neighbors; NaN if an element is.
// ValueError unless 0 <= q <= 1, ShapeError of no elements.
[[nodiscard]] Tensor quantile(const Tensor& x, double q, int axis = -1, bool keep = false);
// The element in the middle along an axis, of an even number the smaller of the two, as in PyTorch; numpy.median is
// quantile(x, 0.5). NaN if an element is. Any dtype, which is kept. ShapeError of no elements.
[[nodiscard]] Tensor median(const Tensor& x, int axis = -1, bool keep = false);

}  // namespace weft
