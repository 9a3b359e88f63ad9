// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "core/ops/op.h"

// Nodes with an elementwise or an epilogue region, whose graph is called the body. The body's nodes run as one kernel:
// by themselves, or on the results of an op in front, while those are in cache.
//
// The rules of bodies stand in core/ops/region.h.
namespace weft::ops {

OpId pointwise_op();
// "matmul" + "_epilogue" is the op of a product with an epilogue.
inline constexpr const char* kEpilogueSuffix = "_epilogue";
// The definition of an op whose nodes are made from bodies.
OpDef op_with_body(std::string name);
// One node that computes the body's outputs. Input i of the node is input i of the body; throws ShapeError where their
// specs differ.
std::vector<Value> emit_pointwise(Builder& build, std::vector<Value> inputs, std::shared_ptr<const Graph> body);

// The op "<op>_epilogue", which runs `op` and then a body on its results; undefined if no kernel does so. Node inputs
// are those of `op`, then further ones; body inputs are the results of `op`, then the same further ones. Attributes are
// those of `op`. Outputs are the body's, which may include a result of `op` unchanged.
OpId epilogue_op(OpId op);
// The op in front of the epilogue: "matmul" for "matmul_epilogue"; undefined for other ops.
OpId base_of_epilogue(OpId op);
// Number of node inputs that belong to the op in front of the epilogue, and of body inputs that are its results.
std::size_t inputs_of_base(const Node& node);
std::size_t results_of_base(const Node& node);
std::vector<Value> emit_epilogue(Builder& build, OpId op, std::vector<Value> inputs, std::vector<Value> further,
                                 Attributes attributes, std::shared_ptr<const Graph> body);

// The op in front of an epilogue, as if it were a node by itself.
class BaseOp {
 public:
  BaseOp(const Graph& graph, const Node& node);
  const OpDef& def() const { return def_; }
  Signature signature() const { return {graph_, inputs_, outputs_, attributes_}; }

 private:
  const Graph& graph_;
  std::span<const Value> inputs_;
  std::vector<TensorSpec> outputs_;
  const Attributes& attributes_;
  const OpDef& def_;
};

// Adds the body's nodes to the graph one by one; gives the values of the body's outputs.
std::vector<Value> inline_body(Builder& build, const Graph& body, std::span<const Value> inputs);
// Adds the nodes that a node with an elementwise or an epilogue region stands for: the op in front, then the body's.
// Throws ValueError for other kinds, because their nodes may run more than once.
std::vector<Value> inline_node(Builder& build, const Node& node);

}  // namespace weft::ops
