// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <utility>

#include "core/scalar/elementwise.h"
#include "tests/core/autodiff/interpreter.h"

namespace weft::testing {
namespace {

template <Fn fn>
double value_of(const std::array<double, 3>& x) {
  if constexpr (arity(fn) == 1) return static_cast<double>(Formula<fn>::value(x[0]));
  if constexpr (arity(fn) == 2) return static_cast<double>(Formula<fn>::value(x[0], x[1]));
  if constexpr (arity(fn) == 3) return static_cast<double>(Formula<fn>::value(x[0], x[1], x[2]));
}

template <Fn fn>
Arrays map_elements(const ir::Node& node, const Arrays& in) {
  Array out(node.outputs[0].shape);
  std::size_t at = 0;
  each(out.shape, [&](const Index& index) {
    std::array<double, 3> x{};
    for (std::size_t i = 0; i < in.size(); ++i) x[i] = in[i][place(in[i].shape, index)];
    out[at++] = value_of<fn>(x);
  });
  return {out};
}

template <std::size_t... i>
void add_all(OpTable& table, std::index_sequence<i...>) {
  ((table[name_of(static_cast<Fn>(i))] = map_elements<static_cast<Fn>(i)>), ...);
}

}  // namespace

void add_elementwise(OpTable& table) {
  add_all(table, std::make_index_sequence<kFnCount>{});
  table["cast"] = [](const ir::Node& node, const Arrays& in) -> Arrays {
    Array out = in[0];
    const DType to = node.attributes.dtype("dtype");
    for (double& x : out.data) {
      if (to == DType::kBool)
        x = x != 0;
      else if (!is_floating(to))
        x = std::trunc(x);
    }
    return {out};
  };
  table["full"] = [](const ir::Node& node, const Arrays&) -> Arrays {
    return {Array(node.outputs[0].shape, node.attributes.real("value"))};
  };
  table["iota"] = [](const ir::Node& node, const Arrays&) -> Arrays {
    Array out(node.outputs[0].shape);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<double>(i);
    return {out};
  };
}

}  // namespace weft::testing
