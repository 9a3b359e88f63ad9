// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "core/ops/op.h"

// Nodes with an elementwise or an epilogue region, whose graph is called the body here: elementwise nodes that run as
// one, by themselves or behind an op whose results they work on while those are still in cache.
//
// The rules of such bodies stand in core/ops/region.h.
namespace weft::ops {

OpId pointwise_op();
// "matmul" with it is the op of a product with an epilogue.
inline constexpr const char* kEpilogueSuffix = "_epilogue";
// The definition of an op whose nodes are made from bodies.
OpDef op_with_body(std::string name);
// One node that computes the body's outputs. Input i of the node is input i of the body; throws ShapeError where their
// specs differ.
std::vector<Value> emit_pointwise(Builder& build, std::vector<Value> inputs, std::shared_ptr<const Graph> body);

// The op that runs `op` and then a body on its results, named "<op>_epilogue"; an undefined id where no kernel does so.
// The node's inputs are those of `op`, then further ones; its attributes are those of `op`. The body's inputs are the
// outputs of `op`, then the further ones; the node's outputs are the body's. The body may give an output of `op` on as
// it is.
OpId epilogue_op(OpId op);
// The op in front of the epilogue; undefined where `op` is no such op.
OpId base_of_epilogue(OpId op);
// Inputs of a node with an epilogue that belong to the op in front, and inputs of the body that are its results.
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

// The body's nodes, added to the graph one by one; returns what stands for the body's outputs.
std::vector<Value> inline_body(Builder& build, const Graph& body, std::span<const Value> inputs);
// A node with an elementwise or an epilogue region as the nodes that it stands for: the op in front of an epilogue,
// then the body's. Throws ValueError for other kinds of regions, which are not what their nodes are once.
std::vector<Value> inline_node(Builder& build, const Node& node);

}  // namespace weft::ops
