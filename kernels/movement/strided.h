// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "core/exec/kernel.h"

// A movement op as an index space: each axis has a stride in the input and a stride in the output.
namespace weft::kernels {

inline constexpr int kMaxAxes = 16;

// out[out_offset + sum(i_k * out_k)] = in[in_offset + sum(i_k * in_k)] for all i; offsets and strides are in elements.
// Axes of size 1 are gone, and neighboring axes that act as one are merged. There is at least one axis.
struct Strided {
  int rank = 0;
  std::int64_t size[kMaxAxes] = {};
  std::int64_t in[kMaxAxes] = {};
  std::int64_t out[kMaxAxes] = {};
  std::int64_t in_offset = 0;
  std::int64_t out_offset = 0;

  std::int64_t count() const {
    std::int64_t n = 1;
    for (int k = 0; k < rank; ++k) n *= size[k];
    return n;
  }
  // True for one run of elements on both sides.
  bool dense() const { return rank == 1 && in[0] == 1 && out[0] == 1; }
  // True if every element lies at its destination already.
  bool is_there(const void* to, const void* from, std::size_t element_bytes) const {
    const auto element = static_cast<std::int64_t>(element_bytes);
    return dense() &&
           static_cast<const char*>(to) + out_offset * element == static_cast<const char*>(from) + in_offset * element;
  }
  // The axis of a transpose: input elements are neighbors along it, and it is not the last axis. -1 if there is none.
  int transposed_axis() const;
  // The axes but the last one and `axis` (-1: but the last one), with the same offsets. May have rank 0.
  Strided around(int axis) const;
};

// A run of elements of the output.
struct Run {
  std::int64_t begin = 0, count = 0;
};

struct Movement {
  std::vector<Strided> copies;  // one per input, or all of input 0; the planner may have put elements there already
  bool zero_first = false;      // the copies leave gaps
  std::vector<Run> gaps;        // to be zeroed, besides
  bool one_input = false;       // all copies are of input 0

  std::size_t input_of(std::size_t copy) const { return one_input ? 0 : copy; }
};

// The copies and gaps of a movement op, from its attributes. ShapeError if more than kMaxAxes axes remain.
Movement movement_of(const exec::KernelRequest& request);

}  // namespace weft::kernels
