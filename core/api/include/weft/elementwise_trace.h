// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <vector>

#include "weft/export.h"
#include "weft/tensor.h"

namespace weft::detail {

// Whether a function of a shape traces the same elementwise program for all of these shapes: element i of each result
// comes from element i of tensors of that shape and from single numbers. Such a function does for many tensors side by
// side what it does for each of them. The function makes its own arguments, as with zeros(). Nothing runs.
WEFT_EXPORT bool traces_elementwise(const std::function<std::vector<Tensor>(const Shape&)>& f,
                                    const std::vector<Shape>& shapes);

}  // namespace weft::detail
