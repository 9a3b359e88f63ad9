// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/scalar/annotate.h"
#include "kernels/movement/strided.h"

namespace weft::kernels {

// Copies element i of the index space, in row-major order.
template <class T>
WEFT_HD inline void copy_element(const Strided& s, const T* in, T* out, std::int64_t i) {
  std::int64_t from = s.in_offset, to = s.out_offset;
  for (int axis = s.rank - 1; axis >= 0; --axis) {
    from += i % s.size[axis] * s.in[axis];
    to += i % s.size[axis] * s.out[axis];
    i /= s.size[axis];
  }
  out[to] = in[from];
}

}  // namespace weft::kernels
