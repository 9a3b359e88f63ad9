// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include "kernels/pointwise/lower.h"
#include "kernels/pointwise/pointwise.h"
#include "kernels/pointwise/threads.cuh"
#include "weft/cuda.h"

namespace weft::kernels {
namespace {

constexpr int kBlock = 256;
constexpr std::int64_t kMaxBlocks = std::int64_t{1} << 15;  // more than any GPU holds at once; threads go on by strides

// Runs a program that is a compile-time constant.
template <class Prog>
__global__ void __launch_bounds__(kBlock) pointwise_kernel(const __grid_constant__ ThreadOperands operands) {
  constexpr Program program = Prog::value;  // device code may not refer to the static member itself
  ThreadMachine<unsigned, program.registers> machine(operands, program);
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x * kLanes;
  for (std::int64_t i = (static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) * kLanes;
       i < operands.geometry.count; i += stride) {
    machine.move_to(i);
    interpreter::run_constant<Prog, 0, program.count>(machine);
  }
}

// Runs any program. Word is as wide as the widest register.
template <class Word>
__global__ void __launch_bounds__(kBlock) pointwise_interpreter_kernel(const __grid_constant__ ThreadOperands operands,
                                                                       const __grid_constant__ Program program) {
  ThreadMachine<Word, Program::kMaxRegisters> machine(operands, program);
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x * kLanes;
  std::int64_t i = (static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) * kLanes;
  if (i >= operands.geometry.count) return;
  machine.move_to(i);
  for (int k = 0; k < program.prologue; ++k) interpreter::interpret(program.code[k], machine);
  for (; i < operands.geometry.count; i += stride) {
    machine.move_to(i);
    for (int k = program.prologue; k < program.count; ++k) interpreter::interpret(program.code[k], machine);
  }
}

template <Fn fn>
struct FunctionProgram {
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

bool aligned(const View& view) {
  return reinterpret_cast<std::uintptr_t>(view.data) % (size_of(view.spec.dtype) * kLanes) == 0;
}

void run(const Lowered& lowered, const Call& call) {
  if (lowered.geometry.count == 0) return;
  ThreadOperands operands;
  operands.geometry = lowered.geometry;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    operands.inputs[i] = call.inputs[i].data;
    operands.packed_inputs |= static_cast<unsigned>(aligned(call.inputs[i])) << i;
  }
  for (std::size_t i = 0; i < call.outputs.size(); ++i) {
    operands.outputs[i] = call.outputs[i].data;
    operands.packed_outputs |= static_cast<unsigned>(aligned(call.outputs[i])) << i;
  }
  constexpr std::int64_t kPerBlock = kBlock * kLanes;
  const std::int64_t blocks = std::min((lowered.geometry.count + kPerBlock - 1) / kPerBlock, kMaxBlocks);
  const dim3 grid(static_cast<unsigned>(blocks));
  if (lowered.plain) {
    cuda::launch(constant_kernel(*lowered.plain), grid, dim3(kBlock), 0, call, operands);
  } else if (lowered.program.wide) {
    cuda::launch(pointwise_interpreter_kernel<unsigned long long>, grid, dim3(kBlock), 0, call, operands,
                 lowered.program);
  } else {
    cuda::launch(pointwise_interpreter_kernel<unsigned>, grid, dim3(kBlock), 0, call, operands, lowered.program);
  }
}

}  // namespace

exec::PreparedKernel prepare_pointwise_cuda(const exec::KernelRequest& request) {
  const auto lowered = std::make_shared<const Lowered>(lower(request));
  const Program& program = lowered->program;
  if (std::any_of(program.code, program.code + program.count,
                  [](const Instr& in) { return in.kind == Instr::Kind::kReduce; }))
    throw DeviceError(request.op.name(), request.path, "reductions in a body run on the CPU only");
  return {[lowered](const Call& call) { run(*lowered, call); }};
}

}  // namespace weft::kernels
