// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/kernels/support/kernel_cases.h"

namespace weft::testing {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// In long double no exponential of these inputs overflows, so the oracle takes no largest element out.
Oracle softmax(int axis, bool log) {
  return [=](const std::vector<HostTensor>& in) -> std::vector<HostTensor> {
    HostTensor y = in[0];
    const auto classes = static_cast<std::size_t>(y.spec.shape[axis]);
    std::size_t inner = 1;
    for (int i = axis + 1; i < y.spec.shape.rank(); ++i) inner *= static_cast<std::size_t>(y.spec.shape[i]);
    const std::size_t block = classes * inner;
    for (std::size_t line = 0; line < y.values.size(); line += line % block + 1 == inner ? block - inner + 1 : 1) {
      long double sum = 0;
      for (std::size_t j = 0; j < classes; ++j)
        sum += std::exp(static_cast<long double>(in[0].values[line + j * inner]));
      for (std::size_t j = 0; j < classes; ++j) {
        const long double x = in[0].values[line + j * inner];
        y.values[line + j * inner] = static_cast<double>(log ? x - std::log(sum) : std::exp(x) / sum);
      }
    }
    return {y};
  };
}

OpCase softmax_row(bool log, std::string name, HostTensor x, std::int64_t axis) {
  OpCase c;
  c.name = std::move(name);
  c.op = log ? "log_softmax" : "softmax";
  c.attributes = {{"axis", axis}};
  c.gradient = x.spec.shape.numel() <= 60;
  c.inputs = {std::move(x)};
  c.oracle = softmax(static_cast<int>(axis), log);
  c.tolerance = 3e-6;
  c.reason = "exponentials and logarithms of f32 differences";
  return c;
}

void put_softmax(std::vector<OpCase>& rows, bool log) {
  const auto x = [](Shape shape) { return random_tensor(shape, DType::kF32, -4, 4, 21); };
  rows.push_back(softmax_row(log, "rows", x({5, 7}), 1));
  rows.push_back(softmax_row(log, "columns", x({7, 5}), 0));
  rows.push_back(softmax_row(log, "middle axis", x({3, 5, 4}), 1));
  rows.push_back(softmax_row(log, "one class", x({3, 1}), 1));
  rows.push_back(softmax_row(log, "no classes", x({3, 0}), 1));
  rows.push_back(softmax_row(log, "no rows", x({0, 3}), 1));
  for (const std::int64_t n : {15, 16, 17, 64, 100})
    rows.push_back(softmax_row(log, "rows of " + std::to_string(n), x({35, n}), 1));
  rows.push_back(softmax_row(log, "a vector", x({257}), 0));
  rows.push_back(softmax_row(log, "many classes", x({2, 5000}), 1));
  rows.push_back(softmax_row(log, "columns beyond a tile", x({17, 130}), 0));
  rows.push_back(softmax_row(log, "tall columns", x({2 * 16 + 5, 131}), 0));
  rows.push_back(softmax_row(log, "tall columns in the middle", x({2, 33, 9}), 1));
  OpCase c = softmax_row(log, "beyond the range of exp", random_tensor({3, 9}, DType::kF32, 900, 1000, 3), 1);
  c.gradient = false;
  rows.push_back(c);
  c = softmax_row(log, "special values",
                  tensor_of({4, 3}, DType::kF32, {1, kNaN, 2, 1, -kInf, 2, -kInf, -kInf, -kInf, kInf, 1, 2}), 1);
  // A row with plus infinity, or with nothing above minus infinity, has no softmax: NaN, as PyTorch says.
  c.oracle = [plain = c.oracle](const std::vector<HostTensor>& in) {
    std::vector<HostTensor> out = plain(in);
    std::fill(out[0].values.begin() + 6, out[0].values.end(), kNaN);
    return out;
  };
  c.gradient = false;
  rows.push_back(c);
  c = softmax_row(log, "special columns",
                  tensor_of({3, 4}, DType::kF32, {1, 1, -kInf, kInf, kNaN, -kInf, -kInf, 1, 2, 2, -kInf, 2}), 0);
  c.oracle = [plain = c.oracle](const std::vector<HostTensor>& in) {
    std::vector<HostTensor> out = plain(in);
    for (std::size_t i = 0; i < out[0].values.size(); ++i)
      if (i % 4 >= 2) out[0].values[i] = kNaN;
    return out;
  };
  c.gradient = false;
  rows.push_back(c);
}

struct Loss {
  double smoothing = 0;
  std::int64_t ignore_index = -100;
};

bool is_label(double label, const Loss& l, std::size_t c) {
  return label != static_cast<double>(l.ignore_index) && label >= 0 && label < static_cast<double>(c);
}

// q_j of one row: w_j times the smoothed target distribution.
std::vector<double> mass(const std::vector<HostTensor>& in, std::size_t row, const Loss& l) {
  const auto c = static_cast<std::size_t>(in[0].spec.shape[1]);
  std::vector<double> q(c, 0.0);
  const bool probabilities = is_floating(in[1].spec.dtype);
  if (!probabilities && !is_label(in[1].values[row], l, c)) return q;
  for (std::size_t j = 0; j < c; ++j) {
    const double given = probabilities ? in[1].values[row * c + j] : in[1].values[row] == static_cast<double>(j);
    q[j] = (in.size() > 2 ? in[2].values[j] : 1) * (given * (1 - l.smoothing) + l.smoothing / static_cast<double>(c));
  }
  return q;
}

Oracle cross_entropy(Loss l) {
  return [=](const std::vector<HostTensor>& in) -> std::vector<HostTensor> {
    const Shape& shape = in[0].spec.shape;
    const auto n = static_cast<std::size_t>(shape[0]), c = static_cast<std::size_t>(shape[1]);
    const DType wide = in[0].spec.dtype == DType::kF64 ? DType::kF64 : DType::kF32;
    HostTensor loss{{{shape[0]}, wide}, {}}, gradient{in[0].spec, {}}, weight{{{shape[0]}, wide}, {}};
    const HostTensor p = softmax(1, false)(in)[0], logp = softmax(1, true)(in)[0];
    for (std::size_t i = 0; i < n; ++i) {
      const std::vector<double> q = mass(in, i, l);
      double sum = 0, total = 0;
      for (std::size_t j = 0; j < c; ++j) {
        if (q[j] != 0) sum -= q[j] * logp.values[i * c + j];
        total += q[j];
      }
      loss.values.push_back(sum);
      for (std::size_t j = 0; j < c; ++j)
        gradient.values.push_back(total == 0 ? 0 : total * p.values[i * c + j] - q[j]);
      const bool labeled = !is_floating(in[1].spec.dtype);
      const double label = labeled ? in[1].values[i] : 0;
      const double w = !labeled                 ? 1
                       : !is_label(label, l, c) ? 0
                       : in.size() > 2          ? in[2].values[static_cast<std::size_t>(label)]
                                                : 1;
      weight.values.push_back(w);
    }
    return {loss, gradient, weight};
  };
}

OpCase loss_row(std::string name, HostTensor logits, HostTensor target, Loss l = {}) {
  OpCase c;
  c.name = std::move(name);
  c.op = "softmax_cross_entropy";
  c.attributes = {{"label_smoothing", l.smoothing}, {"ignore_index", l.ignore_index}};
  c.gradient = logits.spec.shape.numel() <= 60;
  c.inputs = {std::move(logits), std::move(target)};
  c.oracle = cross_entropy(l);
  c.tolerance = 4e-6;
  c.reason = "exponentials and logarithms of f32 differences";
  return c;
}

OpCase weighted(OpCase c) {
  c.name += ", weighted";
  c.inputs.push_back(random_tensor({c.inputs[0].spec.shape[1]}, DType::kF32, 0.2, 2, 33));
  return c;
}

// The gradient times one number or a number per row.
OpCase scaled(OpCase c, HostTensor scale) {
  c.name += scale.spec.shape.rank() == 0 ? ", scaled" : ", scaled by row";
  c.op = "softmax_cross_entropy_scaled";
  c.keep_f32 = {2};
  c.inputs.insert(c.inputs.begin() + 2, std::move(scale));
  c.oracle = [plain = c.oracle](const std::vector<HostTensor>& in) {
    std::vector<HostTensor> operands = in;
    operands.erase(operands.begin() + 2);
    std::vector<HostTensor> out = plain(operands);
    const auto classes = static_cast<std::size_t>(in[0].spec.shape[1]);
    for (std::size_t i = 0; i < out[1].values.size(); ++i)
      out[1].values[i] *= in[2].values[in[2].values.size() == 1 ? 0 : i / classes];
    return out;
  };
  return c;
}

// Rows of non-negative numbers that add up to 1.
HostTensor probabilities(std::int64_t n, std::int64_t classes) {
  HostTensor t = random_tensor({n, classes}, DType::kF32, 0, 1, 34);
  const auto c = static_cast<std::size_t>(classes);
  for (std::size_t i = 0; i < t.values.size(); i += c) {
    double sum = 0;
    for (std::size_t j = 0; j < c; ++j) sum += t.values[i + j];
    for (std::size_t j = 0; j < c; ++j) t.values[i + j] /= sum;
  }
  return stored_as(t, DType::kF32);
}

// A block of threads for each row on CUDA; of rows of an odd size each begins at another distance from 16 bytes.
void put_wide_losses(std::vector<OpCase>& rows) {
  const auto x = [](std::int64_t n, std::int64_t c) { return random_tensor({n, c}, DType::kF32, -4, 4, 31); };
  const auto labels = [](std::int64_t n, double c) { return random_tensor({n}, DType::kI64, 0, c, 32); };
  const HostTensor ignoring = tensor_of({5}, DType::kI64, {1, -100, 2050, 0, -100});
  const HostTensor factor = tensor_of({}, DType::kF32, {0.125}), factors = random_tensor({5}, DType::kF32, -2, 3, 36);
  rows.push_back(loss_row("several packs", x(3, 1000), labels(3, 1000)));
  rows.push_back(loss_row("odd rows", x(9, 519), labels(9, 519)));
  rows.push_back(scaled(loss_row("many classes", x(5, 2051), ignoring), factor));
  rows.push_back(scaled(loss_row("many classes, smoothed", x(5, 2051), ignoring, {.smoothing = 0.1}), factors));
  rows.push_back(scaled(weighted(loss_row("many classes", x(5, 2051), ignoring, {.smoothing = 0.1})), factors));
  rows.push_back(weighted(loss_row("many probabilities", x(2, 1031), probabilities(2, 1031), {.smoothing = 0.1})));
  rows.push_back(scaled(loss_row("no wide rows", x(0, 4000), labels(0, 4000)), factor));
  OpCase c = loss_row("more classes than fit in shared memory", x(1, 30001), labels(1, 30001));
  c.dtypes = {DType::kF64, DType::kF32};
  rows.push_back(c);
  // More rows than there are blocks at a time on the emulated device; some are ignored, none begins where the last did.
  HostTensor some = labels(20, 6001);
  some.values[3] = some.values[9] = some.values[17] = -100;
  c = loss_row("rows that blocks go on to", x(20, 6001), some);
  c.dtypes = {DType::kF32, DType::kBF16};
  rows.push_back(c);
  c = loss_row("smoothed rows that blocks go on to", x(20, 6001), some, {.smoothing = 0.1});
  c.dtypes = {DType::kF32, DType::kBF16};
  rows.push_back(c);
  // The first and the last class of a row, and classes that are masked.
  const auto masked = [&](std::int64_t classes, double fill) {
    HostTensor logits = x(2, classes);
    for (std::size_t i = 0; i < logits.values.size(); i += 3) logits.values[i] = fill;
    logits.values[0] = 1;
    return logits;
  };
  c = loss_row("many masked classes", masked(601, -kInf), tensor_of({2}, DType::kI64, {0, 600}));
  rows.push_back(c);
  c = loss_row("many infinite logits", masked(601, kInf), tensor_of({2}, DType::kI64, {0, 600}));
  c.oracle = [](const std::vector<HostTensor>& in) -> std::vector<HostTensor> {
    const DType wide = in[0].spec.dtype == DType::kF64 ? DType::kF64 : DType::kF32;
    const std::size_t all = in[0].values.size();
    return {{{{2}, wide}, {kNaN, kNaN}}, {in[0].spec, std::vector<double>(all, kNaN)}, {{{2}, wide}, {1, 1}}};
  };
  rows.push_back(c);
}

void put_losses(std::vector<OpCase>& rows) {
  const auto x = [](std::int64_t n, std::int64_t c) { return random_tensor({n, c}, DType::kF32, -4, 4, 31); };
  const auto labels = [](std::int64_t n, double c, DType dtype = DType::kI64) {
    return random_tensor({n}, dtype, 0, c, 32);
  };
  const HostTensor ignoring = tensor_of({5}, DType::kI64, {1, -100, 6, 0, -100});
  rows.push_back(loss_row("indices", x(5, 7), labels(5, 7)));
  rows.push_back(weighted(loss_row("indices", x(5, 7), labels(5, 7))));
  rows.push_back(loss_row("i32 indices", x(4, 3), labels(4, 3, DType::kI32)));
  rows.push_back(loss_row("ignored rows", x(5, 7), ignoring));
  rows.push_back(weighted(loss_row("ignored rows, smoothed", x(5, 7), ignoring, {.smoothing = 0.1})));
  rows.push_back(loss_row("ignoring a class", x(6, 3), labels(6, 3), {.ignore_index = 1}));
  rows.push_back(loss_row("smoothed", x(5, 7), labels(5, 7), {.smoothing = 0.2}));
  rows.push_back(loss_row("wholly smoothed", x(3, 4), labels(3, 4), {.smoothing = 1}));
  rows.push_back(loss_row("probabilities", x(5, 6), probabilities(5, 6)));
  rows.push_back(weighted(loss_row("probabilities, smoothed", x(5, 6), probabilities(5, 6), {.smoothing = 0.3})));
  rows.push_back(loss_row("one class", x(3, 1), labels(3, 1)));
  rows.push_back(loss_row("no rows", x(0, 4), labels(0, 4)));
  rows.push_back(loss_row("many classes", x(3, 5000), labels(3, 5000), {.smoothing = 0.1}));
  rows.push_back(loss_row("many rows", x(1031, 10), labels(1031, 10)));
  // Rows that are worked on together, ignored ones among them, of whole and cut vector registers.
  for (const std::int64_t classes : {16, 17, 64}) {
    HostTensor some = labels(35, static_cast<double>(classes));
    some.values[0] = some.values[7] = some.values[34] = -100;
    rows.push_back(loss_row("ignored rows of " + std::to_string(classes), x(35, classes), some));
  }
  put_wide_losses(rows);
  const HostTensor factor = tensor_of({}, DType::kF32, {0.125}), factors = random_tensor({5}, DType::kF32, -2, 3, 36);
  rows.push_back(scaled(loss_row("indices", x(5, 7), labels(5, 7)), factor));
  rows.push_back(scaled(weighted(loss_row("ignored rows, smoothed", x(5, 7), ignoring, {.smoothing = 0.1})), factors));
  rows.push_back(scaled(loss_row("probabilities", x(5, 6), probabilities(5, 6)), factors));
  OpCase c = loss_row("beyond the range of exp", random_tensor({3, 9}, DType::kF32, 900, 1000, 3), labels(3, 9));
  c.gradient = false;
  rows.push_back(c);
  c = loss_row("masked classes", tensor_of({2, 3}, DType::kF32, {1, -kInf, 2, -kInf, 0.5, 0.25}),
               tensor_of({2}, DType::kI64, {2, 1}));
  c.gradient = false;
  rows.push_back(c);
  c = loss_row("infinite logit", tensor_of({2, 3}, DType::kF32, {1, kInf, 2, -kInf, -kInf, -kInf}),
               tensor_of({2}, DType::kI64, {2, 1}));
  c.oracle = [](const std::vector<HostTensor>& in) -> std::vector<HostTensor> {
    const DType wide = in[0].spec.dtype == DType::kF64 ? DType::kF64 : DType::kF32;
    return {{{{2}, wide}, {kNaN, kNaN}}, {in[0].spec, std::vector<double>(6, kNaN)}, {{{2}, wide}, {1, 1}}};
  };
  c.gradient = false;
  rows.push_back(c);
  c = loss_row("label too large", x(4, 5), tensor_of({4}, DType::kI64, {0, 7, 4, 1}));
  c.data_error = "label 7 in row 1 is outside [0, 5)";
  c.gradient = false;
  rows.push_back(c);
  c = loss_row("label negative", x(4, 5), tensor_of({4}, DType::kI32, {0, 1, -1, 1}));
  c.data_error = "label -1 in row 2 is outside [0, 5)";
  c.gradient = false;
  rows.push_back(c);
}

}  // namespace

std::vector<OpCase> softmax_cases() {
  std::vector<OpCase> rows;
  put_softmax(rows, false);
  put_softmax(rows, true);
  put_losses(rows);
  return rows;
}

}  // namespace weft::testing
