// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "core/ir/graph.h"

// Graphs as text, for tests, reports and eyes; read() turns the text back into a graph.
//
//   graph {
//     %0 = input argument "x" : f32(64, 128)
//     %1 = input variable "0.weight" : f32(10, 128)
//     %2 = matmul(%0, %1) {trans_a=false, trans_b=true} : f32(64, 10) @ model.0
//     %3:2 = topk(%2) {k=3} : f32(64, 3), i64(64, 3)
//     %4 = pointwise(%3) : f32(64, 3) region elementwise {
//       %0 = input argument "" : f32(64, 3)
//       %1 = tanh(%0) : f32(64, 3)
//       return %1
//     }
//     return %3.1
//     assign "0.weight" = %4
//   }
//
// A region stands behind its node, with its kind: elementwise, epilogue, loop or recompute. %n is output 0 of node n
// and %n.k its output k; "%n:k =" defines k outputs. Inputs are argument, variable or capture. Attribute values are
// true, 7, 0.5, "text", [1, 2], f32 (a dtype) and <opaque>, which cannot be read back. A double has a point, an
// exponent, inf or nan(bits), and reads back to the same bits. Ops, attributes and layer paths (after @) stand bare if
// made of letters, digits, dots and underscores, else in quotes.
namespace weft::ir {

// The text of a graph. An ill-formed graph prints too, because verify() shows its nodes in errors.
std::string print(const Graph& graph);

// The line of node n in the text of a graph, without the node's region.
std::string print_node(const Graph& graph, std::int32_t n);

}  // namespace weft::ir
