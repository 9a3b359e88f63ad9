// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <span>

#include "core/ir/graph.h"

namespace weft::ir {

// A shape rule: the specs of a node's outputs, from the node and the specs of its inputs.
using Infer = std::function<std::vector<TensorSpec>(const Node&, std::span<const TensorSpec> inputs)>;

// Throws Error, with op and layer path, unless all of this holds for the graph and the regions in it:
//   - every node has an op, and outputs with sizes that are not negative and bytes that fit 64 bits;
//   - every operand is an output of an earlier node;
//   - nodes of op "input" and Graph::inputs are the same values in the same order, without operands or region;
//   - variables among the inputs have different names;
//   - every output exists, and no variable is assigned twice;
//   - an assigned variable that is also an input keeps its spec;
//   - with `infer`: every node but inputs has the specs that `infer` gives for it.
void verify(const Graph& graph, const Infer& infer = {});

// True if a spec's sizes are not negative and its bytes fit 64 bits.
bool valid(const TensorSpec& spec);

}  // namespace weft::ir
