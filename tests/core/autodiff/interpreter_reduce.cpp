// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/core/autodiff/interpreter.h"

namespace weft::testing {
namespace {

using Line = std::vector<double>;
using Fold = std::function<double(const Line&, const ir::Attributes&)>;

// The elements that each element of the result comes from, in memory order.
OpFunction reduction(Fold fold) {
  return [fold](const ir::Node& node, const Arrays& in) -> Arrays {
    std::vector<std::int64_t> kept = in[0].shape.dims();
    for (const std::int64_t axis : node.attributes.ints("axes")) kept[static_cast<std::size_t>(axis)] = 1;
    const Shape small(kept);
    std::vector<Line> lines(static_cast<std::size_t>(small.numel()));
    std::size_t at = 0;
    each(in[0].shape, [&](const Index& index) { lines[place(small, index)].push_back(in[0][at++]); });
    Array out(node.outputs[0].shape);
    for (std::size_t i = 0; i < lines.size(); ++i) out[i] = fold(lines[i], node.attributes);
    return {out};
  };
}

double total(const Line& x) { return std::accumulate(x.begin(), x.end(), 0.0); }
double average(const Line& x) { return total(x) / static_cast<double>(x.size()); }

double log_sum_exp(const Line& x) {
  const double top = *std::max_element(x.begin(), x.end());
  if (std::isinf(top)) return top;
  double sum = 0;
  for (const double v : x) sum += std::exp(v - top);
  return top + std::log(sum);
}

double variance(const Line& x, const ir::Attributes& attributes) {
  const double mean = average(x);
  double sum = 0;
  for (const double v : x) sum += (v - mean) * (v - mean);
  return sum / (static_cast<double>(x.size()) - static_cast<double>(attributes.integer("correction")));
}

// Maps each line along the attribute `axis`.
OpFunction along_axis(std::function<Line(Line, const ir::Attributes&)> f) {
  return [f](const ir::Node& node, const Arrays& in) -> Arrays {
    const auto axis = static_cast<std::size_t>(node.attributes.integer("axis"));
    std::vector<std::int64_t> kept = in[0].shape.dims();
    kept[axis] = 1;
    Array out(in[0].shape);
    each(Shape(kept), [&](Index index) {
      Line line;
      for (index[axis] = 0; index[axis] < out.shape.dims()[axis]; ++index[axis])
        line.push_back(in[0][place(out.shape, index)]);
      line = f(std::move(line), node.attributes);
      for (index[axis] = 0; index[axis] < out.shape.dims()[axis]; ++index[axis])
        out[place(out.shape, index)] = line[static_cast<std::size_t>(index[axis])];
    });
    return {out};
  };
}

Line cumulative(Line x, const ir::Attributes& attributes) {
  if (attributes.boolean("reverse")) std::reverse(x.begin(), x.end());
  std::partial_sum(x.begin(), x.end(), x.begin());
  if (attributes.boolean("reverse")) std::reverse(x.begin(), x.end());
  return x;
}

Line log_softmax(Line x, const ir::Attributes&) {
  const double norm = log_sum_exp(x);
  for (double& v : x) v -= norm;
  return x;
}

Line softmax(Line x, const ir::Attributes& attributes) {
  x = log_softmax(std::move(x), attributes);
  for (double& v : x) v = std::exp(v);
  return x;
}

// The tangents' elements at different places other than i, each in every order, times the elements of x that are left.
double others_of(const std::vector<Line>& in, std::vector<std::size_t>& left_out) {
  const std::size_t tangent = left_out.size();
  double sum = tangent < in.size() ? 0 : 1;
  for (std::size_t j = 0; j < in[0].size(); ++j) {
    if (std::find(left_out.begin(), left_out.end(), j) != left_out.end()) continue;
    if (tangent == in.size()) {
      sum *= in[0][j];
      continue;
    }
    left_out.push_back(j);
    sum += in[tangent][j] * others_of(in, left_out);
    left_out.pop_back();
  }
  return sum;
}

Arrays prod_others(const ir::Node& node, const Arrays& in) {
  const auto axis = static_cast<std::size_t>(node.attributes.integer("axis"));
  const Shape& shape = in[1].shape;
  Array out(shape);
  each(in[0].shape, [&](Index index) {
    const double c = in[0][place(in[0].shape, index)];
    std::vector<Line> lines(in.size() - 1);
    for (index[axis] = 0; index[axis] < shape.dims()[axis]; ++index[axis])
      for (std::size_t k = 1; k < in.size(); ++k) lines[k - 1].push_back(in[k][place(shape, index)]);
    for (index[axis] = 0; index[axis] < shape.dims()[axis]; ++index[axis]) {
      std::vector<std::size_t> left_out{static_cast<std::size_t>(index[axis])};
      out[place(shape, index)] = c * others_of(lines, left_out);
    }
  });
  return {out};
}

}  // namespace

void add_reductions(OpTable& table) {
  const auto add = [&](const char* name, double (*fold)(const Line&)) {
    table[name] = reduction([fold](const Line& x, const ir::Attributes&) { return fold(x); });
  };
  add("sum", total);
  add("mean", average);
  add("logsumexp", log_sum_exp);
  add("max", [](const Line& x) { return *std::max_element(x.begin(), x.end()); });
  add("min", [](const Line& x) { return *std::min_element(x.begin(), x.end()); });
  add("prod", [](const Line& x) { return std::accumulate(x.begin(), x.end(), 1.0, std::multiplies<>()); });
  table["variance"] = reduction(variance);
  table["prod_others"] = prod_others;
  table["cumsum"] = along_axis(cumulative);
  table["softmax"] = along_axis(softmax);
  table["log_softmax"] = along_axis(log_softmax);
}

}  // namespace weft::testing
