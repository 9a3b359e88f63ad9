// SPDX-License-Identifier: Apache-2.0
#include "core/ops/cost.h"

#include <map>
#include <string>

#include "core/ops/pointwise.h"
#include "weft/fn.h"

namespace weft::ops {
namespace {

constexpr double kTranscendental = 8;

double per_element(Fn fn) {
  switch (fn) {
    case Fn::kExp:
    case Fn::kExpm1:
    case Fn::kLog:
    case Fn::kLog1p:
    case Fn::kSin:
    case Fn::kCos:
    case Fn::kTanh:
    case Fn::kErf:
    case Fn::kSigmoid:
    case Fn::kSoftplus:
    case Fn::kGelu:
    case Fn::kGeluTanh:
    case Fn::kSilu:
    case Fn::kPow:
      return kTranscendental;
    case Fn::kFma:
    case Fn::kClamp:
      return 2;
    case Fn::kNegative:
    case Fn::kAbs:
    case Fn::kSign:
    case Fn::kFloor:
    case Fn::kCeil:
    case Fn::kRound:
    case Fn::kSquare:
    case Fn::kSqrt:
    case Fn::kRsqrt:
    case Fn::kRelu:
    case Fn::kLogicalNot:
    case Fn::kAdd:
    case Fn::kSubtract:
    case Fn::kMultiply:
    case Fn::kDivide:
    case Fn::kMinimum:
    case Fn::kMaximum:
    case Fn::kEqual:
    case Fn::kNotEqual:
    case Fn::kLess:
    case Fn::kLessEqual:
    case Fn::kGreater:
    case Fn::kGreaterEqual:
    case Fn::kLogicalAnd:
    case Fn::kLogicalOr:
    case Fn::kLogicalXor:
    case Fn::kSelect:
      return 1;
  }
  return 0;
}

// Per element of input 0.
const std::map<std::string, double>& per_input_element() {
  static const std::map<std::string, double> rows{
      {"sum", 1},
      {"prod", 1},
      {"max", 1},
      {"min", 1},
      {"mean", 1},
      {"argmax", 1},
      {"argmin", 1},
      {"variance", 4},                     // the mean, then subtract, square and add
      {"logsumexp", 3 + kTranscendental},  // max, subtract, exp, add
      {"cumsum", 1},
      {"dropout", 2},                                  // compare, scale
      {"softmax", 4 + kTranscendental},                // max, subtract, exp, add, divide
      {"log_softmax", 4 + kTranscendental},            // the same with a logarithm for the division
      {"softmax_cross_entropy", 6 + kTranscendental},  // that, and scale and subtract for the gradient
      {"softmax_cross_entropy_scaled", 7 + kTranscendental},
      {"batch_norm_statistics", 4},  // subtract, square and two sums
      {"relu_bits", 2},              // add, maximum
      {"relu_bits_grad", 1},
      {"gelu_tanh_grad", 20 + kTranscendental},
  };
  return rows;
}

double elements(const Graph& graph, Value v) { return static_cast<double>(graph.spec(v).shape.numel()); }

double matmul(const Graph& graph, const Node& node, double outputs) {
  const Shape& a = graph.spec(node.inputs[0]).shape;
  return 2 * outputs * static_cast<double>(a[node.attributes.flag("trans_a") ? -2 : -1]);
}

double of_base(const Graph& graph, const Node& node, const std::string& op, double outputs) {
  if (op == "matmul") return matmul(graph, node, outputs);
  if (op == "matmul_sums")
    return matmul(graph, node, outputs) +
           elements(graph, node.inputs[static_cast<std::size_t>(node.attributes.integer("operand"))]);
  const auto row = per_input_element().find(op);
  return row == per_input_element().end() || node.inputs.empty() ? 0 : row->second * elements(graph, node.inputs[0]);
}

// Of an op without a kernel: what it runs as.
double of_parts(const Graph& graph, const Node& node, const OpDef& def) {
  Graph parts;
  Builder build(parts);
  std::vector<Value> inputs;
  for (const Value v : node.inputs) inputs.push_back(parts.add_input(graph.spec(v), ir::InputKind::kArgument, ""));
  def.decompose(build, inputs, node.attributes);
  double sum = 0;
  for (const Node& part : parts.nodes) sum += flops(parts, part);
  return sum;
}

double of_region(const Graph& graph, const Node& node) {
  const Graph& body = *node.region.graph;
  double sum = 0;
  for (const Node& inner : body.nodes) sum += flops(body, inner);
  switch (node.region.kind) {
    case ir::Region::Kind::kElementwise:
    case ir::Region::Kind::kRecompute:
      return sum;
    case ir::Region::Kind::kEpilogue:
      // The body's first input is what the base op gives.
      return sum + of_base(graph, node, base_of_epilogue(node.op).name(), elements(body, body.inputs[0].value));
    case ir::Region::Kind::kLoop:
      ir::refuse_region(node, "the cost model");
  }
  return sum;
}

}  // namespace

double flops(const Graph& graph, const Node& node) {
  const std::string& op = node.op.name();
  if (node.region) return of_region(graph, node);
  for (int f = 0; f < kFnCount; ++f)
    if (op == name_of(static_cast<Fn>(f)))
      return per_element(static_cast<Fn>(f)) * static_cast<double>(node.outputs[0].shape.numel());
  if (const OpDef* def = node.op == ir::input_op() ? nullptr : &find_op(node.op); def && def->composed)
    return of_parts(graph, node, *def);
  return of_base(graph, node, op, static_cast<double>(node.outputs[0].shape.numel()));
}

}  // namespace weft::ops
