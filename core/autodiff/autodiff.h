// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <set>
#include <span>
#include <vector>

#include "core/ops/op.h"

// Derivatives as graph transforms: backward() and forward() add nodes to the graph that they differentiate, so that
// results can be differentiated again, to any order. Unneeded nodes stay until the graph is pruned.
namespace weft::autodiff {

// Reverse mode: for each of `wrt` the sum over outputs of cotangent^T d output / d wrt, in the spec of that value;
// undefined if no output depends on it. An undefined output or cotangent means zero. Only nodes between wrt and outputs
// are visited; ops that are not differentiable stop the flow. Contributions add up in the reverse order of the nodes.
// Throws ShapeError if a cotangent's spec is not its output's, Error if an op has no gradient.
std::vector<ops::Value> backward(ops::Builder& build, std::span<const ops::Value> outputs,
                                 std::span<const ops::Value> cotangents, std::span<const ops::Value> wrt);

// The values that backward() would visit from one output, with all inputs as `wrt`.
std::set<ops::Value> influences(ops::Builder& build, ops::Value output);

// Forward mode: for each output the sum over wrt of d output / d wrt tangent; undefined where it depends on none.
std::vector<ops::Value> forward(ops::Builder& build, std::span<const ops::Value> outputs,
                                std::span<const ops::Value> wrt, std::span<const ops::Value> tangents);

}  // namespace weft::autodiff
