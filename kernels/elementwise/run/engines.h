// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "kernels/elementwise/tiles/tiles.h"

// The engines that run elementwise programs, and the choice among them: here for the CPU, in cuda_elementwise.cpp for
// CUDA.
namespace weft::kernels {

// In the order of preference; the last one takes every program.
enum class CudaEngine {
  kFunction,     // a kernel made ahead of time for one function on f32
  kSpecialized,  // a kernel that NVRTC made for the program
  kInterpreter,  // instruction by instruction, each over a few elements of a thread
};
enum class CpuEngine {
  kLoop,       // machine code made for the program
  kTiles,      // instruction by instruction, each over a tile of elements
  kReference,  // element by element
};

// Names as candidates of a kernel row, and so in explain().
constexpr std::string_view name_of(CpuEngine engine) {
  return engine == CpuEngine::kLoop ? "loop" : engine == CpuEngine::kTiles ? "tiles" : "reference";
}
constexpr std::string_view name_of(CudaEngine engine) {
  return engine == CudaEngine::kFunction      ? "function"
         : engine == CudaEngine::kSpecialized ? "specialized"
                                              : "interpreter";
}

// The program for the first engine that takes it, from `first` on, on the instruction set that cpu::isa() names.
CpuProgram cpu_program(const Lowered& lowered, CpuEngine first = CpuEngine::kLoop);
CpuEngine engine_of(const CpuProgram& p);

}  // namespace weft::kernels
