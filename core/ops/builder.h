// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/ir/graph.h"

namespace weft::ops {

using ir::Attributes;
using ir::Graph;
using ir::Node;
using ir::OpId;
using ir::Value;

// Appends nodes to a graph; shapes and dtypes come from the op's own rule, so a built graph is a checked graph.
class Builder {
 public:
  explicit Builder(Graph& graph) : graph_(&graph) {}
  // All outputs of the new node. Throws what the op's shape rule throws.
  std::vector<Value> emit_all(OpId op, std::vector<Value> inputs, Attributes attributes = {});
  // Output 0 of the new node.
  Value emit(OpId op, std::vector<Value> inputs, Attributes attributes = {});
  Value emit(std::string_view op, std::vector<Value> inputs, Attributes attributes = {}) {
    return emit(OpId::of(op), std::move(inputs), std::move(attributes));
  }
  Graph& graph() { return *graph_; }
  const TensorSpec& spec(Value v) const { return graph_->spec(v); }
  const Shape& shape(Value v) const { return spec(v).shape; }
  DType dtype(Value v) const { return spec(v).dtype; }
  // New nodes carry this layer path.
  void set_path(std::string path) { path_ = std::move(path); }
  const std::string& path() const { return path_; }
  // Marks the nodes between the two calls: derivatives compute their values again, behind a cotangent. Calls nest.
  void begin_recompute();
  void end_recompute();
  // The ordinal of the outermost finished pair of calls around a node; nothing for other nodes.
  std::optional<std::size_t> recomputed(std::int32_t node) const;

 private:
  struct Span {
    std::int32_t begin, end;  // nodes
  };
  Graph* graph_;
  std::string path_;
  std::vector<Span> recomputed_;           // apart from each other, ascending
  std::vector<std::int32_t> recomputing_;  // first nodes of the pairs that are open
};

// Adds simpler nodes that compute what a node with these inputs and attributes computes; gives one value per output.
using Decompose = std::function<std::vector<Value>(Builder&, std::span<const Value>, const Attributes&)>;

}  // namespace weft::ops
