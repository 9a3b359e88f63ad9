// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "core/ops/op.h"
#include "tests/kernels/support/kernel_cases.h"
#include "tests/kernels/support/oracles.h"
#include "tests/kernels/support/philox_oracle.h"

namespace weft::testing {
namespace {

using ir::Value;

// One element of the body's space as an oracle sees it: its place and the product there.
struct Element {
  std::size_t index, row, col;
  double product;
};

// A row of op matmul_epilogue in the making. The oracles of the outputs are functions of one element.
class MatmulRow {
 public:
  struct Product {
    Shape a, b, out;
    bool trans_a = false, trans_b = false;
  };
  using F = std::function<double(const Element&, const std::vector<HostTensor>& further)>;

  MatmulRow(std::string name, Product p, DType dtype = DType::kF32)
      : MatmulRow(std::move(name), std::move(p), dtype, dtype) {}
  MatmulRow(std::string name, Product p, DType dtype, DType result) : p_(std::move(p)), result_(result) {
    row_.name = std::move(name);
    row_.op = "matmul_epilogue";
    row_.attributes = {{"trans_a", p_.trans_a}, {"trans_b", p_.trans_b}};
    row_.inputs = {random_tensor(p_.a, dtype, -1, 1, 61), random_tensor(p_.b, dtype, -1, 1, 62)};
    row_.gradient = false;
    row_.dtypes = {DType::kF32};
    row_.tolerance = 4e-5;
    row_.reason = "up to 600 rounded partial sums of products below 1, and sums of up to 200 of those";
    if (result != dtype) row_.attributes.set("dtype", result);
    product = body_->add_input({p_.out, result}, ir::InputKind::kArgument, "");
  }

  Value further(HostTensor tensor) {
    const Value v = body_->add_input(tensor.spec, ir::InputKind::kArgument, "");
    row_.inputs.push_back(std::move(tensor));
    return v;
  }
  Value floats(const Shape& shape) {
    return further(random_tensor(shape, DType::kF32, -1, 1, 63 + row_.inputs.size()));
  }
  Value op(const char* name, std::vector<Value> in, ir::Attributes attributes = {}) {
    return ops::Builder(*body_).emit(name, std::move(in), std::move(attributes));
  }
  Value number(double value) {
    return op("full", {}, {{"shape", ir::Ints{}}, {"dtype", DType::kF32}, {"value", value}});
  }

  // An output of the full shape.
  void give(Value v, F f) {
    add(v);
    outputs_.push_back([=, spec = body_->spec(v)](const std::vector<Element>& elements, const auto& further) {
      HostTensor out{spec, {}};
      for (const Element& e : elements) out.values.push_back(f(e, further));
      return out;
    });
  }
  // A reduction of v: into element kept(e) of `keep` elements.
  void give_reduced(const char* name, Value v, ir::Ints axes, std::function<std::size_t(const Element&)> kept, F f) {
    const Value reduced = op(name, {v}, {{"axes", std::move(axes)}, {"keep", false}});
    const std::string join = name;
    add(reduced);
    outputs_.push_back([=, spec = body_->spec(reduced)](const std::vector<Element>& elements, const auto& further) {
      const double start = join == "sum" ? 0 : join == "max" ? -HUGE_VAL : HUGE_VAL;
      HostTensor out{spec, std::vector<double>(static_cast<std::size_t>(spec.shape.numel()), start)};
      for (const Element& e : elements) {
        double& to = out.values[kept(e)];
        const double value = f(e, further);
        to = join == "sum" ? to + value : join == "max" ? std::fmax(to, value) : std::fmin(to, value);
      }
      return out;
    });
  }

  OpCase done() {
    row_.region = {ir::Region::Kind::kEpilogue, body_};
    row_.oracle = [p = p_, result = result_, outputs = outputs_](const std::vector<HostTensor>& in) {
      const HostTensor c = stored_as(matmul_oracle(p.out, p.trans_a, p.trans_b)(in)[0], result);
      const auto n = static_cast<std::size_t>(p.out[-1]);
      std::vector<Element> elements;
      for (std::size_t i = 0; i < c.values.size(); ++i) elements.push_back({i, i / n, i % n, c.values[i]});
      const std::vector<HostTensor> further(in.begin() + 2, in.end());
      std::vector<HostTensor> given;
      for (const auto& output : outputs) given.push_back(output(elements, further));
      return given;
    };
    return row_;
  }

