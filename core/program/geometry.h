// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/program/program.h"
#include "core/scalar/annotate.h"

namespace weft {

// Broadcasting of one operand: with `(n, c) + (c)` the second is kStrided.
enum class Follow : std::uint8_t {
  kDense,    // element i for output element i
  kScalar,   // one element for all
  kStrided,  // broadcast along some axes
};

// The elements' axes, and every operand's stride along them. Axes of size 1 are dropped, and neighbors along which
// every operand has one stride are merged: two operands of (8, 3) have one axis of 24.
struct Geometry {
  static constexpr int kMaxAxes = 6;
  std::int64_t count = 0;
  int rank = 0;
  std::int64_t size[kMaxAxes] = {};
  std::int64_t step[Program::kMaxAccesses][kMaxAxes] = {};  // in elements, 0 where broadcast
  Follow follow[Program::kMaxAccesses] = {};
  // Number of elements of an output. A reduction joins element i of the program into element
  //   i % kept             over leading axes
  //   i / (count / kept)   over trailing axes
  std::int64_t kept[Program::kMaxOutputs] = {};

  // Offset in an operand of the element that output element i reads.
  WEFT_HD std::int64_t offset(int access, std::int64_t i) const {
    if (follow[access] == Follow::kDense) return i;
    if (follow[access] == Follow::kScalar) return 0;
    // 32 bits where they suffice, because dividing 64 bits is several times slower on a GPU.
    return count < (std::int64_t{1} << 31) ? walk(access, static_cast<std::uint32_t>(i)) : walk(access, i);
  }

 private:
  template <class Index>
  WEFT_HD std::int64_t walk(int access, Index i) const {
    std::int64_t at = 0;
    for (int axis = rank - 1; axis >= 0; --axis) {
      const auto n = static_cast<Index>(size[axis]);
      at += static_cast<std::int64_t>(i % n) * step[access][axis];
      i /= n;
    }
    return at;
  }
};

}  // namespace weft
