// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/program/program.h"
#include "core/scalar/convert.h"
#include "core/scalar/elementwise.h"
#include "core/scalar/philox.h"

// The meaning of every instruction of an elementwise program, written once for all machines. A machine works on a few
// elements at a time, its lanes, and supplies
//
//   int lanes()                         how many
//   read<T>(reg), write<T>(reg)         views of a register: value = view[lane], view.put(lane, value)
//   load<T, S>(dst, input)              lanes of an operand stored as S
//   store<T, S>(reg, output)
//   reduce<T, join>(reg, output, trailing)  joins lanes into what the output is made from; see Instr::Kind::kReduce
//   const long long* state(input)       a random generator's {seed, call number}
//   long long element(access, lane)     the lane's element index in the tensor that a draw fills
//   unsigned long long constant(index)
//
// The lanes of a CPU machine are a tile in L1, those of a CUDA thread its pack. interpret() takes an instruction known
// at run time; run_constant() takes a program that is a compile-time constant and leaves straight-line code.

// Goes before a loop over lanes. No lane waits for another, because an operand is the same memory as the result or
// apart from it; Clang checks that for itself.
#if defined(__CUDA_ARCH__)
#define WEFT_LANES _Pragma("unroll")
#define WEFT_UNROLL _Pragma("unroll")
#elif defined(__GNUC__) && !defined(__clang__)
#define WEFT_LANES _Pragma("GCC ivdep")
#else
#define WEFT_LANES
#endif
// Goes before a loop in which a lane may need results of the lane before it.
#if !defined(WEFT_UNROLL)
#define WEFT_UNROLL
#endif

namespace weft::interpreter {

template <Type type>
struct NumberOf {
  using T = float;
};
template <>
struct NumberOf<Type::kF64> {
  using T = double;
};
template <>
struct NumberOf<Type::kI64> {
  using T = long long;
};
template <Type type>
using Number = typename NumberOf<type>::T;

// The C++ type behind a storage type.
template <Storage storage>
struct ElementOf;
#define WEFT_ELEMENT(Name, type)       \
  template <>                          \
  struct ElementOf<Storage::k##Name> { \
    using T = type;                    \
  };
WEFT_ELEMENT(F32, float)
WEFT_ELEMENT(F64, double)
WEFT_ELEMENT(BF16, bf16)
WEFT_ELEMENT(F16, f16)
WEFT_ELEMENT(I32, int)
WEFT_ELEMENT(I64, long long)
WEFT_ELEMENT(U8, unsigned char)
WEFT_ELEMENT(Bool, bool)
#undef WEFT_ELEMENT
template <Storage storage>
using StoredAs = typename ElementOf<storage>::T;

template <class T>
inline constexpr bool is_floating_number = static_cast<T>(0.5) != static_cast<T>(0);

// x rounded to the storage type, in the type that it is then computed in.
template <Storage storage, class T>
WEFT_HD inline Number<type_of(storage)> fitted(T x) {
  return convert<Number<type_of(storage)>>(convert<StoredAs<storage>>(x));
}

template <class T, Fn fn, class Machine>
WEFT_MACHINE_HD void apply(const Instr& in, Machine& m) {
  const auto a = m.template read<T>(in.a);
  const int n = m.lanes();
  if constexpr (arity(fn) == 1) {
    auto d = m.template write<T>(in.dst);
    WEFT_LANES
    for (int i = 0; i < n; ++i) d.put(i, convert<T>(Formula<fn>::value(a[i])));
  } else if constexpr (arity(fn) == 2) {
    const auto b = m.template read<T>(in.b);
    auto d = m.template write<T>(in.dst);
    WEFT_LANES
    for (int i = 0; i < n; ++i) d.put(i, convert<T>(Formula<fn>::value(a[i], b[i])));
  } else {
    const auto b = m.template read<T>(in.b);
    const auto c = m.template read<T>(in.c);
    auto d = m.template write<T>(in.dst);
    WEFT_LANES
    for (int i = 0; i < n; ++i) d.put(i, convert<T>(Formula<fn>::value(a[i], b[i], c[i])));
  }
}

// True if fn is computed in T.
template <class T, Fn fn>
inline constexpr bool has_value = is_floating_number<T> || Formula<fn>::integers;

