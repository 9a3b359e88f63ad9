// SPDX-License-Identifier: Apache-2.0
#include "weft/init.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <vector>

#include "core/base/check.h"
#include "weft/detail/host_allocation.h"
#include "weft/error.h"
#include "weft/ops.h"
#include "weft/random.h"
#include "weft/scope.h"

namespace weft::init {
namespace {

struct Fans {
  double in, out;
};

Fans fans_of(const Shape& shape, const char* op) {
  if (shape.rank() < 2) fail<ShapeError>(op, "shape is ", shape, ", fans need at least 2 axes (out, ..., in)");
  const auto per = [&](std::int64_t n) {
    return n == 0 ? 1.0 : static_cast<double>(shape.numel()) / static_cast<double>(n);
  };
  return {std::max(per(shape[0]), 1.0), std::max(per(shape[-1]), 1.0)};
}

Tensor draw_normal(const Shape& shape, DType dtype, double stddev, double mean) {
  return (mean + stddev * randn(shape)).to(dtype);
}

Tensor draw_uniform(const Shape& shape, DType dtype, double bound) {
  return weft::uniform(shape, -bound, bound).to(dtype);
}

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

// Horner's rule, highest power first.
Tensor polynomial(const Tensor& x, std::span<const double> coefficients) {
  Tensor out = full_like(x, coefficients[0]);
  for (const double c : coefficients.subspan(1)) out = out * x + c;
  return out;
}

// erf^-1 by M. Giles, "Approximating the erfinv function" (2010), single precision.
Tensor inverse_erf(const Tensor& y) {
  constexpr double kCenter[] = {2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
                                -0.00125372503, -0.00417768164, 0.246640727,    1.50140941};
  constexpr double kTail[] = {-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
                              -0.0076224613,   0.00943887047,  1.00167406,    2.83297682};
  constexpr double kBelowOne = 1 - 0x1p-24;  // the inverse of 1 is infinite
  const Tensor x = clamp(y, -kBelowOne, kBelowOne);
  const Tensor w = -log((1.0 - x) * (1.0 + x));
  return x * where(w < 5.0, polynomial(w - 2.5, kCenter), polynomial(sqrt(w) - 3.0, kTail));
}

// Orthonormalizes the rows of a (rows, columns) matrix in place: modified Gram-Schmidt, each row twice, because once
// loses orthogonality for nearly dependent rows. R then has a positive diagonal, which makes the result uniform (Haar).
void orthonormalize_rows(std::vector<double>& a, std::size_t rows, std::size_t columns) {
  const auto dot = [&](const double* u, const double* v) {
    double sum = 0;
    for (std::size_t k = 0; k < columns; ++k) sum += u[k] * v[k];
    return sum;
  };
  for (std::size_t i = 0; i < rows; ++i) {
    double* row = &a[i * columns];
    for (int pass = 0; pass < 2; ++pass)
      for (std::size_t j = 0; j < i; ++j) {
        const double* done = &a[j * columns];
        const double along = dot(row, done);
        for (std::size_t k = 0; k < columns; ++k) row[k] -= along * done[k];
      }
    const double norm = std::sqrt(dot(row, row));
    for (std::size_t k = 0; k < columns; ++k) row[k] /= norm;
  }
}

Tensor draw_orthogonal(const Shape& shape, DType dtype, double gain) {
  if (shape.rank() < 2) fail<ShapeError>("orthogonal", "shape is ", shape, ", a matrix needs at least 2 axes");
  if (shape.numel() == 0) return weft::zeros(shape, dtype);
  const auto rows = static_cast<std::size_t>(shape[0]);
  const auto columns = static_cast<std::size_t>(shape.numel()) / rows;
  const std::size_t fewer = std::min(rows, columns), more = std::max(rows, columns);
  std::vector<double> a =
      randn({static_cast<std::int64_t>(fewer), static_cast<std::int64_t>(more)}).to_vector<double>();
  orthonormalize_rows(a, fewer, more);
  std::vector<double> out(a.size());
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j)
      out[i * columns + j] = gain * (rows <= columns ? a[i * columns + j] : a[j * rows + i]);
  return Tensor::of<double>(out, shape).to(dtype);
}

}  // namespace

Init zeros() { return constant(0); }

Init constant(double value) {
  return {[value](const Shape& shape, DType dtype) { return full(shape, value, dtype); }};
}

Init normal(double stddev, double mean) {
  return {[=](const Shape& shape, DType dtype) { return draw_normal(shape, dtype, stddev, mean); }};
}

Init truncated_normal(double stddev, double mean, double low, double high) {
  if (!(low < high)) fail<ValueError>("truncated_normal", "low must lie below high");
  // erf of the cuts: a uniform number between them, through the inverse, is the truncated normal.
  const double from = 2 * normal_cdf(low) - 1, to = 2 * normal_cdf(high) - 1;
  return {[=](const Shape& shape, DType dtype) {
    const Tensor z = std::numbers::sqrt2 * inverse_erf(weft::uniform(shape, from, to));
    return (mean + stddev * clamp(z, low, high)).to(dtype);
  }};
}

Init uniform(double low, double high) {
  return {[=](const Shape& shape, DType dtype) { return weft::uniform(shape, low, high).to(dtype); }};
}

Init xavier_uniform(double gain) {
  return {[gain](const Shape& shape, DType dtype) {
    const Fans fans = fans_of(shape, "xavier_uniform");
    return draw_uniform(shape, dtype, gain * std::sqrt(6 / (fans.in + fans.out)));
  }};
}

Init xavier_normal(double gain) {
  return {[gain](const Shape& shape, DType dtype) {
    const Fans fans = fans_of(shape, "xavier_normal");
    return draw_normal(shape, dtype, gain * std::sqrt(2 / (fans.in + fans.out)), 0);
  }};
}

Init kaiming_uniform(double a) {
  return {[a](const Shape& shape, DType dtype) {
    return draw_uniform(shape, dtype, std::sqrt(6 / ((1 + a * a) * fans_of(shape, "kaiming_uniform").in)));
  }};
}

Init kaiming_normal(double a) {
  return {[a](const Shape& shape, DType dtype) {
    return draw_normal(shape, dtype, std::sqrt(2 / ((1 + a * a) * fans_of(shape, "kaiming_normal").in)), 0);
  }};
}

Init orthogonal(double gain) {
  return {[gain](const Shape& shape, DType dtype) {
    const auto bytes = static_cast<std::size_t>(shape.numel()) * sizeof(double);
    return detail::allocating("orthogonal", bytes, [&] { return draw_orthogonal(shape, dtype, gain); });
  }};
}

}  // namespace weft::init
