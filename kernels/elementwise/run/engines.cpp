// SPDX-License-Identifier: Apache-2.0
#include "kernels/elementwise/run/engines.h"

#include "kernels/elementwise/jit/loop.h"

namespace weft::kernels {

CpuProgram cpu_program(const Lowered& lowered, CpuEngine first) {
  CpuProgram p = tile_program(lowered);
  p.run = p.run_tiles;
  if (first == CpuEngine::kReference) p.run = p.run_reference;
  if (first == CpuEngine::kLoop) compile_loop(p);
  return p;
}

CpuEngine engine_of(const CpuProgram& p) {
  if (p.loop) return CpuEngine::kLoop;
  return p.run == p.run_tiles ? CpuEngine::kTiles : CpuEngine::kReference;
}

}  // namespace weft::kernels
