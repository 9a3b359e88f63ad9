// SPDX-License-Identifier: Apache-2.0
#include "kernels/pool/shape.h"

#include <cstddef>
#include <numeric>

namespace weft::kernels {

PoolShape pool_shape(const ir::Attributes& attributes, const Shape& x, const Shape& y) {
  PoolShape s;
  s.n = x[0];
  s.c = x[-1];
  if (attributes.has("divisor")) s.divisor = attributes.integer("divisor");
  const ir::Ints& sizes = attributes.ints("window");
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    WindowAxis& axis = s.axis[PoolShape::kAxes - sizes.size() + i];
    axis.in = x.dims()[i + 1];
    axis.out = y.dims()[i + 1];
    axis.size = sizes[i];
    axis.stride = attributes.ints("strides")[i];
    axis.dilation = attributes.ints("dilations")[i];
    axis.low = attributes.ints("padding_low")[i];
    axis.every = axis.dilation / std::gcd(axis.dilation, axis.stride);
    if (!attributes.has("divisor")) continue;
    axis.counted_low = attributes.ints("counted_low")[i];
    axis.counted_high = attributes.ints("counted_high")[i];
  }
  return s;
}

}  // namespace weft::kernels
