// SPDX-License-Identifier: Apache-2.0
#include "kernels/pointwise/cuda_launch.h"
#include "kernels/pointwise/kernels.cuh"
#include "kernels/pointwise/reduce.cuh"
#include "weft/cuda.h"

namespace weft::kernels {
namespace {

// Runs any program. Word is as wide as the widest register.
template <class Word>
__global__ void __launch_bounds__(kPointwiseBlock)
    pointwise_interpreter_kernel(const __grid_constant__ ThreadOperands operands,
                                 const __grid_constant__ Program program) {
  const Share s(operands);
  interpret_program<Word, kLanes>(operands, program, s.thread, s.packs, s.threads);
  interpret_program<Word, 1>(operands, program, s.singles + s.thread, operands.geometry.count, s.threads);
}

template <class Word, int n>
__global__ void __launch_bounds__(kReduceBlock)
    reduce_interpreter_kernel(const __grid_constant__ ThreadOperands operands, const __grid_constant__ Program program,
                              const __grid_constant__ ReductionCut reduction) {
  interpret_reduction<Word, n>(operands, program, reduction);
}

template <class Word>
__global__ void __launch_bounds__(kReduceBlock)
    join_pieces_kernel(const __grid_constant__ ThreadOperands operands, const __grid_constant__ Program program,
                       const __grid_constant__ ReductionCut reduction) {
  join_pieces<Word>(operands, program, reduction);
}

template <class Word>
void interpret_reduction(const PointwisePass& pass, const ThreadOperands& operands, const ReductionCut& reduction,
                         const Call& call) {
  const Launch launch = launch_of(pass);
  const auto kernel = pass.lanes == 1 ? reduce_interpreter_kernel<Word, 1> : reduce_interpreter_kernel<Word, kLanes>;
  cuda::launch(kernel, launch.grid, launch.block, 0, call, operands, pass.program, reduction);
}

}  // namespace

void launch_interpreter(const PointwisePass& pass, const ThreadOperands& operands, const ReductionCut& reduction,
                        const Call& call) {
  const Launch launch = launch_of(pass);
  const bool wide = pass.program.wide;
  if (pass.reductions > 0) {
    if (wide) return interpret_reduction<unsigned long long>(pass, operands, reduction, call);
    return interpret_reduction<unsigned>(pass, operands, reduction, call);
  }
  const auto kernel = wide ? pointwise_interpreter_kernel<unsigned long long> : pointwise_interpreter_kernel<unsigned>;
  cuda::launch(kernel, launch.grid, launch.block, 0, call, operands, pass.program);
}

void launch_join(const PointwisePass& pass, const ThreadOperands& operands, const ReductionCut& reduction,
                 const Call& call) {
  const auto kernel = pass.program.wide ? join_pieces_kernel<unsigned long long> : join_pieces_kernel<unsigned>;
  const auto tiles = static_cast<unsigned>((reduction.results + kJoinColumns - 1) / kJoinColumns);
  cuda::launch(kernel, dim3(tiles, static_cast<unsigned>(pass.reductions)), dim3(kJoinColumns, kJoinLanes), 0, call,
               operands, pass.program, reduction);
}

}  // namespace weft::kernels
