// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/scalar/annotate.h"
#include "weft/fn.h"

// An elementwise program: a list of instructions over virtual registers, run once for every element of its outputs.
// Plain data, so that a program can be a compile-time constant, a kernel's argument or the key of a cache.
namespace weft {

// Types of registers, in which instructions compute: f32 for f32 and the 16-bit types, f64, and i64 for integers and
// bools. Every instruction keeps the type that its node would have alone, so fused and unfused give the same bits.
enum class Type : unsigned char { kF32, kF64, kI64 };

// Types of elements in memory; the values are those of DType.
enum class Storage : unsigned char { kF32, kF64, kBF16, kF16, kI32, kI64, kU8, kBool };

// The type that elements of a storage type are computed in.
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
    kStore,   // output b = a, stored as `storage`
    kReduce,  // output b = all elements of a joined by `fn` (kAdd, kMaximum or kMinimum) over the leading axes (c = 0)
              // or the trailing axes (c = 1; also where none are left), stored as `storage`
  };
  Kind kind = Kind::kLoad;
  Type type = Type::kF32;  // of dst; of a for kStore and kReduce
  Type from = Type::kF32;
  Storage storage = Storage::kF32;
  Fn fn = Fn::kNegative;
  unsigned char dst = 0, a = 0, b = 0, c = 0;
};

// Number of registers among a, b, c that an instruction reads.
constexpr int sources(Instr::Kind kind, Fn fn) {
  if (kind == Instr::Kind::kFn) return arity(fn);
  return kind == Instr::Kind::kConvert || kind == Instr::Kind::kStore || kind == Instr::Kind::kReduce ? 1 : 0;
}
// True if an instruction writes register dst.
constexpr bool has_result(Instr::Kind kind) { return kind != Instr::Kind::kStore && kind != Instr::Kind::kReduce; }

struct Program {
  static constexpr int kMaxInstrs = 96, kMaxConstants = 24, kMaxRegisters = 48, kMaxAccesses = 20, kMaxOutputs = 8;
  Instr code[kMaxInstrs] = {};
  unsigned long long constants[kMaxConstants] = {};  // the bits of a value of the register's type
  short count = 0;
  short prologue = 0;  // so many first instructions run once, because they are equal for all elements
  short registers = 0;
  short inputs = 0, outputs = 0;
  bool wide = false;  // some register is f64 or i64
};

constexpr bool is_logical(Fn fn) {
  return fn == Fn::kLogicalNot || fn == Fn::kLogicalAnd || fn == Fn::kLogicalOr || fn == Fn::kLogicalXor;
}
// True for comparisons and logic, because they give bools for operands of any type.
constexpr bool gives_bool(Fn fn) { return is_logical(fn) || (fn >= Fn::kEqual && fn <= Fn::kGreaterEqual); }

// The program of one function on f32 operands, and bools where it takes them.
constexpr Program function_program(Fn fn) {
  Program p;
  const int n = arity(fn);
  for (int i = 0; i < n; ++i) {
    p.code[i].dst = p.code[i].a = static_cast<unsigned char>(i);
    if (is_logical(fn) || (fn == Fn::kWhere && i == 0)) p.code[i].storage = Storage::kBool;
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
  if (gives_bool(fn)) store.storage = Storage::kBool;
  p.count = static_cast<short>(n + 2);
  p.registers = static_cast<short>(n + 1);
  p.inputs = static_cast<short>(n);
  p.outputs = 1;
  return p;
}

}  // namespace weft
