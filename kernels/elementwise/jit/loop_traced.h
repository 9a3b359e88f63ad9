// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <tuple>

#include "core/scalar/elementwise.h"
#include "kernels/elementwise/jit/loop_code.h"

// Numbers that record what is computed with them. A formula instantiated with TracedFloat leaves the operations that
// the compilers' vector code for float would do, one for one, so that both give the same bits.
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
  // Valid until the next one is recorded.
  const Operation& operation(int value) const { return code.operations[at(value)]; }
  Code code;

 private:
  bool uniform(Op op, int a, int b, int c) const {
    if (loads(op) || gives_mask(op)) return false;
    for (const int operand : {a, b, c})
      if (operand >= 0 && !operation(operand).uniform) return false;
    return true;
  }

  std::map<std::tuple<Op, unsigned, int, int, int>, int> known_;
  Recorder* before_;
  inline static thread_local Recorder* current_ = nullptr;
};

inline int record(Op op, int a, int b = -1, int c = -1) { return Recorder::current().record(op, 0, a, b, c); }

struct TracedMask {
  int value;
};
inline TracedMask operator&&(TracedMask a, TracedMask b) { return {record(Op::kMaskAnd, a.value, b.value)}; }
inline TracedMask operator||(TracedMask a, TracedMask b) { return {record(Op::kMaskOr, a.value, b.value)}; }
inline TracedMask operator!=(TracedMask a, TracedMask b) { return {record(Op::kMaskNotSame, a.value, b.value)}; }

// 32 bits.
struct TracedInt {
  int value = -1;

  TracedInt() = default;
  TracedInt(int constant) : value(Recorder::current().record(Op::kConstant, static_cast<unsigned>(constant))) {}
  static TracedInt of(int value) {
    TracedInt made;
    made.value = value;
    return made;
  }
};
inline TracedInt plus(TracedInt a, TracedInt b) { return TracedInt::of(record(Op::kIntAdd, a.value, b.value)); }
inline TracedInt minus(TracedInt a, TracedInt b) { return TracedInt::of(record(Op::kIntSubtract, a.value, b.value)); }
inline TracedInt operator+(TracedInt a, TracedInt b) { return plus(a, b); }
inline TracedInt operator-(TracedInt a, TracedInt b) { return minus(a, b); }
inline TracedInt operator&(TracedInt a, TracedInt b) { return TracedInt::of(record(Op::kAnd, a.value, b.value)); }
inline TracedInt operator|(TracedInt a, TracedInt b) { return TracedInt::of(record(Op::kOr, a.value, b.value)); }
inline TracedInt shifted_left(TracedInt a, int n) {
  return TracedInt::of(Recorder::current().record(Op::kShiftLeft, static_cast<unsigned>(n), a.value));
}
inline TracedInt operator>>(TracedInt a, int n) {
  return TracedInt::of(Recorder::current().record(Op::kShiftRight, static_cast<unsigned>(n), a.value));
}
inline TracedMask operator<(TracedInt a, TracedInt b) { return {record(Op::kIntLess, a.value, b.value)}; }
inline TracedInt select(TracedMask mask, TracedInt a, TracedInt b) {
  return TracedInt::of(record(Op::kSelect, mask.value, a.value, b.value));
}

// f32.
struct TracedFloat {
  int value = -1;

