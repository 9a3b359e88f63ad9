// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "core/exec/kernel.h"
#include "kernels/pointwise/geometry.h"

namespace weft::kernels {

// A node made ready for any device.
struct Lowered {
  Program program;
  Geometry geometry;
  std::optional<Fn> plain;  // function_program(fn) does the same
};

// From an elementwise function, cast, uniform, normal, or a pointwise node whose body holds those and `full`. Every
// output must have the shape to which everything in the body broadcasts. Throws ShapeError, or ValueError where the
// program has more instructions, registers, operands or outputs than Program holds.
Lowered lower(const exec::KernelRequest& request);

}  // namespace weft::kernels
