// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "weft/weft.h"

// Updates with made-up gradients beside an oracle in double.
namespace weft::testing {

using Values = std::vector<double>;

inline double wave(std::size_t i, double phase) { return std::sin(1.3 * static_cast<double>(i) + phase) + 0.2; }

inline Values waves(const Shape& shape, double phase) {
  Values x;
  for (std::size_t i = 0; i < static_cast<std::size_t>(shape.numel()); ++i) x.push_back(wave(i, phase));
  return x;
}

inline Parameters parameters_of(const std::vector<Shape>& shapes) {
  Parameters all;
  for (std::size_t i = 0; i < shapes.size(); ++i)
    all.add("p" + std::to_string(i), Variable(Tensor::of(waves(shapes[i], static_cast<double>(i)), shapes[i])));
  return all;
}

// The gradient of parameter i in update t, whatever the parameter is.
inline Values gradient_of(const Shape& shape, std::size_t i, int t) {
  return waves(shape, 0.7 * t + 2.0 * static_cast<double>(i));
}

inline Gradients gradients_of(const Parameters& parameters, int t) {
  Gradients g{parameters, {}};
  for (std::size_t i = 0; i < parameters.size(); ++i)
    g.values.push_back(Tensor::of(gradient_of(parameters[i].shape(), i, t), parameters[i].shape()));
  return g;
}

using Oracle = std::function<void(int t, const Shape& shape, Values& p, const Values& g)>;

// Twelve updates of an optimizer beside an oracle for each parameter, both in double.
inline void expect_trajectory(const std::vector<Group>& groups, const Parameters& all,
                              const std::function<Oracle(std::size_t)>& oracle_of) {
  Optimizer optimizer(groups);
  std::vector<Values> wanted;
  std::vector<Oracle> oracles;
  for (std::size_t i = 0; i < all.size(); ++i) {
    wanted.push_back(all[i].value().to_vector<double>());
    oracles.push_back(oracle_of(i));
  }
  for (int t = 1; t <= 12; ++t) {
    optimizer.apply(gradients_of(all, t));
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].numel() == 0) continue;
      oracles[i](t, all[i].shape(), wanted[i], gradient_of(all[i].shape(), i, t));
      const Values got = all[i].value().to_vector<double>();
      for (std::size_t k = 0; k < got.size(); ++k)
        ASSERT_NEAR(got[k], wanted[i][k], 1e-12 * std::fmax(1, std::fabs(wanted[i][k])))
            << all.name(i) << all[i].shape().text() << ", update " << t << ", element " << k;
    }
  }
  EXPECT_EQ(optimizer.updates(), 12);
}

}  // namespace weft::testing
