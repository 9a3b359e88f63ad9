// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "core/exec/kernel.h"
#include "kernels/elementwise/lower/geometry.h"

namespace weft::kernels {

// How operands of these shapes, each broadcast to `out`, follow its elements. Throws ShapeError where more than
// kMaxPointwiseAxes axes remain.
Geometry collapse(const exec::KernelRequest& request, const Shape& out, std::span<const Shape> operands);

}  // namespace weft::kernels
