// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "weft/weft.h"

// A recipe that no header of the library has, and what recipes do to one parameter, in double and element by element.
namespace weft::testing {

// Second moments of matrices by their row and column means, a step no longer than `threshold`, and a rate relative to
// the parameter. Source: Shazeer and Stern 2018.
struct Factored {
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
      const double beta1 = h.beta1.at(t - 1), mix = beta1 * m[i] + (1 - beta1) * g[i];
      p[i] -= h.lr.at(t - 1) * ((mix > 0) - (mix < 0) + h.weight_decay * p[i]);
      m[i] = h.beta2 * m[i] + (1 - h.beta2) * g[i];
    }
  }
};

struct LAMBOracle {
  LAMB h;
  Numbers m{}, v{};
  void operator()(int t, const Shape&, Numbers& p, const Numbers& g) {
    m.resize(p.size());
    v.resize(p.size());
    Numbers direction(p.size());
    double length = 0, wanted = 0;
    const double beta1 = h.beta1.at(t - 1);
    for (std::size_t i = 0; i < p.size(); ++i) {
      m[i] = beta1 * m[i] + (1 - beta1) * g[i];
      v[i] = h.beta2 * v[i] + (1 - h.beta2) * g[i] * g[i];
      const double root = std::sqrt(v[i] / (1 - std::pow(h.beta2, t)));
      direction[i] = m[i] / (1 - std::pow(beta1, t)) / (root + h.eps) + h.weight_decay * p[i];
      length += p[i] * p[i];
      wanted += direction[i] * direction[i];
    }
    const double ratio = length > 0 && wanted > 0 ? std::sqrt(length / wanted) : 1;
    for (std::size_t i = 0; i < p.size(); ++i) p[i] -= h.lr.at(t - 1) * ratio * direction[i];
  }
};

struct HeavyBallOracle {
  HeavyBall h;
  Numbers before{};
  void operator()(int t, const Shape&, Numbers& p, const Numbers& g) {
    if (before.empty()) before = p;
    const Numbers now = p;
    for (std::size_t i = 0; i < p.size(); ++i)
      p[i] += h.momentum.at(t - 1) * (p[i] - before[i]) - h.lr.at(t - 1) * (g[i] + h.weight_decay * p[i]);
    before = now;
  }
};

struct LARSOracle {
  LARS h;
  Numbers b{};
  void operator()(int t, const Shape&, Numbers& p, const Numbers& g) {
    b.resize(p.size());
    double length = 0, slope = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
      length += p[i] * p[i];
      slope += g[i] * g[i];
    }
    length = std::sqrt(length), slope = std::sqrt(slope);
    const double trust = length > 0 && slope > 0 ? h.trust_coefficient * length / (slope + h.weight_decay * length) : 1;
    for (std::size_t i = 0; i < p.size(); ++i) {
      b[i] = h.momentum.at(t - 1) * b[i] + h.lr.at(t - 1) * trust * (g[i] + h.weight_decay * p[i]);
      p[i] -= b[i];
    }
  }
};

// The form of the authors' program: p is y, which lies between z and x.
struct ScheduleFreeOracle {
  ScheduleFreeAdamW h;
  Numbers z{}, x{}, v{};
  double largest = 0, sum = 0;
  void operator()(int t, const Shape&, Numbers& p, const Numbers& g) {
    if (z.empty()) z = x = p;
    v.resize(p.size());
    const double lr = h.lr.at(t - 1);
    largest = std::max(largest, lr);
    const double weight = std::pow(t, h.r) * std::pow(largest, h.weight_lr_power);
    sum += weight;
    const double share = sum > 0 ? weight / sum : 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
      v[i] = h.beta2 * v[i] + (1 - h.beta2) * g[i] * g[i];
      const double step = g[i] / (std::sqrt(v[i] / (1 - std::pow(h.beta2, t))) + h.eps) + h.weight_decay * p[i];
      z[i] -= lr * step;
      x[i] = (1 - share) * x[i] + share * z[i];
      p[i] = h.beta1 * x[i] + (1 - h.beta1) * z[i];
    }
  }
};

struct FactoredOracle {
  Factored h;
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
