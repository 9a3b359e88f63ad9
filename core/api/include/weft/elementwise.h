// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/fn.h"
#include "weft/tensor.h"

// Elementwise functions with NumPy's broadcasting and PyTorch's promotion between dtypes: bool < integers < floating,
// then the wider dtype; a 0-d tensor does not widen within its kind, so f32(n) with f64() is f32. A Scalar takes the
// tensor's dtype. weft/fn.h lists the functions with their formulas. Integers are computed in i64, wrap around and stay
// integers, except that divide and the functions of analysis (exp, sqrt, ...) give f32; pow() of integers with a
// negative exponent is a ValueError for a number, and 0, 1 or -1 for a tensor. remainder() and floor_divide() of
// integers by 0 are a ValueError for a number, and 0 for a tensor. The numbers 0.5, -0.5, 1, 2, 3, -1 and -2 as
// exponents give sqrt, rsqrt, x, x x, x x x, 1 / x and 1 / (x x), as in PyTorch: pow(-0.0, 0.5) is -0. Denormal numbers
// count as 0 on the CPU, f64 ones too. ShapeError where shapes do not broadcast, DTypeError where a dtype is not
// allowed, DeviceError where devices differ.
namespace weft WEFT_EXPORT {

#define WEFT_DECLARE(Name, name) [[nodiscard]] Tensor name(const Tensor& x);
WEFT_UNARY_FNS(WEFT_DECLARE)
#undef WEFT_DECLARE

#define WEFT_DECLARE(Name, name)                               \
  [[nodiscard]] Tensor name(const Tensor& a, const Tensor& b); \
  [[nodiscard]] Tensor name(const Tensor& a, Scalar b);        \
  [[nodiscard]] Tensor name(Scalar a, const Tensor& b);
WEFT_BINARY_FNS(WEFT_DECLARE)
#undef WEFT_DECLARE

// condition ? a : b, elementwise; condition is bool, a and b are promoted to one dtype.
[[nodiscard]] Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor where(const Tensor& condition, const Tensor& a, Scalar b);
[[nodiscard]] Tensor where(const Tensor& condition, Scalar a, const Tensor& b);
// a * b + c, rounded once.
[[nodiscard]] Tensor fma(const Tensor& a, const Tensor& b, const Tensor& c);
// x limited to [low, high].
[[nodiscard]] Tensor clamp(const Tensor& x, const Tensor& low, const Tensor& high);
[[nodiscard]] Tensor clamp(const Tensor& x, Scalar low, Scalar high);

// Operators: `-x` is negative(x), `a + b` is add(a, b), `a < b` is less(a, b), and so on.
[[nodiscard]] Tensor operator-(const Tensor& x);
#define WEFT_OPERATOR(op)                                             \
  [[nodiscard]] Tensor operator op(const Tensor& a, const Tensor& b); \
  [[nodiscard]] Tensor operator op(const Tensor& a, Scalar b);        \
  [[nodiscard]] Tensor operator op(Scalar a, const Tensor& b);
WEFT_OPERATOR(+)
WEFT_OPERATOR(-)
WEFT_OPERATOR(*)
WEFT_OPERATOR(/)
WEFT_OPERATOR(<)
WEFT_OPERATOR(<=)
WEFT_OPERATOR(>)
WEFT_OPERATOR(>=)
#undef WEFT_OPERATOR

}  // namespace weft
