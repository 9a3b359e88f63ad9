// SPDX-License-Identifier: Apache-2.0
#include "core/passes/fuse/activation_gradients.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "core/ir/compare.h"
#include "core/ops/pointwise.h"
#include "core/ops/slope.h"
#include "core/passes/cleanup/simplify.h"
#include "core/passes/rewrite.h"

namespace weft::passes {
namespace {

using ir::InputKind;

const ir::OpId& product_op() {
  static const ir::OpId op = ir::OpId::of("matmul");
  return op;
}

// The body dy * slope of fn, for matrices of this spec: input 0 is dy, input 1 the value that the slope reads.
Graph slope_body(Fn fn, const TensorSpec& spec) {
  Graph graph;
  ops::Builder build(graph);
  const Value dy = graph.add_input(spec, InputKind::kArgument, ""),
              read = graph.add_input(spec, InputKind::kArgument, "");
  const Node node{ir::OpId::of(name_of(fn)), {read}, {spec}, {}};
  graph.outputs.push_back({ops::slope_times(build, fn, node, 0, node.inputs, read, dy), ""});
  return simplify(graph);
}

// True if two bodies compute one output by the same ops from the same inputs, in any order of nodes.
class Alike {
 public:
  Alike(const Graph& a, const Graph& b) : a_(a), b_(b) {}

  bool operator()() const {
    if (a_.inputs.size() != b_.inputs.size() || a_.outputs.size() != 1 || b_.outputs.size() != 1) return false;
    return alike(a_.outputs[0].value, b_.outputs[0].value);
  }

 private:
  static std::size_t input(const Graph& graph, Value v) {
    std::size_t i = 0;
    while (graph.inputs[i].value != v) ++i;
    return i;
  }
  bool alike(Value v, Value w) const {
    const Node &a = a_.node(v), &b = b_.node(w);
    if (a.op != b.op || v.output != w.output || a.outputs != b.outputs || a.inputs.size() != b.inputs.size() ||
        a.attributes != b.attributes)
      return false;
    if (a.op == ir::input_op()) return input(a_, v) == input(b_, w);
    for (std::size_t i = 0; i < a.inputs.size(); ++i)
      if (!alike(a.inputs[i], b.inputs[i])) return false;
    return true;
  }

  const Graph &a_, &b_;
};

class ActivationGradients {
 public:
  explicit ActivationGradients(const Graph& graph) : graph_(graph), to_(graph) {}

  Graph join() {
    const auto count = static_cast<std::int32_t>(graph_.nodes.size());
    for (const Node& node : graph_.nodes) static_cast<void>(keeps_region(node, "fusion of activation gradients"));
    for (std::int32_t n = 0; n < count; ++n)
      if (is_gradient(n, Fn::kRelu) && is_layer(node(n).inputs[2])) bits_[node(n).inputs[2]] = {};
    for (std::int32_t n = 0; n < count; ++n) {
      to_.build().set_path(node(n).path);
      if (bits_.contains({n, 0})) {
        emit_layer(n);
      } else if (is_gradient(n, Fn::kRelu) && bits_.contains(node(n).inputs[2])) {
        emit_gradient(n, "relu_bits_grad", bits_.at(node(n).inputs[2]));
      } else if (is_gelu_gradient(n)) {
        emit_gradient(n, "gelu_tanh_grad", to_.now(node(n).inputs[2]));
      } else {
        to_.keep(static_cast<std::size_t>(n));
      }
    }
    return to_.finish();
  }

 private:
  const Node& node(std::int32_t n) const { return graph_.nodes[static_cast<std::size_t>(n)]; }

  // Spec of the product in front of an epilogue.
  const TensorSpec& product_spec(std::int32_t n) const {
    const Graph& body = *node(n).region.graph;
    return body.spec(body.inputs[0].value);
  }

  bool is_product_of_matrices(std::int32_t n) const {
    return node(n).region && ops::base_of_epilogue(node(n).op) == product_op() && product_spec(n).shape.rank() == 2;
  }

  // True for a product times the slope of fn at one further operand of its spec.
  bool is_gradient(std::int32_t n, Fn fn) const {
    if (!is_product_of_matrices(n) || node(n).inputs.size() != 3) return false;
    const TensorSpec& dy = product_spec(n);
    return graph_.spec(node(n).inputs[2]) == dy && dy.dtype != DType::kF64 &&
           Alike(*node(n).region.graph, slope_body(fn, dy))();
  }
  // True for a GELU's gradient that the library can compute. f32 is excluded because its tanh is not exact enough, and
  // rows must be a multiple of 8 elements.
  bool is_gelu_gradient(std::int32_t n) const {
    return is_gradient(n, Fn::kGeluTanh) && node(n).outputs[0].dtype != DType::kF32 &&
           node(n).outputs[0].shape[1] % 8 == 0;
  }

  // True if a node gives only relu(product) or relu(product + row), computed in f32 and perhaps cast.
  bool is_layer(Value y) const {
    if (!is_product_of_matrices(y.node) || node(y.node).outputs.size() != 1) return false;
    const Graph& body = *node(y.node).region.graph;
    const Value product = body.inputs[0].value;
    Value v = body.outputs[0].value;
    if (body.node(v).op.name() == "cast") v = body.node(v).inputs[0];
    if (body.node(v).op.name() != "relu" || body.spec(v).dtype != DType::kF32) return false;
    v = body.node(v).inputs[0];
    if (body.inputs.size() == 1) return v == product;
    const std::vector<Value>& terms = body.node(v).inputs;
    if (body.inputs.size() != 2 || body.node(v).op.name() != "add") return false;
    const Value row = body.inputs[1].value;
    const std::int64_t columns = body.spec(product).shape[1];
    const Shape& added = body.spec(row).shape;
    return (terms == std::vector{product, row} || terms == std::vector{row, product}) &&
           (added == Shape{columns} || added == Shape{1, columns});
  }

  // Adds node n's product with an epilogue of one node, of this op.
  std::vector<Value> emit(std::int32_t n, const char* op, std::vector<Value> further, ir::Attributes attributes = {}) {
    auto body = std::make_shared<Graph>();
    ops::Builder inside(*body);
    std::vector<Value> operands{body->add_input(product_spec(n), InputKind::kArgument, "")};
    for (const Value v : further) operands.push_back(body->add_input(to_.build().spec(v), InputKind::kArgument, ""));
    for (const Value v : inside.emit_all(ir::OpId::of(op), std::move(operands), std::move(attributes)))
      body->outputs.push_back({v, ""});
    return ops::emit_epilogue(to_.build(), product_op(), {to_.now(node(n).inputs[0]), to_.now(node(n).inputs[1])},
                              std::move(further), node(n).attributes, std::move(body));
  }

  void emit_layer(std::int32_t n) {
    std::vector<Value> bias;
    if (node(n).inputs.size() == 3) bias.push_back(to_.now(node(n).inputs[2]));
    const std::vector<Value> made = emit(n, "relu_bits", std::move(bias), {{"dtype", node(n).outputs[0].dtype}});
    to_.replace({n, 0}, made[0]);
    bits_[{n, 0}] = made[1];
  }

  void emit_gradient(std::int32_t n, const char* op, Value kept) { to_.replace({n, 0}, emit(n, op, {kept})[0]); }

  const Graph& graph_;
  Rewriter to_;
  std::map<Value, Value> bits_;  // output of a layer whose mask is wanted as bits -> the bits, once made
};

}  // namespace

Graph join_activation_gradients(const Graph& graph) { return ActivationGradients(graph).join(); }

}  // namespace weft::passes
