// SPDX-License-Identifier: Apache-2.0
#include "kernels/elementwise/cuda/cuda_source.h"

#include <algorithm>

#include "core/base/check.h"

namespace weft::kernels {
namespace {

std::string instruction(const Instr& in) {
  return cat("    {Instr::Kind(", int(in.kind), "), Type(", int(in.type), "), Type(", int(in.from), "), Storage(",
             int(in.storage), "), Fn(", int(in.fn), "), ", int(in.dst), ", ", int(in.a), ", ", int(in.b), ", ",
             int(in.c), "},\n");
}

std::string walk_text(const Walk& walk) {
  return cat("Walk{", walk.dense, "u, ", walk.scalar, "u, ", walk.row, "u, ", walk.column, "u, ", walk.rank, ", ",
             int(walk.narrow), "}");
}

// f64 functions need more registers than can be had with four blocks on a multiprocessor; they would spill.
std::string launch_bounds(const CudaTraversal& traversal) {
  const Instr* end = traversal.program.code + traversal.program.count;
  const bool f64 = std::any_of(traversal.program.code, end,
                               [](const Instr& in) { return in.type == Type::kF64 || in.from == Type::kF64; });
  const int block = traversal.reductions > 0 ? kReduceBlock : kElementwiseBlock;
  return cat("__launch_bounds__(", block, f64 ? "" : ", 4", ")");
}

}  // namespace

std::string program_text(const Program& program) {
  std::string code, constants;
  for (int i = 0; i < program.count; ++i) code += instruction(program.code[i]);
  for (const unsigned long long constant : program.constants) constants += cat(constant, "ull, ");
  return cat("{{\n", code, "    }, {", constants, "}, ", program.count, ", ", program.prologue, ", ", program.registers,
             ", ", program.inputs, ", ", program.outputs, ", ", int(program.wide), "}");
}

std::string cuda_source(const CudaTraversal& traversal) {
  const bool reduces = traversal.reductions > 0;
  // The walk of accesses beyond the program's own is never read.
  std::string text =
      cat("#include \"kernels/elementwise/cuda/", reduces ? "reduce" : "kernels", ".cuh\"\n",
          "namespace weft::kernels {\nstruct Prog {\n  using Word = ",
          traversal.program.wide ? "unsigned long long" : "unsigned", ";\n  static constexpr Program value",
          program_text(traversal.program), ";\n};\n", "extern \"C\" __global__ void ", launch_bounds(traversal), " ",
          kCudaSourceKernel, "(const __grid_constant__ ThreadOperands operands");
  const std::string walk = walk_text(traversal.walk);
  if (reduces) {
    text += cat(
        ", const __grid_constant__ ReductionCut given) {\n  ReductionCut reduction = given;\n  reduction.trailing = ",
        int(traversal.reduction.trailing), ";\n  run_reduction<Prog, ", traversal.lanes, ">(operands, ", walk,
        ", reduction);\n}\n");
  } else {
    const std::string run =
        traversal.geometry.count < kLanes ? "run_single<Prog>" : cat("run_elementwise<Prog, ", traversal.lanes, ">");
    text += cat(") {\n  ", run, "(operands, ", walk, ");\n}\n");
  }
  return text + "}\n";
}

}  // namespace weft::kernels
