// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/program/program.h"
#include "core/scalar/annotate.h"
#include "kernels/elementwise/lower/geometry.h"

// The programs that most training runs spend their time in, compiled as straight-line code when weft is built: the
// updates of optimizers. A common program is what lower() makes of the traced update, less its prologue: that only
// fills the first registers with numbers that are the same for every element, and those may be any.
namespace weft::kernels {

struct CommonProgram {
  Program body;      // no prologue
  short filled = 0;  // registers that hold a value before the first instruction
};

namespace common {

constexpr Instr load(int dst, int input) {
  Instr in;
  in.dst = static_cast<unsigned char>(dst);
  in.a = static_cast<unsigned char>(input);
  return in;
}
constexpr Instr call(Fn fn, int dst, int a, int b = 0, int c = 0) {
  Instr in = load(dst, a);
  in.kind = Instr::Kind::kFn;
  in.fn = fn;
  in.b = static_cast<unsigned char>(b);
  in.c = static_cast<unsigned char>(c);
  return in;
}
constexpr Instr store(int reg, int output) {
  Instr in = load(0, reg);
  in.kind = Instr::Kind::kStore;
  in.b = static_cast<unsigned char>(output);
  return in;
}

template <int n>
constexpr CommonProgram program(int filled, int registers, int inputs, int outputs, const Instr (&code)[n]) {
  CommonProgram common;
  for (int i = 0; i < n; ++i) common.body.code[i] = code[i];
  common.body.count = n;
  common.body.registers = static_cast<short>(registers);
  common.body.inputs = static_cast<short>(inputs);
  common.body.outputs = static_cast<short>(outputs);
  common.filled = static_cast<short>(filled);
  return common;
}

struct Adam {
  static constexpr CommonProgram value = program(7, 13, 7, 3,
                                                 {load(7, 0),
                                                  load(8, 1),
                                                  call(Fn::kSubtract, 9, 7, 8),
                                                  call(Fn::kMultiply, 9, 0, 9),
                                                  call(Fn::kAdd, 9, 8, 9),
                                                  call(Fn::kSquare, 7, 7),
                                                  call(Fn::kMultiply, 7, 1, 7),
                                                  load(10, 2),
                                                  call(Fn::kMultiply, 11, 2, 10),
                                                  call(Fn::kAdd, 7, 11, 7),
                                                  call(Fn::kSqrt, 11, 7),
                                                  call(Fn::kMultiply, 11, 11, 3),
                                                  call(Fn::kAdd, 11, 11, 4),
                                                  call(Fn::kMultiply, 12, 5, 9),
                                                  call(Fn::kDivide, 11, 12, 11),
                                                  load(12, 5),
                                                  call(Fn::kSubtract, 11, 12, 11),
                                                  call(Fn::kSelect, 11, 6, 11, 12),
                                                  call(Fn::kSelect, 8, 6, 9, 8),
                                                  call(Fn::kSelect, 7, 6, 7, 10),
                                                  store(11, 0),
                                                  store(8, 1),
                                                  store(7, 2)});
};

// With a factor on the gradient: clipped by global norm, or a mean of accumulated gradients.
struct AdamScaled {
  static constexpr CommonProgram value = program(8, 14, 8, 3,
                                                 {load(8, 0),
                                                  call(Fn::kMultiply, 8, 8, 0),
                                                  load(9, 2),
                                                  call(Fn::kSubtract, 10, 8, 9),
                                                  call(Fn::kMultiply, 10, 1, 10),
                                                  call(Fn::kAdd, 10, 9, 10),
                                                  call(Fn::kSquare, 8, 8),
                                                  call(Fn::kMultiply, 8, 2, 8),
                                                  load(11, 3),
                                                  call(Fn::kMultiply, 12, 3, 11),
                                                  call(Fn::kAdd, 8, 12, 8),
                                                  call(Fn::kSqrt, 12, 8),
                                                  call(Fn::kMultiply, 12, 12, 4),
                                                  call(Fn::kAdd, 12, 12, 5),
                                                  call(Fn::kMultiply, 13, 6, 10),
                                                  call(Fn::kDivide, 12, 13, 12),
                                                  load(13, 6),
                                                  call(Fn::kSubtract, 12, 13, 12),
                                                  call(Fn::kSelect, 12, 7, 12, 13),
                                                  call(Fn::kSelect, 9, 7, 10, 9),
                                                  call(Fn::kSelect, 8, 7, 8, 11),
                                                  store(12, 0),
                                                  store(9, 1),
                                                  store(8, 2)});
};

struct AdamW {
  static constexpr CommonProgram value = program(8, 16, 8, 3,
                                                 {load(8, 0),
                                                  call(Fn::kMultiply, 9, 8, 0),
                                                  load(10, 2),
                                                  load(11, 3),
                                                  call(Fn::kSubtract, 12, 10, 11),
                                                  call(Fn::kMultiply, 12, 1, 12),
                                                  call(Fn::kAdd, 12, 11, 12),
                                                  call(Fn::kSquare, 10, 10),
                                                  call(Fn::kMultiply, 10, 2, 10),
                                                  load(13, 4),
                                                  call(Fn::kMultiply, 14, 3, 13),
                                                  call(Fn::kAdd, 10, 14, 10),
                                                  call(Fn::kSqrt, 14, 10),
                                                  call(Fn::kMultiply, 14, 14, 4),
                                                  call(Fn::kAdd, 14, 14, 5),
                                                  call(Fn::kMultiply, 15, 6, 12),
                                                  call(Fn::kDivide, 14, 15, 14),
                                                  call(Fn::kSubtract, 9, 9, 14),
                                                  call(Fn::kSelect, 8, 7, 9, 8),
                                                  call(Fn::kSelect, 9, 7, 12, 11),
                                                  call(Fn::kSelect, 10, 7, 10, 13),
                                                  store(8, 0),
                                                  store(9, 1),
                                                  store(10, 2)});
};

struct AdamWScaled {
  static constexpr CommonProgram value = program(9, 17, 9, 3,
                                                 {load(9, 0),
                                                  call(Fn::kMultiply, 9, 9, 0),
                                                  load(10, 2),
                                                  call(Fn::kMultiply, 11, 10, 1),
                                                  load(12, 4),
                                                  call(Fn::kSubtract, 13, 9, 12),
                                                  call(Fn::kMultiply, 13, 2, 13),
                                                  call(Fn::kAdd, 13, 12, 13),
                                                  call(Fn::kSquare, 9, 9),
                                                  call(Fn::kMultiply, 9, 3, 9),
                                                  load(14, 5),
                                                  call(Fn::kMultiply, 15, 4, 14),
                                                  call(Fn::kAdd, 9, 15, 9),
                                                  call(Fn::kSqrt, 15, 9),
                                                  call(Fn::kMultiply, 15, 15, 5),
                                                  call(Fn::kAdd, 15, 15, 6),
                                                  call(Fn::kMultiply, 16, 7, 13),
                                                  call(Fn::kDivide, 15, 16, 15),
                                                  call(Fn::kSubtract, 11, 11, 15),
                                                  call(Fn::kSelect, 10, 8, 11, 10),
                                                  call(Fn::kSelect, 11, 8, 13, 12),
                                                  call(Fn::kSelect, 9, 8, 9, 14),
                                                  store(10, 0),
                                                  store(11, 1),
                                                  store(9, 2)});
};

struct Momentum {
  static constexpr CommonProgram value =
      program(3, 7, 5, 2,
              {load(3, 0), call(Fn::kMultiply, 4, 0, 3), load(5, 1), call(Fn::kAdd, 4, 4, 5),
               call(Fn::kMultiply, 5, 1, 4), load(6, 3), call(Fn::kSubtract, 5, 6, 5), call(Fn::kSelect, 5, 2, 5, 6),
               call(Fn::kSelect, 3, 2, 4, 3), store(5, 0), store(3, 1)});
};

constexpr bool same(const Instr& a, const Instr& b) {
  return a.kind == b.kind && a.type == b.type && a.from == b.from && a.storage == b.storage && a.fn == b.fn &&
         a.dst == b.dst && a.a == b.a && a.b == b.b && a.c == b.c;
}
// What filled_value() reads.
constexpr bool fills(const Instr& in, int reg) {
  const bool scalar = in.kind == Instr::Kind::kLoad && (in.storage == Storage::kF32 || in.storage == Storage::kBool);
  return in.dst == reg && in.type == Type::kF32 && (scalar || in.kind == Instr::Kind::kConstant);
}

}  // namespace common

// Calls f.operator()<C>() for the common programs until it gives true.
template <class F>
constexpr bool any_common_program(F&& f) {
  using namespace common;
  return f.template operator()<Adam>() || f.template operator()<AdamScaled>() || f.template operator()<AdamW>() ||
         f.template operator()<AdamWScaled>() || f.template operator()<Momentum>();
}

// Whether the program is the common one behind a prologue that fills the registers one by one, and all that its body
// reads lies as the elements do.
template <class C>
bool is_common(const Program& program, const Geometry& geometry) {
  const Program& body = C::value.body;
  const int filled = C::value.filled;
  if (program.wide || program.prologue != filled || program.registers != body.registers) return false;
  if (program.count != filled + body.count) return false;
  for (int i = 0; i < filled; ++i)
    if (!common::fills(program.code[i], i)) return false;
  for (int i = 0; i < body.count; ++i) {
    const Instr& in = body.code[i];
    if (!common::same(program.code[filled + i], in)) return false;
    if (in.kind == Instr::Kind::kLoad && geometry.follow[in.a] != Follow::kDense) return false;
  }
  return true;
}

// The number of the common program that this is, as any_common_program() counts them from 0; -1: none.
inline int common_program(const Program& program, const Geometry& geometry) {
  int number = -1;
  const bool found = any_common_program([&]<class C>() {
    ++number;
    return is_common<C>(program, geometry);
  });
  return found ? number : -1;
}

// Calls f.operator()<C>() for the common program of this number.
template <class F>
void with_common_program(int number, F&& f) {
  any_common_program([&]<class C>() {
    if (number-- != 0) return false;
    f.template operator()<C>();
    return true;
  });
}

template <class C>
struct BodyOf {
  static constexpr Program value = C::value.body;
};

// What a register holds before the body begins.
WEFT_HD inline float filled_value(const Program& program, int reg, const void* const* inputs) {
  const Instr& in = program.code[reg];
  if (in.kind == Instr::Kind::kConstant)
    return __builtin_bit_cast(float, static_cast<unsigned>(program.constants[in.a]));
  if (in.storage == Storage::kBool) return *static_cast<const bool*>(inputs[in.a]) ? 1.0f : 0.0f;
  return *static_cast<const float*>(inputs[in.a]);
}

}  // namespace weft::kernels
