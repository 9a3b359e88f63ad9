// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/ops/builder.h"
#include "core/ops/facts.h"

// The definition of an op: its shape rule, its facts, its gradient. Kernels stand in kernels/.
namespace weft::ops {

// Arguments of a gradient rule. Values that the op does not declare in `reads` are undefined.
struct GradientCall {
  Builder& build;
  const Node& node;  // a copy, because adding nodes moves those of the graph
  std::span<const Value> inputs;
  std::span<const Value> outputs;
  std::span<const Value> cotangents;  // one per output; undefined: zero
  std::span<const bool> wanted;       // one per input
};

enum class Reads : std::uint8_t { kNothing = 0, kInputs = 1, kOutputs = 2, kBoth = 3 };

struct OpDef {
  std::string name;
  // Output specs from input specs; throws ShapeError, DTypeError or ValueError.
  std::function<std::vector<TensorSpec>(std::span<const TensorSpec>, const Attributes&)> infer;
  OpFacts facts;
  // Cotangents of the inputs, undefined where zero or not wanted. Empty: use `decompose`, or no gradient at all.
  std::function<std::vector<Value>(const GradientCall&)> gradient{};
  Reads reads = Reads::kNothing;
  // Bit i: every output is linear in these inputs together, while the others are fixed: concat. Bit 31 is for all
  // inputs from 31 on. Forward mode then applies the op to the inputs' tangents.
  std::uint32_t linear_in = 0;
  // True if outputs are linear in each of these inputs alone, while the others of them are fixed: matmul.
  bool product = false;
  // The op in simpler ops: for passes, and for derivatives without a rule of their own (forward mode, second
  // derivatives of fused ops).
  Decompose decompose{};
  // Bit i: `gradient` takes a cotangent of output i, and gives one of input i. If others are there or wanted, the op is
  // differentiated through `decompose`.
  std::uint32_t gradient_outputs = ~0u;
  std::uint32_t gradient_inputs = ~0u;
  // False: all derivatives are zero (comparisons, argmax, draws, stop_gradient).
  bool differentiable = true;
};

// The op's definition; throws Error when nothing of that name is registered.
const OpDef& find_op(OpId op);
// The specs that a node's outputs should have, by its op's rule or by its region. Throws if the region breaks the rules
// of its kind (core/ops/region.h).
std::vector<TensorSpec> infer_node(const Node& node, std::span<const TensorSpec> inputs);
// Adds a user's op; throws ValueError when the name is taken or a fact is missing. Thread safe.
void register_op(OpDef def);
// Names of all built-in ops, in the order of the list in core/ops/list.cpp.
std::vector<std::string> builtin_ops();

}  // namespace weft::ops
