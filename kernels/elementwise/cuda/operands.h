// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/program/geometry.h"

// Arguments of the CUDA kernels that run elementwise programs.
namespace weft::kernels {

inline constexpr int kElementwiseBlock = 256, kReduceBlock = 256;  // threads
inline constexpr int kJoinBlock = 256, kMostJoinColumns = 32;      // of the block that joins pieces

inline constexpr int kLanes = 4, kMostLanes = 8;  // 16 bytes of f32, and of 16-bit types

// Broadcasting of the operands, a bit for each access. An access without a bit is looked up lane by lane.
struct Walk {
  unsigned dense = 0, scalar = 0;  // bits of Follow::kDense and kScalar
  // Along the last axis an operand has neighbors, or the same element all the way; no pack of lanes crosses its end.
  unsigned row = 0, column = 0;
  int rank = 0;         // of the geometry
  bool narrow = false;  // element numbers fit in 32 bits, where dividing is several times quicker
  constexpr bool has(unsigned which, int access) const { return (which >> access & 1) != 0; }
};

struct ThreadOperands {
  const void* inputs[Program::kMaxAccesses] = {};
  void* outputs[Program::kMaxOutputs] = {};
  bool packs = false;  // packs are aligned in every operand
  Walk walk;
  Geometry geometry;
};

// The cut, which follows from the shape alone.
struct ReductionCut {
  bool trailing = false;
  int team = 1;                             // threads, a power of two; the block is (team, slots) or (slots, team)
  std::int64_t results = 0, units = 0;      // per output
  std::int64_t steps = 0, piece_steps = 0;  // packs of elements that go into a unit, and into a piece of it
  std::int64_t unit_stride = 0, step_stride = 0;
  int pieces = 1;
  void* partials = nullptr;  // (reductions, pieces, results) of unsigned long long, from the low bits
};

}  // namespace weft::kernels
