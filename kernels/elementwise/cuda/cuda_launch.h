// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <optional>

#include "kernels/elementwise/cuda/operands.h"
#include "kernels/jit/cuda_specialised.h"
#include "weft/kernel_call.h"

namespace weft::kernels {

// One launch of a program: over all elements, or with the reductions in which it ends.
struct PointwisePass {
  Program program;
  Geometry geometry;
  Walk walk;
  std::optional<Fn> plain;  // function_program(fn) does the same
  int reductions = 0;
  int lanes = kLanes;      // elements that a thread takes at a time
  ReductionCut reduction;  // without its partials
  std::shared_ptr<const SpecialisedKernel> specialised;
};

// The kernel made ahead of time for a function on f32.
void launch_function(Fn fn, const PointwisePass& pass, const ThreadOperands& operands, const Call& call);
// The kernel that runs any program.
void launch_interpreter(const PointwisePass& pass, const ThreadOperands& operands, const ReductionCut& reduction,
                        const Call& call);
// Joins what the pieces of a reduction gave.
void launch_join(const PointwisePass& pass, const ThreadOperands& operands, const ReductionCut& reduction,
                 const Call& call);

// The blocks of a pass, and their threads.
struct Launch {
  dim3 grid, block;
};
Launch launch_of(const PointwisePass& pass);

}  // namespace weft::kernels
