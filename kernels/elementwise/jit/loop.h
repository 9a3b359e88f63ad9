// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "kernels/elementwise/tiles/tiles.h"

// Elementwise programs as loops of machine code that are made for them: what one instruction computes for the next
// stays in a register, and memory is touched once for each operand. The tile machine, which gives the same bits, runs
// what has no such code.
namespace weft::kernels {

// False where no loop can be: another processor, too few elements, other types. True does not promise one.
bool may_compile(const Lowered& lowered);
// Lets the program run so where that can be: computed in f32, with sums in f64 at most, every operand dense, a scalar,
// a row that all others meet or a number for each row, a processor with AVX2.
void compile_loop(CpuProgram& p);

}  // namespace weft::kernels