template <Storage to, class From, class Machine>
WEFT_MACHINE_HD void refit(const Instr& in, Machine& m) {
  const auto a = m.template read<From>(in.a);
  auto d = m.template write<Number<type_of(to)>>(in.dst);
  const int n = m.lanes();
  WEFT_LANES
  for (int i = 0; i < n; ++i) d.put(i, fitted<to>(a[i]));
}

template <class T, class Machine>
WEFT_MACHINE_HD void fill(const Instr& in, Machine& m) {
  const unsigned long long bits = m.constant(in.a);
  T value;
  if constexpr (sizeof(T) == 4) value = __builtin_bit_cast(T, static_cast<unsigned>(bits));
  if constexpr (sizeof(T) == 8) value = __builtin_bit_cast(T, bits);
  auto d = m.template write<T>(in.dst);
  const int n = m.lanes();
  WEFT_LANES
  for (int i = 0; i < n; ++i) d.put(i, value);
}

// Drops the bits that a 16-bit type cannot hold, because rounding up could make a uniform draw 1. Below f16's normal
// range a draw is a multiple of 2^-24 and so of f16's smallest number.
WEFT_HD inline float kept_below(float x, Storage storage) {
  const unsigned mask = storage == Storage::kBF16 ? 0xffff0000u : storage == Storage::kF16 ? 0xffffe000u : ~0u;
  return __builtin_bit_cast(float, __builtin_bit_cast(unsigned, x) & mask);
}

// Calls give(lane, block, number) for every lane, whose element is the number-th of `share` elements that one Philox
// block serves. Neighboring lanes of the same block share it, because a block takes long to compute.
template <class Machine, class Give>
WEFT_MACHINE_HD void draw(const Instr& in, Machine& m, unsigned share, Give&& give) {
  const DrawKey key = draw_key(m.state(in.a), static_cast<long long>(m.constant(in.c)));
  long long made = -1;
  PhiloxBlock block{};
  const int n = m.lanes();
  WEFT_UNROLL
  for (int i = 0; i < n; ++i) {
    const auto element = static_cast<unsigned long long>(m.element(in.b, i));
    const auto number = static_cast<long long>(element / share);
    if (number != made) block = draw_block(key, made = number);
    give(i, block, static_cast<int>(element % share));
  }
}

template <class T, class Machine>
WEFT_MACHINE_HD void draw_uniforms(const Instr& in, Machine& m) {
  auto d = m.template write<T>(in.dst);
  draw(in, m, uniforms_per_block<T>, [&](int i, const PhiloxBlock& block, int number) {
    const T x = uniform_of(block, number, T{});
    if constexpr (sizeof(T) == 4) d.put(i, kept_below(x, in.storage));
    if constexpr (sizeof(T) == 8) d.put(i, x);
  });
}

template <class T, class Machine>
WEFT_MACHINE_HD void draw_normals(const Instr& in, Machine& m) {
  auto d = m.template write<T>(in.dst);
  draw(in, m, normals_per_block<T>, [&](int i, const PhiloxBlock& block, int number) {
    const T x = normal_of(block, number, T{});
    if (in.storage == Storage::kBF16)
      d.put(i, static_cast<T>(fitted<Storage::kBF16>(x)));
    else if (in.storage == Storage::kF16)
      d.put(i, static_cast<T>(fitted<Storage::kF16>(x)));
    else
      d.put(i, x);
  });
}

// Calls f with a run-time value as a template argument.
template <class F>
WEFT_MACHINE_HD void with_type(Type type, F&& f) {
  switch (type) {
    case Type::kF32:
      return f.template operator()<Type::kF32>();
    case Type::kF64:
      return f.template operator()<Type::kF64>();
    case Type::kI64:
      return f.template operator()<Type::kI64>();
  }
}

template <class F>
WEFT_MACHINE_HD void with_storage(Storage storage, F&& f) {
  switch (storage) {
    case Storage::kF32:
      return f.template operator()<Storage::kF32>();
    case Storage::kF64:
      return f.template operator()<Storage::kF64>();
    case Storage::kBF16:
      return f.template operator()<Storage::kBF16>();
    case Storage::kF16:
      return f.template operator()<Storage::kF16>();
    case Storage::kI32:
      return f.template operator()<Storage::kI32>();
    case Storage::kI64:
      return f.template operator()<Storage::kI64>();
    case Storage::kU8:
      return f.template operator()<Storage::kU8>();
    case Storage::kBool:
      return f.template operator()<Storage::kBool>();
  }
}

