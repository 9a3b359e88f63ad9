// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <initializer_list>

#include "core/autodiff/autodiff.h"
#include "core/ir/verify.h"
#include "tests/core/autodiff/derivative_cases.h"
#include "tests/core/autodiff/interpreter.h"

// A case's function with its derivatives, evaluated in doubles.
namespace weft::testing {

inline Array random_array(const Shape& shape, double low, double high, std::uint64_t& state) {
  Array out(shape);
  for (double& x : out.data) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    x = low + (high - low) * static_cast<double>(state >> 11) * 0x1p-53;
  }
  return out;
}

inline Arrays random_arrays(const Arrays& like, std::uint64_t& state) {
  Arrays out;
  for (const Array& x : like) out.push_back(random_array(x.shape, -1, 1, state));
  return out;
}

inline double dot(const Arrays& a, const Arrays& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t e = 0; e < a[i].size(); ++e) sum += a[i][e] * b[i][e];
  return sum;
}

inline Arrays moved(Arrays x, const Arrays& direction, double step) {
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t e = 0; e < x[i].size(); ++e) x[i][e] += step * direction[i][e];
  return x;
}

inline Arrays concat(Arrays a, const Arrays& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// y = f(x) with its derivatives: dx = J^T u, dy = J v; of g(x, u) = dx: J_g^T w and J_g (v, s); of h(x) = dy: J_h^T s.
class Derived {
 public:
  // At random arguments between the case's bounds.
  explicit Derived(const Case& row) : Derived(row, random_point(row)) {}
  Derived(const Case& row, Arrays point) : at(std::move(point)), build_(graph_) {
    const Values x = inputs(at);
    for (const ops::Value v : row.build(build_, x))
      if (is_floating(build_.dtype(v))) y_.push_back(v);
    value = evaluate(graph_, at, y_);
    const Values u = inputs(value), v = inputs(at);
    dx_ = autodiff::backward(build_, y_, u, x);
    dy_ = autodiff::forward(build_, y_, x, v);
    const Values w = inputs(at), s = inputs(value);
    Values xu = x, vs = v;
    xu.insert(xu.end(), u.begin(), u.end());
    vs.insert(vs.end(), s.begin(), s.end());
    dxu_ = autodiff::backward(build_, dx_, w, xu);
    ddx_ = autodiff::forward(build_, dx_, xu, vs);
    dyx_ = autodiff::backward(build_, dy_, s, x);
    ir::verify(graph_, ops::infer_node);
  }

  Arrays f(const Arrays& x) { return evaluate_at(y_, value, {x, zeros(value), zeros(at), zeros(at), zeros(value)}); }
  Arrays pull(const Arrays& x, const Arrays& u) {
    return evaluate_at(dx_, at, {x, u, zeros(at), zeros(at), zeros(value)});
  }
  Arrays push(const Arrays& x, const Arrays& v) {
    return evaluate_at(dy_, value, {x, zeros(value), v, zeros(at), zeros(value)});
  }
  Arrays second_pull(const Arrays& x, const Arrays& u, const Arrays& w) {
    return evaluate_at(dxu_, concat(at, value), {x, u, zeros(at), w, zeros(value)});
  }
  Arrays second_push(const Arrays& x, const Arrays& u, const Arrays& v, const Arrays& s) {
    return evaluate_at(ddx_, at, {x, u, v, zeros(at), s});
  }

  Arrays pull_of_push(const Arrays& x, const Arrays& v, const Arrays& s) {
    return evaluate_at(dyx_, at, {x, zeros(value), v, zeros(at), s});
  }

  const Arrays at;
  Arrays value;

 private:
  using Values = std::vector<ops::Value>;
  static Arrays random_point(const Case& row) {
    std::uint64_t state = 11;
    Arrays out;
    for (const Shape& shape : row.shapes) out.push_back(random_array(shape, row.low, row.high, state));
    return out;
  }
  Values inputs(const Arrays& like) {
    Values out;
    for (const Array& a : like) out.push_back(graph_.add_input({a.shape, DType::kF64}, ir::InputKind::kArgument, ""));
    return out;
  }
  static Arrays zeros(const Arrays& like) {
    Arrays out;
    for (const Array& a : like) out.emplace_back(a.shape);
    return out;
  }
  // An undefined derivative is zero.
  Arrays evaluate_at(const Values& values, const Arrays& like, std::initializer_list<Arrays> inputs) {
    Arrays all;
    for (const Arrays& part : inputs) all = concat(std::move(all), part);
    Values defined;
    for (const ops::Value v : values)
      if (v.defined()) defined.push_back(v);
    const Arrays results = evaluate(graph_, all, defined);
    Arrays out = zeros(like);
    std::size_t next = 0;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (values[i].defined()) out[i] = results[next++];
    return out;
  }

  ir::Graph graph_;
  ops::Builder build_;
  Values y_, dx_, dy_, dxu_, ddx_, dyx_;
};

}  // namespace weft::testing
