// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "tests/kernels/pool/pool_oracle.h"
#include "tests/kernels/support/kernel_cases.h"

namespace weft::testing {
namespace {

using Tensors = std::vector<HostTensor>;

DType index_type(const WindowSetup& s) { return Shape(s.window).numel() <= 256 ? DType::kU8 : DType::kI32; }

// A later element replaces an earlier one if it is larger or NaN.
Oracle max_oracle(const WindowSetup& s) {
  return [=](const Tensors& in) -> Tensors {
    const Shape& x = in[0].spec.shape;
    const Shape out = windows_of(x, s);
    HostTensor y = by_coords(out, in[0].spec.dtype, [](const Coords&) { return 0; });
    HostTensor index = by_coords(out, index_type(s), [](const Coords&) { return -1; });
    for_each_in_windows(x, s, [&](const Coords& window, std::int64_t position, const Coords& element, bool inside) {
      if (!inside) return;
      const std::size_t at = place_of(out, window);
      const double e = value_at(in[0], element);
      const bool none = index.values[at] < 0;
      if (!none && !std::isnan(e) && !(e > y.values[at])) return;
      y.values[at] = e;
      index.values[at] = static_cast<double>(position);
    });
    return {y, index};
  };
}

Oracle unpool_oracle(const Shape& x, const WindowSetup& s) {
  return [=](const Tensors& in) -> Tensors {
    HostTensor image = by_coords(x, in[0].spec.dtype, [](const Coords&) { return 0; });
    for_each_in_windows(x, s, [&](const Coords& window, std::int64_t position, const Coords& element, bool inside) {
      if (inside && value_at(in[1], window) == static_cast<double>(position))
        image.values[place_of(x, element)] += value_at(in[0], window);
    });
    return {image};
  };
}

Oracle take_oracle(const WindowSetup& s) {
  return [=](const Tensors& in) -> Tensors {
    const Shape& x = in[0].spec.shape;
    HostTensor y = by_coords(windows_of(x, s), in[0].spec.dtype, [](const Coords&) { return 0; });
    for_each_in_windows(x, s, [&](const Coords& window, std::int64_t position, const Coords& element, bool inside) {
      if (inside && value_at(in[1], window) == static_cast<double>(position))
        y.values[place_of(y.spec.shape, window)] = value_at(in[0], element);
    });
    return {y};
  };
}

OpCase pooling(std::string name, HostTensor x, const WindowSetup& s) {
  OpCase row;
  row.name = std::move(name);
  row.op = "max_pool";
  row.attributes = attributes_of(s);
  row.gradient = x.spec.shape.numel() <= 130;
  row.inputs = {std::move(x)};
  row.oracle = max_oracle(s);
  return row;
}

OpCase unpooling(std::string name, const Shape& x, HostTensor values, const WindowSetup& s) {
  OpCase row;
  row.name = std::move(name);
  row.op = "max_unpool";
  row.attributes = attributes_to(x, s);
  row.gradient = x.numel() <= 130;
  const auto positions = static_cast<double>(Shape(s.window).numel());
  const HostTensor index = random_tensor(values.spec.shape, index_type(s), 0, positions, 17);
  row.inputs = {std::move(values), index};
  row.oracle = unpool_oracle(x, s);
  row.tolerance = 1e-6;
  row.reason = "f32 sums of at most 12 terms below 3";
  return row;
}

OpCase taking(std::string name, HostTensor x, const WindowSetup& s) {
  OpCase row;
  row.name = std::move(name);
  row.op = "take_in_windows";
  row.attributes = attributes_of(s);
  row.gradient = x.spec.shape.numel() <= 130;
  const auto positions = static_cast<double>(Shape(s.window).numel());
  const HostTensor index = random_tensor(windows_of(x.spec.shape, s), index_type(s), 0, positions, 18);
  row.inputs = {std::move(x), index};
  row.oracle = take_oracle(s);
  return row;
}

}  // namespace

std::vector<OpCase> max_pool_cases() {
  std::vector<OpCase> rows;
  const auto add = [&](const std::string& name, const Shape& x, const WindowSetup& s, DType dtype = DType::kF32) {
    const double low = dtype == DType::kU8 || dtype == DType::kBool ? 0 : -3, high = dtype == DType::kBool ? 2 : 3;
    rows.push_back(pooling(name, random_tensor(x, dtype, low, high, 7), s));
    rows.push_back(taking(name, random_tensor(x, dtype, low, high, 8), s));
    if (dtype != DType::kBool)
      rows.push_back(unpooling(name, x, random_tensor(windows_of(x, s), dtype, low, high, 9), s));
  };
  for (const NamedSetup& s : window_setups()) add(s.name, s.x, s.setup);
  const WindowSetup usual{{3, 3}, {2, 2}, {1, 1}, {1, 1}, {1, 1}};
  for (const DType dtype : {DType::kI32, DType::kI64, DType::kU8, DType::kBool})
    add("stored_as_" + std::string(name_of(dtype)), {2, 5, 6, 18}, usual, dtype);
  const WindowSetup large{{16, 17}, {2, 1}, {1, 2}, {1, 2}, {1, 1}};
  for (const DType dtype : {DType::kF32, DType::kI32, DType::kI64, DType::kU8})
    add("positions_beyond_a_byte_" + std::string(name_of(dtype)), {1, 18, 17, 2}, large, dtype);
  add("positions_beyond_a_byte_of_16_channels", {1, 17, 18, 16}, {{17, 16}, {1, 1}, {0, 2}, {1, 2}, {1, 1}});
  add("positions_of_a_byte", {1, 16, 17, 16}, {{16, 16}, {1, 1}, {0, 0}, {0, 0}, {1, 1}});
  // Few values, so that most windows have ties.
  for (const std::int64_t c : {3, 16}) {
    const std::string channels = std::to_string(c);
    rows.push_back(
        pooling("ties_" + channels, stored_as(random_tensor({2, 6, 6, c}, DType::kI32, 0, 3, 4), DType::kF32), usual));
    rows.back().gradient = false;
    HostTensor special = random_tensor({2, 6, 5, c}, DType::kF32, -2, 2, 5);
    for (std::size_t i = 0; i < special.values.size(); i += 7)
      special.values[i] = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t i = 3; i < special.values.size(); i += 5)
      special.values[i] =
          i % 2 == 0 ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    rows.push_back(pooling("nan_and_infinity_" + channels, special, usual));
    rows.back().gradient = false;
    HostTensor lowest = random_tensor({1, 4, 4, c}, DType::kF32, -2, 2, 5);
    for (double& value : lowest.values) value = -std::numeric_limits<double>::infinity();
    rows.push_back(pooling("lowest_" + channels, lowest, usual));
    rows.back().gradient = false;
  }
  return rows;
}

}  // namespace weft::testing
