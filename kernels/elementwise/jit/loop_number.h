// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <compare>
#include <cstdint>
#include <map>
#include <tuple>

#include "core/scalar/elementwise.h"
#include "kernels/elementwise/jit/loop_code.h"

// Numbers that record what is computed with them. A formula instantiated with Number leaves the operations that the
// compilers' vector code for float would do, one for one, so that both give the same bits.
namespace weft::kernels::loop {

// Collects operations; the same one is kept once.
class Recorder {
 public:
  Recorder() : before_(current_) { current_ = this; }
  ~Recorder() { current_ = before_; }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // The latest one of this thread: where numbers record.
  static Recorder& current() { return *current_; }

  int record(Op op, unsigned bits, int a = -1, int b = -1, int c = -1) {
    const auto [place, is_new] = known_.try_emplace({op, bits, a, b, c}, static_cast<int>(code.operations.size()));
    if (is_new) code.operations.push_back({op, a, b, c, bits, uniform(op, a, b, c)});
    return place->second;
  }
  Code code;

 private:
  bool uniform(Op op, int a, int b, int c) const {
    if (loads(op) || gives_mask(op)) return false;
    for (const int operand : {a, b, c})
      if (operand >= 0 && !code.operations[static_cast<std::size_t>(operand)].uniform) return false;
    return true;
  }

  std::map<std::tuple<Op, unsigned, int, int, int>, int> known_;
  Recorder* before_;
  inline static thread_local Recorder* current_ = nullptr;
};

inline int record(Op op, int a, int b = -1, int c = -1) { return Recorder::current().record(op, 0, a, b, c); }

struct Mask {
  int value;
};
inline Mask operator&&(Mask a, Mask b) { return {record(Op::kMaskAnd, a.value, b.value)}; }
inline Mask operator||(Mask a, Mask b) { return {record(Op::kMaskOr, a.value, b.value)}; }
inline Mask operator!=(Mask a, Mask b) { return {record(Op::kMaskNotSame, a.value, b.value)}; }

// 32 bits.
struct Int {
  int value = -1;

  Int() = default;
  Int(int constant) : value(Recorder::current().record(Op::kConstant, static_cast<unsigned>(constant))) {}
  static Int of(int value) {
    Int made;
    made.value = value;
    return made;
  }
};
inline Int plus(Int a, Int b) { return Int::of(record(Op::kIntAdd, a.value, b.value)); }
inline Int minus(Int a, Int b) { return Int::of(record(Op::kIntSubtract, a.value, b.value)); }
inline Int operator+(Int a, Int b) { return plus(a, b); }
inline Int operator-(Int a, Int b) { return minus(a, b); }
inline Int operator&(Int a, Int b) { return Int::of(record(Op::kAnd, a.value, b.value)); }
inline Int operator|(Int a, Int b) { return Int::of(record(Op::kOr, a.value, b.value)); }
inline Int shifted_left(Int a, int n) {
  return Int::of(Recorder::current().record(Op::kShiftLeft, static_cast<unsigned>(n), a.value));
}
inline Int operator>>(Int a, int n) {
  return Int::of(Recorder::current().record(Op::kShiftRight, static_cast<unsigned>(n), a.value));
}
inline Mask operator<(Int a, Int b) { return {record(Op::kIntLess, a.value, b.value)}; }
inline Int select(Mask mask, Int a, Int b) { return Int::of(record(Op::kSelect, mask.value, a.value, b.value)); }

// f32.
struct Number {
  int value = -1;

  Number() = default;
  Number(float constant) : value(Recorder::current().record(Op::kConstant, __builtin_bit_cast(unsigned, constant))) {}
  static Number of(int value) {
    Number made;
    made.value = value;
    return made;
  }
};
inline Number operator+(Number a, Number b) { return Number::of(record(Op::kAdd, a.value, b.value)); }
inline Number operator-(Number a, Number b) { return Number::of(record(Op::kSubtract, a.value, b.value)); }
inline Number operator*(Number a, Number b) { return Number::of(record(Op::kMultiply, a.value, b.value)); }
inline Number operator/(Number a, Number b) { return Number::of(record(Op::kDivide, a.value, b.value)); }
inline Number muladd(Number a, Number b, Number c) { return Number::of(record(Op::kFma, a.value, b.value, c.value)); }
inline Number fma(Number a, Number b, Number c) { return muladd(a, b, c); }
inline Number sqrt(Number x) { return Number::of(record(Op::kSqrt, x.value)); }
inline Number floor(Number x) { return Number::of(record(Op::kFloor, x.value)); }
inline Number ceil(Number x) { return Number::of(record(Op::kCeil, x.value)); }
inline Number round(Number x) { return Number::of(record(Op::kRound, x.value)); }
inline Number select(Mask mask, Number a, Number b) {
  return Number::of(record(Op::kSelect, mask.value, a.value, b.value));
}

// Predicates that are false for NaN, but for !=, and raise no signal.
inline Mask compare(unsigned predicate, Number a, Number b) {
  return {Recorder::current().record(Op::kCompare, predicate, a.value, b.value)};
}
inline Mask operator==(Number a, Number b) { return compare(0x00, a, b); }
inline Mask operator!=(Number a, Number b) { return compare(0x04, a, b); }
inline Mask operator<(Number a, Number b) { return compare(0x11, a, b); }
inline Mask operator<=(Number a, Number b) { return compare(0x12, a, b); }
inline Mask operator>(Number a, Number b) { return compare(0x1e, a, b); }
inline Mask operator>=(Number a, Number b) { return compare(0x1d, a, b); }

inline Int bits_of(Number x) { return Int::of(x.value); }
inline Number float_of(Int x) { return Number::of(x.value); }
inline Number number_of(Int x) { return Number::of(record(Op::kToFloat, x.value)); }
inline Number like(Number, double constant) { return static_cast<float>(constant); }
inline Number operator-(Number x) {
  return Number::of(record(Op::kXor, x.value, Int(static_cast<int>(0x80000000u)).value));
}
inline Number abs(Number x) { return math::f32::magnitude(x); }
inline Number rsqrt(Number x) { return 1.0f / sqrt(x); }
inline Number exp(Number x) { return math::f32::exp(x); }
inline Number expm1(Number x) { return math::f32::expm1(x); }
inline Number log(Number x) { return math::f32::log(x); }
inline Number log1p(Number x) { return math::f32::log1p(x); }
inline Number tanh(Number x) { return math::f32::tanh(x); }
inline Number erf(Number x) { return math::f32::erf(x); }
inline Number over_one_plus(Number a, Number z) { return math::f32::over_one_plus(a, z); }

}  // namespace weft::kernels::loop
