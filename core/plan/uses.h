// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "core/plan/plan.h"

namespace weft::plan {

// Bytes of a value that input `input` of node `node` reads. The number of nodes as `node` stands for the caller, after
// the run.
struct Read {
  std::int32_t node = 0;
  std::size_t input = 0;
  std::int64_t begin = 0, bytes = 0;
};

// Reads and aliases of a graph's values, and the nodes that lay values side by side.
class Uses {
 public:
  Uses(const ir::Graph& graph, const Options& options);

  // Offset in bytes of the node's output within input 0; nothing if the node must run.
  std::optional<std::int64_t> alias_offset(const ir::Node& node) const;
  // The value, itself no alias, whose bytes v is a part of, with v's offset in it.
  struct Root {
    ir::Value value;
    std::int64_t offset = 0;
  };
  Root root(ir::Value v) const;
  // Options::parts, if all offsets are aligned; else empty.
  const std::vector<std::int64_t>& parts(std::int32_t node) const { return parts_[static_cast<std::size_t>(node)]; }

  // Every read of v's bytes, those through its aliases too, the last ones first; an alias counts as a reader itself.
  const std::vector<Read>& reads(ir::Value v) const {
    return reads_[static_cast<std::size_t>(v.node)][static_cast<std::size_t>(v.output)];
  }
  // The last node that reads v itself; -1: none.
  std::int32_t last_read(ir::Value v) const;

 private:
  const ir::Graph& graph_;
  const Options& options_;
  std::vector<std::vector<std::int64_t>> parts_;       // per node
  std::vector<std::vector<std::vector<Read>>> reads_;  // per value
};

}  // namespace weft::plan
