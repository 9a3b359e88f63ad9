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
std::vector<Value> emit_epilogue(Builder& build, OpId op, std::vector<Value> inputs, std::vector<Value> further,
                                 Attributes attributes, std::shared_ptr<const Graph> body);

// The body's nodes, added to the graph one by one; returns what stands for the body's outputs.
std::vector<Value> inline_body(Builder& build, const Graph& body, std::span<const Value> inputs);
// A node with an elementwise or an epilogue region as the nodes that it stands for: the op in front of an epilogue,
// then the body's. Throws ValueError for other kinds of regions, which are not what their nodes are once.
std::vector<Value> inline_node(Builder& build, const Node& node);

}  // namespace weft::ops
