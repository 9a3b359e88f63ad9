// SPDX-License-Identifier: Apache-2.0
#include "kernels/pointwise/tiles.h"

#include <algorithm>
#include <array>

#include "kernels/pointwise/tiles_isa.h"

namespace weft::kernels {
namespace {

using Kind = Instr::Kind;

// As many elements as keep all registers in L1, in whole cache lines of any type.
int lanes_of(const Program& program) {
  const int bytes = (program.wide ? 8 : 4) * std::max<int>(program.registers, 1);
  return std::clamp(kTileBytes / bytes / 64 * 64, 64, 1024);
}

bool stores_whole(const Instr& store) {
  return store.storage == Storage::kF32 || store.storage == Storage::kF64 || store.storage == Storage::kI64;
}

// The inputs that steps after `made` read, as bits.
unsigned inputs_read_after(const TileProgram& p, int made) {
  std::array<unsigned, Program::kMaxRegisters> shown{};  // the input that a register may show in place
  unsigned reads = 0;
  for (int i = 0; i < p.count; ++i) {
    const Instr& in = p.steps[i].in;
    const unsigned input = 1u << in.a;
    const bool loads = in.kind == Kind::kLoad, draws = in.kind == Kind::kUniform || in.kind == Kind::kNormal;
    if (i > made) {
      const std::array<unsigned char, 3> registers{in.a, in.b, in.c};
      for (int r = 0; r < sources(in.kind, in.fn); ++r) reads |= shown[registers[static_cast<std::size_t>(r)]];
      if (loads || draws) reads |= input;
    }
    if (has_result(in.kind)) shown[in.dst] = loads ? input : 0;
  }
  return reads;
}

// The step before `end` that last writes the register.
int maker(const TileProgram& p, int reg, int end) {
  int i = end - 1;
  while (i >= 0 && !(has_result(p.steps[i].in.kind) && p.steps[i].in.dst == reg)) --i;
  return i;
}

// Lets the step that makes an output's value write it to the output at once, where it is stored as it is.
void find_direct(TileProgram& p) {
  for (int s = p.prologue; s < p.count; ++s) {
    const Instr& store = p.steps[s].in;
    if (store.kind != Kind::kStore || !stores_whole(store)) continue;
    const int made = maker(p, store.a, s);
    if (made < p.prologue || p.steps[made].in.kind == Kind::kLoad || p.steps[made].direct >= 0) continue;
    p.steps[made].direct = store.b;
    p.read_later[store.b] = inputs_read_after(p, made);
  }
}

}  // namespace

TileProgram tile_program(const Lowered& lowered) {
  TileProgram p;
  p.program = lowered.program;
  p.geometry = lowered.geometry;
  p.lanes = lanes_of(p.program);
  p.prologue = p.program.prologue;
  p.count = p.program.count;
  for (int i = 0; i < p.count; ++i) p.steps[i].in = p.program.code[i];
  find_direct(p);
  switch (cpu::isa()) {
    case cpu::Isa::kBaseline:
      baseline::resolve(p);
      break;
#if defined(__x86_64__)
    case cpu::Isa::kAvx2:
      avx2::resolve(p);
      break;
    case cpu::Isa::kAvx512:
      avx512::resolve(p);
      break;
#else
    case cpu::Isa::kAvx2:
    case cpu::Isa::kAvx512:
      break;  // never chosen there
#endif
  }
  return p;
}

}  // namespace weft::kernels
