// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "core/device/cpu/machine.h"
#include "core/device/thread_pool.h"
#include "kernels/elementwise/run/engines.h"

// Programs, inputs and comparisons for tests that loops compiled for a program give the tile machine's bits.
namespace weft::testing {

using kernels::CpuProgram;
using kernels::Operands;
using kernels::Window;
using Kind = Instr::Kind;

constexpr std::int64_t kCount = 5000;

inline Instr instr(Kind kind, int dst, int a = 0, int b = 0, int c = 0, Fn fn = Fn::kAdd) {
  Instr in;
  in.kind = kind;
  in.fn = fn;
  in.dst = static_cast<unsigned char>(dst);
  in.a = static_cast<unsigned char>(a);
  in.b = static_cast<unsigned char>(b);
  in.c = static_cast<unsigned char>(c);
  return in;
}

// A program over kCount elements; its last inputs are scalars.
class Writer {
 public:
  Writer(int inputs, int scalars) {
    lowered_.program.inputs = static_cast<short>(inputs + scalars);
    Geometry& g = lowered_.geometry;
    g.count = g.size[0] = kCount;
    g.rank = 1;
    for (int i = 0; i < inputs + scalars; ++i) {
      g.step[i][0] = i < inputs;
      g.follow[i] = i < inputs ? Follow::kDense : Follow::kScalar;
    }
    for (std::int64_t& kept : g.kept) kept = kCount;
  }
  int add(Instr in) {
    Program& p = lowered_.program;
    p.registers = std::max<short>(p.registers, static_cast<short>(in.dst + 1));
    p.code[p.count++] = in;
    return in.dst;
  }
  void uniform() { lowered_.program.prologue = lowered_.program.count; }
  int constant(int dst, float value) {
    lowered_.program.constants[constants_] = std::bit_cast<unsigned>(value);
    return add(instr(Kind::kConstant, dst, constants_++));
  }
  void store(int reg) { add(instr(Kind::kStore, 0, reg, lowered_.program.outputs++)); }
  // Sums of the columns of rows of that length.
  void sum(int reg, std::int64_t row) {
    Program& p = lowered_.program;
    lowered_.geometry.kept[p.outputs] = row;
    add(instr(Kind::kReduce, 0, reg, p.outputs++));
  }
  // The total of each row of that length.
  void total(int reg, std::int64_t row) {
    Program& p = lowered_.program;
    lowered_.geometry.kept[p.outputs] = kCount / row;
    add(instr(Kind::kReduce, 0, reg, p.outputs++, 1));
  }
  CpuProgram done() const { return kernels::cpu_program(lowered_); }
  Program& program() { return lowered_.program; }
  Geometry& geometry() { return lowered_.geometry; }

 private:
  kernels::Lowered lowered_;
  int constants_ = 0;
};

inline std::vector<float> numbers(std::size_t n, unsigned seed) {
  constexpr float kInf = std::numeric_limits<float>::infinity(), kNaN = std::numeric_limits<float>::quiet_NaN();
  const float special[] = {0.0f,  -0.0f,  kInf,   -kInf, kNaN, 1.0f, -1.0f,
                           88.8f, -87.4f, 1e-40f, 3e38f, 0.5f, 2.5f, -104.0f};
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 3);
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = i % 7 == 0 ? special[random() % std::size(special)] : normal(random);
  return x;
}

// Same bits; NaNs are alike, and denormal numbers are zeros, which minima and selections may or may not make of them.
inline float canonical(float x) {
  if (std::isnan(x)) return std::numeric_limits<float>::quiet_NaN();
  const auto bits = std::bit_cast<unsigned>(x);
  return (bits & 0x7f800000u) == 0 ? std::bit_cast<float>(bits & 0x80000000u) : x;
}
inline bool same(float a, float b) { return std::bit_cast<int>(canonical(a)) == std::bit_cast<int>(canonical(b)); }

using Run = void (*)(const CpuProgram&, const Operands&, const Window&);

// The outputs of a window, in memory that begins some times `shift` elements behind a multiple of 64 bytes.
inline std::vector<std::vector<float>> outputs_of(const CpuProgram& p, Run run,
                                                  const std::vector<std::vector<float>>& inputs, const Window& w,
                                                  std::size_t shift = 0) {
  Operands operands;
  for (std::size_t i = 0; i < inputs.size(); ++i) operands.inputs[i] = inputs[i].data();
  std::vector<std::vector<float>> memory(static_cast<std::size_t>(p.program.outputs),
                                         std::vector<float>(kCount + 64, -77.0f));
  std::vector<std::vector<float>> outputs;
  for (std::size_t i = 0; i < memory.size(); ++i) {
    const std::size_t past = reinterpret_cast<std::uintptr_t>(memory[i].data()) / sizeof(float) % 16;
    operands.outputs[i] = memory[i].data() + (16 - past) % 16 + shift * (i + 1);
  }
  // Sums stay as their states, as many doubles as there may be columns, whose last digits depend on the order.
  std::vector<std::vector<double>> states(memory.size(), std::vector<double>(kCount / 2, 0.5));
  for (std::size_t i = 0; i < memory.size(); ++i) {
    if (p.geometry.kept[i] == kCount) continue;
    operands.partials[i] = {states[i].data(), 0};
    operands.outputs[i] = states[i].data();
  }
  run(p, operands, w);
  for (std::size_t i = 0; i < memory.size(); ++i) {
    const auto* first = static_cast<const float*>(operands.outputs[i]);
    operands.partials[i].states ? outputs.emplace_back(states[i].begin(), states[i].end())
                                : outputs.emplace_back(first, first + kCount);
  }
  return outputs;
}

inline void expect_same(const std::vector<std::vector<float>>& got, const std::vector<std::vector<float>>& expected,
                        const std::string& what) {
  for (std::size_t o = 0; o < got.size(); ++o)
    for (std::size_t i = 0; i < got[o].size(); ++i)
      ASSERT_TRUE(same(got[o][i], expected[o][i]))
          << what << ", output " << o << ", element " << i << " is " << got[o][i] << ", should be " << expected[o][i];
}

// Calls f for the instruction sets that loops are compiled for.
template <class F>
void on_every_isa(F&& f) {
  const FlushDenormals flush;
  for (const cpu::Isa isa : cpu::usable_isas()) {
    cpu::use_isa(isa);
    if (isa != cpu::Isa::kBaseline) f();
  }
  cpu::use_isa(cpu::usable_isas().back());
}

inline void compare(const CpuProgram& p, const std::vector<std::vector<float>>& inputs, const std::string& what) {
  ASSERT_TRUE(p.loop) << what << " is not compiled";
  const Window all{0, 1, kCount, 0};
  expect_same(outputs_of(p, p.run, inputs, all), outputs_of(p, p.run_tiles, inputs, all), what);
}

inline CpuProgram two_outputs() {
  Writer w(2, 1);
  w.add(instr(Kind::kLoad, 0, 2));
  w.uniform();
  w.add(instr(Kind::kLoad, 1, 0));
  w.add(instr(Kind::kLoad, 2, 1));
  w.add(instr(Kind::kFn, 3, 1, 2, 0, Fn::kFma));
  w.add(instr(Kind::kFn, 4, 3, 0, 0, Fn::kTanh));
  w.store(3);
  w.store(4);
  return w.done();
}

}  // namespace weft::testing
