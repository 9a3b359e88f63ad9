// SPDX-License-Identifier: Apache-2.0
#include "bench/long_programs.h"

namespace weft::bench {
namespace {

Parameter weight(Shape shape) {
  return Parameter(std::move(shape), Init{[](const Shape& s, DType dtype) { return full(s, 0.01, dtype); }});
}

// An LSTM cell written with tensors, unrolled over `steps` of a sequence, behind it a classifier of its last state.
Training lstm(std::int64_t steps) {
  constexpr std::int64_t kBatch = 8, kFeatures = 16, kWidth = 32, kClasses = 10;
  const Parameter w = weight({kFeatures, 4 * kWidth}), u = weight({kWidth, 4 * kWidth}), b = weight({4 * kWidth});
  const Parameter v = weight({kWidth, kClasses});
  const auto loss = [=](const std::vector<Tensor>& in) {
    Tensor h = zeros({kBatch, kWidth}), c = zeros({kBatch, kWidth});
    for (std::int64_t t = 0; t < steps; ++t) {
      const Tensor x = in[0].slice(1, t, t + 1).reshape({kBatch, kFeatures});
      const Tensor z = matmul(x, w) + matmul(h, u) + b;
      const auto gate = [&](std::int64_t i) { return z.slice(1, i * kWidth, (i + 1) * kWidth); };
      c = sigmoid(gate(1)) * c + sigmoid(gate(0)) * tanh(gate(2));
      h = sigmoid(gate(3)) * tanh(c);
    }
    return cross_entropy(matmul(h, v), in[1]);
  };
  return {{{"w", w}, {"u", u}, {"b", b}, {"v", v}},
          {{{kBatch, steps, kFeatures}, DType::kF32}, {{kBatch}, DType::kI64}},
          loss};
}

// Elementwise functions of a tensor, one of the other's result.
Training chain(std::int64_t length) {
  const Parameter w = weight({64});
  const auto loss = [=](const std::vector<Tensor>& in) {
    Tensor x = in[0] * w;
    for (std::int64_t i = 0; i < length; ++i) x = sin(x);
    return x.sum();
  };
  return {{{"w", w}}, {{{4, 64}, DType::kF32}}, loss};
}

// A value with many readers.
Training wide(std::int64_t readers) {
  const Parameter w = weight({64});
  const auto loss = [=](const std::vector<Tensor>& in) {
    const Tensor x = in[0] * w;
    std::vector<Tensor> parts;
    for (std::int64_t i = 0; i < readers; ++i) parts.push_back(sin(x + i));
    return concat(parts).sum();
  };
  return {{{"w", w}}, {{{4, 64}, DType::kF32}}, loss};
}

// Many parameters.
Training many(std::int64_t count) {
  std::vector<Parameter> weights;
  Parameters parameters;
  for (std::int64_t i = 0; i < count; ++i) {
    weights.push_back(weight({4, 4}));
    parameters.add("w" + std::to_string(i), weights.back());
  }
  const auto loss = [=](const std::vector<Tensor>& in) {
    Tensor x = in[0];
    for (const Parameter& w : weights) x = matmul(x, w);
    return x.sum();
  };
  return {std::move(parameters), {{{4, 4}, DType::kF32}}, loss};
}

}  // namespace

const std::vector<LongProgram>& long_programs() {
  static const std::vector<LongProgram> all{{"chain", chain}, {"lstm", lstm}, {"many", many}, {"wide", wide}};
  return all;
}

}  // namespace weft::bench
