// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <vector>

#include "weft/detail/export.h"
#include "weft/tensor.h"

namespace weft WEFT_EXPORT {
namespace detail {

// True if `f` traces one elementwise program for all of these shapes. Element i of a result then comes from element i
// of tensors of the shape, from single numbers, and from random number i of a draw. Such a program treats tensors that
// lie side by side as it treats each of them alone, with other draws. `f` makes its own arguments, for example by
// zeros(). Nothing runs.
WEFT_EXPORT bool traces_elementwise(const std::function<std::vector<Tensor>(const Shape&)>& f,
                                    const std::vector<Shape>& shapes);

}  // namespace detail
}  // namespace weft
