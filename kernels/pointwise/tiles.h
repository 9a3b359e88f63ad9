// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/pointwise/geometry.h"

// Pointwise programs on the CPU: each instruction runs over a tile of neighbouring elements that stays in L1.
namespace weft::kernels {

inline constexpr int kTile = 512;

struct TileProgram {
  Program program;
  Geometry geometry;
  int direct_instr = -1;  // the instruction that writes its result straight to ...
  int direct_output = -1;
};

struct Operands {
  const void* inputs[Program::kMaxAccesses] = {};
  void* outputs[Program::kMaxOutputs] = {};
};

// The last result may go to the output's memory at once: nothing reads an operand after it, so it does not matter that
// the output may lie where an operand does.
void find_direct_output(TileProgram& p);

// Elements [begin, end) of the outputs.
void run_tiles(const TileProgram& p, const Operands& operands, std::int64_t begin, std::int64_t end);

}  // namespace weft::kernels
