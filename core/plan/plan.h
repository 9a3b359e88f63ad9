// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/ir/graph.h"

// Where every value of a program lies. Pure data: nothing is allocated here, and no device is needed.
//
// Nodes run in the graph's order. A graph input lies in memory that the executor binds; it is never written, except a
// variable's by the value assigned to it. Everything else lies in one arena, at offsets that are multiples of 256.
namespace weft::plan {

struct Placement {
  enum class Kind : std::uint8_t {
    kUnused,    // nobody reads it: it has no memory
    kArena,     // at `offset` in the arena
    kInput,     // in the memory of graph input `input`, which is that input's value
    kVariable,  // in the memory of graph input `input`, as the variable's new value
  };
  Kind kind = Kind::kUnused;
  bool alias = false;       // the node has nothing to run: its inputs lie here already
  std::int32_t input = -1;  // position in Graph::inputs
  std::int64_t offset = 0;  // in the arena, or in the input's memory
  std::int64_t bytes = 0;
};

// What is left to do for one of Graph::outputs after the last node, in this order: first copy every value with a
// staging offset there (a returned one is then read from it), then copy every value that is assigned and not in place
// into its variable.
struct Result {
  bool in_place = false;      // assigned, and in its variable's memory already
  std::int64_t staging = -1;  // arena offset, where the variable that holds the value changes at the end of the run
};

// A stretch of the arena and when it is in use: from the start of node `first` to the end of node `last`. The number
// of nodes stands for the time after the run.
struct Block {
  enum class Use : std::uint8_t { kValue, kWorkspace, kStaging };
  Use use = Use::kValue;
  ir::Value owner{};  // the first value to lie there; for workspace, the node's output 0
  std::int32_t first = 0;
  std::int32_t last = 0;
  std::int64_t bytes = 0;
  std::int64_t offset = 0;
};

struct Plan {
  std::vector<std::vector<Placement>> values;  // [node][output]
  std::vector<std::int64_t> workspace;         // arena offset per node; -1: none
  std::vector<Result> results;                 // one per graph output
  std::vector<Block> blocks;
  std::int64_t arena_bytes = 0;
  std::int64_t lower_bound = 0;  // the most bytes in use at once, padding counted: no arena is smaller
  std::int32_t peak_node = 0;    // where that is

  const Placement& at(ir::Value v) const {
    return values[static_cast<std::size_t>(v.node)][static_cast<std::size_t>(v.output)];
  }
};

struct Options {
  // Bytes per node; empty: none needs any.
  std::vector<std::int64_t> workspace{};
  // Where in its input 0 a node's output lies, in bytes, when it is the same bytes (reshape, copy, a slice of a flat
  // tensor); nothing for a node that has to run. Empty: all nodes run.
  std::function<std::optional<std::int64_t>(const ir::Node&)> alias{};
  // Where in its output each input of a node lies, in bytes, ascending, when the output is nothing but its inputs side
  // by side and zeros in between (concat); empty for other nodes. The node must be able to leave alone an input that
  // lies there already. Empty: no node is such.
  std::function<std::vector<std::int64_t>(const ir::Graph&, const ir::Node&)> parts{};
  // Whether a node may write output j over input i, of the same size, while it reads it. It must then have read an
  // element of all its inputs before it writes that element of any output. Empty: none may.
  std::function<bool(const ir::Node&, std::size_t j, std::size_t i)> in_place{};
  // Bytes before and after every block that belong to nobody.
  std::int64_t red_zone = 0;
};

// Plans a verified, pruned graph. A value assigned to a variable is written straight into the variable's memory where
// every reader of the old value runs before, or in that very node in place; the variable must then share its memory
// with no other input. What is laid side by side is computed where it goes: gradients into one flat tensor, a new
// value for a part of a variable into that part. Throws OutOfMemory for a value that no machine can address.
Plan make_plan(const ir::Graph& graph, const Options& options);

// What lies in the arena when it is fullest: bytes that this node has computed, or works with.
struct Use {
  Block::Use use = Block::Use::kValue;
  std::int32_t node = 0;
  std::int64_t bytes = 0;
};
// In the order of the nodes.
std::vector<Use> uses_at_peak(const ir::Graph& graph, const Plan& plan);

}  // namespace weft::plan
