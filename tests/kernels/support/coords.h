// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "tests/kernels/support/harness.h"

// Oracles by definition: an output element is a function of its coordinates.
namespace weft::testing {

using Coords = std::vector<std::int64_t>;

inline std::size_t place_of(const Shape& shape, const Coords& at) {
  std::int64_t place = 0;
  for (std::size_t k = 0; k < at.size(); ++k) place = place * shape.dims()[k] + at[k];
  return static_cast<std::size_t>(place);
}

inline double value_at(const HostTensor& tensor, const Coords& at) {
  return tensor.values.at(place_of(tensor.spec.shape, at));
}

// Calls body(coords) for every element, last axis fastest.
inline void for_each_coords(const Shape& shape, const std::function<void(const Coords&)>& body) {
  Coords at(shape.dims().size(), 0);
  for (std::int64_t n = shape.numel(); n > 0; --n) {
    body(at);
    for (std::size_t k = at.size(); k-- > 0;) {
      if (++at[k] < shape.dims()[k]) break;
      at[k] = 0;
    }
  }
}

inline HostTensor by_coords(const Shape& shape, DType dtype, const std::function<double(const Coords&)>& value) {
  HostTensor out{{shape, dtype}, {}};
  for_each_coords(shape, [&](const Coords& at) { out.values.push_back(value(at)); });
  return out;
}

}  // namespace weft::testing
