// SPDX-License-Identifier: Apache-2.0
#include "tests/core/autodiff/derivative_cases.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>

#include "core/ops/build.h"
#include "core/ops/pointwise.h"
#include "core/scalar/functions.h"
#include "weft/fn.h"

namespace weft::testing {
namespace {

using ir::Ints;
using ops::Attributes;
using ops::Builder;
using ops::OpId;
using ops::Value;
using Values = std::vector<Value>;

Ints ints(std::initializer_list<std::int64_t> v) { return v; }
std::int64_t n(std::int64_t v) { return v; }

// All arguments straight into one op.
Case direct(std::string op, std::vector<Shape> shapes, Attributes attributes, double low = -1.5, double high = 1.5) {
  const OpId id = OpId::of(op);
  return {std::move(op), std::move(shapes), [=](Builder& b, const Values& x) { return b.emit_all(id, x, attributes); },
          low, high};
}

// A constant index tensor: entries are a multiple of `step` modulo `size`, with repetitions.
Value labels(Builder& b, const Shape& shape, std::int64_t size, std::int64_t step = 2) {
  const Value flat = b.emit("iota", {}, {{"length", shape.numel()}, {"dtype", DType::kF64}});
  const Value scaled = b.emit("multiply", {flat, ops::full(b, {}, DType::kF64, static_cast<double>(step))});
  const Value turns = b.emit("floor", {b.emit("divide", {scaled, ops::full(b, {}, DType::kF64, double(size))})});
  const Value whole = b.emit("multiply", {turns, ops::full(b, {}, DType::kF64, double(size))});
  return ops::reshape(b, ops::cast(b, b.emit("subtract", {scaled, whole}), DType::kI64), shape);
}

void add_movement_cases(std::vector<Case>& rows) {
  rows.push_back(direct("copy", {{2, 3}}, {}));
  rows.push_back(direct("after", {{2, 3}, {4}}, {}));
  rows.push_back(direct("reshape", {{2, 6}}, {{"shape", ints({3, 4})}}));
  rows.push_back(direct("transpose", {{2, 3, 4}}, {{"perm", ints({2, 0, 1})}}));
  rows.push_back(direct("broadcast_to", {{2, 1, 3}}, {{"shape", ints({4, 2, 2, 3})}}));
  rows.push_back(direct("concat", {{2, 2}, {2, 1}, {2, 3}}, {{"axis", n(1)}}));
  rows.push_back(direct("pack", {{3}, {4}, {0}, {1}}, {{"slot", n(4)}}));
  rows.push_back(direct("slice", {{5, 7}}, {{"begin", ints({1, 0})}, {"end", ints({5, 6})}, {"step", ints({2, 3})}}));
  rows.push_back(direct("slice", {{5}}, {{"begin", ints({2})}, {"end", ints({2})}, {"step", ints({3})}}));
  rows.push_back(direct("pad", {{2, 3}}, {{"low", ints({1, 0})}, {"high", ints({0, 2})}, {"interior", ints({1, 2})}}));
  rows.push_back(direct("pad", {{0}}, {{"low", ints({1})}, {"high", ints({2})}, {"interior", ints({1})}}));
  rows.push_back(direct("flip", {{2, 3, 2}}, {{"axes", ints({0, 2})}}));
  rows.push_back(direct("roll", {{2, 3, 2}}, {{"axis", n(1)}, {"shift", n(1)}}));
  rows.push_back(direct("triangle", {{2, 3, 4}}, {{"k", n(1)}, {"upper", false}}));
  rows.push_back(direct("triangle", {{3, 2}}, {{"k", n(-1)}, {"upper", true}}));
  rows.push_back({"cast", {{3}}, [](Builder& b, const Values& x) -> Values {
                    return {ops::cast(b, ops::cast(b, x[0], DType::kF32), DType::kF64)};
                  }});
}

void add_index_cases(std::vector<Case>& rows) {
  rows.push_back({"take", {{2, 4, 3}}, [](Builder& b, const Values& x) -> Values {
                    return {b.emit("take", {x[0], labels(b, {2, 3}, 4, 3)}, {{"axis", n(1)}})};
                  }});
  rows.push_back({"index_add", {{3, 2}, {4, 2}}, [](Builder& b, const Values& x) -> Values {
                    return {b.emit("index_add", {x[0], labels(b, {4}, 3), x[1]}, {{"axis", n(0)}})};
                  }});
  rows.push_back({"index_add", {{4, 2}}, [](Builder& b, const Values& x) -> Values {
                    const Value constant = ops::full(b, {3, 2}, DType::kF64, 5);
                    return {b.emit("index_add", {constant, labels(b, {4}, 3), x[0]}, {{"axis", n(0)}})};
                  }});
  rows.push_back({"gather", {{3, 4}}, [](Builder& b, const Values& x) -> Values {
                    return {b.emit("gather", {x[0], labels(b, {3, 5}, 4, 3)}, {{"axis", n(1)}})};
                  }});
  rows.push_back({"scatter_add", {{3, 2}, {5, 2}}, [](Builder& b, const Values& x) -> Values {
                    return {b.emit("scatter_add", {x[0], labels(b, {5, 2}, 3), x[1]}, {{"axis", n(0)}})};
                  }});
  for (const bool flag : {false, true}) {
    rows.push_back(direct("sort", {{2, 4}}, {{"axis", n(1)}, {"descending", flag}}));
    rows.push_back(direct("topk", {{4, 2}}, {{"first", n(0)}, {"k", n(2)}, {"axis", n(0)}, {"largest", flag}}));
  }
}

void add_reduction_cases(std::vector<Case>& rows) {
  for (const char* op : {"sum", "mean", "max", "min", "prod", "logsumexp"})
    for (const bool keep : {false, true}) {
      rows.push_back(direct(op, {{2, 3, 2}}, {{"axes", ints({0, 2})}, {"keep", keep}}));
      rows.push_back(direct(op, {{2, 2}}, {{"axes", ints({0, 1})}, {"keep", keep}}));
      rows.push_back(direct(op, {{3}}, {{"axes", ints({})}, {"keep", keep}}));
      rows.push_back(direct(op, {{2, 3, 2}}, {{"axes", ints({1})}, {"keep", keep}}));
    }
  rows.push_back(direct("prod_others", {{2, 1, 2}, {2, 3, 2}}, {{"axis", n(1)}}));
  rows.push_back(direct("prod_others", {{2, 1}, {2, 3}, {2, 3}}, {{"axis", n(1)}}));
  rows.push_back(direct("prod_others", {{1, 2}, {4, 2}, {4, 2}, {4, 2}}, {{"axis", n(0)}}));
  for (const std::int64_t correction : {0, 1})
    rows.push_back(
        direct("variance", {{3, 2, 2}}, {{"axes", ints({0, 2})}, {"keep", false}, {"correction", correction}}));
  for (const bool reverse : {false, true})
    rows.push_back(direct("cumsum", {{3, 2}}, {{"axis", n(0)}, {"reverse", reverse}}));
}

void add_matmul_cases(std::vector<Case>& rows) {
  for (const bool ta : {false, true})
    for (const bool tb : {false, true}) {
      const Attributes flags{{"trans_a", ta}, {"trans_b", tb}};
      const auto shape = [](bool swap, std::vector<std::int64_t> dims) {
        if (swap) std::swap(dims[dims.size() - 1], dims[dims.size() - 2]);
        return Shape(dims);
      };
      rows.push_back(direct("matmul", {shape(ta, {2, 3}), shape(tb, {3, 4})}, flags));
      rows.push_back(direct("matmul", {shape(ta, {2, 2, 3}), shape(tb, {3, 4})}, flags));
      rows.push_back(direct("matmul", {shape(ta, {2, 1, 2, 3}), shape(tb, {3, 3, 1})}, flags));
    }
  rows.push_back(direct("matmul", {{2, 0}, {0, 3}}, {{"trans_a", false}, {"trans_b", false}}));
}

void add_conv_cases(std::vector<Case>& rows) {
  const auto add = [&](const Shape& x, const Shape& w, const Shape& y, const Attributes& geometry) {
    Attributes spatial = geometry, window = geometry;
    spatial.set("spatial", Ints(x.begin() + 1, x.end() - 1));
    window.set("window", Ints(w.begin() + 1, w.end() - 1));
    rows.push_back(direct("conv", {x, w}, geometry));
    rows.push_back(direct("conv_input_grad", {y, w}, spatial));
    rows.push_back(direct("conv_weight_grad", {x, y}, window));
  };
  add({2, 3, 2}, {2, 2, 2}, {2, 2, 2},
      {{"strides", Ints{1}},
       {"dilations", Ints{1}},
       {"padding_low", Ints{0}},
       {"padding_high", Ints{0}},
       {"groups", n(1)}});
  add({1, 3, 3, 2}, {2, 2, 2, 1}, {1, 3, 2, 2},
      {{"strides", Ints{1, 2}},
       {"dilations", Ints{2, 1}},
       {"padding_low", Ints{1, 0}},
       {"padding_high", Ints{1, 1}},
       {"groups", n(2)}});
}

void add_loss_cases(std::vector<Case>& rows) {
  for (const char* op : {"softmax", "log_softmax"}) rows.push_back(direct(op, {{2, 3, 2}}, {{"axis", n(1)}}));
  for (const double smoothing : {0.0, 0.1}) {
    const Attributes attributes{{"label_smoothing", smoothing}, {"ignore_index", n(1)}};
    rows.push_back({"softmax_cross_entropy", {{4, 3}}, [=](Builder& b, const Values& x) {
                      return b.emit_all(OpId::of("softmax_cross_entropy"), {x[0], labels(b, {4}, 3)}, attributes);
                    }});
    rows.push_back({"softmax_cross_entropy", {{4, 3}, {3}}, [=](Builder& b, const Values& x) {
                      return b.emit_all(OpId::of("softmax_cross_entropy"), {x[0], labels(b, {4}, 3), x[1]}, attributes);
                    }});
    rows.push_back(direct("softmax_cross_entropy", {{2, 3}, {2, 3}}, attributes));
    rows.push_back(direct("softmax_cross_entropy", {{2, 3}, {2, 3}, {3}}, attributes));
  }
  // The loss alone, which has a rule of its own where only the logits are asked for.
  const Attributes plain{{"label_smoothing", 0.2}, {"ignore_index", n(-100)}};
  rows.push_back({"softmax_cross_entropy", {{4, 3}}, [=](Builder& b, const Values& x) -> Values {
                    return {b.emit("softmax_cross_entropy", {x[0], labels(b, {4}, 3)}, plain)};
                  }});
  for (const std::vector<Shape>& shapes : {std::vector<Shape>{{2, 3}, {2, 3}}, {{2, 3}, {2, 3}, {3}}})
    rows.push_back({"softmax_cross_entropy", shapes, [=](Builder& b, const Values& x) -> Values {
                      return {b.emit("softmax_cross_entropy", x, plain)};
                    }});
  for (const Shape& scale : {Shape{}, Shape{4}})
    rows.push_back(
        {"softmax_cross_entropy_scaled", {{4, 3}, scale, {3}}, [=](Builder& b, const Values& x) {
           return b.emit_all(OpId::of("softmax_cross_entropy_scaled"), {x[0], labels(b, {4}, 3), x[1], x[2]}, plain);
         }});
  // One argument that stands twice is one variable.
  rows.push_back({"softmax_cross_entropy", {{2, 3}}, [](Builder& b, const Values& x) {
                    return b.emit_all(OpId::of("softmax_cross_entropy"), {x[0], x[0]},
                                      {{"label_smoothing", 0.0}, {"ignore_index", n(-100)}});
                  }});
}

void add_norm_cases(std::vector<Case>& rows) {
  rows.push_back(direct("batch_norm", {{3, 2, 2}, {2}, {2}}, {{"eps", 1e-3}}));
  rows.push_back({"batch_norm", {{5, 2}, {2}, {2}}, [](Builder& b, const Values& x) -> Values {
                    return {b.emit("batch_norm", x, {{"eps", 1e-3}})};  // only y: the fused rule
                  }});
  rows.push_back(direct("batch_norm_statistics", {{3, 2, 2}}, {{"eps", 1e-3}}));
  rows.push_back(direct("batch_norm_grad", {{4, 2}, {4, 2}, {2}, {2}, {2}}, {}));
  rows.push_back({"batch_norm_grad", {{4, 2}}, [](Builder& b, const Values& x) {
                    const Value other = ops::full(b, {4, 2}, DType::kF64, 0.5), c = ops::full(b, {2}, DType::kF64, 2);
                    return b.emit_all(OpId::of("batch_norm_grad"), {x[0], other, c, c, c});
                  }});
  rows.push_back(direct("batch_norm_inference", {{3, 2}, {2}, {2}, {2}, {2}}, {{"eps", 1e-3}}, 0.2, 1.5));
  rows.push_back({"dropout", {{3, 4}}, [](Builder& b, const Values& x) -> Values {
                    const Value state = ops::full(b, {2}, DType::kI64, 1);
                    return {b.emit("dropout", {x[0], state}, {{"rate", 0.4}, {"ordinal", n(0)}})};
                  }});
}

void add_pool_cases(std::vector<Case>& rows) {
  // Windows of 3 x 2 with overlaps, gaps and padding: (2, 5, 4, 2) -> (2, 3, 2, 2).
  const Attributes windows{{"window", ints({3, 2})},
                           {"strides", ints({2, 3})},
                           {"dilations", ints({1, 2})},
                           {"padding_low", ints({1, 1})},
                           {"padding_high", ints({1, 1})}};
  const auto with = [](Attributes attributes, std::initializer_list<std::pair<const char*, ir::Attribute>> more) {
    for (const auto& [name, value] : more) attributes.set(name, value);
    return attributes;
  };
  const auto index = [](Builder& b) { return ops::cast(b, labels(b, {2, 3, 2, 2}, 6, 5), DType::kU8); };
  rows.push_back(direct("max_pool", {{2, 5, 4, 2}}, windows));
  rows.push_back({"max_unpool", {{2, 3, 2, 2}}, [=](Builder& b, const Values& x) -> Values {
                    return {b.emit("max_unpool", {x[0], index(b)}, with(windows, {{"spatial", ints({5, 4})}}))};
                  }});
  rows.push_back({"take_in_windows", {{2, 5, 4, 2}}, [=](Builder& b, const Values& x) -> Values {
                    return {b.emit("take_in_windows", {x[0], index(b)}, windows)};
                  }});
  for (const std::int64_t divisor : {0, 4}) {
    const Attributes means =
        with(windows, {{"counted_low", ints({1, 0})}, {"counted_high", ints({0, 1})}, {"divisor", divisor}});
    rows.push_back(direct("avg_pool", {{2, 5, 4, 2}}, means));
    rows.push_back(direct("avg_pool_grad", {{2, 3, 2, 2}}, with(means, {{"spatial", ints({5, 4})}})));
  }
}

void add_resample_cases(std::vector<Case>& rows) {
  for (const char* method : {"nearest", "nearest_exact", "linear", "cubic", "area"})
    for (const bool align_corners : {false, true}) {
      const Attributes common{
          {"axis", n(1)}, {"method", std::string(method)}, {"align_corners", align_corners}, {"scale", 0.0}};
      Attributes forward = common, transposed = common;
      forward.set("outputs", n(5));
      transposed.set("inputs", n(3));
      rows.push_back(direct("resample", {{2, 3, 2}}, forward));
      rows.push_back(direct("resample_grad", {{2, 5, 2}}, transposed));
    }
}

void add_pointwise_cases(std::vector<Case>& rows) {
  rows.push_back({"pointwise", {{2, 3}, {3}}, [](Builder& b, const Values& x) {
                    auto body = std::make_shared<ir::Graph>();
                    Builder inner(*body);
                    const Value p = body->add_input(b.spec(x[0]), ir::InputKind::kArgument, "");
                    const Value q = body->add_input(b.spec(x[1]), ir::InputKind::kArgument, "");
                    const Value t = inner.emit("tanh", {inner.emit("multiply", {p, q})});
                    body->outputs = {{t}, {inner.emit("add", {t, p})}};
                    return ops::emit_pointwise(b, x, body);
                  }});
}

void add_epilogue_cases(std::vector<Case>& rows) {
  // tanh((a b) s), the product in front of the body's further input.
  rows.push_back({"matmul_epilogue", {{2, 3}, {3, 2}, {2}}, [](Builder& b, const Values& x) {
                    auto body = std::make_shared<ir::Graph>();
                    const Value product = body->add_input({{2, 2}, b.dtype(x[0])}, ir::InputKind::kArgument, "");
                    const Value factor = body->add_input(b.spec(x[2]), ir::InputKind::kArgument, "");
                    Builder inner(*body);
                    body->outputs = {{inner.emit("tanh", {inner.emit("multiply", {product, factor})})}};
                    return ops::emit_epilogue(b, OpId::of("matmul"), {x[0], x[1]}, {x[2]},
                                              {{"trans_a", false}, {"trans_b", false}}, body);
                  }});
}

}  // namespace

std::vector<Case> structured_cases() {
  std::vector<Case> rows;
  add_movement_cases(rows);
  add_index_cases(rows);
  add_reduction_cases(rows);
  add_matmul_cases(rows);
  add_conv_cases(rows);
  add_loss_cases(rows);
  add_norm_cases(rows);
  add_pool_cases(rows);
  add_resample_cases(rows);
  add_pointwise_cases(rows);
  add_epilogue_cases(rows);
  return rows;
}

std::vector<Case> elementwise_cases() {
  std::vector<Case> rows;
  for (int i = 0; i < kFnCount; ++i) {
    const Fn fn = static_cast<Fn>(i);
    if (!ops::find_op(OpId::of(name_of(fn))).differentiable) continue;
    std::vector<Shape> shapes{{2, 3}, {3}, {2, 1}};
    shapes.resize(static_cast<std::size_t>(arity(fn)));
    const auto build = [fn](Builder& b, Values x) -> Values {
      if (fn == Fn::kWhere) x[0] = b.emit("greater", {x[0], ops::full(b, {}, DType::kF64, 0.6)});
      return {b.emit(name_of(fn), x)};
    };
    rows.push_back({name_of(fn), shapes, build, 0.2, 1.4});
    const math::Domain domain = facts_of(fn).domain;
    if (domain.low < 0) rows.push_back({name_of(fn), shapes, build, std::max(domain.low * 0.9, -1.7), -0.2});
  }
  return rows;
}

}  // namespace weft::testing
