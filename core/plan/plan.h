// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/ir/graph.h"

// Placement of every value of a program. Pure data: nothing is allocated here, and no device is needed.
//
// Nodes run in the graph's order. A graph input lies in memory that the executor binds, which only the value assigned
// to a variable overwrites. Other values lie in one arena, at offsets that are multiples of 256.
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

// Work left for one of Graph::outputs after the last node. First every value with a staging offset is copied there, and
// a returned value is read from the copy. Then every assigned value that is not in place is copied into its variable.
struct Result {
  bool in_place = false;      // assigned, and in its variable's memory already
  std::int64_t staging = -1;  // arena offset, if the value lies in a variable that is overwritten after the last node
};

// A stretch of the arena, in use from the start of node `first` to the end of node `last`. The number of nodes stands
// for the time after the run.
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
  std::int32_t peak_node = 0;    // the node at which they are in use

  const Placement& at(ir::Value v) const {
    return values[static_cast<std::size_t>(v.node)][static_cast<std::size_t>(v.output)];
  }
};

struct Options {
  // Bytes per node; empty: none needs any.
  std::vector<std::int64_t> workspace{};
  // Offset in bytes of a node's output within input 0, if the output is an alias (reshape, copy, a slice of a flat
  // tensor); nothing if the node must run. Empty: all nodes run.
  std::function<std::optional<std::int64_t>(const ir::Node&)> alias{};
  // Offset in bytes, ascending, of each input within the output, if the output is the inputs side by side and zeros
  // (concat); empty for other nodes. The node must be able to leave alone an input that lies there already. Empty: no
  // node is such.
  std::function<std::vector<std::int64_t>(const ir::Graph&, const ir::Node&)> parts{};
  // True if a node may write output j over input i, of the same size. Such a node reads element k of all inputs before
  // it writes element k of any output. Empty: no node may.
  std::function<bool(const ir::Node&, std::size_t j, std::size_t i)> in_place{};
  // Unused bytes before and after every block, in which the address sanitizer finds stray accesses.
  std::int64_t red_zone = 0;
};

// Plans a verified, pruned graph. An assigned value is written straight into its variable if every reader of the old
// value runs before, or is the same node in place. Such a variable must share its memory with no other input. Parts of
// a node that lays inputs side by side are computed into its output: gradients into one flat tensor, a new part of a
// variable into the variable. Throws OutOfMemory for a value that no machine can address.
Plan make_plan(const ir::Graph& graph, const Options& options);

// Bytes in the arena at its fullest, with the node that has computed or works with them.
struct Use {
  Block::Use use = Block::Use::kValue;
  std::int32_t node = 0;
  std::int64_t bytes = 0;
};
// In the order of the nodes.
std::vector<Use> uses_at_peak(const ir::Graph& graph, const Plan& plan);

}  // namespace weft::plan
