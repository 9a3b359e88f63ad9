// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/elementwise/cuda/threads.cuh"

// The kernels of elementwise programs that are compile-time constants: nvcc compiles this text for those that are known
// when weft is built, NVRTC for all others, the host compiler for the emulation.
namespace weft::kernels {

// Runs a program that is a compile-time constant for the packs [begin, end) of n elements, by strides.
template <class Prog, int n>
__device__ void run_program(const ThreadOperands& operands, Walk walk, std::int64_t begin, std::int64_t end,
                            std::int64_t stride) {
  if (begin >= end) return;
  constexpr Program program = Prog::value;  // device code may not refer to the static member itself
  ThreadMachine<typename Prog::Word, program.registers, n, true> machine(operands, program, walk);
  interpreter::run_constant<Prog, 0, program.prologue>(machine);
  for (std::int64_t pack = begin; pack < end; pack += stride) {
    machine.move_to(pack);
    interpreter::run_constant<Prog, program.prologue, program.count>(machine);
  }
}

// A thread's share of the elements: packs of lanes as far as they go, then single elements.
struct Share {
  std::int64_t thread, threads, packs, singles;
  __device__ explicit Share(const ThreadOperands& o, int lanes = kLanes)
      : thread(static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x),
        threads(static_cast<std::int64_t>(gridDim.x) * blockDim.x),
        packs(o.packs ? o.geometry.count / lanes : 0),
        singles(packs * lanes) {}
};

template <class Prog, int lanes = kLanes>
__device__ void run_elementwise(const ThreadOperands& operands, Walk walk) {
  const Share s(operands, lanes);
  run_program<Prog, lanes>(operands, walk, s.thread, s.packs, s.threads);
  run_program<Prog, 1>(operands, walk, s.singles + s.thread, operands.geometry.count, s.threads);
}
// run_elementwise() for fewer elements than a pack has.
template <class Prog>
__device__ void run_single(const ThreadOperands& operands, Walk walk) {
  run_program<Prog, 1>(operands, walk, threadIdx.x, operands.geometry.count, blockDim.x);
}

}  // namespace weft::kernels
