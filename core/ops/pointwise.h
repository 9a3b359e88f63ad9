// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "core/ops/op.h"

// Nodes that hold a chain of elementwise nodes as their body.
namespace weft::ops {

OpId pointwise_op();
// One node that computes the body's outputs. Input i of the node is input i of the body; throws ShapeError where their
// specs differ. All nodes of the body are elementwise functions, casts, constants or draws.
std::vector<Value> emit_pointwise(Builder& build, std::vector<Value> inputs, std::shared_ptr<const Graph> body);
// The body's nodes, added to the graph one by one; returns what stands for the body's outputs.
std::vector<Value> inline_body(Builder& build, const Graph& body, std::span<const Value> inputs);

}  // namespace weft::ops
