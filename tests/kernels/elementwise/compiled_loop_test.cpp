// SPDX-License-Identifier: Apache-2.0
// Compiled loops give the tile machine's bits for every function, program and storage.
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

#include "kernels/elementwise/jit/loop_code.h"
#include "tests/kernels/elementwise/compiled_loop.h"

namespace weft::testing {
namespace {

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
      const bool from_library = f.fn == Fn::kSin || f.fn == Fn::kCos || f.fn == Fn::kPow || f.fn == Fn::kRemainder ||
                                f.fn == Fn::kFloorDivide;
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

Instr in_f64(Instr in) {
  in.type = Type::kF64;
  in.storage = Storage::kF64;
  return in;
}

// f32 values far apart, whose squares f32 does not hold.
std::vector<float> far_apart(std::size_t n) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0, 1);
  std::vector<float> x(n);
  for (float& each : x) each = normal(random) * (random() % 2 ? 1e25f : 1e-25f);
  return x;
}

// Norms: sums in f64 of f32 values and of their squares, of all elements, of rows and of columns, beside an f32 result.
TEST(CompiledLoops, AddSquaresInF64) {
  constexpr std::int64_t kRow = 100;
  on_every_isa([] {
    for (const bool square : {false, true})
      for (const std::int64_t kept : {std::int64_t{1}, kCount / kRow, kRow}) {
        Writer w(1, 1);
        w.program().wide = true;
        w.add(instr(Kind::kLoad, 0, 1));
        w.uniform();
        w.add(instr(Kind::kLoad, 1, 0));
        w.add(instr(Kind::kFn, 2, 0, 1, 0, Fn::kMultiply));
        w.store(2);
        w.add(in_f64(instr(Kind::kConvert, 3, 2)));
        if (square)
          w.add(in_f64(instr(Kind::kFn, 3, 3, kept == 1 ? 0 : 3, 0, kept == 1 ? Fn::kSquare : Fn::kMultiply)));
        w.geometry().kept[w.program().outputs] = kept;
        w.add(in_f64(instr(Kind::kReduce, 0, 3, w.program().outputs++, kept == kRow ? 0 : 1)));
        w.add(instr(Kind::kFn, 3, 2, 1, 0, Fn::kAdd));  // the register is f32 again
        w.store(3);
        const CpuProgram p = w.done();
        ASSERT_TRUE(p.loop);
        const std::vector<float> x = far_apart(kCount);
        std::vector<double> sums(static_cast<std::size_t>(kept), 0);
        for (std::size_t i = 0; i < x.size(); ++i) {
          const auto at = static_cast<std::int64_t>(i);
          const std::int64_t sum = kept == 1 ? 0 : kept == kRow ? at % kRow : at / kRow;
          const double value = 0.5f * x[i];
          sums[static_cast<std::size_t>(sum)] += square ? value * value : value;
        }
        Operands operands;
        const float half = 0.5f;
        std::vector<float> out(kCount), sum(kCount);
        operands.inputs[0] = x.data();
        operands.inputs[1] = &half;
        operands.outputs[0] = out.data();
        operands.outputs[2] = sum.data();
        for (const auto run : {p.run, p.run_tiles}) {
          std::vector<double> states(sums.size(), 0);
          operands.outputs[1] = states.data();
          operands.partials[1] = {states.data(), 0};
          run(p, operands, {0, 1, kCount, 0});
          for (std::size_t i = 0; i < sums.size(); ++i)
            ASSERT_NEAR(states[i], sums[i], 1e-12 * (square ? sums[i] : 1e28)) << square << " " << kept << " " << i;
          ASSERT_EQ(out[77], 0.5f * x[77]);
          ASSERT_EQ(sum[77], 0.5f * x[77] + x[77]);
        }
      }
  });
}

// Everything else in f64 is left to the tile machine.
TEST(CompiledLoops, LeaveOtherF64ToTheTileMachine) {
  on_every_isa([] {
    for (const int other : {0, 1, 2, 3}) {
      Writer w(1, 0);
      w.program().wide = true;
      w.add(instr(Kind::kLoad, 0, 0));
      w.add(in_f64(instr(Kind::kConvert, 1, 0)));
      w.add(in_f64(instr(Kind::kFn, 2, 1, 1, 0, other == 0 ? Fn::kAdd : Fn::kSquare)));
      if (other == 1) w.add(in_f64(instr(Kind::kFn, 2, 2, 0, 0, Fn::kSquare)));  // a fourth power
      if (other == 2) w.add(in_f64(instr(Kind::kFn, 2, 2, 1, 0, Fn::kMultiply)));
      w.geometry().kept[0] = 1;
      if (other == 3) {
        w.add(in_f64(instr(Kind::kStore, 0, 2, w.program().outputs++)));
      } else {
        w.add(in_f64(instr(Kind::kReduce, 0, 2, w.program().outputs++, 1)));
      }
      EXPECT_FALSE(w.done().loop) << other;
    }
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

}  // namespace
}  // namespace weft::testing
