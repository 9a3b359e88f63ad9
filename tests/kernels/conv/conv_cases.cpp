// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/kernels/support/kernel_cases.h"

namespace weft::testing {
namespace {

struct Geometry {
  ir::Ints strides, dilations, low, high;
  std::int64_t groups = 1;
};

// Operands of conv: images (n, spatial..., c), filters (out, window..., c / groups), results (n, windows..., out).
struct Shapes {
  Shape x, w, y;
};

// Calls visit(place) for every place of a grid.
void for_each_place(const ir::Ints& sizes, const std::function<void(const ir::Ints&)>& visit) {
  ir::Ints place(sizes.size(), 0);
  std::int64_t count = 1;
  for (const std::int64_t size : sizes) count *= size;
  for (; count > 0; --count) {
    visit(place);
    for (std::size_t i = sizes.size(); i-- > 0;) {
      if (++place[i] < sizes[i]) break;
      place[i] = 0;
    }
  }
}

// Offset of an element, by a place on all axes.
std::size_t offset(const Shape& shape, const ir::Ints& place) {
  std::int64_t at = 0;
  for (std::size_t i = 0; i < place.size(); ++i) at = at * shape[static_cast<int>(i)] + place[i];
  return static_cast<std::size_t>(at);
}

ir::Ints inner(const Shape& shape) { return {shape.begin() + 1, shape.end() - 1}; }

// Calls term(x, w, y) with the offsets of every product: y[y] += x[x] w[w].
void for_each_term(const Shapes& s, const Geometry& g,
                   const std::function<void(std::size_t, std::size_t, std::size_t)>& term) {
  const std::int64_t channels = s.w[-1], filters = s.y[-1] / g.groups;
  for_each_place(inner(s.y), [&](const ir::Ints& window) {
    for_each_place(inner(s.w), [&](const ir::Ints& element) {
      ir::Ints at;
      for (std::size_t i = 0; i < window.size(); ++i) {
        at.push_back(window[i] * g.strides[i] + element[i] * g.dilations[i] - g.low[i]);
        if (at.back() < 0 || at.back() >= s.x[static_cast<int>(i) + 1]) return;
      }
      for (std::int64_t n = 0; n < s.x[0]; ++n)
        for (std::int64_t out = 0; out < s.y[-1]; ++out)
          for (std::int64_t c = 0; c < channels; ++c) {
            ir::Ints x{n}, w{out}, y{n};
            x.insert(x.end(), at.begin(), at.end());
            w.insert(w.end(), element.begin(), element.end());
            y.insert(y.end(), window.begin(), window.end());
            x.push_back(out / filters * channels + c), w.push_back(c), y.push_back(out);
            term(offset(s.x, x), offset(s.w, w), offset(s.y, y));
          }
    });
  });
}

// The op's result, every product added where it belongs.
HostTensor scattered(const std::string& op, const Shapes& s, const Geometry& g, const HostTensor& a,
                     const HostTensor& b) {
  const Shape& shape = op == "conv" ? s.y : op == "conv_input_grad" ? s.x : s.w;
  HostTensor out{{shape, a.spec.dtype}, std::vector<double>(static_cast<std::size_t>(shape.numel()), 0.0)};
  for_each_term(s, g, [&](std::size_t x, std::size_t w, std::size_t y) {
    if (op == "conv") out.values[y] += a.values[x] * b.values[w];
    if (op == "conv_input_grad") out.values[x] += a.values[y] * b.values[w];
    if (op == "conv_weight_grad") out.values[w] += a.values[x] * b.values[y];
  });
  return out;
}

// One row for each of the three ops.
void put(std::vector<OpCase>& rows, const std::string& name, const Shapes& s, const Geometry& g, bool gradient = true) {
  for (const std::string op : {"conv", "conv_input_grad", "conv_weight_grad"}) {
    const Shape& first = op == "conv_input_grad" ? s.y : s.x;
    const Shape& second = op == "conv_weight_grad" ? s.y : s.w;
    OpCase c;
    c.name = name;
    c.op = op;
    c.attributes = {{"strides", g.strides},
                    {"dilations", g.dilations},
                    {"padding_low", g.low},
                    {"padding_high", g.high},
                    {"groups", g.groups}};
    if (op == "conv_input_grad") c.attributes.set("spatial", inner(s.x));
    if (op == "conv_weight_grad") c.attributes.set("window", inner(s.w));
    c.inputs = {random_tensor(first, DType::kF32, -1, 1, 1), random_tensor(second, DType::kF32, -1, 1, 2)};
    c.oracle = [=](const std::vector<HostTensor>& in) -> std::vector<HostTensor> {
      return {scattered(op, s, g, in[0], in[1])};
    };
    c.tolerance = gradient ? 4e-6 : 2e-5;
    c.reason = gradient ? "up to a hundred products in f32, in another order" : "up to a few thousand such products";
    c.gradient = gradient;
    rows.push_back(std::move(c));
  }
}

// Halves whose sums of products are given in f32, as they were added up.
void put_wide(std::vector<OpCase>& rows, const std::string& name, const Shapes& s, const Geometry& g) {
  std::vector<OpCase> some;
  put(some, name, s, g, false);
  for (OpCase& c : some) {
    c.attributes.set("dtype", DType::kF32);
    c.dtypes = {DType::kBF16, DType::kF16, DType::kF32};
    c.oracle = [exact = c.oracle](const std::vector<HostTensor>& in) {
      std::vector<HostTensor> result = exact(in);
      result[0].spec.dtype = DType::kF32;
      return result;
    };
    rows.push_back(std::move(c));
  }
}

void put_axes(std::vector<OpCase>& rows) {
  put(rows, "one axis", {{2, 7, 3}, {4, 3, 3}, {2, 5, 4}}, {{1}, {1}, {0}, {0}});
  put(rows, "two axes, padded", {{2, 4, 5, 2}, {3, 3, 3, 2}, {2, 4, 5, 3}}, {{1, 1}, {1, 1}, {1, 1}, {1, 1}});
  put(rows, "three axes", {{1, 3, 4, 3, 2}, {2, 2, 2, 3, 2}, {1, 2, 3, 1, 2}},
      {{1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {0, 0, 0}});
  put(rows, "all of the geometry", {{2, 7, 6, 2}, {3, 3, 2, 2}, {2, 3, 3, 3}}, {{2, 3}, {2, 3}, {1, 2}, {2, 2}});
  put(rows, "strides that leave elements out", {{1, 8, 7, 1}, {2, 1, 2, 1}, {1, 3, 2, 2}},
      {{3, 4}, {1, 1}, {0, 0}, {0, 0}});
  put(rows, "windows in the padding", {{1, 2, 2, 1}, {1, 2, 2, 1}, {1, 7, 5, 1}}, {{1, 1}, {1, 1}, {3, 0}, {3, 4}});
}

void put_channels(std::vector<OpCase>& rows) {
  const Geometry plain{{1, 1}, {1, 1}, {0, 0}, {0, 0}}, padded{{1, 1}, {1, 1}, {1, 1}, {1, 1}};
  put(rows, "1 x 1", {{2, 3, 3, 5}, {4, 1, 1, 5}, {2, 3, 3, 4}}, plain);
  put(rows, "the whole image", {{3, 3, 2, 4}, {5, 3, 2, 4}, {3, 1, 1, 5}}, plain);
  put(rows, "one channel", {{2, 4, 4, 1}, {1, 3, 3, 1}, {2, 4, 4, 1}}, padded);
  Geometry g = padded;
  g.groups = 2;
  put(rows, "two groups", {{1, 3, 3, 4}, {6, 3, 3, 2}, {1, 3, 3, 6}}, g);
  g.groups = 5;
  put(rows, "depthwise", {{2, 3, 3, 5}, {5, 3, 3, 1}, {2, 3, 3, 5}}, g);
  put(rows, "depthwise, three axes", {{1, 5, 2, 4, 3}, {3, 3, 2, 3, 1}, {1, 2, 3, 2, 3}},
      {{2, 1, 1}, {1, 1, 1}, {0, 1, 0}, {0, 1, 0}, 3});
  put(rows, "depthwise, all of the geometry", {{2, 7, 6, 3}, {3, 3, 2, 1}, {2, 3, 3, 3}},
      {{2, 3}, {2, 3}, {1, 2}, {2, 2}, 3});
  put_wide(rows, "depthwise, wide", {{2, 3, 3, 5}, {5, 3, 3, 1}, {2, 3, 3, 5}}, g);
  put_wide(rows, "wide", {{2, 5, 4, 19}, {18, 3, 3, 19}, {2, 5, 4, 18}}, padded);
  put(rows, "depthwise, two filters a channel", {{1, 3, 3, 5}, {10, 3, 3, 1}, {1, 3, 3, 10}}, g);
}

void put_sizes(std::vector<OpCase>& rows) {
  const Geometry line{{1}, {1}, {0}, {0}}, padded{{1, 1}, {1, 1}, {1, 1}, {1, 1}};
  put(rows, "no images", {{0, 5, 2}, {3, 2, 2}, {0, 4, 3}}, line, false);
  put(rows, "no channels", {{2, 5, 0}, {3, 2, 0}, {2, 4, 3}}, line, false);
  put(rows, "no filters", {{2, 5, 2}, {0, 2, 2}, {2, 4, 0}}, line, false);
  put(rows, "many channels", {{1, 3, 4500}, {2, 1, 4500}, {1, 3, 2}}, line, false);
  put(rows, "many pixels", {{3, 1503, 2}, {3, 1, 2}, {3, 1503, 3}}, line, false);
  Geometry many = line;
  many.groups = 16;
  put(rows, "many groups, many pixels", {{2, 400, 32}, {32, 3, 2}, {2, 398, 32}}, many, false);
  put(rows, "beyond a tile", {{2, 5, 7, 17}, {67, 3, 3, 17}, {2, 5, 7, 67}}, padded, false);
  Geometry g = padded;
  g.strides = {2, 2};
  put(rows, "beyond a tile, every second pixel", {{1, 9, 10, 35}, {33, 3, 3, 35}, {1, 5, 5, 33}}, g, false);
  put(rows, "a first layer", {{1, 15, 17, 3}, {20, 7, 7, 3}, {1, 8, 9, 20}}, {{2, 2}, {1, 1}, {3, 3}, {3, 3}}, false);
  g = padded;
  g.groups = 37;
  put(rows, "many channels, depthwise", {{2, 9, 8, 37}, {37, 3, 3, 1}, {2, 9, 8, 37}}, g, false);
}

}  // namespace

std::vector<OpCase> conv_cases() {
  std::vector<OpCase> rows;
  put_axes(rows);
  put_channels(rows);
  put_sizes(rows);
  return rows;
}

}  // namespace weft::testing
