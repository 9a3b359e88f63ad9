// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "weft/weft.h"

// Recipes that no header of the library has, and what they do to one parameter, in double and element by element.
namespace weft::testing {

// Source: Chen et al. 2023.
struct Lion {
  Schedule lr = 1e-4;
  double beta1 = 0.9, beta2 = 0.99, weight_decay = 0;
  WEFT_RECIPE(lr, beta1, beta2, weight_decay)

  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s) {
    const Tensor m = s.get("momentum");
    const Tensor direction = sign(h.beta1 * m + (1 - h.beta1) * g);
    s.set("momentum", h.beta2 * m + (1 - h.beta2) * g);
    return p - h.lr * (direction + h.weight_decay * p);
  }
};

// Adam's direction as long as the parameter. Source: You et al. 2020.
struct Lamb {
  Schedule lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-6, weight_decay = 0.01;
  WEFT_RECIPE(lr, beta1, beta2, eps, weight_decay)

  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s) {
    const Tensor m = h.beta1 * s.get("m") + (1 - h.beta1) * g, v = h.beta2 * s.get("v") + (1 - h.beta2) * square(g);
    s.set("m", m);
    s.set("v", v);
    const Tensor mean = m / (1 - pow(h.beta1, h.t)), squares = v / (1 - pow(h.beta2, h.t));
    const Tensor direction = mean / (sqrt(squares) + h.eps) + h.weight_decay * p;
    const Tensor length = norm(p), wanted = norm(direction);
    const Tensor ratio = where(logical_and(length > 0, wanted > 0), length / wanted, ones_like(length));
    return p - h.lr * (ratio * direction);
  }

 private:
  static Tensor norm(const Tensor& x) { return sqrt(square(x.to(DType::kF64)).sum()).to(x.dtype()); }
};

// Second moments of matrices by their row and column means, a step no longer than `threshold`, and a rate relative to
// the parameter. Source: Shazeer and Stern 2018.
struct Adafactor {
  Schedule lr = 1e-2;
  double decay = 0.8, eps1 = 1e-8, eps2 = 1e-3, threshold = 1;
  WEFT_RECIPE(lr, decay, eps1, eps2, threshold)

  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s) {
    const Number beta = 1 - pow(h.t, -h.decay);
    const Tensor squares = square(g) + h.eps1;
    const Tensor u = g / sqrt(p.rank() == 2 ? factored(beta, squares, s) : whole(beta, squares, s));
    const Tensor step = u / maximum(rms(u) / h.threshold, 1.0);
    return p - h.lr * (maximum(rms(p), h.eps2) * step);
  }

 private:
  static Tensor rms(const Tensor& x) { return sqrt(square(x.to(DType::kF64)).mean()).to(x.dtype()); }
  static Tensor factored(const Number& beta, const Tensor& squares, RecipeState& s) {
    const Tensor row = beta * s.get("row", {squares.dim(0)}) + (1 - beta) * squares.mean({1});
    const Tensor column = beta * s.get("column", {squares.dim(1)}) + (1 - beta) * squares.mean({0});
    s.set("row", row);
    s.set("column", column);
    return (row / row.mean()).unsqueeze(1) * column.unsqueeze(0);
  }
  static Tensor whole(const Number& beta, const Tensor& squares, RecipeState& s) {
    Tensor v = beta * s.get("squares") + (1 - beta) * squares;
    s.set("squares", v);
    return v;
  }
};

using Numbers = std::vector<double>;

struct LionOracle {
  Lion h;
  Numbers m{};
  void operator()(int t, const Shape&, Numbers& p, const Numbers& g) {
    m.resize(p.size());
    for (std::size_t i = 0; i < p.size(); ++i) {
      const double mix = h.beta1 * m[i] + (1 - h.beta1) * g[i];
      p[i] -= h.lr.at(t - 1) * ((mix > 0) - (mix < 0) + h.weight_decay * p[i]);
      m[i] = h.beta2 * m[i] + (1 - h.beta2) * g[i];
    }
  }
};

struct LambOracle {
  Lamb h;
  Numbers m{}, v{};
  void operator()(int t, const Shape&, Numbers& p, const Numbers& g) {
    m.resize(p.size());
    v.resize(p.size());
    Numbers direction(p.size());
    double length = 0, wanted = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
      m[i] = h.beta1 * m[i] + (1 - h.beta1) * g[i];
      v[i] = h.beta2 * v[i] + (1 - h.beta2) * g[i] * g[i];
      const double root = std::sqrt(v[i] / (1 - std::pow(h.beta2, t)));
      direction[i] = m[i] / (1 - std::pow(h.beta1, t)) / (root + h.eps) + h.weight_decay * p[i];
      length += p[i] * p[i];
      wanted += direction[i] * direction[i];
    }
    const double ratio = length > 0 && wanted > 0 ? std::sqrt(length / wanted) : 1;
    for (std::size_t i = 0; i < p.size(); ++i) p[i] -= h.lr.at(t - 1) * ratio * direction[i];
  }
};

struct AdafactorOracle {
  Adafactor h;
  Numbers row{}, column{}, squares{};
  static double rms(const Numbers& x) {
    double sum = 0;
    for (const double each : x) sum += each * each;
    return std::sqrt(sum / static_cast<double>(x.size()));
  }
  void operator()(int t, const Shape& shape, Numbers& p, const Numbers& g) {
    const double beta = 1 - std::pow(t, -h.decay);
    Numbers u(p.size());
    if (shape.rank() == 2) {
      const auto rows = static_cast<std::size_t>(shape[0]), columns = static_cast<std::size_t>(shape[1]);
      Numbers of_row(rows), of_column(columns);
      for (std::size_t i = 0; i < p.size(); ++i) {
        of_row[i / columns] += (g[i] * g[i] + h.eps1) / static_cast<double>(columns);
        of_column[i % columns] += (g[i] * g[i] + h.eps1) / static_cast<double>(rows);
      }
      row.resize(rows);
      column.resize(columns);
      double mean = 0;
      for (std::size_t r = 0; r < rows; ++r) mean += row[r] = beta * row[r] + (1 - beta) * of_row[r];
      for (std::size_t c = 0; c < columns; ++c) column[c] = beta * column[c] + (1 - beta) * of_column[c];
      mean /= static_cast<double>(rows);
      for (std::size_t i = 0; i < p.size(); ++i) u[i] = g[i] / std::sqrt(row[i / columns] * column[i % columns] / mean);
    } else {
      squares.resize(p.size());
      for (std::size_t i = 0; i < p.size(); ++i) {
        squares[i] = beta * squares[i] + (1 - beta) * (g[i] * g[i] + h.eps1);
        u[i] = g[i] / std::sqrt(squares[i]);
      }
    }
    const double shorter = std::max(rms(u) / h.threshold, 1.0), scale = std::max(rms(p), h.eps2);
    for (std::size_t i = 0; i < p.size(); ++i) p[i] -= h.lr.at(t - 1) * scale * u[i] / shorter;
  }
};

}  // namespace weft::testing
