// SPDX-License-Identifier: Apache-2.0
#include "weft/elementwise.h"

#include <array>

#include "core/api/trace/dispatch.h"
#include "core/base/check.h"

namespace weft {
namespace {

using detail::apply_op;
using detail::cast_to;

// Element types that a function takes beside the floating ones, which decide the promotion. The op's shape rule checks
// them again.
enum class Domain : std::uint8_t { kFloating, kNumber, kLogical };

constexpr Domain domain_of(Fn fn) {
  switch (fn) {
    case Fn::kNegative:
    case Fn::kAbs:
    case Fn::kSign:
    case Fn::kFloor:
    case Fn::kCeil:
    case Fn::kRound:
    case Fn::kSquare:
    case Fn::kRelu:
    case Fn::kAdd:
    case Fn::kSubtract:
    case Fn::kMultiply:
    case Fn::kMinimum:
    case Fn::kMaximum:
    case Fn::kEqual:
    case Fn::kNotEqual:
    case Fn::kLess:
    case Fn::kLessEqual:
    case Fn::kGreater:
    case Fn::kGreaterEqual:
    case Fn::kWhere:
    case Fn::kFma:
    case Fn::kClamp:
      return Domain::kNumber;
    case Fn::kLogicalNot:
    case Fn::kLogicalAnd:
    case Fn::kLogicalOr:
    case Fn::kLogicalXor:
      return Domain::kLogical;
    default:
      return Domain::kFloating;
  }
}

// The dtype that operands of these dtypes are converted to.
DType common(Fn fn, std::span<const Tensor> operands) {
  DType dtype = operands[0].dtype();
  for (const Tensor& t : operands.subspan(1)) dtype = detail::promote(dtype, t.dtype());
  switch (domain_of(fn)) {
    case Domain::kLogical:
      return DType::kBool;
    case Domain::kNumber:
      return dtype;
    case Domain::kFloating:
      return is_floating(dtype) ? dtype : DType::kF32;
  }
  return dtype;
}

Tensor call(Fn fn, std::span<const Tensor> operands) {
  for (const Tensor& t : operands) detail::impl_of(t, name_of(fn));
  std::vector<Tensor> cast(operands.begin(), operands.end());
  const std::size_t first = fn == Fn::kWhere ? 1 : 0;  // the condition stays bool
  const DType dtype = common(fn, operands.subspan(first));
  if (first) cast[0] = cast_to(cast[0], DType::kBool);
  for (std::size_t i = first; i < cast.size(); ++i) cast[i] = cast_to(cast[i], dtype);
  return apply_op(ir::OpId::of(name_of(fn)), cast)[0];
}

Tensor call(Fn fn, std::initializer_list<Tensor> operands) {
  return call(fn, std::span<const Tensor>(operands.begin(), operands.size()));
}

// A number takes the tensor's dtype, except that a fraction beside integers makes both f32, as in PyTorch.
Tensor beside(Fn fn, const Tensor& tensor, Scalar number) {
  DType dtype = detail::impl_of(tensor, name_of(fn)).spec().dtype;
  if (!is_floating(dtype) && (!number.is_integer || domain_of(fn) == Domain::kFloating)) dtype = DType::kF32;
  if (dtype == DType::kBool && domain_of(fn) == Domain::kNumber) dtype = DType::kI64;
  return detail::constant(number, dtype, tensor.device());
}

}  // namespace

#define WEFT_DEFINE(Name, name) \
  Tensor name(const Tensor& x) { return call(Fn::k##Name, {x}); }
WEFT_UNARY_FNS(WEFT_DEFINE)
#undef WEFT_DEFINE

#define WEFT_DEFINE(Name, name)                                                                        \
  Tensor name(const Tensor& a, const Tensor& b) { return call(Fn::k##Name, {a, b}); }                  \
  Tensor name(const Tensor& a, Scalar b) { return call(Fn::k##Name, {a, beside(Fn::k##Name, a, b)}); } \
  Tensor name(Scalar a, const Tensor& b) { return call(Fn::k##Name, {beside(Fn::k##Name, b, a), b}); }
WEFT_BINARY_FNS(WEFT_DEFINE)
#undef WEFT_DEFINE

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) { return call(Fn::kWhere, {condition, a, b}); }
Tensor where(const Tensor& condition, const Tensor& a, Scalar b) {
  return call(Fn::kWhere, {condition, a, beside(Fn::kWhere, a, b)});
}
Tensor where(const Tensor& condition, Scalar a, const Tensor& b) {
  return call(Fn::kWhere, {condition, beside(Fn::kWhere, b, a), b});
}
Tensor fma(const Tensor& a, const Tensor& b, const Tensor& c) { return call(Fn::kFma, {a, b, c}); }
Tensor clamp(const Tensor& x, const Tensor& low, const Tensor& high) { return call(Fn::kClamp, {x, low, high}); }
Tensor clamp(const Tensor& x, Scalar low, Scalar high) {
  return call(Fn::kClamp, {x, beside(Fn::kClamp, x, low), beside(Fn::kClamp, x, high)});
}
Tensor leaky_relu(const Tensor& x, Scalar slope) { return where(x > 0, x, x * slope); }

Tensor operator-(const Tensor& x) { return negative(x); }
#define WEFT_OPERATOR(op, name)                                               \
  Tensor operator op(const Tensor& a, const Tensor& b) { return name(a, b); } \
  Tensor operator op(const Tensor& a, Scalar b) { return name(a, b); }        \
  Tensor operator op(Scalar a, const Tensor& b) { return name(a, b); }
WEFT_OPERATOR(+, add)
WEFT_OPERATOR(-, subtract)
WEFT_OPERATOR(*, multiply)
WEFT_OPERATOR(/, divide)
WEFT_OPERATOR(<, less)
WEFT_OPERATOR(<=, less_equal)
WEFT_OPERATOR(>, greater)
WEFT_OPERATOR(>=, greater_equal)
#undef WEFT_OPERATOR

}  // namespace weft
