// SPDX-License-Identifier: Apache-2.0
#pragma once
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
Lowered lower(const exec::KernelRequest& request);

}  // namespace weft::kernels
