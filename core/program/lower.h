// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "core/ir/graph.h"
#include "core/program/geometry.h"
#include "core/program/refusal.h"

// The one lowering of elementwise bodies: a pass that fuses asks it whether a body fits, and a kernel runs the program
// that it gives, so that both agree by construction.
namespace weft::elementwise {

// Elementwise nodes of a graph: all that the outputs need beyond the inputs. A whole body is one, and so are the nodes
// that a pass would make a body of. Constants ("full") belong to the body that reads them.
struct Body {
  const ir::Graph& graph;
  std::vector<ir::Value> inputs, outputs;
};
Body whole_body(const ir::Graph& body);

struct Lowered {
  Program program;
  Geometry geometry;
};

// The program of a body of elementwise functions, casts, constants, uniform and normal. Every output has the shape to
// which everything in the body broadcasts, or is the sum, maximum or minimum of such a value over leading or trailing
// axes. Stores and reductions come last, reductions first.
std::variant<Lowered, Refusal> lower(const Body& body);
// The program of these outputs alone; they keep their numbers. `columns`: for reductions over leading axes that leave
// as many results, values that depend on the column alone belong to the prologue.
std::variant<Lowered, Refusal> lower(const Body& body, std::span<const int> outputs, std::int64_t columns = 0);

// True if the body is one program, within every limit of Program and Geometry.
bool admissible(const Body& body);

// How a program ends in a reduction.
struct Reduction {
  int output = 0;
  Fn join = Fn::kAdd;  // kAdd, kMaximum, kMinimum
  bool trailing = true;
  Type type = Type::kF32;  // of the elements
  Storage storage = Storage::kF32;
};
std::vector<Reduction> reductions_of(const Program& program);
// True if all reductions of a program over (..., columns) leave one result for each column, as a bias gradient does.
// The kernels behind a product can make these, and only these, tile by tile.
bool reduces_to_columns(const Lowered& lowered, std::int64_t columns);

}  // namespace weft::elementwise
