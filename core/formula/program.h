// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/formula/philox.h"
#include "weft/fn.h"

// A pointwise program: a short list of instructions over registers, the same for every element. It is plain data of
// fixed size, so that it can be a kernel argument and, as a compile-time constant, turn into straight-line code.
namespace weft {

// How an operand is stored: the numbers of weft::DType.
enum class Storage : unsigned char { kF32, kF64, kBF16, kF16, kI32, kI64, kU8, kBool };
// What all registers of a program hold.
enum class Compute : unsigned char { kF32, kF64, kI64 };

struct Instruction {
  enum class Kind : unsigned char {
    kFunction,     // d = fn(a[, b[, c]])
    kConstant,     // d = constants[a]
    kConvert,      // d = a rounded to what Storage `to` can hold
    kUniform,      // d = draw number a, f32 rule
    kUniformWide,  // the same, f64 rule
    kNormal,
    kNormalWide,
  };
  Kind kind = Kind::kFunction;
  Fn fn = Fn::kAdd;
  Storage to = Storage::kF32;
  unsigned char d = 0, a = 0, b = 0, c = 0;
};

struct Program {
  static constexpr int kMaxInputs = 8, kMaxOutputs = 4, kMaxInstructions = 32, kMaxRegisters = 40, kMaxConstants = 8,
                       kMaxDraws = 4;
  // A random draw of the program: which of the states, and its ordinal.
  struct Draw {
    unsigned char state = 0;
    long long ordinal = 0;
  };
  Compute compute = Compute::kF32;
  unsigned char inputs = 0, outputs = 0, instructions = 0, constants = 0, draws = 0;
  Storage input_storage[kMaxInputs] = {};  // input i is loaded to register i
  Storage output_storage[kMaxOutputs] = {};
  unsigned char output_register[kMaxOutputs] = {};
  Instruction code[kMaxInstructions] = {};
  double constant[kMaxConstants] = {};
  Draw draw[kMaxDraws] = {};
};

// One function of f32 operands: the program behind a single elementwise op.
constexpr Program single_program(Fn fn) {
  Program p;
  p.inputs = static_cast<unsigned char>(arity(fn));
  p.outputs = p.instructions = 1;
  p.code[0] = {Instruction::Kind::kFunction, fn, Storage::kF32, p.inputs, 0, 1, 2};
  p.output_register[0] = p.inputs;
  return p;
}

}  // namespace weft
