// SPDX-License-Identifier: Apache-2.0
#pragma once
<<<<<<< HEAD
#include "core/formula/annotate.h"
#include "weft/fn.h"

// A pointwise program: a list of instructions over virtual registers, run once for every element of its outputs. It is
// plain data, so that it can be a compile-time constant, a kernel's argument or the key of a cache.
namespace weft {

// What registers hold and instructions compute in: f32 for f32 and the 16-bit types, f64, and i64 for integers and
// bools. Every instruction keeps the type that its node would have alone, so fused and unfused give the same bits.
enum class Type : unsigned char { kF32, kF64, kI64 };

// What memory holds; the values are those of DType.
enum class Storage : unsigned char { kF32, kF64, kBF16, kF16, kI32, kI64, kU8, kBool };

// The type in which elements of a storage type are computed with.
constexpr Type type_of(Storage storage) {
  switch (storage) {
    case Storage::kF64:
      return Type::kF64;
    case Storage::kI32:
    case Storage::kI64:
    case Storage::kU8:
    case Storage::kBool:
      return Type::kI64;
    case Storage::kF32:
    case Storage::kBF16:
    case Storage::kF16:
      break;
  }
  return Type::kF32;
}

struct Instr {
  enum class Kind : unsigned char {
    kLoad,      // dst = input a, stored as `storage`
    kConstant,  // dst = constants[a]
    kFn,        // dst = fn(a, b, c)
    kConvert,   // dst = a, of type `from`, made to fit `storage`
    kUniform,   // dst = draw for the element at access b, from the generator state in input a and ordinal constants[c]
    kNormal,
    kStore,  // output b = a, stored as `storage`
  };
  Kind kind = Kind::kLoad;
  Type type = Type::kF32;  // of dst; of a for kStore
  Type from = Type::kF32;
  Storage storage = Storage::kF32;
  Fn fn = Fn::kNegative;
  unsigned char dst = 0, a = 0, b = 0, c = 0;
};

struct Program {
  static constexpr int kMaxInstrs = 96, kMaxConstants = 24, kMaxRegisters = 48, kMaxAccesses = 20, kMaxOutputs = 8;
  Instr code[kMaxInstrs] = {};
  unsigned long long constants[kMaxConstants] = {};  // the bits of a value of the register's type
  short count = 0;
  short prologue = 0;  // the first instructions give every element the same: once is enough
  short registers = 0;
  short inputs = 0, outputs = 0;
  bool wide = false;  // some register is f64 or i64
};

// The program of one function on f32 operands.
constexpr Program function_program(Fn fn) {
  Program p;
  const int n = arity(fn);
  for (int i = 0; i < n; ++i) {
    p.code[i].dst = p.code[i].a = static_cast<unsigned char>(i);
  }
  Instr& call = p.code[n];
  call.kind = Instr::Kind::kFn;
  call.fn = fn;
  call.b = 1;
  call.c = 2;
  call.dst = static_cast<unsigned char>(n);
  Instr& store = p.code[n + 1];
  store.kind = Instr::Kind::kStore;
  store.a = call.dst;
  p.count = static_cast<short>(n + 2);
  p.registers = static_cast<short>(n + 1);
  p.inputs = static_cast<short>(n);
  p.outputs = 1;
=======
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
>>>>>>> main
  return p;
}

}  // namespace weft
