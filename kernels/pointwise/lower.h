// SPDX-License-Identifier: Apache-2.0
#pragma once
<<<<<<< HEAD
#include <optional>

#include "core/exec/kernel.h"
#include "kernels/pointwise/geometry.h"

namespace weft::kernels {

// A node made ready for any device.
struct Lowered {
  Program program;
  Geometry geometry;
  std::optional<Fn> plain;  // the node is this one function, f32 in and out: its program is function_program(fn)
};

// From an elementwise function, cast, uniform, normal, or a pointwise node whose body holds those and `full`. Every
// output must have the shape to which everything in the body broadcasts. Throws ShapeError, or ValueError where the
// program has more instructions, registers, operands or outputs than Program holds.
=======
#include <array>
#include <cstdint>
#include <vector>

#include "core/exec/kernel.h"
#include "core/formula/program.h"

namespace weft::kernels {

// The elements of the result in row-major order, axes merged where every operand allows it, innermost last.
struct Elements {
  static constexpr int kMaxRank = 8;
  int rank = 0;
  std::int64_t count = 0;
  std::array<std::int64_t, kMaxRank> size{};
  // Elements to skip per axis, for each program input; 0 where it is repeated.
  std::array<std::array<std::int64_t, kMaxRank>, Program::kMaxInputs> stride{};
};

// A node as a program over the operands of its call.
struct Lowered {
  Program program;
  Elements elements;
  std::vector<std::size_t> operand;  // call input behind each program input
  std::vector<std::size_t> state;    // call input behind each generator state
};

// Throws DTypeError or ValueError for a body that no program can hold.
>>>>>>> main
Lowered lower(const exec::KernelRequest& request);

}  // namespace weft::kernels
