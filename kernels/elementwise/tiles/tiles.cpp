// SPDX-License-Identifier: Apache-2.0
#include "kernels/elementwise/tiles/tiles.h"

#include <algorithm>
#include <array>
#include <vector>

#include "kernels/elementwise/tiles/tiles_isa.h"

namespace weft::kernels {
namespace {

using Kind = Instr::Kind;

// Elements of a tile: as many as keep all registers in L1, in whole cache lines of any type.
int lanes_of(const Program& program) {
  const int bytes = (program.wide ? 8 : 4) * std::max<int>(program.registers, 1);
  return std::clamp(kTileBytes / bytes / 64 * 64, 64, 512);
}

bool stores_whole(const Instr& store) {
  return store.storage == Storage::kF32 || store.storage == Storage::kF64 || store.storage == Storage::kI64;
}

int bytes_of(Storage storage) {
  switch (storage) {
    case Storage::kF64:
    case Storage::kI64:
      return 8;
    case Storage::kF32:
    case Storage::kI32:
      return 4;
    case Storage::kBF16:
    case Storage::kF16:
      return 2;
    case Storage::kU8:
    case Storage::kBool:
      break;
  }
  return 1;
}

// The registers that a step reads.
std::vector<int> sources_of(const TileStep& step) {
  const Instr& in = step.in;
  std::vector<int> registers{in.a, in.b, in.c};
  registers.resize(static_cast<std::size_t>(sources(in.kind, in.fn)));
  if (step.pair && arity(step.second) == 2) registers.push_back(in.c);
  return registers;
}
bool reads(const TileStep& step, int reg) {
  const std::vector<int> registers = sources_of(step);
  return std::find(registers.begin(), registers.end(), reg) != registers.end();
}
bool writes(const TileStep& step, int reg) { return has_result(step.in.kind) && step.in.dst == reg; }

// The inputs that steps after `made` read, as bits.
unsigned inputs_read_after(const CpuProgram& p, int made) {
  std::array<unsigned, Program::kMaxRegisters> shown{};  // the input that a register may show in place
  unsigned all = 0;
  for (int i = 0; i < p.count; ++i) {
    const Instr& in = p.steps[i].in;
    const bool loads = in.kind == Kind::kLoad, draws = in.kind == Kind::kUniform || in.kind == Kind::kNormal;
    const unsigned input = loads || draws ? 1u << in.a : 0;
    if (i > made) {
      for (const int reg : sources_of(p.steps[i])) all |= shown[static_cast<std::size_t>(reg)];
      if (loads || draws) all |= input;
    }
    if (has_result(in.kind)) shown[in.dst] = loads ? input : 0;
  }
  return all;
}

// The step before `end` that last writes the register.
int maker(const CpuProgram& p, int reg, int end) {
  int i = end - 1;
  while (i >= 0 && !writes(p.steps[i], reg)) --i;
  return i;
}

// Lets the step that makes an output's value write it to the output at once, where it is stored as it is.
void find_direct(CpuProgram& p) {
  for (int s = p.prologue; s < p.count; ++s) {
    const Instr& store = p.steps[s].in;
    if (store.kind != Kind::kStore || !stores_whole(store)) continue;
    const int made = maker(p, store.a, s);
    if (made < p.prologue || p.steps[made].in.kind == Kind::kLoad || p.steps[made].direct >= 0) continue;
    p.steps[made].direct = store.b;
    p.read_later[store.b] = inputs_read_after(p, made);
  }
}

// Large outputs of 4 bytes an element or more; a conversion keeps narrower ones busy enough.
void find_streams(CpuProgram& p) {
  for (int s = p.prologue; s < p.count; ++s) {
    const Instr& store = p.steps[s].in;
    if (store.kind != Kind::kStore || !stores_whole(store)) continue;
    if (p.geometry.count * bytes_of(store.storage) >= kStreamedBytes) p.streams |= 1u << store.b;
  }
}

bool pairs_up(const Instr& in) {
  const bool arithmetic = in.fn == Fn::kAdd || in.fn == Fn::kSubtract || in.fn == Fn::kMultiply ||
                          in.fn == Fn::kDivide || in.fn == Fn::kSqrt;
  return in.kind == Kind::kFn && in.type == Type::kF32 && arithmetic;
}

// The step that could run as one with step i: the next that reads its result, if it is the only one and the operands
// of i are still there by then; -1 if there is none.
int partner_of(const CpuProgram& p, int i) {
  const Instr& first = p.steps[i].in;
  if (!pairs_up(first) || p.steps[i].pair) return -1;
  int partner = -1;
  for (int j = i + 1; j < p.count; ++j) {
    const TileStep& step = p.steps[j];
    if (reads(step, first.dst)) {
      if (partner >= 0 || !pairs_up(step.in) || step.pair) return -1;
      if (arity(step.in.fn) == 2 && step.in.a == step.in.b) return -1;
      partner = j;
    }
    if (writes(step, first.dst)) break;
    if (partner < 0)
      for (const int source : sources_of(p.steps[i]))
        if (writes(step, source)) return -1;
  }
  return partner;
}

// Two arithmetic steps in one loop: the value between them stays in a register of the machine.
void find_pairs(CpuProgram& p) {
  for (int i = p.prologue; i < p.count; ++i) {
    const int j = partner_of(p, i);
    if (j < 0) continue;
    TileStep& step = p.steps[j];
    const Instr second = step.in, first = p.steps[i].in;
    step.pair = true;
    step.second = second.fn;
    step.swapped = arity(second.fn) == 2 && second.b == first.dst;
    step.in = first;
    step.in.c = step.swapped ? second.a : second.b;
    step.in.dst = second.dst;
    std::copy(p.steps + i + 1, p.steps + p.count, p.steps + i);
    --p.count;
    --i;
  }
}

}  // namespace

CpuProgram tile_program(const Lowered& lowered) {
  CpuProgram p;
  p.program = lowered.program;
  p.geometry = lowered.geometry;
  p.lanes = lanes_of(p.program);
  p.prologue = p.program.prologue;
  p.count = p.program.count;
  for (int i = 0; i < p.count; ++i) p.steps[i].in = p.program.code[i];
  find_pairs(p);
  find_direct(p);
  find_streams(p);
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
