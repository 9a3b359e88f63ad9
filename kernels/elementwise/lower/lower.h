// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <span>

#include "core/exec/kernel.h"
#include "kernels/elementwise/lower/geometry.h"

namespace weft::kernels {

// A node made ready for any device.
struct Lowered {
  Program program;
  Geometry geometry;
  std::optional<Fn> plain;  // function_program(fn) does the same
};

// From an elementwise function, cast, uniform, normal, or a node whose body holds those and `full`. Every output has
// the shape to which everything in the body broadcasts, or is the sum, max or min of such a value over leading or
// trailing axes. Stores and reductions come last, reductions first. Of a node with a body, inputs and outputs are the
// body's. Throws ShapeError, or ValueError where the program has more instructions, registers, operands or outputs than
// Program holds.
Lowered lower(const exec::KernelRequest& request);
// The program of these outputs alone; they keep their numbers. With `columns`, for reductions over leading axes that
// leave as many results, what depends on the column alone belongs to the prologue.
Lowered lower(const exec::KernelRequest& request, std::span<const int> outputs, std::int64_t columns = 0);

}  // namespace weft::kernels