  TracedFloat() = default;
  TracedFloat(float constant)
      : value(Recorder::current().record(Op::kConstant, __builtin_bit_cast(unsigned, constant))) {}
  static TracedFloat of(int value) {
    TracedFloat made;
    made.value = value;
    return made;
  }
};
inline TracedFloat operator+(TracedFloat a, TracedFloat b) {
  return TracedFloat::of(record(Op::kAdd, a.value, b.value));
}
inline TracedFloat operator-(TracedFloat a, TracedFloat b) {
  return TracedFloat::of(record(Op::kSubtract, a.value, b.value));
}
inline TracedFloat operator*(TracedFloat a, TracedFloat b) {
  return TracedFloat::of(record(Op::kMultiply, a.value, b.value));
}
inline TracedFloat operator/(TracedFloat a, TracedFloat b) {
  return TracedFloat::of(record(Op::kDivide, a.value, b.value));
}
inline TracedFloat muladd(TracedFloat a, TracedFloat b, TracedFloat c) {
  return TracedFloat::of(record(Op::kFma, a.value, b.value, c.value));
}
inline TracedFloat fused(TracedFloat a, TracedFloat b, TracedFloat c) { return muladd(a, b, c); }
inline TracedFloat fma(TracedFloat a, TracedFloat b, TracedFloat c) { return muladd(a, b, c); }
inline TracedFloat sqrt(TracedFloat x) { return TracedFloat::of(record(Op::kSqrt, x.value)); }
inline TracedFloat floor(TracedFloat x) { return TracedFloat::of(record(Op::kFloor, x.value)); }
inline TracedFloat ceil(TracedFloat x) { return TracedFloat::of(record(Op::kCeil, x.value)); }
inline TracedFloat round(TracedFloat x) { return TracedFloat::of(record(Op::kRound, x.value)); }
// The operation that `mask ? a : b` is, where the mask is a < b or a > b.
inline std::optional<Op> extreme(const Operation& mask, TracedFloat a, TracedFloat b) {
  if (mask.op != Op::kCompare || (mask.bits != kLess && mask.bits != kGreater)) return std::nullopt;
  if (mask.a == a.value && mask.b == b.value) return mask.bits == kLess ? Op::kMin : Op::kMax;
  if (mask.a == b.value && mask.b == a.value) return mask.bits == kLess ? Op::kMax : Op::kMin;
  return std::nullopt;
}
inline TracedFloat choice(TracedMask mask, TracedFloat a, TracedFloat b) {
  return TracedFloat::of(record(Op::kSelect, mask.value, a.value, b.value));
}
inline TracedFloat select(TracedMask mask, TracedFloat a, TracedFloat b) {
  const Recorder& recorder = Recorder::current();
  const Operation by = recorder.operation(mask.value);
  if (const std::optional<Op> op = extreme(by, a, b)) return TracedFloat::of(record(*op, a.value, b.value));
  if (by.op != Op::kMaskOr) return choice(mask, a, b);
  // a < b || a != a, by which NaN wins. With a number b, the processor's operation does so if b is its first operand.
  const Operation second = recorder.operation(by.b), constant = recorder.operation(b.value);
  const std::optional<Op> op = extreme(recorder.operation(by.a), a, b);
  if (!op || second.op != Op::kCompare || second.bits != kNotEqual || second.a != a.value || second.b != a.value)
    return choice(mask, a, b);
  const float number = constant.op == Op::kConstant ? __builtin_bit_cast(float, constant.bits) : 0.0f;
  if (number < 0 || number > 0) return TracedFloat::of(record(*op, b.value, a.value));
  return choice({by.b}, a, TracedFloat::of(record(*op, a.value, b.value)));
}

// Predicates that are false for NaN, but for !=, and raise no signal.
inline TracedMask compare(unsigned predicate, TracedFloat a, TracedFloat b) {
  return {Recorder::current().record(Op::kCompare, predicate, a.value, b.value)};
}
inline TracedMask operator==(TracedFloat a, TracedFloat b) { return compare(0x00, a, b); }
inline TracedMask operator!=(TracedFloat a, TracedFloat b) { return compare(kNotEqual, a, b); }
inline TracedMask operator<(TracedFloat a, TracedFloat b) { return compare(kLess, a, b); }
inline TracedMask operator<=(TracedFloat a, TracedFloat b) { return compare(0x12, a, b); }
inline TracedMask operator>(TracedFloat a, TracedFloat b) { return compare(kGreater, a, b); }
inline TracedMask operator>=(TracedFloat a, TracedFloat b) { return compare(0x1d, a, b); }

inline TracedInt bits_of(TracedFloat x) { return TracedInt::of(x.value); }
inline TracedFloat float_of(TracedInt x) { return TracedFloat::of(x.value); }
inline TracedFloat number_of(TracedInt x) { return TracedFloat::of(record(Op::kToFloat, x.value)); }
inline TracedFloat like(TracedFloat, double constant) { return static_cast<float>(constant); }
inline TracedFloat operator-(TracedFloat x) {
  return TracedFloat::of(record(Op::kXor, x.value, TracedInt(static_cast<int>(0x80000000u)).value));
}
// |-x| is |x|, so that what softplus(x) and softplus(-x) have in common is computed once.
inline TracedFloat magnitude(TracedFloat x) {
  const Operation made = Recorder::current().operation(x.value);
  const bool negated = made.op == Op::kXor && made.b == TracedInt(static_cast<int>(0x80000000u)).value;
  return float_of((negated ? TracedInt::of(made.a) : bits_of(x)) & TracedInt(0x7fffffff));
}
inline TracedFloat abs(TracedFloat x) { return magnitude(x); }
inline TracedFloat rsqrt(TracedFloat x) { return 1.0f / sqrt(x); }
inline TracedFloat exp(TracedFloat x) { return math::f32::exp(x); }
inline TracedFloat expm1(TracedFloat x) { return math::f32::expm1(x); }
inline TracedFloat log(TracedFloat x) { return math::f32::log(x); }
inline TracedFloat log1p(TracedFloat x) { return math::f32::log1p(x); }
inline TracedFloat tanh(TracedFloat x) { return math::f32::tanh(x); }
inline TracedFloat erf(TracedFloat x) { return math::f32::erf(x); }
inline TracedFloat normal_cdf(TracedFloat x) { return math::f32::normal_cdf(x); }
inline TracedFloat normal_pdf(TracedFloat x) { return math::f32::normal_pdf(x); }
inline TracedFloat gelu(TracedFloat x) { return math::f32::gelu(x); }
inline TracedFloat over_one_plus(TracedFloat a, TracedFloat z) { return math::f32::over_one_plus(a, z); }

}  // namespace weft::kernels::loop
