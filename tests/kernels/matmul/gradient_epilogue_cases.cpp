// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "tests/kernels/support/kernel_cases.h"
#include "tests/kernels/support/oracles.h"

namespace weft::testing {
namespace {

// The product of an (m, k) and a (k, n) matrix, and the sums over k of one of them.
OpCase sums(std::string name, std::int64_t m, std::int64_t k, std::int64_t n, bool ta, bool tb, std::int64_t operand) {
  OpCase c;
  c.name = std::move(name) + (ta ? " At" : " A") + (tb ? " Bt" : " B") + ", sums of " + (operand == 0 ? "A" : "B");
  c.op = "matmul_sums";
  c.attributes = {{"trans_a", ta}, {"trans_b", tb}, {"operand", operand}};
  c.inputs = {random_tensor(ta ? Shape{k, m} : Shape{m, k}, DType::kF32, -1, 1, 1),
              random_tensor(tb ? Shape{n, k} : Shape{k, n}, DType::kF32, -1, 1, 2)};
  c.oracle = [=](const std::vector<HostTensor>& in) -> std::vector<HostTensor> {
    const HostTensor& x = in[static_cast<std::size_t>(operand)];
    const std::int64_t length = operand == 0 ? m : n;
    const bool down = operand == 0 ? ta : !tb;  // k is the axis of the rows
    HostTensor total{{{length}, x.spec.dtype}, std::vector<double>(static_cast<std::size_t>(length))};
    for (std::size_t i = 0; i < x.values.size(); ++i) {
      const auto columns = static_cast<std::size_t>(x.spec.shape[1]);
      total.values[down ? i % columns : i / columns] += x.values[i];
    }
    return {matmul_oracle({m, n}, ta, tb)(in)[0], total};
  };
  c.tolerance = 4e-6;
  c.reason = "up to 37 products below 1 are added in f32, in the library's order";
  c.gradient = false;
  return c;
}

// f32 sums of 16-bit operands.
OpCase wide_sums(std::string name, std::int64_t m, std::int64_t k, std::int64_t n) {
  OpCase c = sums(std::move(name), m, k, n, true, false, 0);
  c.attributes.set("dtype", DType::kF32);
  c.dtypes = {DType::kBF16, DType::kF16};
  c.oracle = [exact = c.oracle](const std::vector<HostTensor>& in) {
    std::vector<HostTensor> out = exact(in);
    for (HostTensor& tensor : out) tensor.spec.dtype = DType::kF32;
    return out;
  };
  return c;
}

std::vector<OpCase> sums_rows() {
  std::vector<OpCase> rows{wide_sums("f32 of halves", 17, 37, 9), sums("one", 1, 1, 1, true, false, 0),
                           sums("no inner elements", 3, 0, 2, true, false, 0), sums("no sums", 0, 5, 2, true, false, 0),
                           sums("no columns", 3, 5, 0, true, false, 0)};
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      for (const std::int64_t operand : {0, 1}) rows.push_back(sums("prime", 19, 37, 23, ta, tb, operand));
  return rows;
}

std::size_t row_bytes(const Shape& shape) { return static_cast<std::size_t>((shape[1] + 127) / 128 * 16); }

// One bit per element, the first column in the lowest bit.
HostTensor packed(const Shape& shape, const std::vector<bool>& bits) {
  const auto columns = static_cast<std::size_t>(shape[1]);
  HostTensor out{{{shape[0], static_cast<std::int64_t>(row_bytes(shape))}, DType::kU8}, {}};
  out.values.resize(static_cast<std::size_t>(shape[0]) * row_bytes(shape));
  for (std::size_t i = 0; i < bits.size(); ++i)
    if (bits[i]) out.values[i / columns * row_bytes(shape) + i % columns / 8] += std::exp2(i % columns % 8);
  return out;
}

OpCase relu_bits(const Shape& shape, const Shape& bias, DType result) {
  OpCase c;
  c.name = shape.text() + " with bias " + bias.text() + " as " + std::string(name_of(result));
  c.op = "relu_bits";
  c.attributes = {{"dtype", result}};
  c.inputs = {random_tensor(shape, DType::kF32, -1, 1, 3)};
  if (bias.rank() > 0) c.inputs.push_back(random_tensor(bias, DType::kF32, -1, 1, 4));
  if (shape.numel() > 2) c.inputs[0].values[1] = NAN;
  c.dtypes = {DType::kF32};
  c.gradient = false;
  c.oracle = [result](const std::vector<HostTensor>& in) -> std::vector<HostTensor> {
    HostTensor y{{in[0].spec.shape, DType::kF32}, {}};
    std::vector<bool> on;
    for (std::size_t i = 0; i < in[0].values.size(); ++i) {
      const double bias_here = in.size() > 1 ? in[1].values[i % in[1].values.size()] : 0;
      const float x = static_cast<float>(in[0].values[i] + bias_here);
      on.push_back(x > 0);
      y.values.push_back(std::isnan(x) || x > 0 ? x : 0);
    }
    return {stored_as(y, result), packed(in[0].spec.shape, on)};
  };
  return c;
}

OpCase relu_bits_grad(const Shape& shape) {
  std::vector<bool> on;
  for (const double x : random_tensor(shape, DType::kF32, -1, 1, 5).values) on.push_back(x > 0);
  OpCase c;
  c.name = shape.text();
  c.op = "relu_bits_grad";
  c.inputs = {random_tensor(shape, DType::kF32, -1, 1, 6), packed(shape, on)};
  // Bits behind the columns are set, because they must have no effect.
  for (std::size_t i = 0; i < c.inputs[1].values.size(); ++i)
    if (static_cast<std::int64_t>(i % row_bytes(shape) * 8) >= shape[1]) c.inputs[1].values[i] = 255;
  if (shape.numel() > 2) c.inputs[0].values[1] = NAN;
  c.gradient = false;
  c.oracle = [on](const std::vector<HostTensor>& in) {
    HostTensor dx = in[0];
    for (std::size_t i = 0; i < on.size(); ++i)
      if (!on[i]) dx.values[i] = 0;
    return std::vector<HostTensor>{dx};
  };
  return c;
}

OpCase gelu_grad(const Shape& shape) {
  OpCase c;
  c.name = shape.text();
  c.op = "gelu_tanh_grad";
  c.inputs = {random_tensor(shape, DType::kF32, -2, 2, 7), random_tensor(shape, DType::kF32, -4, 4, 8)};
  c.gradient = false;
  c.tolerance = 4e-6;
  c.reason = "some twenty roundings of terms up to 4";
  // GELU is x s(u) with s the logistic function and u twice the tanh's argument.
  c.oracle = [](const std::vector<HostTensor>& in) {
    const long double scale = 2 * std::sqrt(2 / 3.14159265358979323846L);
    HostTensor dx = in[0];
    for (std::size_t i = 0; i < dx.values.size(); ++i) {
      const long double x = in[1].values[i], u = scale * (x + 0.044715L * x * x * x);
      const long double s = 1 / (1 + std::exp(-u)), du = scale * (1 + 3 * 0.044715L * x * x);
      dx.values[i] = static_cast<double>(in[0].values[i] * s * (1 + x * (1 - s) * du));
    }
    return std::vector<HostTensor>{dx};
  };
  return c;
}

}  // namespace

std::vector<OpCase> gradient_epilogue_cases() {
  std::vector<OpCase> rows = sums_rows();
  for (const Shape& shape : {Shape{1, 1}, Shape{5, 7}, Shape{3, 128}, Shape{9, 131}, Shape{0, 4}, Shape{3, 0}}) {
    rows.push_back(relu_bits(shape, {}, DType::kF32));
    rows.push_back(relu_bits(shape, {shape[1]}, DType::kBF16));
    rows.push_back(relu_bits(shape, {1, shape[1]}, DType::kF16));
    rows.push_back(relu_bits_grad(shape));
    rows.push_back(gelu_grad(shape));
  }
  return rows;
}

}  // namespace weft::testing
