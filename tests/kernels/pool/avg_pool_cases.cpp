// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tests/kernels/pool/pool_oracle.h"
#include "tests/kernels/support/kernel_cases.h"

namespace weft::testing {
namespace {

using Tensors = std::vector<HostTensor>;

// Divisor of a mean: a number, or the count of elements that lie at most so far outside the image.
struct Divisor {
  ir::Ints counted_low, counted_high;
  std::int64_t number = 0;
};

void set_divisor(ir::Attributes& attributes, const Divisor& d) {
  attributes.set("counted_low", d.counted_low);
  attributes.set("counted_high", d.counted_high);
  attributes.set("divisor", d.number);
}

// The divisor of every window.
HostTensor divisors(const Shape& x, const WindowSetup& s, const Divisor& d) {
  HostTensor count = by_coords(windows_of(x, s), DType::kF64, [&](const Coords&) { return d.number; });
  if (d.number > 0) return count;
  for_each_in_windows(x, s, [&](const Coords& window, std::int64_t, const Coords& element, bool) {
    bool counts = true;
    for (std::size_t i = 0; i < d.counted_low.size(); ++i) {
      const std::int64_t at = element[i + 1];
      counts = counts && at >= -d.counted_low[i] && at < x.dims()[i + 1] + d.counted_high[i];
    }
    count.values[place_of(count.spec.shape, window)] += counts ? 1 : 0;
  });
  return count;
}

Oracle average_oracle(const WindowSetup& s, const Divisor& d) {
  return [=](const Tensors& in) -> Tensors {
    const Shape& x = in[0].spec.shape;
    const HostTensor count = divisors(x, s, d);
    HostTensor y = by_coords(windows_of(x, s), in[0].spec.dtype, [](const Coords&) { return 0; });
    for_each_in_windows(x, s, [&](const Coords& window, std::int64_t, const Coords& element, bool inside) {
      const std::size_t at = place_of(y.spec.shape, window);
      if (inside) y.values[at] += value_at(in[0], element) / count.values[at];
    });
    return {y};
  };
}

Oracle average_grad_oracle(const Shape& x, const WindowSetup& s, const Divisor& d) {
  return [=](const Tensors& in) -> Tensors {
    const HostTensor count = divisors(x, s, d);
    HostTensor dx = by_coords(x, in[0].spec.dtype, [](const Coords&) { return 0; });
    for_each_in_windows(x, s, [&](const Coords& window, std::int64_t, const Coords& element, bool inside) {
      if (inside) dx.values[place_of(x, element)] += value_at(in[0], window) / value_at(count, window);
    });
    return {dx};
  };
}

}  // namespace

std::vector<OpCase> avg_pool_cases() {
  std::vector<OpCase> rows;
  const auto add = [&](const std::string& name, const Shape& x, const WindowSetup& s, const Divisor& d) {
    OpCase average;
    average.name = name;
    average.op = "avg_pool";
    average.attributes = attributes_of(s);
    set_divisor(average.attributes, d);
    average.inputs = {random_tensor(x, DType::kF32, -3, 3, 7)};
    average.oracle = average_oracle(s, d);
    average.tolerance = 2e-6;
    average.reason = "f32 sums of at most 42 terms below 3, divided";
    average.gradient = x.numel() <= 130;
    rows.push_back(average);
    OpCase grad = average;
    grad.op = "avg_pool_grad";
    grad.attributes = attributes_to(x, s);
    set_divisor(grad.attributes, d);
    grad.inputs = {random_tensor(windows_of(x, s), DType::kF32, -3, 3, 8)};
    grad.oracle = average_grad_oracle(x, s, d);
    rows.push_back(grad);
  };
  for (const NamedSetup& s : window_setups()) {
    const ir::Ints none(s.setup.window.size(), 0);
    add(s.name + "_elements_counted", s.x, s.setup, {none, none});
    ir::Ints high = s.setup.padding_high;
    for (std::size_t i = 0; i < high.size(); ++i) high[i] = std::min(high[i], s.setup.padding_low[i]);
    add(s.name + "_padding_counted", s.x, s.setup, {s.setup.padding_low, high});
    add(s.name + "_divided_by_5", s.x, s.setup, {none, none, 5});
  }
  add("many_elements", {2, 7, 6, 18}, {{7, 6}, {1, 1}, {0, 0}, {0, 0}, {1, 1}}, {{0, 0}, {0, 0}});
  return rows;
}

}  // namespace weft::testing
