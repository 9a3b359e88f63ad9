// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>

#include "core/device/cpu/machine.h"
#include "kernels/elementwise/lower/lower.h"

// Elementwise programs on the CPU, run on windows of their elements. The tile engine runs each instruction over a tile
// of neighboring elements that stays in L1. This is also how other CPU kernels run an epilogue on what they have just
// computed:
//
//   const CpuProgram p = cpu_program(lower(request));            // once; see run/engines.h
//   Operands operands;                                           // per run: the addresses
//   operands.inputs[0] = tile, operands.row_step[0] = ld;        // the tile of (rows, cols) results, rows ld apart
//   run_window(p, operands, {row * n + column, rows, cols, n});  // its place in the (m, n) result
//
// A reduction over the leading axes joins the window's rows into operands.partials[output]; states.h says how
// partials begin, are joined in order and become the output.
namespace weft::kernels {

// States of a reduction: states[k - first] belongs to element k of the output. A state is a double for
// floating values, an std::int64_t for others.
struct Partial {
  void* states = nullptr;
  std::int64_t first = 0;
};

struct Operands {
  const void* inputs[Program::kMaxAccesses] = {};
  // Not 0: the input, of the full shape, is not in memory as a whole. inputs[i] holds the window's part of it, in the
  // input's dtype, rows this many elements apart.
  std::int64_t row_step[Program::kMaxAccesses] = {};
  void* outputs[Program::kMaxOutputs] = {};     // as a whole; null: not wanted
  Partial partials[Program::kMaxOutputs] = {};  // of outputs that are reductions; null: not wanted
};

// Elements of the full shape: `rows` pieces of `cols` neighbors, the first beginning at element `begin`, the others
// `pitch` elements apart.
struct Window {
  std::int64_t begin = 0, rows = 1, cols = 0, pitch = 0;
};

// An instruction, or two that run as one, ready to be called. A pair is `in`, whose result nobody else reads, and then
// `second` on that result and, if it takes two, register in.c.
struct TileStep {
  void (*run)(const TileStep&, void* machine) = nullptr;
  Instr in;
  bool pair = false;
  bool swapped = false;  // the result is the second operand
  Fn second = Fn::kAdd;
  int direct = -1;  // the output that the result may be written to at once
};

class CompiledLoop;

inline constexpr int kTileBytes = 24 * 1024;  // of all registers; L1 has 32 KiB or more, operands want some of it

// A program made ready for the CPU. `run` is the engine that was chosen for it.
struct CpuProgram {
  Program program;
  Geometry geometry;
  int lanes = 0;  // elements of a tile: as many as keep the registers in L1
  int prologue = 0, count = 0;
  TileStep steps[Program::kMaxInstrs];
  unsigned streams = 0;  // the outputs that are large enough to be written past the caches, as bits
  // The inputs that are still read once an output's result is known, as bits: it may not be written over them before.
  unsigned read_later[Program::kMaxOutputs] = {};
  using Run = void (*)(const CpuProgram&, const Operands&, const Window&);
  Run run = nullptr, run_tiles = nullptr, run_reference = nullptr;
  std::shared_ptr<const CompiledLoop> loop;  // where there is one; it leaves to the tiles what it does not do
};

// Outputs of this size are written past the caches: nothing of them would be left there for their readers.
inline constexpr std::int64_t kStreamedBytes = 8 * 1024 * 1024;

// The program without a choice of engine, for the instruction set that cpu::isa() names.
CpuProgram tile_program(const Lowered& lowered);

// Computes the window's elements of the outputs. An output may be the very same bytes as a dense input.
inline void run_window(const CpuProgram& p, const Operands& operands, const Window& window) {
  p.run(p, operands, window);
}

}  // namespace weft::kernels
