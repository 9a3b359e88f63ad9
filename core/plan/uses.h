// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "core/plan/plan.h"

namespace weft::plan {

// Bytes of a value that are read: by input `input` of node `node`; by the world after the run where the node is the
// number of nodes.
struct Read {
  std::int32_t node = 0;
  std::size_t input = 0;
  std::int64_t begin = 0, bytes = 0;
};

// Which nodes lay values side by side, which are the same bytes as another, and who reads what.
class Uses {
 public:
  Uses(const ir::Graph& graph, const Options& options);

  // Bytes into input 0 at which the node's output lies; none when the node has to run.
  std::optional<std::int64_t> alias_offset(const ir::Node& node) const;
  // The value whose bytes v is a part of, and where in it; v itself where its node has to run.
  struct Root {
    ir::Value value;
    std::int64_t offset = 0;
  };
  Root root(ir::Value v) const;
  // Options::parts, where all of them are aligned.
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
