// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cuda_runtime.h>

#include <optional>
#include <vector>

#include "core/exec/kernel.h"
#include "kernels/elementwise/cuda/operands.h"
#include "weft/kernel_call.h"

namespace weft::kernels {

// One launch of a program: over all elements, or with the reductions in which it ends.
struct CudaTraversal {
  Program program;
  Geometry geometry;
  Walk walk;
  std::optional<Fn> plain;  // function_program(fn) does the same
  int reductions = 0;
  int lanes = kLanes;      // elements that a thread takes at a time
  ReductionCut reduction;  // without its partials
};

// The kernel made ahead of time for a function on f32.
void launch_function(Fn fn, const CudaTraversal& traversal, const ThreadOperands& operands, const Call& call);
// The kernel that runs any program.
void launch_interpreter(const CudaTraversal& traversal, const ThreadOperands& operands, const ReductionCut& reduction,
                        const Call& call);
// Joins what the pieces of a reduction gave.
void launch_join(const CudaTraversal& traversal, const ThreadOperands& operands, const ReductionCut& reduction,
                 const Call& call);

// The blocks of a traversal, and their threads.
struct Launch {
  dim3 grid, block;
};
Launch launch_of(const CudaTraversal& traversal);

// The traversals that compute a body's outputs, or one elementwise node's: one over the elements and, where it ends in
// reductions of several kinds, one more for each further kind. The traversal that stores over an operand comes last.
std::vector<CudaTraversal> cuda_traversals(const exec::KernelRequest& request);

}  // namespace weft::kernels
