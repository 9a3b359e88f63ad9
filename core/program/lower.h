// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "core/ir/graph.h"
#include "core/program/geometry.h"
#include "core/program/refusal.h"

// The only lowering of elementwise bodies. Passes ask whether a body is admissible and kernels run the program of the
// same lower(), so that both agree by construction.
namespace weft::elementwise {

// Elementwise nodes of a graph: all that the outputs need beyond the inputs. The graph is a region's, or one that a
// pass selects nodes from. Constants ("full") belong to the body that reads them.
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
// which the body broadcasts, or is the sum, max or min of such a value over leading or trailing axes. Stores and
// reductions come last, reductions first.
std::variant<Lowered, Refusal> lower(const Body& body);
// The program of these outputs alone, which keep their numbers. With `columns`, values that depend on the column alone
// belong to the prologue, for reductions over leading axes to so many results.
std::variant<Lowered, Refusal> lower(const Body& body, std::span<const int> outputs, std::int64_t columns = 0);

// True if the body is one program, within every limit of Program and Geometry.
bool admissible(const Body& body);

// A reduction at the end of a program.
struct Reduction {
  int output = 0;
  Fn join = Fn::kAdd;  // kAdd, kMaximum, kMinimum
  bool trailing = true;
  Type type = Type::kF32;  // of the elements
  Storage storage = Storage::kF32;
};
std::vector<Reduction> reductions_of(const Program& program);
// True if all reductions of a program over (..., columns) leave one result for each column, as a bias gradient does.
// Epilogues can have no others, because they run tile by tile.
bool reduces_to_columns(const Lowered& lowered, std::int64_t columns);

}  // namespace weft::elementwise
