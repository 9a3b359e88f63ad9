// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include "tests/core/autodiff/interpreter.h"

namespace weft::testing {
namespace {

// Calls visit(window, position, x, counted) for all elements of all windows: places in memory, x negative in padding;
// counted: the element is one that a mean counts.
using Visit = std::function<void(std::size_t window, double position, std::int64_t x, bool counted)>;
void each_element(const ir::Node& node, const Shape& image, const Shape& windows, const Visit& visit) {
  const ir::Attributes& a = node.attributes;
  const ir::Ints &stride = a.ints("strides"), &dilation = a.ints("dilations"), &low = a.ints("padding_low");
  std::size_t at = 0;
  each(windows, [&](const Index& window) {
    double position = 0;
    each(Shape(a.ints("window")), [&](const Index& offset) {
      Index element = window;
      bool inside = true, counted = true;
      for (std::size_t i = 0; i < offset.size(); ++i) {
        const std::int64_t size = image.dims()[i + 1];
        const std::int64_t e = element[i + 1] = window[i + 1] * stride[i] - low[i] + offset[i] * dilation[i];
        inside = inside && e >= 0 && e < size;
        if (a.has("divisor"))
          counted = counted && e >= -a.ints("counted_low")[i] && e < size + a.ints("counted_high")[i];
      }
      visit(at, position++, inside ? static_cast<std::int64_t>(place(image, element)) : -1, counted);
    });
    ++at;
  });
}

Arrays max_pool(const ir::Node& node, const Arrays& in) {
  Array y(node.outputs[0].shape), index(y.shape, -1);
  each_element(node, in[0].shape, y.shape, [&](std::size_t window, double position, std::int64_t x, bool) {
    if (x < 0 || (index[window] >= 0 && in[0][static_cast<std::size_t>(x)] <= y[window])) return;
    y[window] = in[0][static_cast<std::size_t>(x)];
    index[window] = position;
  });
  return {y, index};
}

Arrays max_unpool(const ir::Node& node, const Arrays& in) {
  Array out(node.outputs[0].shape);
  each_element(node, out.shape, in[0].shape, [&](std::size_t window, double position, std::int64_t x, bool) {
    if (x >= 0 && in[1][window] == position) out[static_cast<std::size_t>(x)] += in[0][window];
  });
  return {out};
}

Arrays take_in_windows(const ir::Node& node, const Arrays& in) {
  Array out(node.outputs[0].shape);
  each_element(node, in[0].shape, out.shape, [&](std::size_t window, double position, std::int64_t x, bool) {
    if (x >= 0 && in[1][window] == position) out[window] = in[0][static_cast<std::size_t>(x)];
  });
  return {out};
}

Array divisors(const ir::Node& node, const Shape& image, const Shape& windows) {
  const std::int64_t divisor = node.attributes.integer("divisor");
  Array count(windows, static_cast<double>(divisor));
  each_element(node, image, windows, [&](std::size_t window, double, std::int64_t, bool counted) {
    if (divisor == 0 && counted) count[window] += 1;
  });
  return count;
}

Arrays avg_pool(const ir::Node& node, const Arrays& in) {
  Array out(node.outputs[0].shape);
  const Array count = divisors(node, in[0].shape, out.shape);
  each_element(node, in[0].shape, out.shape, [&](std::size_t window, double, std::int64_t x, bool) {
    if (x >= 0) out[window] += in[0][static_cast<std::size_t>(x)] / count[window];
  });
  return {out};
}

Arrays avg_pool_grad(const ir::Node& node, const Arrays& in) {
  Array out(node.outputs[0].shape);
  const Array count = divisors(node, out.shape, in[0].shape);
  each_element(node, out.shape, in[0].shape, [&](std::size_t window, double, std::int64_t x, bool) {
    if (x >= 0) out[static_cast<std::size_t>(x)] += in[0][window] / count[window];
  });
  return {out};
}

}  // namespace

void add_pooling(OpTable& table) {
  table["max_pool"] = max_pool;
  table["max_unpool"] = max_unpool;
  table["take_in_windows"] = take_in_windows;
  table["avg_pool"] = avg_pool;
  table["avg_pool_grad"] = avg_pool_grad;
}

}  // namespace weft::testing