  OpCase& row() { return row_; }
  Value product;

 private:
  void add(Value v) { body_->outputs.push_back({v, ""}); }

  Product p_;
  DType result_;
  OpCase row_;
  std::shared_ptr<ir::Graph> body_ = std::make_shared<ir::Graph>();
  std::vector<std::function<HostTensor(const std::vector<Element>&, const std::vector<HostTensor>&)>> outputs_;
};

std::size_t column_of(const Element& e) { return e.col; }

// A layer: relu(x W^T + b).
OpCase layer(std::string name, std::int64_t m, std::int64_t k, std::int64_t n) {
  MatmulRow r(std::move(name), {{m, k}, {n, k}, {m, n}, false, true});
  const Value bias = r.floats({n});
  r.give(r.op("relu", {r.op("add", {r.product, bias})}),
         [](const Element& e, const auto& f) { return std::fmax(0, e.product + f[0].values[e.col]); });
  return r.done();
}

OpCase doubles() {
  MatmulRow r("f64", {{53, 37}, {37, 64}, {53, 64}}, DType::kF64);
  r.give(r.op("relu", {r.product}), [](const Element& e, const auto&) { return std::fmax(0, e.product); });
  return r.done();
}

// Gradient through a relu: the product where the relu was on, and the bias gradient.
OpCase back_through_relu(std::string name, std::int64_t m, std::int64_t k, std::int64_t n) {
  MatmulRow r(std::move(name), {{m, k}, {k, n}, {m, n}});
  const Value on = r.op("greater", {r.floats({m, n}), r.number(0)});
  const Value dh = r.op("where", {on, r.product, r.number(0)});
  const auto f = [](const Element& e, const auto& in) { return in[0].values[e.index] > 0 ? e.product : 0; };
  r.give(dh, f);
  r.give_reduced("sum", dh, {0}, column_of, f);
  return r.done();
}

// A residual, a column, a number, a product that is passed on, and maxima, of a product that is computed transposed.
OpCase broadcasts(std::int64_t n) {
  MatmulRow r("residual, column, number, product itself and maxima of " + std::to_string(n),
              {{21, 300}, {n, 300}, {21, n}, false, true});
  const Value residual = r.floats({21, n}), column = r.floats({21, 1}), factor = r.floats({});
  const Value y = r.op("add", {r.op("multiply", {r.op("add", {r.product, column}), factor}), residual});
  const auto f = [](const Element& e, const auto& in) {
    return (e.product + in[1].values[e.row]) * in[2].values[0] + in[0].values[e.index];
  };
  r.give(y, f);
  r.give(r.product, [](const Element& e, const auto&) { return e.product; });
  r.give_reduced("max", y, {0}, column_of, f);
  r.give_reduced("min", y, {0}, column_of, f);
  return r.done();
}

// Draws belong to elements of the whole tensor.
OpCase dropout(std::int64_t n) {
  MatmulRow r("dropout of " + std::to_string(n), {{53, 20}, {20, n}, {53, n}});
  const Value state = r.further(tensor_of({2}, DType::kI64, {77, 5}));
  const Value draw =
      r.op("uniform", {state}, {{"ordinal", std::int64_t{9}}, {"shape", ir::Ints{53, n}}, {"dtype", DType::kF32}});
  const Value kept = r.op("greater_equal", {draw, r.number(0.25)});
  r.give(r.op("where", {kept, r.op("multiply", {r.product, r.number(2)}), r.number(0)}),
         [](const Element& e, const auto&) {
           const std::uint32_t word = draw_words(77, 5, 9, e.index / 4)[e.index % 4];
           return word / 4294967296.0 >= 0.25 ? 2 * e.product : 0;
         });
  return r.done();
}

OpCase half_type(std::int64_t n) {
  MatmulRow r("bf16 to f32 of " + std::to_string(n), {{50, 33}, {33, n}, {50, n}}, DType::kBF16);
  const Value wide = r.op("cast", {r.product}, {{"dtype", DType::kF32}});
  const auto f = [](const Element& e, const auto&) { return e.product; };
  r.give(wide, f);
  r.give(r.product, f);
  r.give_reduced("sum", wide, {0}, column_of, f);
  r.row().tolerance = 0.04;
  r.row().reason = "a product near 8 that f32 puts on the other side of a border of bf16 is off by 2^-5";
  return r.done();
}

// A layer of bf16 operands whose product stays in f32.
OpCase half_operands(std::int64_t n) {
  MatmulRow r("bf16 operands, f32 product of " + std::to_string(n), {{50, 33}, {n, 33}, {50, n}, false, true},
              DType::kBF16, DType::kF32);
  const Value y = r.op("add", {r.product, r.floats({n})});
  const auto f = [](const Element& e, const auto& in) { return e.product + in[0].values[e.col]; };
  r.give(r.op("cast", {y}, {{"dtype", DType::kBF16}}), f);
  r.give(y, f);
  r.give_reduced("sum", y, {0}, column_of, f);
  return r.done();
}

// Batch axes, with further inputs that broadcast along some of them, and the sums over all axes but the last.
OpCase batched(std::int64_t n) {
  MatmulRow r("batch of " + std::to_string(n), {{3, 1, 50, 7}, {2, 7, n}, {3, 2, 50, n}});
  const Value a = r.floats({2, 1, n}), b = r.floats({3, 1, 50, 1});
  const Value y = r.op("subtract", {r.op("add", {r.product, a}), b});
  const auto f = [columns = static_cast<std::size_t>(n)](const Element& e, const auto& in) {
    const std::size_t matrix = e.row / 50;
    return e.product + in[0].values[matrix % 2 * columns + e.col] - in[1].values[matrix / 2 * 50 + e.row % 50];
  };
  r.give(y, f);
  r.give_reduced("sum", y, {0, 1, 2}, column_of, f);
  return r.done();
}

// Reductions that do not go along with tiles.
OpCase other_reductions() {
  MatmulRow r("row sums, a maximum of all, sums over the batch", {{2, 9, 5}, {5, 70}, {2, 9, 70}});
  const Value y = r.op("square", {r.product});
  const auto f = [](const Element& e, const auto&) { return e.product * e.product; };
  r.give(y, f);
  r.give_reduced(
      "sum", y, {2}, [](const Element& e) { return e.row; }, f);
  r.give_reduced(
      "max", y, {0, 1, 2}, [](const Element&) { return std::size_t{0}; }, f);
  r.give_reduced(
      "sum", y, {0}, [](const Element& e) { return e.row % 9 * 70 + e.col; }, f);
  return r.done();
}

}  // namespace

std::vector<OpCase> epilogue_cases() {
  return {layer("layer", 53, 37, 67),
          layer("layer with several slices, computed transposed", 60, 600, 170),
          layer("layer on tiles", 53, 37, 64),
          layer("layer on tiles, the last one narrow", 53, 37, 80),
          layer("layer on tiles, with several slices, computed transposed", 60, 600, 176),
          layer("fewest columns on tiles", 53, 37, 32),
          layer("too few columns for tiles", 53, 37, 16),
          layer("one row", 1, 65, 131),
          layer("one row on dots", 1, 65, 144),
          layer("no inner elements on tiles", 5, 0, 32),
          layer("no rows on tiles", 0, 4, 32),
          back_through_relu("back through relu on tiles", 200, 19, 64),
          back_through_relu("back through relu on tiles, one block", 9, 300, 48),
          layer("no inner elements", 5, 0, 3),
          layer("no rows", 0, 4, 3),
          layer("no columns", 3, 4, 0),
          doubles(),
          back_through_relu("back through relu", 200, 19, 67),
          back_through_relu("back through relu, one block", 9, 300, 10),
          back_through_relu("back through relu, no rows", 0, 3, 5),
          broadcasts(160),
          broadcasts(161),
          dropout(128),
          dropout(131),
          half_type(64),
          half_type(70),
          half_operands(64),
          half_operands(70),
          batched(48),
          batched(67),
          other_reductions()};
}

}  // namespace weft::testing
