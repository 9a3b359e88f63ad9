// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/elementwise/pointwise_regions.h"

#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "tests/kernels/elementwise/pointwise_body.h"
#include "tests/kernels/elementwise/pointwise_cases.h"
#include "tests/kernels/elementwise/update_regions.h"

namespace weft::testing {
namespace {

using ir::Value;

// gelu(x * w + b) * 0.5, with w a row, b a column and many values alive at once.
Region dense_layer(DType dtype) {
  Body b;
  const Value x = b.floats({9, 131}, dtype), w = b.floats({131}, dtype), bias = b.floats({9, 1}, dtype);
  const Value h = b.op("add", {b.op("multiply", {x, w}), bias});
  const Value y = b.op("multiply", {b.op("gelu", {h}), b.full(0.5, dtype)});
  const Value z = b.op("subtract", {b.op("tanh", {h}), b.op("divide", {x, b.full(3, dtype)})});
  return b.done("layer in " + std::string(name_of(dtype)), {y, z, b.op("fma", {h, y, z})});
}

// A dropout made of its parts; the mask of a column is drawn once and repeated.
Region draws(DType dtype) {
  Body b;
  const Value x = b.floats({7, 83}, dtype), state = b.state();
  const auto draw = [&](const char* op, const Shape& shape, std::int64_t ordinal) {
    return b.op(op, {state}, {{"ordinal", ordinal}, {"shape", shape.dims()}, {"dtype", dtype}});
  };
  const Value keep = b.op("greater_equal", {draw("uniform", {7, 83}, 1), b.full(0.25, dtype)});
  const Value y = b.op("where", {keep, b.op("multiply", {x, b.full(1 / 0.75, dtype)}), b.full(0, dtype)});
  const Value noise = b.op("add", {y, draw("normal", {83}, 2)});
  return b.done("draws in " + std::string(name_of(dtype)), {y, noise, b.op("add", {y, draw("uniform", {7, 1}, 3)})});
}

// Between all number types, in both directions.
Region conversions() {
  Body b;
  const Value x = b.floats({521}, DType::kF32), d = b.floats({521}, DType::kF64), h = b.floats({521}, DType::kBF16);
  const Value i = b.input(random_tensor({521}, DType::kI32, -50, 50, 9));
  const Value u = b.input(random_tensor({521}, DType::kU8, 0, 256, 9));
  const Value sum = b.op("add", {b.cast(x, DType::kF64), d});
  const Value narrow = b.op("add", {b.op("multiply", {h, h}), b.cast(x, DType::kBF16)});
  const Value whole = b.op("add", {b.cast(b.op("square", {x}), DType::kI32), i});
  const Value byte = b.op("add", {u, b.cast(whole, DType::kU8)});
  const Value negative = b.op("less", {sum, b.full(0, DType::kF64)});
  const Value both = b.op("logical_and", {negative, b.op("greater", {i, b.cast(u, DType::kI32)})});
  const Value chosen = b.op("where", {both, x, b.cast(b.op("multiply", {byte, byte}), DType::kF32)});
  const Value all = b.op("add", {b.cast(sum, DType::kF32), b.cast(narrow, DType::kF32)});
  return b.done("conversions", {b.op("add", {all, chosen}), both, byte, narrow, b.cast(both, DType::kI64), sum});
}

// Operands that are one number each, values that do not change from element to element, and an output that is an input.
Region optimizer() {
  Body b;
  const Value p = b.floats({1031}, DType::kF32), g = b.floats({1031}, DType::kF32), m = b.floats({1031}, DType::kF32);
  const Value rate = b.input(tensor_of({}, DType::kF32, {0.01}));
  const Value beta = b.input(tensor_of({1}, DType::kF32, {0.9}));
  const Value scaled = b.op("multiply", {rate, b.full(2, DType::kF32)});
  const Value rest = b.op("subtract", {b.full(1, DType::kF32), beta});
  const Value moment = b.op("add", {b.op("multiply", {beta, m}), b.op("multiply", {rest, g})});
  return b.done("optimizer", {b.op("subtract", {p, b.op("multiply", {scaled, moment})}), moment, p});
}

Region scalars() {
  Body b;
  const Value x = b.floats({}, DType::kF32), y = b.floats({1}, DType::kF32);
  const Value z = b.op("multiply", {x, y});
  return b.done("scalars", {b.op("exp", {z}), b.op("add", {z, b.full(1, DType::kF32)})});
}

}  // namespace

std::vector<Region> regions() {
  std::vector<Region> all;
  for (const DType dtype : {DType::kF32, DType::kF64, DType::kBF16, DType::kF16}) {
    all.push_back(dense_layer(dtype));
    all.push_back(draws(dtype));
  }
  all.push_back(conversions());
  all.push_back(optimizer());
  all.push_back(scalars());
  for (const Region& update : update_regions()) all.push_back(update);
  return all;
}

ir::Node node_of(const Region& region) {
  ir::Node node;
  node.op = ir::OpId::of("pointwise");
  node.region = {ir::Region::Kind::kElementwise, region.body};
  return node;
}

// y = x w with w a row or a column, and its sums over axis 0 or 1. For CUDA: columns in packs and one by one, work for
// one piece and for several, registers of both widths.
OpCase reduced(const Shape& shape, std::int64_t axis, DType dtype, bool column = false) {
  Body b;
  const Value x = b.floats(shape, dtype), w = b.floats(column ? Shape{shape[0], 1} : Shape{shape[1]}, dtype);
  const Value y = b.op("multiply", {x, w});
  const ir::Attributes attributes{{"axes", ir::Ints{axis}}, {"keep", false}};
  const Region region =
      b.done("sums of " + shape.text() + " over axis " + std::to_string(axis) + " in " + std::string(name_of(dtype)),
             {y, b.op("sum", {y}, attributes)});
  OpCase c;
  c.name = region.name;
  c.op = "pointwise";
  c.region = {ir::Region::Kind::kElementwise, region.body};
  c.inputs = region.inputs;
  c.oracle = [=](const std::vector<HostTensor>& in) -> std::vector<HostTensor> {
    HostTensor products = in[0], sums;
    sums.spec = {Shape{shape[axis == 0 ? 1 : 0]}, dtype};
    sums.values.resize(static_cast<std::size_t>(sums.spec.shape.numel()));
    for (std::size_t i = 0; i < products.values.size(); ++i) {
      const auto columns = static_cast<std::size_t>(shape[1]);
      products.values[i] *= in[1].values[column ? i / columns : i % columns];
      sums.values[axis == 0 ? i % columns : i / columns] += products.values[i];
    }
    return {products, sums};
  };
  c.tolerance = 1e-4;
  c.reason = "sums of up to 130 products below 9, each rounded, in f32 and in an order of the kernel's";
  c.gradient = false;
  c.dtypes = {dtype};
  return c;
}

// A body's outputs, computed in f64.
std::vector<HostTensor> in_doubles(const ir::Graph& body, const std::vector<HostTensor>& inputs) {
  std::map<Value, std::vector<double>> values;
  for (std::size_t i = 0; i < inputs.size(); ++i) values[body.inputs[i].value] = inputs[i].values;
  for (std::size_t n = 0; n < body.nodes.size(); ++n) {
    const ir::Node& node = body.nodes[n];
    const Value v{static_cast<std::int32_t>(n), 0};
    if (values.contains(v)) continue;
    const std::string& op = node.op.name();
    const auto count = static_cast<std::size_t>(body.spec(v).shape.numel());
    for (std::size_t i = 0; i < count; ++i) {
      const auto x = [&](std::size_t k) {
        const std::vector<double>& all = values.at(node.inputs[k]);
        return all[all.size() == 1 ? 0 : i];
      };
      values[v].push_back(op == "full"       ? node.attributes.real("value")
                          : op == "add"      ? x(0) + x(1)
                          : op == "subtract" ? x(0) - x(1)
                          : op == "multiply" ? x(0) * x(1)
                          : op == "divide"   ? x(0) / x(1)
                          : op == "square"   ? x(0) * x(0)
                          : op == "sqrt"     ? std::sqrt(x(0))
                          : op == "where"    ? (x(0) != 0 ? x(1) : x(2))
                                             : std::nan(""));
    }
  }
  std::vector<HostTensor> outputs;
  for (const ir::Output& output : body.outputs) outputs.push_back({body.spec(output.value), values.at(output.value)});
  return outputs;
}

OpCase update_case(const Region& region) {
  OpCase c;
  c.name = region.name;
  c.op = "pointwise";
  c.region = {ir::Region::Kind::kElementwise, region.body};
  c.inputs = region.inputs;
  c.oracle = [body = region.body](const std::vector<HostTensor>& in) { return in_doubles(*body, in); };
  c.tolerance = 2e-6;
  c.reason = "about fifteen roundings in f32, on numbers of the size of the result";
  c.gradient = false;
  c.dtypes = {DType::kF32};
  return c;
}

std::vector<OpCase> region_cases() {
  // silu(a - b) with b a row: its value against the textbook; regions() covers the instructions bit for bit.
  Body b;
  const Value x = b.floats({6, 67}, DType::kF32), row = b.floats({67}, DType::kF32);
  const Value difference = b.op("subtract", {x, row});
  const Region region = b.done("silu of a difference", {b.op("silu", {difference}), difference});
  OpCase c;
  c.name = region.name;
  c.op = "pointwise";
  c.region = {ir::Region::Kind::kElementwise, region.body};
  c.inputs = region.inputs;
  c.oracle = [](const std::vector<HostTensor>& in) -> std::vector<HostTensor> {
    HostTensor y = in[0], d = in[0];
    for (std::size_t i = 0; i < y.values.size(); ++i) {
      d.values[i] -= in[1].values[i % 67];
      y.values[i] = d.values[i] / (1 + std::exp(-d.values[i]));
    }
    return {y, d};
  };
  c.tolerance = 1e-6;
  c.reason = "a rounded difference, an exponential of 3 ulps and three roundings";
  c.gradient = false;
  c.dtypes = {DType::kF32};
  std::vector<OpCase> cases{c};
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    cases.push_back(reduced({130, 128}, 0, dtype));
    cases.push_back(reduced({5, 33}, 1, dtype));
    cases.push_back(reduced({64, 64}, 0, dtype, true));  // a column operand with as many elements as a row
  }
  for (const Region& update : update_regions()) cases.push_back(update_case(update));
  return cases;
}

}  // namespace weft::testing
