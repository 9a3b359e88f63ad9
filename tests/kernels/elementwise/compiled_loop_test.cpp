// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/device/cpu/machine.h"
#include "core/device/thread_pool.h"
#include "kernels/elementwise/jit/loop_code.h"
#include "kernels/elementwise/run/engines.h"

// Loops that are compiled for a program give the tile machine's bits.
namespace weft::testing {
namespace {

using kernels::CpuProgram;
using kernels::Operands;
using kernels::Window;
using Kind = Instr::Kind;

constexpr std::int64_t kCount = 5000;

Instr instr(Kind kind, int dst, int a = 0, int b = 0, int c = 0, Fn fn = Fn::kAdd) {
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

std::vector<float> numbers(std::size_t n, unsigned seed) {
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
float canonical(float x) {
  if (std::isnan(x)) return std::numeric_limits<float>::quiet_NaN();
  const auto bits = std::bit_cast<unsigned>(x);
  return (bits & 0x7f800000u) == 0 ? std::bit_cast<float>(bits & 0x80000000u) : x;
}
bool same(float a, float b) { return std::bit_cast<int>(canonical(a)) == std::bit_cast<int>(canonical(b)); }

using Run = void (*)(const CpuProgram&, const Operands&, const Window&);

// The outputs of a window, in memory that begins some times `shift` elements behind a multiple of 64 bytes.
std::vector<std::vector<float>> outputs_of(const CpuProgram& p, Run run, const std::vector<std::vector<float>>& inputs,
                                           const Window& w, std::size_t shift = 0) {
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

void expect_same(const std::vector<std::vector<float>>& got, const std::vector<std::vector<float>>& expected,
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

void compare(const CpuProgram& p, const std::vector<std::vector<float>>& inputs, const std::string& what) {
  ASSERT_TRUE(p.loop) << what << " is not compiled";
  const Window all{0, 1, kCount, 0};
  expect_same(outputs_of(p, p.run, inputs, all), outputs_of(p, p.run_tiles, inputs, all), what);
}

struct Function {
  const char* name;
  Fn fn;
};
const Function kFunctions[] = {
#define WEFT_ROW(Name, name) {#name, Fn::k##Name},
    WEFT_UNARY_FNS(WEFT_ROW) WEFT_BINARY_FNS(WEFT_ROW) WEFT_TERNARY_FNS(WEFT_ROW)
#undef WEFT_ROW
};

TEST(CompiledLoops, GiveEveryFunctionsBits) {
  on_every_isa([] {
    for (const Function& f : kFunctions) {
      Writer w(3, 0);
      for (int i = 0; i < 3; ++i) w.add(instr(Kind::kLoad, i, i));
      w.add(instr(Kind::kFn, 3, 0, 1, 2, f.fn));
      w.store(3);
      const CpuProgram p = w.done();
      const bool from_library = f.fn == Fn::kSin || f.fn == Fn::kCos || f.fn == Fn::kPow;
      ASSERT_EQ(p.loop == nullptr, from_library) << f.name;
      if (!from_library) compare(p, {numbers(kCount, 1), numbers(kCount, 2), numbers(kCount, 3)}, f.name);
    }
  });
}

// More values alive than the processor has registers, scalars and constants among them, and several outputs.
TEST(CompiledLoops, GiveRandomProgramsBits) {
  const Fn fns[] = {Fn::kAdd,  Fn::kSubtract, Fn::kMultiply, Fn::kDivide,  Fn::kMaximum, Fn::kFma,
                    Fn::kSqrt, Fn::kTanh,     Fn::kWhere,    Fn::kSigmoid, Fn::kClamp,   Fn::kLess};
  on_every_isa([&] {
    for (unsigned seed = 0; seed < 60; ++seed) {
      std::mt19937 random(seed);
      const int inputs = 1 + static_cast<int>(random() % 5), registers = 8 + static_cast<int>(random() % 39);
      const auto any = [&] { return static_cast<int>(random() % static_cast<unsigned>(registers)); };
      Writer w(inputs, 2);
      int filled = 0;
      for (int i = 0; i < 2; ++i) w.add(instr(Kind::kLoad, filled++, inputs + i));
      w.constant(filled++, 0.75f);
      w.add(instr(Kind::kFn, filled++, 0, 2, 1, Fn::kFma));
      w.uniform();
      for (; filled < registers; ++filled) w.add(instr(Kind::kLoad, filled, filled % inputs));
      const int uniform = 4;  // registers that are filled once
      while (w.program().count < 80)
        w.add(instr(Kind::kFn, std::max(uniform, any()), any(), any(), any(), fns[random() % std::size(fns)]));
      for (int output = 0; output < 1 + static_cast<int>(seed % 4); ++output) w.store(any());
      if (seed % 3 == 0) w.sum(any(), 100);
      std::vector<std::vector<float>> x;
      for (int i = 0; i < inputs + 2; ++i)
        x.push_back(numbers(i < inputs ? kCount : 1, seed * 16 + static_cast<unsigned>(i)));
      compare(w.done(), x, "program " + std::to_string(seed));
    }
  });
}

// Every register is taken and what is computed is needed last of all, so that it looks like the best to give up.
TEST(CompiledLoops, KeepWhatTheyCompute) {
  on_every_isa([] {
    constexpr int kValues = 40;
    Writer w(1, 0);
    w.constant(0, 1.5f);
    w.constant(1, 0.25f);
    w.uniform();
    w.add(instr(Kind::kLoad, 2, 0));
    for (int i = 0; i < kValues; ++i) w.add(instr(Kind::kFn, 3 + i, 2 + i, 2, 0, Fn::kAdd));
    w.add(instr(Kind::kFn, 44, 3, 0, 1, Fn::kFma));
    for (int i = 1; i < kValues; ++i) w.add(instr(Kind::kFn, 3, 3, 3 + i, 0, Fn::kSubtract));
    w.add(instr(Kind::kFn, 3, 3, 44, 0, Fn::kAdd));
    w.store(3);
    compare(w.done(), {numbers(kCount, 1)}, "program");
  });
}

// Choices by one number are made before the loop where it is true, as in an update that is skipped when gradients are
// not finite; a choice by another number, or by elements, stays in the loop.
TEST(CompiledLoops, MakeChoicesByANumberBeforehand) {
  on_every_isa([] {
    Writer w(2, 2);
    w.add(instr(Kind::kLoad, 0, 2));
    w.add(instr(Kind::kLoad, 1, 3));
    w.uniform();
    w.add(instr(Kind::kLoad, 2, 0));
    w.add(instr(Kind::kLoad, 3, 1));
    w.add(instr(Kind::kFn, 4, 2, 3, 0, Fn::kMultiply));
    w.add(instr(Kind::kFn, 5, 0, 4, 2, Fn::kWhere));  // by the first number
    w.add(instr(Kind::kFn, 6, 1, 5, 3, Fn::kWhere));  // by the second
    w.add(instr(Kind::kFn, 7, 0, 6, 5, Fn::kWhere));  // by the first, of what it has chosen
    w.add(instr(Kind::kFn, 8, 2, 7, 4, Fn::kWhere));  // by elements
    w.store(5);
    w.store(7);
    w.store(8);
    w.sum(6, 100);
    CpuProgram p = w.done();
    for (const float first : {0.0f, 1.0f, -0.0f, std::numeric_limits<float>::quiet_NaN()})
      for (const float second : {0.0f, 1.0f}) {
        const std::vector<std::vector<float>> x{numbers(kCount, 1), numbers(kCount, 2), {first}, {second}};
        compare(p, x, "choices by " + std::to_string(first) + " and " + std::to_string(second));
      }
  });
}

CpuProgram two_outputs() {
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

// 16-bit operands and results beside f32, and rounding in between.
TEST(CompiledLoops, ReadAndWriteBF16) {
  on_every_isa([] {
    Writer w(2, 1);
    const auto stored = [](Instr in) {
      in.storage = Storage::kBF16;
      return in;
    };
    w.add(stored(instr(Kind::kLoad, 0, 2)));
    w.uniform();
    w.add(stored(instr(Kind::kLoad, 1, 0)));
    w.add(instr(Kind::kLoad, 2, 1));
    w.add(instr(Kind::kFn, 3, 1, 2, 0, Fn::kFma));
    w.add(instr(Kind::kFn, 3, 3, 0, 0, Fn::kTanh));  // long enough for several vectors at a time
    w.add(stored(instr(Kind::kConvert, 4, 3)));
    w.add(instr(Kind::kFn, 5, 4, 2, 0, Fn::kSubtract));
    w.store(5);
    w.add(stored(instr(Kind::kStore, 0, 3, w.program().outputs++)));
    w.add(stored(instr(Kind::kStore, 0, 1, w.program().outputs++)));
    const CpuProgram p = w.done();
    ASSERT_TRUE(p.loop);
    const std::vector<std::vector<float>> x{numbers(kCount, 1), numbers(kCount, 2), {0.5f}};
    for (const Window& window : {Window{0, 1, kCount, 0}, Window{3, 1, 33, 0}, Window{5, 20, 37, 101}})
      expect_same(outputs_of(p, p.run, x, window, 1), outputs_of(p, p.run_tiles, x, window, 1), "bf16");
  });
}

Instr of_bools(Instr in) {
  in.storage = Storage::kBool;
  return in;
}

// Bools that numbers give, beside those numbers.
TEST(CompiledLoops, WriteBools) {
  on_every_isa([] {
    Writer w(2, 0);
    w.add(instr(Kind::kLoad, 0, 0));
    w.add(instr(Kind::kLoad, 1, 1));
    w.add(instr(Kind::kFn, 2, 0, 1, 0, Fn::kLess));
    w.add(instr(Kind::kFn, 3, 0, 1, 0, Fn::kMultiply));
    w.store(3);
    w.add(of_bools(instr(Kind::kStore, 0, 2, w.program().outputs++)));
    w.add(of_bools(instr(Kind::kStore, 0, 0, w.program().outputs++)));
    const CpuProgram p = w.done();
    ASSERT_TRUE(p.loop);
    const std::vector<std::vector<float>> x{numbers(kCount, 1), numbers(kCount, 2)};
    for (const Window& window : {Window{0, 1, kCount, 0}, Window{3, 1, 33, 0}, Window{5, 20, 37, 101}})
      expect_same(outputs_of(p, p.run, x, window, 1), outputs_of(p, p.run_tiles, x, window, 1), "bools");
  });
}

// Logic on bools alone works on bytes, of which any but 0 is true.
TEST(CompiledLoops, ComputeLogicOnBytes) {
  struct Logic {
    Fn fn;
    bool (*of)(bool, bool);
  };
  const Logic all[] = {
      {Fn::kLogicalNot, [](bool a, bool) { return !a; }},      {Fn::kLogicalAnd, [](bool a, bool b) { return a && b; }},
      {Fn::kLogicalOr, [](bool a, bool b) { return a || b; }}, {Fn::kLogicalXor, [](bool a, bool b) { return a != b; }},
      {Fn::kNotEqual, [](bool a, bool b) { return a != b; }},  {Fn::kEqual, [](bool a, bool b) { return a == b; }}};
  std::vector<std::vector<float>> x(2, std::vector<float>(kCount));
  std::vector<std::vector<unsigned char>> bytes(2, std::vector<unsigned char>(kCount));
  std::mt19937 random(1);
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (unsigned char& byte : bytes[i]) byte = static_cast<unsigned char>(random() % 2 * (1 + random() % 2));
    std::memcpy(x[i].data(), bytes[i].data(), kCount);
  }
  on_every_isa([&] {
    for (const Logic& logic : all) {
      Writer w(2, 0);
      for (int i = 0; i < 2; ++i) w.add(of_bools(instr(Kind::kLoad, i, i)));
      w.add(instr(Kind::kFn, 2, 0, 1, 0, logic.fn));
      w.constant(3, 1.0f);
      w.add(instr(Kind::kFn, 2, 2, 3, 0, Fn::kLogicalAnd));
      w.add(of_bools(instr(Kind::kStore, 0, 2, w.program().outputs++)));
      const CpuProgram p = w.done();
      ASSERT_TRUE(p.loop);
      for (const Window& window : {Window{0, 1, kCount, 0}, Window{3, 1, 33, 0}, Window{5, 20, 37, 101}}) {
        std::vector<unsigned char> expected(kCount * sizeof(float)), got(expected.size());
        std::memcpy(expected.data(), std::vector<float>(kCount, -77.0f).data(), expected.size());
        for (std::int64_t row = 0; row < window.rows; ++row)
          for (std::int64_t column = 0; column < window.cols; ++column) {
            const auto i = static_cast<std::size_t>(window.begin + row * window.pitch + column);
            expected[i] = logic.of(bytes[0][i] != 0, bytes[1][i] != 0) ? 1 : 0;
          }
        std::memcpy(got.data(), outputs_of(p, p.run, x, window)[0].data(), got.size());
        EXPECT_EQ(got, expected) << name_of(logic.fn) << ", " << window.rows << " x " << window.cols;
      }
    }
  });
}

// The common part of softplus(x) and softplus(-x) is computed once.
TEST(CompiledLoops, ShareTheMagnitudeOfXAndMinusX) {
  on_every_isa([] {
    Writer w(1, 0);
    w.add(instr(Kind::kLoad, 0, 0));
    w.add(instr(Kind::kFn, 1, 0, 0, 0, Fn::kNegative));
    w.add(instr(Kind::kFn, 2, 0, 0, 0, Fn::kSoftplus));
    w.add(instr(Kind::kFn, 3, 1, 0, 0, Fn::kSoftplus));
    w.store(2);
    w.store(3);
    compare(w.done(), {numbers(kCount, 1)}, "two softplus");
    const std::optional<kernels::loop::Code> code = kernels::loop::code_of(w.program(), w.geometry());
    ASSERT_TRUE(code);
    const auto logarithms = std::count_if(code->operations.begin(), code->operations.end(),
                                          [](const auto& o) { return o.op == kernels::loop::Op::kToFloat; });
    EXPECT_EQ(logarithms, 1);  // each makes a number of an exponent
  });
}

// Choices between two numbers that compare them become minima and maxima, with the bits at NaN and at zeros.
TEST(CompiledLoops, ClampToNumbers) {
  on_every_isa([] {
    for (const float low : {-0.5f, 0.0f, -0.0f, std::numeric_limits<float>::quiet_NaN()}) {
      Writer w(1, 0);
      w.constant(0, low);
      w.constant(1, 0.75f);
      w.uniform();
      w.add(instr(Kind::kLoad, 2, 0));
      w.add(instr(Kind::kFn, 3, 2, 0, 1, Fn::kClamp));
      w.store(3);
      for (const Fn fn : {Fn::kMinimum, Fn::kMaximum}) {
        w.store(w.add(instr(Kind::kFn, 4, 2, 0, 0, fn)));
        w.store(w.add(instr(Kind::kFn, 5, 0, 2, 0, fn)));
      }
      compare(w.done(), {numbers(kCount, 1)}, "clamp to " + std::to_string(low));
    }
  });
}

// Windows that begin and end anywhere, also past the caches, where results lie at any place in a cache line.
TEST(CompiledLoops, RunAnyWindow) {
  on_every_isa([] {
    CpuProgram p = two_outputs();
    ASSERT_TRUE(p.loop);
    const std::vector<std::vector<float>> x{numbers(kCount, 1), numbers(kCount, 2), {0.5f}};
    for (const unsigned streams : {0u, 3u, 1u}) {
      p.streams = streams;
      for (const Window& w : {Window{0, 1, kCount, 0}, Window{3, 1, 1, 0}, Window{7, 1, 16, 0}, Window{1, 1, 333, 0},
                              Window{5, 20, 37, 101}, Window{0, 50, 100, 100}, Window{5, 20, 48, 101},
                              Window{3, 20, 16, 101}, Window{6, 30, 64, 64}, Window{0, 0, 5, 5}, Window{9, 3, 0, 8}})
        for (const std::size_t shift : {std::size_t{0}, std::size_t{3}})
          expect_same(outputs_of(p, p.run, x, w, shift), outputs_of(p, p.run_tiles, x, w, shift),
                      "window from " + std::to_string(w.begin) + " of " + std::to_string(w.rows) + " x " +
                          std::to_string(w.cols) + ", streams " + std::to_string(streams) + ", shift " +
                          std::to_string(shift));
    }
  });
}

// y = x r + r, of rows that all meet the one row r, and the sums of y's columns.
CpuProgram by_rows(std::int64_t row, bool sums) {
  Writer w(2, 0);
  w.geometry().rank = 2;
  w.geometry().size[0] = kCount / row;
  w.geometry().size[1] = row;
  w.geometry().step[0][0] = row;
  w.geometry().step[0][1] = w.geometry().step[1][1] = 1;
  w.geometry().step[1][0] = 0;
  w.geometry().follow[1] = Follow::kStrided;
  w.add(instr(Kind::kLoad, 0, 0));
  w.add(instr(Kind::kLoad, 1, 1));
  w.add(instr(Kind::kFn, 2, 0, 1, 1, Fn::kFma));
  w.store(2);
  if (sums) w.sum(2, row);
  return w.done();
}

// One call goes through many rows, whether or not vectors fit into them, and begins anywhere in the first one.
TEST(CompiledLoops, GoOnFromRowToRow) {
  on_every_isa([] {
    for (const std::int64_t row : {3, 10, 16, 48, 100, 192}) {
      std::vector<std::vector<float>> x{std::vector<float>(kCount), std::vector<float>(static_cast<std::size_t>(row))};
      for (std::size_t i = 0; i < x[0].size(); ++i) x[0][i] = static_cast<float>(i % 41) - 20;
      for (std::size_t i = 0; i < x[1].size(); ++i) x[1][i] = static_cast<float>(i % 7) + 0.5f;
      const std::int64_t all = kCount / row;
      for (const bool sums : {false, true}) {
        CpuProgram p = by_rows(row, sums);
        ASSERT_TRUE(p.loop);
        for (const Window& w :
             {Window{0, all, row, row}, Window{row, all - 2, row, row}, Window{0, 1, all * row, 0},
              Window{7, 1, 4001, 0}, Window{row + 1, 9, row - 1, row}, Window{row + row % 16, 9, row / 16 * 16, row},
              Window{row + 8, 9, row / 16 * 16, row}, Window{0, 9, row / 16 * 16, row + 1}})
          for (const unsigned streams : {0u, 1u})
            for (const std::size_t shift : {std::size_t{0}, std::size_t{3}}) {
              p.streams = streams;
              expect_same(outputs_of(p, p.run, x, w, shift), outputs_of(p, p.run_tiles, x, w, shift),
                          "rows of " + std::to_string(row) + ", window from " + std::to_string(w.begin) +
                              (streams ? ", streams" : "") + ", shift " + std::to_string(shift));
            }
      }
    }
  });
}

// y = (x a + b) where c is set and x elsewhere, with a number a, b and c for each row, and a row r that all rows meet
// or a total.
CpuProgram by_numbers(std::int64_t span, bool row, bool total) {
  Writer w(row ? 5 : 4, 0);
  w.geometry().rank = 2;
  w.geometry().size[0] = kCount / span;
  w.geometry().size[1] = span;
  w.geometry().step[0][0] = span;
  w.geometry().step[0][1] = 1;
  for (int i = 1; i < 4; ++i) {
    w.geometry().step[i][0] = 1;
    w.geometry().step[i][1] = 0;
    w.geometry().follow[i] = Follow::kStrided;
  }
  if (row) {
    w.geometry().step[4][0] = 0;
    w.geometry().step[4][1] = 1;
    w.geometry().follow[4] = Follow::kStrided;
  }
  const Storage storages[] = {Storage::kF32, Storage::kF32, Storage::kBF16, Storage::kBool, Storage::kF32};
  for (int i = 0; i < (row ? 5 : 4); ++i) {
    Instr load = instr(Kind::kLoad, i, i);
    load.storage = storages[i];
    w.add(load);
  }
  w.add(instr(Kind::kFn, 5, 0, 1, 2, Fn::kFma));
  w.add(instr(Kind::kFn, 5, 3, 5, 0, Fn::kWhere));
  if (row) w.add(instr(Kind::kFn, 5, 5, 4, 0, Fn::kSubtract));
  w.store(5);
  if (total) w.total(5, kCount);
  return w.done();
}

// Windows begin and end within rows; some neighbors have the same numbers, and some differ in one of them or by a
// sign.
TEST(CompiledLoops, ReadANumberOfEachRow) {
  on_every_isa([] {
    EXPECT_FALSE(by_numbers(10, false, false).loop);
    for (const std::int64_t span : {40, 50, 125, 1250})
      for (const bool row : {false, true})
        for (const bool total : {false, true}) {
          CpuProgram p = by_numbers(span, row, total);
          ASSERT_TRUE(p.loop) << span;
          const std::size_t rows = kCount / static_cast<std::size_t>(span);
          std::vector<std::vector<float>> x(5, std::vector<float>(rows));
          x[0].resize(kCount);
          for (std::size_t i = 0; i < x[0].size(); ++i) x[0][i] = static_cast<float>(i % 41) - 20;
          std::vector<std::uint16_t> b(rows);  // bf16
          std::vector<std::uint8_t> c(rows);
          for (std::size_t i = 0; i < rows; ++i) {
            x[1][i] = static_cast<float>(i / 4 % 3);
            if (i % 8 == 0) x[1][i] *= -1.0f;
            b[i] = static_cast<std::uint16_t>(std::bit_cast<unsigned>(-static_cast<float>(i / 3 % 5)) >> 16);
            c[i] = i / 6 % 3 != 1;
          }
          std::memcpy(x[2].data(), b.data(), rows * sizeof(b[0]));
          std::memcpy(x[3].data(), c.data(), rows);
          x[4].assign(static_cast<std::size_t>(span), 0.5f);
          for (const Window& w : {Window{0, 1, kCount, 0}, Window{7, 1, 4001, 0}, Window{span + 1, 3, span - 3, span},
                                  Window{0, 4, span, span}, Window{1, 3, 32, span}, Window{39, 1, 1, 0}})
            for (const unsigned streams : {0u, 1u})
              for (const std::size_t shift : {std::size_t{0}, std::size_t{3}}) {
                p.streams = streams;
                expect_same(outputs_of(p, p.run, x, w, shift), outputs_of(p, p.run_tiles, x, w, shift),
                            "rows of " + std::to_string(span) + ", window from " + std::to_string(w.begin) +
                                (row ? ", row" : "") + (total ? ", total" : "") + (streams ? ", streams" : "") +
                                ", shift " + std::to_string(shift));
              }
        }
  });
}

// Totals of rows and of all elements, beside the sums of columns and what is stored, in windows that begin and end
// within rows.
TEST(CompiledLoops, GiveTotals) {
  on_every_isa([] {
    for (const std::int64_t row : {40, 50, 1000, 1250, 5000}) {
      for (const bool more : {false, true}) {
        Writer w(2, 0);
        w.add(instr(Kind::kLoad, 0, 0));
        w.add(instr(Kind::kLoad, 1, 1));
        w.add(instr(Kind::kFn, 2, 0, 1, 0, Fn::kMultiply));
        w.total(2, row);
        w.total(0, kCount);
        if (more) w.store(2);
        if (more && row < kCount) w.sum(1, row);
        const CpuProgram p = w.done();
        ASSERT_TRUE(p.loop);
        std::vector<std::vector<float>> x(2, std::vector<float>(kCount));
        for (std::size_t i = 0; i < kCount; ++i) x[0][i] = static_cast<float>(i % 41) - 19;
        for (std::size_t i = 0; i < kCount; ++i) x[1][i] = static_cast<float>(i % 13) + 0.5f;
        for (const Window& window :
             {Window{0, 1, kCount, 0}, Window{7, 1, 4001, 0}, Window{std::min(row, kCount - 2) - 1, 1, 3, 0},
              Window{11, 30, 37, 101}, Window{3, 1, 1, 0}})
          expect_same(outputs_of(p, p.run, x, window), outputs_of(p, p.run_tiles, x, window),
                      "rows of " + std::to_string(row) + ", window from " + std::to_string(window.begin) + " of " +
                          std::to_string(window.rows) + " x " + std::to_string(window.cols));
      }
    }
  });
}

TEST(CompiledLoops, WorkInPlaceAndWithoutUnwantedOutputs) {
  on_every_isa([] {
    CpuProgram p = two_outputs();
    p.streams = 3;
    const std::vector<std::vector<float>> x{numbers(kCount, 1), numbers(kCount, 2), {0.5f}};
    const std::vector<std::vector<float>> expected = outputs_of(p, p.run_tiles, x, {0, 1, kCount, 0});
    std::vector<float> first = x[0], second = x[1];
    Operands operands;
    operands.inputs[0] = operands.outputs[0] = first.data();
    operands.inputs[1] = operands.outputs[1] = second.data();
    operands.inputs[2] = x[2].data();
    kernels::run_window(p, operands, {0, 1, kCount, 0});
    expect_same({first, second}, expected, "in place");
    std::vector<float> alone(kCount);
    operands.inputs[0] = x[0].data();
    operands.inputs[1] = x[1].data();
    operands.outputs[0] = nullptr;
    operands.outputs[1] = alone.data();
    kernels::run_window(p, operands, {0, 1, kCount, 0});
    expect_same({alone}, {expected[1]}, "one output");
  });
}

// An operand in a buffer of the window's own, rows further apart than they must be.
TEST(CompiledLoops, ReadABufferOfTheWindow) {
  on_every_isa([] {
    const CpuProgram p = two_outputs();
    const std::vector<std::vector<float>> x{numbers(kCount, 1), numbers(kCount, 2), {0.5f}};
    for (const std::int64_t cols : {37, 48}) {
      const Window w{11, 30, cols, 101};
      constexpr std::int64_t kStep = 50;
      std::vector<float> tile(30 * kStep, -1e30f), output[2][2];
      for (std::int64_t row = 0; row < w.rows; ++row)
        std::copy_n(x[0].begin() + w.begin + row * w.pitch, w.cols, tile.begin() + row * kStep);
      for (int i = 0; i < 2; ++i) {
        Operands operands;
        operands.inputs[0] = tile.data();
        operands.row_step[0] = kStep;
        operands.inputs[1] = x[1].data();
        operands.inputs[2] = x[2].data();
        for (int o = 0; o < 2; ++o) {
          output[i][o].assign(kCount, -77.0f);
          operands.outputs[o] = output[i][o].data();
        }
        (i == 0 ? p.run : p.run_tiles)(p, operands, w);
      }
      expect_same({output[0][0], output[0][1]}, {output[1][0], output[1][1]}, "buffer");
    }
  });
}

}  // namespace
}  // namespace weft::testing
