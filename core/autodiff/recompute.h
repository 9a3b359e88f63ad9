// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "core/autodiff/sweep.h"

namespace weft::autodiff {

// Copies of marked nodes (Builder::begin_recompute), which compute values again for one backward sweep. They depend on
// a cotangent, so that they run in the backward, and no pass takes them for the nodes of the forward.
class Recomputed {
 public:
  explicit Recomputed(Builder& build) : build_(build) {}
  // A node as its gradient rule sees it, and its index: itself if it is not marked, else its copy. `cotangent` is that
  // of one of its outputs.
  std::pair<Node, std::int32_t> again(const Node& node, std::int32_t index, Value cotangent);

 private:
  // Copies the marked nodes, of one pair of marks, from which node `last` is computed.
  void copy_up_to(std::int32_t last, std::size_t marks, Value cotangent);
  // The copy's operand in place of `v`.
  Value operand(Value v, std::size_t marks, Value cotangent);
  // True for values that are there in the backward anyhow: parameters, and sources without operands.
  bool is_kept(Value v) const;

  Builder& build_;
  std::map<std::int32_t, std::int32_t> copies_;             // by marked node
  std::map<std::pair<std::size_t, Value>, Value> delayed_;  // by pair of marks and operand from outside
};

}  // namespace weft::autodiff
