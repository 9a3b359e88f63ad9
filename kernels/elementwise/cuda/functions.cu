// SPDX-License-Identifier: Apache-2.0
#include "kernels/elementwise/cuda/cuda_launch.h"
#include "kernels/elementwise/cuda/kernels.cuh"
#include "kernels/elementwise/lower/common_programs.h"
#include "weft/cuda.h"

namespace weft::kernels {
namespace {

// Runs a program that is a compile-time constant.
template <class Prog>
__global__ void __launch_bounds__(kPointwiseBlock) pointwise_kernel(const __grid_constant__ ThreadOperands operands) {
  run_pointwise<Prog>(operands, operands.walk);
}

// Runs the body of a common program, behind the prologue of the program that was found to be one.
template <class C, int n>
__device__ void run_common(const ThreadOperands& operands, const Program& given, std::int64_t begin, std::int64_t end,
                           std::int64_t stride) {
  if (begin >= end) return;
  constexpr Program body = BodyOf<C>::value;
  constexpr Walk walk{.dense = ~0u};
  ThreadMachine<unsigned, body.registers, n, true> machine(operands, given, walk);
  WEFT_UNROLL
  for (int reg = 0; reg < C::value.filled; ++reg) {
    const float value = filled_value(given, reg, operands.inputs);
    WEFT_UNROLL
    for (int i = 0; i < n; ++i) machine.template write<float>(reg).put(i, value);
  }
  for (std::int64_t pack = begin; pack < end; pack += stride) {
    machine.move_to(pack);
    interpreter::run_constant<BodyOf<C>, 0, body.count>(machine);
  }
}

template <class C>
__global__ void __launch_bounds__(kPointwiseBlock, 4)
    common_kernel(const __grid_constant__ ThreadOperands operands, const __grid_constant__ Program program) {
  const Share s(operands);
  run_common<C, kLanes>(operands, program, s.thread, s.packs, s.threads);
  run_common<C, 1>(operands, program, s.singles + s.thread, operands.geometry.count, s.threads);
}

template <Fn fn>
struct FunctionProgram {
  using Word = unsigned;
  static constexpr Program value = function_program(fn);
};

using ConstantKernel = void (*)(ThreadOperands);

// The kernel made ahead of time for one function on f32.
ConstantKernel constant_kernel(Fn fn) {
  switch (fn) {
#define WEFT_CASE(Name, name) \
  case Fn::k##Name:           \
    return pointwise_kernel<FunctionProgram<Fn::k##Name>>;
    WEFT_UNARY_FNS(WEFT_CASE)
    WEFT_BINARY_FNS(WEFT_CASE)
    WEFT_TERNARY_FNS(WEFT_CASE)
#undef WEFT_CASE
  }
  return nullptr;
}

}  // namespace

void launch_common(const PointwisePass& pass, const ThreadOperands& operands, const Call& call) {
  const Launch launch = launch_of(pass);
  with_common_program(pass.common, [&]<class C>() {
    cuda::launch(common_kernel<C>, launch.grid, launch.block, 0, call, operands, pass.program);
  });
}

void launch_function(Fn fn, const PointwisePass& pass, const ThreadOperands& operands, const Call& call) {
  const Launch launch = launch_of(pass);
  cuda::launch(constant_kernel(fn), launch.grid, launch.block, 0, call, operands);
}

}  // namespace weft::kernels
