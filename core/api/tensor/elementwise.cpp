// SPDX-License-Identifier: Apache-2.0
#include "weft/elementwise.h"

#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/api/trace/dispatch.h"
#include "core/base/check.h"
#include "core/scalar/convert.h"
#include "core/scalar/functions.h"
#include "weft/ops.h"

namespace weft {
namespace {

using detail::apply_op;
using detail::cast_to;

// Element types that a function takes beside the floating ones, which decide the promotion. The op's shape rule checks
// them again.
enum class Domain : std::uint8_t { kFloating, kNumber, kLogical };

bool is_logical(Fn fn) { return fn == Fn::kLogicalNot || (fn >= Fn::kLogicalAnd && fn <= Fn::kLogicalXor); }
bool compares(Fn fn) { return fn >= Fn::kEqual && fn <= Fn::kGreaterEqual; }
bool orders(Fn fn) { return fn == Fn::kMinimum || fn == Fn::kMaximum || fn == Fn::kClamp; }

Domain domain_of(Fn fn) {
  if (is_logical(fn)) return Domain::kLogical;
  return facts_of(fn).integers ? Domain::kNumber : Domain::kFloating;
}

// The dtype that operands of these dtypes are converted to.
DType common(Fn fn, std::span<const Tensor> operands) {
  const DType dtype = detail::common_dtype(operands);
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

// The dtype of a number beside a tensor: the tensor's, except that a fraction beside integers makes both f32, as in
// PyTorch.
DType dtype_beside(Fn fn, DType dtype, const Scalar& number) {
  if (!is_floating(dtype) && (!number.is_integer || domain_of(fn) == Domain::kFloating)) return DType::kF32;
  if (dtype == DType::kBool && domain_of(fn) == Domain::kNumber) return DType::kI64;
  return dtype;
}

struct IntegerRange {
  std::int64_t low, high;
};

IntegerRange range_of(DType dtype) {
  switch (dtype) {
    case DType::kU8:
      return {0, 255};
    case DType::kI32:
      return {std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()};
    case DType::kBool:
      return {0, 1};
    case DType::kF32:
    case DType::kF64:
    case DType::kBF16:
    case DType::kF16:
    case DType::kI64:
      break;
  }
  return {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
}

// -1 if an integer lies below what the dtype can hold, 1 if above, else 0.
int side_of(DType dtype, const Scalar& number) {
  if (is_floating(dtype) || !number.is_integer) return 0;
  if (number.is_beyond_i64) return 1;
  const IntegerRange range = range_of(dtype);
  return number.integer < range.low ? -1 : number.integer > range.high ? 1 : 0;
}

// The integer modulo 2^8 or 2^32, as the dtype holds it.
std::int64_t wrapped(DType dtype, std::int64_t integer) {
  if (dtype == DType::kU8) return convert<unsigned char>(static_cast<long long>(integer));
  if (dtype == DType::kI32) return convert<int>(static_cast<long long>(integer));
  return integer;
}

Tensor beside(Fn fn, const Tensor& tensor, Scalar number) {
  const DType dtype = dtype_beside(fn, detail::impl_of(tensor, name_of(fn)).spec().dtype, number);
  if (const int side = side_of(dtype, number)) {
    if (orders(fn)) {
      const IntegerRange range = range_of(dtype);
      number = side < 0 ? range.low : range.high;
    } else if (number.is_beyond_i64) {
      fail<ValueError>(name_of(fn), "the number beside ", tensor.impl()->spec(), " is ", number.real,
                       ", which is more than an i64 holds; use a smaller number or a floating tensor");
    } else if (dtype != DType::kBool) {
      number = wrapped(dtype, number.integer);
    }
  }
  return detail::constant(number, dtype, tensor.device());
}

// Integers are compared as they are: no u8 is less than -1. `side` says where the number lies; it is the second
// operand.
Tensor compared_outside(Fn fn, const Tensor& tensor, int side) {
  const bool greater = fn == Fn::kGreater || fn == Fn::kGreaterEqual, less = fn == Fn::kLess || fn == Fn::kLessEqual;
  const bool holds = fn == Fn::kNotEqual || (side > 0 && less) || (side < 0 && greater);
  const DeviceScope on(tensor.device());
  return full(tensor.shape(), holds, DType::kBool);
}

Fn mirrored(Fn fn) {
  if (fn == Fn::kLess) return Fn::kGreater;
  if (fn == Fn::kLessEqual) return Fn::kGreaterEqual;
  if (fn == Fn::kGreater) return Fn::kLess;
  return fn == Fn::kGreaterEqual ? Fn::kLessEqual : fn;
}

// Number of the side that a comparison finds it on; 0 if both operands fit one dtype, or `fn` does not compare.
int outside(Fn fn, const Tensor& tensor, const Scalar& number) {
  if (!compares(fn)) return 0;
  return side_of(dtype_beside(fn, detail::impl_of(tensor, name_of(fn)).spec().dtype, number), number);
}

// Integers have no negative powers, and no quotient by 0.
void expect_integer_result(Fn fn, const Tensor& a, const Scalar& b) {
  if (!b.is_integer || is_floating(a.dtype())) return;
  if (fn == Fn::kPow && b.integer < 0)
    fail<ValueError>("pow", "the base is ", a.impl()->spec(), ", the exponent ", b.integer,
                     "; integers have no negative powers: convert the base to a floating dtype");
  if ((fn == Fn::kRemainder || fn == Fn::kFloorDivide) && b.integer == 0)
    fail<ValueError>(name_of(fn), "the dividend is ", a.impl()->spec(),
                     ", the divisor 0; integers have no quotient by 0: convert the dividend to a floating dtype");
}

// x^b without the general power, which takes ten times as long; nothing for other exponents.
std::optional<Tensor> short_power(const Tensor& x, const Scalar& b) {
  const double exponent = b.real;
  if (!is_floating(x.dtype())) return std::nullopt;
  if (exponent == 0.5) return sqrt(x);
  if (exponent == -0.5) return rsqrt(x);
  if (exponent == 1) return x;
  if (exponent == 2) return square(x);
  if (exponent == -1) return 1.0 / x;
  if (exponent != 3 && exponent != -2) return std::nullopt;
  // Two operations, between which 16 bits would round.
  const bool narrow = size_of(x.dtype()) == 2;
  const Tensor wide = narrow ? x.to(DType::kF32) : x;
  const Tensor power = exponent == 3 ? square(wide) * wide : 1.0 / square(wide);
  return narrow ? power.to(x.dtype()) : power;
}

Tensor with_number(Fn fn, const Tensor& a, const Scalar& b) {
  if (const int side = outside(fn, a, b)) return compared_outside(fn, a, side);
  if (fn == Fn::kPow)
    if (std::optional<Tensor> power = short_power(a, b)) return *std::move(power);
  const Tensor number = beside(fn, a, b);
  expect_integer_result(fn, a, b);
  return call(fn, {a, number});
}

Tensor with_number(Fn fn, const Scalar& a, const Tensor& b) {
  if (const int side = outside(fn, b, a)) return compared_outside(mirrored(fn), b, side);
  return call(fn, {beside(fn, b, a), b});
}

}  // namespace

#define WEFT_DEFINE(Name, name) \
  Tensor name(const Tensor& x) { return call(Fn::k##Name, {x}); }
WEFT_UNARY_FNS(WEFT_DEFINE)
#undef WEFT_DEFINE

#define WEFT_DEFINE(Name, name)                                                       \
  Tensor name(const Tensor& a, const Tensor& b) { return call(Fn::k##Name, {a, b}); } \
  Tensor name(const Tensor& a, Scalar b) { return with_number(Fn::k##Name, a, b); }   \
  Tensor name(Scalar a, const Tensor& b) { return with_number(Fn::k##Name, a, b); }
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
