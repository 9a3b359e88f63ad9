// SPDX-License-Identifier: Apache-2.0
#include "tests/core/autodiff/interpreter.h"

namespace weft::testing {
namespace {

// Calls term(x, w, y) with the places of every product y[y] += x[x] w[w] of a convolution of these shapes.
void each_product(const ir::Attributes& attributes, const Shape& x, const Shape& w, const Shape& y,
                  const std::function<void(const Index&, const Index&, const Index&)>& term) {
  const std::int64_t filters = y[-1] / attributes.integer("groups");
  each(y, [&](const Index& to) {
    each(Shape({w.begin() + 1, w.end()}), [&](const Index& element) {
      Index from{to[0]}, weight{to.back()};
      for (std::size_t i = 0; i + 1 < element.size(); ++i) {
        from.push_back(to[i + 1] * attributes.ints("strides")[i] + element[i] * attributes.ints("dilations")[i] -
                       attributes.ints("padding_low")[i]);
        if (from.back() < 0 || from.back() >= x[static_cast<int>(i) + 1]) return;
      }
      from.push_back(to.back() / filters * w[-1] + element.back());
      weight.insert(weight.end(), element.begin(), element.end());
      term(from, weight, to);
    });
  });
}

Arrays conv(const ir::Node& node, const Arrays& in) {
  Array out(node.outputs[0].shape);
  each_product(node.attributes, in[0].shape, in[1].shape, out.shape,
               [&](const Index& x, const Index& w, const Index& y) {
                 out[place(out.shape, y)] += in[0][place(in[0].shape, x)] * in[1][place(in[1].shape, w)];
               });
  return {out};
}

Arrays input_grad(const ir::Node& node, const Arrays& in) {
  Array out(node.outputs[0].shape);
  each_product(node.attributes, out.shape, in[1].shape, in[0].shape,
               [&](const Index& x, const Index& w, const Index& y) {
                 out[place(out.shape, x)] += in[0][place(in[0].shape, y)] * in[1][place(in[1].shape, w)];
               });
  return {out};
}

Arrays weight_grad(const ir::Node& node, const Arrays& in) {
  Array out(node.outputs[0].shape);
  each_product(node.attributes, in[0].shape, out.shape, in[1].shape,
               [&](const Index& x, const Index& w, const Index& y) {
                 out[place(out.shape, w)] += in[0][place(in[0].shape, x)] * in[1][place(in[1].shape, y)];
               });
  return {out};
}

}  // namespace

void add_conv(OpTable& table) {
  table["conv"] = conv;
  table["conv_input_grad"] = input_grad;
  table["conv_weight_grad"] = weight_grad;
}

}  // namespace weft::testing
