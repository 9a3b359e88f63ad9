// SPDX-License-Identifier: Apache-2.0
#include "optim/schedule/node.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <initializer_list>
#include <numbers>

#include "weft/elementwise.h"
#include "weft/ops.h"

namespace weft::detail {
namespace {

using Kind = ScheduleNode::Kind;
using Bounds = std::pair<double, double>;

// Functions on double for the host and on Tensor for a program, so that evaluate() is written once.
double least(double x, double limit) { return std::fmin(x, limit); }
double most(double x, double limit) { return std::fmax(x, limit); }
double power(double x, double y) { return std::pow(x, y); }
Tensor least(const Tensor& x, double limit) { return minimum(x, limit); }
Tensor most(const Tensor& x, double limit) { return maximum(x, limit); }
Tensor power(const Tensor& x, double y) { return pow(x, y); }
Tensor power(double x, const Tensor& y) { return pow(x, y); }
double choose(double u, double limit, double a, double b) { return u < limit ? a : b; }
Tensor choose(const Tensor& u, double limit, const Tensor& a, const Tensor& b) { return where(u < limit, a, b); }
double constant(double, double value) { return value; }
Tensor constant(const Tensor& u, double value) { return full_like(u, value); }

// The ordinal of the cycle in which update u lies. A cycle is `stretch` times as long as the one before.
template <class Number>
Number cycle_of(const Number& u, double length, double stretch) {
  using std::floor;
  using std::log;
  if (stretch == 1) return floor(u / length);
  // 1e-9, because the logarithm of a power may be a little less than the exponent.
  return floor(log(u * ((stretch - 1) / length) + 1.0) * (1 / std::log(stretch)) + 1e-9);
}

template <class Number>
Number evaluate(const ScheduleNode& node, const Number& u) {
  using std::cos;
  using std::floor;
  switch (node.kind) {
    case Kind::kConstant:
      break;
    case Kind::kLinear:
      return node.a + (node.b - node.a) * least(u / node.c, 1);
    case Kind::kCosine:
      return node.b + (node.a - node.b) * (0.5 + 0.5 * cos(std::numbers::pi * least(u / node.c, 1)));
    case Kind::kPolynomial:
      return node.b + (node.a - node.b) * power(1.0 - least(u / node.c, 1), node.d);
    case Kind::kExponential:
      return node.a * power(node.b, u);
    case Kind::kInverseTime:
      return node.a * power(1.0 + node.b * u, -node.c);
    case Kind::kStairs:
      return evaluate(*node.first, Number(floor(u / node.a)));
    case Kind::kProduct:
      return evaluate(*node.first, u) * evaluate(*node.second, u);
    case Kind::kSum:
      return evaluate(*node.first, u) + evaluate(*node.second, u);
    case Kind::kThen:
      return choose(u, node.a, evaluate(*node.first, u), evaluate(*node.second, Number(u - node.a)));
    case Kind::kRestarts: {
      const Number n = cycle_of(u, node.a, node.b), longer = power(node.b, n);
      const Number begin = node.b == 1 ? Number(node.a * n) : Number((node.a / (node.b - 1)) * (longer - 1.0));
      const Number rate = evaluate(*node.first, Number(most(Number((u - begin) / longer), 0)));
      return node.c == 1 ? rate : Number(rate * power(node.c, n));
    }
  }
  return constant(u, node.a);
}

// The least and the largest of some numbers; NaN if one is NaN, so that a bad number is found.
Bounds bounds_among(std::initializer_list<double> all) {
  for (const double x : all)
    if (std::isnan(x)) return {x, x};
  return {std::min(all), std::max(all)};
}

// Bounds of x y. Zero times infinity counts as zero.
Bounds product(const Bounds& x, const Bounds& y) {
  const auto times = [](double a, double b) {
    return (a == 0 && std::isinf(b)) || (b == 0 && std::isinf(a)) ? 0.0 : a * b;
  };
  return bounds_among(
      {times(x.first, y.first), times(x.first, y.second), times(x.second, y.first), times(x.second, y.second)});
}

Bounds joined(const Bounds& x, const Bounds& y) { return bounds_among({x.first, x.second, y.first, y.second}); }

}  // namespace

double rate_at(const ScheduleNode& node, double u) { return evaluate(node, u); }
Tensor rate_at(const ScheduleNode& node, const Tensor& u) { return evaluate(node, u); }

bool same(const ScheduleNode* a, const ScheduleNode* b) {
  if (a == b || !a || !b) return a == b;
  const auto bits = [](double x) { return std::bit_cast<std::uint64_t>(x); };
  return a->kind == b->kind && bits(a->a) == bits(b->a) && bits(a->b) == bits(b->b) && bits(a->c) == bits(b->c) &&
         bits(a->d) == bits(b->d) && same(a->first.get(), b->first.get()) && same(a->second.get(), b->second.get());
}

std::pair<double, double> bounds_of(const ScheduleNode& node, double last) {
  switch (node.kind) {
    case Kind::kConstant:
    case Kind::kLinear:
    case Kind::kCosine:
    case Kind::kPolynomial:
    case Kind::kExponential:
    case Kind::kInverseTime:
      break;  // monotone
    case Kind::kStairs:
      return bounds_of(*node.first, std::floor(last / node.a));
    case Kind::kProduct:
      return product(bounds_of(*node.first, last), bounds_of(*node.second, last));
    case Kind::kSum: {
      const Bounds x = bounds_of(*node.first, last), y = bounds_of(*node.second, last);
      return {x.first + y.first, x.second + y.second};
    }
    case Kind::kThen: {
      if (node.a == 0) return bounds_of(*node.second, last);
      const Bounds first = bounds_of(*node.first, std::fmin(last, node.a - 1));
      return last < node.a ? first : joined(first, bounds_of(*node.second, last - node.a));
    }
    case Kind::kRestarts: {
      // The last update of a stretched cycle lies anywhere before the cycle's end.
      const Bounds cycle = bounds_of(*node.first, std::fmin(last, node.b == 1 ? node.a - 1 : node.a));
      return node.c == 1 ? cycle : joined(cycle, {0, 0});
    }
  }
  // Without a slope 1 + b u is 0 times infinity at the end.
  const bool flat = node.kind == Kind::kInverseTime && node.b == 0;
  return bounds_among({rate_at(node, 0.0), flat ? node.a : rate_at(node, last)});
}

}  // namespace weft::detail
