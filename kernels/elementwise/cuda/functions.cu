// SPDX-License-Identifier: Apache-2.0
#include "kernels/elementwise/cuda/cuda_traversal.h"
#include "kernels/elementwise/cuda/kernels.cuh"
#include "weft/cuda.h"

namespace weft::kernels {
namespace {

// Runs a program that is a compile-time constant.
template <class Prog>
__global__ void __launch_bounds__(kElementwiseBlock)
    elementwise_kernel(const __grid_constant__ ThreadOperands operands) {
  run_elementwise<Prog>(operands, operands.walk);
}

template <Fn fn>
struct FunctionProgram {
  using Word = unsigned;
  static constexpr Program value = function_program(fn);
};

using ConstantKernel = void (*)(ThreadOperands);

// The kernel made ahead of time for one function on f32.
ConstantKernel kernel_of(Fn fn) {
  switch (fn) {
#define WEFT_CASE(Name, name) \
  case Fn::k##Name:           \
    return elementwise_kernel<FunctionProgram<Fn::k##Name>>;
    WEFT_UNARY_FNS(WEFT_CASE)
    WEFT_BINARY_FNS(WEFT_CASE)
    WEFT_TERNARY_FNS(WEFT_CASE)
#undef WEFT_CASE
  }
  return nullptr;
}

}  // namespace

void launch_function(Fn fn, const CudaTraversal& traversal, const ThreadOperands& operands, const Call& call) {
  const Launch launch = launch_of(traversal);
  cuda::launch(kernel_of(fn), launch.grid, launch.block, 0, call, operands);
}

}  // namespace weft::kernels
