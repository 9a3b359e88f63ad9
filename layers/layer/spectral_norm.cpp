// SPDX-License-Identifier: Apache-2.0
#include "weft/spectral_norm.h"

#include <cstdint>
#include <utility>

#include "core/base/check.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/init.h"
#include "weft/ops.h"
#include "weft/random.h"

namespace weft::detail {
namespace {

constexpr int kFirstIterations = 15;

Tensor matrix(const Tensor& weight) { return weight.reshape({weight.dim(0), -1}); }
std::int64_t rest(const Parameter& weight) { return weight.shape()[0] > 0 ? weight.numel() / weight.shape()[0] : 0; }

// Sums of products instead of a matmul, because a matmul may be rounded to 16 bits.
Tensor product(const Tensor& w, const Tensor& v) { return (w * v).sum({1}); }
Tensor transposed_product(const Tensor& w, const Tensor& u) { return (w * u.unsqueeze(1)).sum({0}); }
Tensor unit(const Tensor& x) { return x / maximum(sqrt(square(x).sum()), 1e-12); }

}  // namespace

SingularVectors power_iterations(const Tensor& weight, SingularVectors at, int iterations) {
  const Tensor w = matrix(stop_gradient(weight));
  for (int i = 0; i < iterations; ++i) {
    at.u = unit(product(w, at.v));
    at.v = unit(transposed_product(w, at.u));
  }
  return at;
}

Tensor spectral_norm(const Tensor& weight, const SingularVectors& vectors) {
  return weight / (stop_gradient(vectors.u) * product(matrix(weight), stop_gradient(vectors.v))).sum();
}

Buffer left_vector_of(const Parameter& weight) {
  const auto draw = [weight](const Shape&, DType dtype) {
    return power_iterations(weight, {{}, randn({rest(weight)}, dtype)}, kFirstIterations).u;
  };
  return Buffer({weight.shape().rank() > 0 ? weight.shape()[0] : 0}, Init{draw}, weight.dtype());
}

Buffer right_vector_of(const Parameter& weight, const Buffer& left) {
  const auto draw = [weight, left](const Shape&, DType) {
    return unit(transposed_product(matrix(weight.value()), left.value()));
  };
  return Buffer({rest(weight)}, Init{draw}, weight.dtype());
}

void check_spectral_norm(const Parameter& weight, int iterations) {
  if (weight.shape().rank() < 2)
    fail<ValueError>("spectral_norm", "the weight is ", weight.shape(), "; it needs two axes or more");
  if (iterations < 1) fail<ValueError>("spectral_norm", "iterations is ", iterations, "; it must be positive");
}

}  // namespace weft::detail