template <class F>
WEFT_MACHINE_HD void with_fn(Fn fn, F&& f) {
  switch (fn) {
#define WEFT_CASE(Name, name) \
  case Fn::k##Name:           \
    return f.template operator()<Fn::k##Name>();
    WEFT_UNARY_FNS(WEFT_CASE)
    WEFT_BINARY_FNS(WEFT_CASE)
    WEFT_TERNARY_FNS(WEFT_CASE)
#undef WEFT_CASE
  }
}

// Calls f with the function that joins the elements of a reduction.
template <class F>
WEFT_MACHINE_HD void with_join(Fn fn, F&& f) {
  if (fn == Fn::kMaximum) return f.template operator()<Fn::kMaximum>();
  if (fn == Fn::kMinimum) return f.template operator()<Fn::kMinimum>();
  return f.template operator()<Fn::kAdd>();
}

// True if registers of type T can be loaded from this storage type and stored to it. Any register can hold a bool,
// because every formula may take and give bools.
template <class T, Storage storage>
inline constexpr bool moves = storage == Storage::kBool ||
                              (sizeof(T) == sizeof(Number<type_of(storage)>) &&
                               is_floating_number<T> == is_floating_number<Number<type_of(storage)>>);

template <class T, class Machine>
WEFT_MACHINE_HD void interpret_in(const Instr& in, Machine& m) {
  switch (in.kind) {
    case Instr::Kind::kLoad:
      return with_storage(in.storage, [&]<Storage storage>() {
        if constexpr (moves<T, storage>) m.template load<T, storage>(in.dst, in.a);
      });
    case Instr::Kind::kStore:
      return with_storage(in.storage, [&]<Storage storage>() {
        if constexpr (moves<T, storage>) m.template store<T, storage>(in.a, in.b);
      });
    case Instr::Kind::kReduce:
      return with_join(in.fn, [&]<Fn join>() { m.template reduce<T, join>(in.a, in.b, in.c != 0); });
    case Instr::Kind::kFn:
      return with_fn(in.fn, [&]<Fn fn>() {
        if constexpr (has_value<T, fn>) apply<T, fn>(in, m);
      });
    case Instr::Kind::kConvert:  // here T is the type of the source
      return with_storage(in.storage, [&]<Storage storage>() { refit<storage, T>(in, m); });
    case Instr::Kind::kConstant:
      return fill<T>(in, m);
    case Instr::Kind::kUniform:
      if constexpr (is_floating_number<T>) draw_uniforms<T>(in, m);
      return;
    case Instr::Kind::kNormal:
      if constexpr (is_floating_number<T>) draw_normals<T>(in, m);
      return;
  }
}

// Runs one instruction on all lanes of the machine.
template <class Machine>
WEFT_MACHINE_HD void interpret(const Instr& in, Machine& m) {
  with_type(in.kind == Instr::Kind::kConvert ? in.from : in.type,
            [&]<Type type>() { interpret_in<Number<type>>(in, m); });
}

// Runs instructions [k, end) of Prog::value.
template <class Prog, int k, int end, class Machine>
WEFT_MACHINE_HD void run_constant(Machine& m) {
  if constexpr (k < end) {
    constexpr Instr in = Prog::value.code[k];
    using T = Number<in.kind == Instr::Kind::kConvert ? in.from : in.type>;
    if constexpr (in.kind == Instr::Kind::kLoad) m.template load<T, in.storage>(in.dst, in.a);
    if constexpr (in.kind == Instr::Kind::kStore) m.template store<T, in.storage>(in.a, in.b);
    if constexpr (in.kind == Instr::Kind::kReduce) m.template reduce<T, in.fn>(in.a, in.b, in.c != 0);
    if constexpr (in.kind == Instr::Kind::kFn) apply<T, in.fn>(in, m);
    if constexpr (in.kind == Instr::Kind::kConvert) refit<in.storage, T>(in, m);
    if constexpr (in.kind == Instr::Kind::kConstant) fill<T>(in, m);
    if constexpr (in.kind == Instr::Kind::kUniform) draw_uniforms<T>(in, m);
    if constexpr (in.kind == Instr::Kind::kNormal) draw_normals<T>(in, m);
    run_constant<Prog, k + 1, end>(m);
  }
}

}  // namespace weft::interpreter
