// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "tests/core/autodiff/interpreter.h"

namespace weft::testing {
namespace {

std::size_t u(std::int64_t i) { return static_cast<std::size_t>(i); }

Arrays matmul(const ir::Node& node, const Arrays& in) {
  const bool trans_a = node.attributes.boolean("trans_a"), trans_b = node.attributes.boolean("trans_b");
  const std::int64_t inner = in[0].shape[trans_a ? -2 : -1];
  Array out(node.outputs[0].shape);
  std::size_t at = 0;
  each(out.shape, [&](const Index& index) {
    Index a = index, b = index;
    const std::size_t row = index.size() - 2, column = index.size() - 1;
    if (trans_a) a[column] = index[row];
    if (trans_b) b[row] = index[column];
    for (std::int64_t k = 0; k < inner; ++k) {
      a[trans_a ? row : column] = k;
      b[trans_b ? column : row] = k;
      out[at] += in[0][place(in[0].shape, a)] * in[1][place(in[1].shape, b)];
    }
    ++at;
  });
  return {out};
}

// A mask that depends on the place alone, like the real one.
Arrays dropout(const ir::Node& node, const Arrays& in) {
  Array out = in[0];
  const double rate = node.attributes.real("rate");
  for (std::size_t i = 0; i < out.size(); ++i) out[i] *= (i * 7 + 3) % 5 < 2 ? 0 : 1 / (1 - rate);
  return {out};
}

Arrays cross_entropy(const ir::Node& node, const Arrays& in) {
  const Array &logits = in[0], &target = in[1];
  const std::size_t rows = u(logits.shape[0]), classes = u(logits.shape[1]);
  const double e = node.attributes.real("label_smoothing");
  Array loss(Shape{logits.shape[0]}), slope(logits.shape), row_weight(loss.shape);
  for (std::size_t i = 0; i < rows; ++i) {
    const bool soft = target.shape.rank() == 2;
    const double* x = &logits.data[i * classes];
    if (!soft && static_cast<std::int64_t>(target[i]) == node.attributes.integer("ignore_index")) continue;
    double norm = 0;
    for (std::size_t j = 0; j < classes; ++j) norm += std::exp(x[j]);
    double mass = 0;
    std::vector<double> q(classes);
    for (std::size_t j = 0; j < classes; ++j) {
      const double given = soft ? target[i * classes + j] : (target[i] == static_cast<double>(j) ? 1 : 0);
      const double w = in.size() == 3 ? in[2][j] : 1;
      q[j] = w * (given * (1 - e) + e / static_cast<double>(classes));
      mass += q[j];
      loss[i] -= q[j] * (x[j] - std::log(norm));
      row_weight[i] += soft ? 1.0 / static_cast<double>(classes) : w * given;
    }
    for (std::size_t j = 0; j < classes; ++j) slope[i * classes + j] = std::exp(x[j]) / norm * mass - q[j];
  }
  return {loss, slope, row_weight};
}

Arrays scaled_cross_entropy(const ir::Node& node, const Arrays& in) {
  Arrays operands = in;
  operands.erase(operands.begin() + 2);
  Arrays out = cross_entropy(node, operands);
  const std::size_t classes = u(in[0].shape[1]);
  for (std::size_t i = 0; i < out[1].size(); ++i) out[1][i] *= in[2][in[2].size() == 1 ? 0 : i / classes];
  return out;
}

double channel(const Array& statistic, std::size_t element) { return statistic[element % statistic.size()]; }

Arrays batch_norm(const ir::Node& node, const Arrays& in) {
  const Array& x = in[0];
  const std::size_t channels = in[1].size();
  const std::size_t rows = x.size() / channels;
  const auto count = static_cast<double>(rows);
  Array y(x.shape), mean(in[1].shape), variance(in[1].shape), rstd(in[1].shape);
  for (std::size_t i = 0; i < x.size(); ++i) mean[i % channels] += x[i] / count;
  for (std::size_t i = 0; i < x.size(); ++i) variance[i % channels] += std::pow(x[i] - channel(mean, i), 2) / count;
  for (std::size_t c = 0; c < channels; ++c) rstd[c] = 1 / std::sqrt(variance[c] + node.attributes.real("eps"));
  for (std::size_t i = 0; i < x.size(); ++i)
    y[i] = (x[i] - channel(mean, i)) * channel(rstd, i) * channel(in[1], i) + channel(in[2], i);
  return {y, mean, variance, rstd};
}

// The mean is exact here.
Arrays batch_norm_statistics(const ir::Node& node, const Arrays& in) {
  const Array ones({in[0].shape[-1]}, 1);
  Arrays out = batch_norm(node, {in[0], ones, ones});
  out.erase(out.begin());
  out.push_back(Array(ones.shape));
  return out;
}

Arrays batch_norm_grad(const ir::Node&, const Arrays& in) {
  const Array &dy = in[0], &x = in[1], &weight = in[2], &mean = in[3], &rstd = in[4];
  const std::size_t rows = x.size() / weight.size();
  const auto count = static_cast<double>(rows);
  Array dx(x.shape), dweight(weight.shape), dbias(weight.shape);
  const auto xhat = [&](std::size_t i) { return (x[i] - channel(mean, i)) * channel(rstd, i); };
  for (std::size_t i = 0; i < x.size(); ++i) {
    dweight[i % weight.size()] += dy[i] * xhat(i);
    dbias[i % weight.size()] += dy[i];
  }
  for (std::size_t i = 0; i < x.size(); ++i)
    dx[i] =
        channel(weight, i) * channel(rstd, i) * (dy[i] - (channel(dbias, i) + xhat(i) * channel(dweight, i)) / count);
  return {dx, dweight, dbias};
}

Arrays batch_norm_inference(const ir::Node& node, const Arrays& in) {
  Array y = in[0];
  for (std::size_t i = 0; i < y.size(); ++i)
    y[i] = (y[i] - channel(in[3], i)) / std::sqrt(channel(in[4], i) + node.attributes.real("eps")) * channel(in[1], i) +
           channel(in[2], i);
  return {y};
}

}  // namespace

void add_structured(OpTable& table) {
  table["matmul"] = matmul;
  table["dropout"] = dropout;
  table["softmax_cross_entropy"] = cross_entropy;
  table["softmax_cross_entropy_scaled"] = scaled_cross_entropy;
  table["batch_norm"] = batch_norm;
  table["batch_norm_statistics"] = batch_norm_statistics;
  table["batch_norm_grad"] = batch_norm_grad;
  table["batch_norm_inference"] = batch_norm_inference;
}

}  // namespace weft::testing
