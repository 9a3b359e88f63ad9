// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/formula/convert.h"
#include "core/formula/elementwise.h"
#include "core/formula/program.h"

// The one text that runs pointwise programs: on the CPU instruction by instruction over tiles of many lanes, on CUDA
// over the few lanes of a thread, with the program as an argument or as a compile-time constant.
namespace weft {

namespace interpreter {

template <Fn fn, class T>
WEFT_HD inline T call(T a, T b, T c) {
  if constexpr (!__is_same(T, float) && !__is_same(T, double) && !Formula<fn>::integers) {
    return a;  // never built: the op's dtype rule keeps integers away from this function
  } else if constexpr (arity(fn) == 1) {
    return static_cast<T>(Formula<fn>::value(a));
  } else if constexpr (arity(fn) == 2) {
    return static_cast<T>(Formula<fn>::value(a, b));
  } else {
    return static_cast<T>(Formula<fn>::value(a, b, c));
  }
}

// The lanes of one function. d may be the same memory as an operand, lane for lane.
template <Fn fn, class T>
WEFT_HD inline void lanes(T* d, const T* a, const T* b, const T* c, int n) {
  if constexpr (arity(fn) == 1) {
    for (int i = 0; i < n; ++i) d[i] = call<fn>(a[i], a[i], a[i]);
  } else if constexpr (arity(fn) == 2) {
    for (int i = 0; i < n; ++i) d[i] = call<fn>(a[i], b[i], b[i]);
  } else {
    for (int i = 0; i < n; ++i) d[i] = call<fn>(a[i], b[i], c[i]);
  }
}

template <class T>
WEFT_HD inline void function(Fn fn, T* d, const T* a, const T* b, const T* c, int n) {
  switch (fn) {
#define WEFT_CASE(Name, name) \
  case Fn::k##Name:           \
    return lanes<Fn::k##Name>(d, a, b, c, n);
    WEFT_UNARY_FNS(WEFT_CASE)
    WEFT_BINARY_FNS(WEFT_CASE)
    WEFT_TERNARY_FNS(WEFT_CASE)
#undef WEFT_CASE
  }
}

template <class T>
WEFT_HD inline void draw(Instruction::Kind kind, T* d, const DrawKey& key, long long first, int n) {
  for (int i = 0; i < n; ++i) {
    if (kind == Instruction::Kind::kUniform) d[i] = static_cast<T>(draw_uniform(key, first + i, 0.0f));
    if (kind == Instruction::Kind::kUniformWide) d[i] = static_cast<T>(draw_uniform(key, first + i, 0.0));
    if (kind == Instruction::Kind::kNormal) d[i] = static_cast<T>(draw_normal(key, first + i, 0.0f));
    if (kind == Instruction::Kind::kNormalWide) d[i] = static_cast<T>(draw_normal(key, first + i, 0.0));
  }
}

}  // namespace interpreter

// Runs one instruction over n lanes. registers(r) gives the lanes of register r; `first` is the element index of lane
// 0.
template <class T, class Registers>
WEFT_HD inline void execute(const Program& program, const Instruction& ins, const Registers& registers,
                            const DrawKey* keys, long long first, int n) {
  T* d = registers(ins.d);
  switch (ins.kind) {
    case Instruction::Kind::kFunction:
      return interpreter::function(ins.fn, d, static_cast<const T*>(registers(ins.a)),
                                   static_cast<const T*>(registers(arity(ins.fn) > 1 ? ins.b : ins.a)),
                                   static_cast<const T*>(registers(arity(ins.fn) > 2 ? ins.c : ins.a)), n);
    case Instruction::Kind::kConstant:
      for (int i = 0; i < n; ++i) d[i] = static_cast<T>(program.constant[ins.a]);
      return;
    case Instruction::Kind::kConvert: {
      const T* a = registers(ins.a);
      for (int i = 0; i < n; ++i) d[i] = round_to(ins.to, a[i]);
      return;
    }
    default:
      return interpreter::draw(ins.kind, d, keys[ins.a], first, n);
  }
}

}  // namespace weft
