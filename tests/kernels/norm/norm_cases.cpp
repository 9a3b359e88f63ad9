// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "tests/kernels/support/kernel_cases.h"

namespace weft::testing {
namespace {

// One channel's column of a channels-last tensor.
std::vector<double> column(const HostTensor& x, std::size_t channel) {
  const auto c = static_cast<std::size_t>(x.spec.shape[-1]);
  std::vector<double> values;
  for (std::size_t i = channel; i < x.values.size(); i += c) values.push_back(x.values[i]);
  return values;
}

void set_column(HostTensor& x, std::size_t channel, const std::vector<double>& values) {
  const auto c = static_cast<std::size_t>(x.spec.shape[-1]);
  for (std::size_t i = 0; i < values.size(); ++i) x.values[channel + i * c] = values[i];
}

HostTensor like(const TensorSpec& spec) {
  return {spec, std::vector<double>(static_cast<std::size_t>(spec.shape.numel()))};
}

long double exact_average(const std::vector<double>& v) {
  long double s = 0;
  for (const double x : v) s += x;
  return v.empty() ? 0 : s / static_cast<long double>(v.size());
}

double average(const std::vector<double>& v) { return static_cast<double>(exact_average(v)); }

// (x, weight, bias) -> (y, mean, variance, rstd).
Oracle batch_norm_oracle(double eps) {
  return [=](const std::vector<HostTensor>& in) -> std::vector<HostTensor> {
    HostTensor y = like(in[0].spec), mean = like(in[1].spec), variance = like(in[1].spec), rstd = like(in[1].spec);
    for (std::size_t j = 0; j < mean.values.size(); ++j) {
      std::vector<double> x = column(in[0], j);
      const long double center = exact_average(x);
      mean.values[j] = static_cast<double>(center);
      for (double& value : x) value = static_cast<double>(value - center);
      std::vector<double> squares = x;
      for (double& value : squares) value *= value;
      variance.values[j] = average(squares);
      rstd.values[j] = std::pow(variance.values[j] + eps, -0.5);
      for (double& value : x) value = value * rstd.values[j] * in[1].values[j] + in[2].values[j];
      set_column(y, j, x);
    }
    return {y, mean, variance, rstd};
  };
}

// Mean, variance and rstd, and what the mean loses in its dtype.
Oracle statistics_oracle(double eps) {
  return [=](const std::vector<HostTensor>& in) -> std::vector<HostTensor> {
    const DType dtype = in[0].spec.dtype == DType::kF64 ? DType::kF64 : DType::kF32;
    const TensorSpec channels{{in[0].spec.shape[-1]}, dtype};
    const HostTensor ones{channels, std::vector<double>(static_cast<std::size_t>(channels.shape.numel()), 1)};
    std::vector<HostTensor> out = batch_norm_oracle(eps)({in[0], ones, ones});
    out.erase(out.begin());
    HostTensor rest = like(channels);
    for (std::size_t j = 0; j < rest.values.size(); ++j) {
      const long double center = exact_average(column(in[0], j));
      const double kept = dtype == DType::kF64 ? static_cast<double>(center) : static_cast<float>(center);
      rest.values[j] = static_cast<double>(center - kept);
    }
    out.push_back(rest);
    return out;
  };
}

std::vector<HostTensor> grad(const std::vector<HostTensor>& in) {
  HostTensor dx = like(in[1].spec), dweight = like(in[2].spec), dbias = like(in[2].spec);
  for (std::size_t j = 0; j < dbias.values.size(); ++j) {
    const std::vector<double> dy = column(in[0], j), x = column(in[1], j);
    std::vector<double> xhat(x.size()), products(x.size()), d(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      xhat[i] = (x[i] - in[3].values[j]) * in[4].values[j];
      products[i] = dy[i] * xhat[i];
    }
    const double mean_dy = average(dy), mean_product = average(products);
    for (std::size_t i = 0; i < x.size(); ++i)
      d[i] = in[2].values[j] * in[4].values[j] * (dy[i] - mean_dy - xhat[i] * mean_product);
    set_column(dx, j, d);
    dbias.values[j] = mean_dy * static_cast<double>(x.size());
    dweight.values[j] = mean_product * static_cast<double>(x.size());
  }
  return {dx, dweight, dbias};
}

Oracle inference(double eps) {
  return [=](const std::vector<HostTensor>& in) -> std::vector<HostTensor> {
    HostTensor y = in[0];
    const std::size_t c = in[1].values.size();
    for (std::size_t i = 0; i < y.values.size(); ++i) {
      const std::size_t j = i % c;
      y.values[i] =
          (y.values[i] - in[3].values[j]) / std::sqrt(in[4].values[j] + eps) * in[1].values[j] + in[2].values[j];
    }
    return {y};
  };
}

HostTensor values(Shape shape, double lo, double hi, std::uint64_t seed) {
  return random_tensor(shape, DType::kF32, lo, hi, seed);
}

OpCase train_row(std::string name, HostTensor x, double eps = 1e-5) {
  OpCase c;
  c.name = std::move(name);
  c.op = "batch_norm";
  c.attributes = {{"eps", eps}};
  const Shape channels{x.spec.shape[-1]};
  c.gradient = x.spec.shape.numel() <= 60;
  c.inputs = {std::move(x), values(channels, 0.5, 1.5, 42), values(channels, -1, 1, 43)};
  c.oracle = batch_norm_oracle(eps);
  c.tolerance = 1e-5;
  c.reason = "sums of f32, and rstd up to 4 multiplies their rounding";
  c.keep_f32 = {1, 2};
  return c;
}

OpCase statistics_row(std::string name, HostTensor x, double eps = 1e-5) {
  OpCase c;
  c.name = std::move(name);
  c.op = "batch_norm_statistics";
  c.attributes = {{"eps", eps}};
  c.gradient = x.spec.shape.numel() <= 60;
  c.inputs = {std::move(x)};
  c.oracle = statistics_oracle(eps);
  c.tolerance = 1e-5;
  c.reason = "sums of f32";
  return c;
}

OpCase grad_row(std::string name, Shape shape) {
  OpCase c;
  c.name = std::move(name);
  c.op = "batch_norm_grad";
  const Shape channels{shape[-1]};
  c.inputs = {values(shape, -1, 1, 44), values(shape, -2, 2, 45), values(channels, 0.5, 1.5, 46),
              values(channels, -0.2, 0.2, 47), values(channels, 0.5, 2, 48)};
  c.oracle = grad;
  c.tolerance = 4e-5;
  c.reason = "sums of up to 20011 f32 products, in trees";
  c.gradient = shape.numel() <= 60;
  c.keep_f32 = {2, 3, 4};
  return c;
}

OpCase inference_row(std::string name, Shape shape) {
  OpCase c;
  c.name = std::move(name);
  c.op = "batch_norm_inference";
  c.attributes = {{"eps", 1e-5}};
  const Shape channels{shape[-1]};
  c.inputs = {values(shape, -2, 2, 51), values(channels, 0.5, 1.5, 52), values(channels, -1, 1, 53),
              values(channels, -0.5, 0.5, 54), values(channels, 0.25, 2, 55)};
  c.oracle = inference(1e-5);
  c.tolerance = 2e-6;
  c.reason = "a handful of f32 operations";
  c.gradient = shape.numel() <= 60;
  c.keep_f32 = {1, 2, 3, 4};
  return c;
}

OpCase far_from_zero(OpCase c) {
  c.dtypes = {DType::kF32, DType::kF64};  // the 16-bit types cannot hold such values
  return c;
}

OpCase special_values() {
  HostTensor x = values({5, 3}, -1, 1, 50);
  x.values[4] = std::numeric_limits<double>::quiet_NaN();
  OpCase c = train_row("nan stays in its channel", x);
  c.gradient = false;
  return c;
}

const Shape kShapes[] = {{5, 3},    {2, 3, 2, 4}, {17, 1},   {33, 65},  {257, 2},
                         {2003, 5}, {20011, 2},   {64, 128}, {3001, 8}, {1, 300}};

}  // namespace

std::vector<OpCase> norm_cases() {
  std::vector<OpCase> rows;
  for (const Shape& shape : kShapes) {
    if (shape.numel() != shape[-1]) {
      rows.push_back(train_row("of " + shape.text(), values(shape, -2, 2, 41)));
      rows.push_back(statistics_row("of " + shape.text(), values(shape, -2, 2, 41)));
    }
    rows.push_back(grad_row("of " + shape.text(), shape));
    rows.push_back(inference_row("of " + shape.text(), shape));
  }
  rows.push_back(train_row("empty batch", values({0, 3}, 0, 1, 41)));
  rows.push_back(grad_row("empty batch", {0, 3}));
  rows.push_back(inference_row("empty batch", {0, 3}));
  rows.push_back(statistics_row("empty batch", values({0, 3}, 0, 1, 41)));
  rows.push_back(train_row("no channels", values({3, 0}, 0, 1, 41)));
  rows.push_back(statistics_row("no channels", values({3, 0}, 0, 1, 41)));
  rows.push_back(train_row("a single row", values({1, 4}, -2, 2, 41), 0.5));
  rows.push_back(statistics_row("a single row", values({1, 4}, -2, 2, 41), 0.5));
  const char* far = "a mean that f32 can barely hold";
  for (const Shape& shape : {Shape{64, 3}, Shape{700, 8}}) {
    rows.push_back(far_from_zero(train_row(far + (" of " + shape.text()), values(shape, 1e6, 1e6 + 8, 49))));
    rows.push_back(far_from_zero(statistics_row(far + (" of " + shape.text()), values(shape, 1e6, 1e6 + 8, 49))));
  }
  rows.push_back(special_values());
  return rows;
}

}  // namespace weft::testing
