// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "core/passes/fuse/rematerialize.h"

namespace weft::passes {

// Which values of an f32 program lower_precision() stores in 16 bits.
class Rounding {
 public:
  explicit Rounding(const ir::Graph& graph);

  // Rounded, and read so by everybody.
  bool rounds(ir::Value v) const { return at(v).rounded; }
  // A product of f32 matrices.
  bool is_product(std::int32_t n) const;
  // Bit i: input i of a node that works on 16-bit values as they are. 0: the node has none, or not all of them are
  // rounded.
  unsigned taken_as_stored(std::int32_t n) const;
  int level(std::int32_t n) const { return levels_.of(n); }

 private:
  struct Facts {
    bool master = false;      // computed elementwise from a variable of its size, or assigned to one
    bool activation = false;  // computed from products, in no more than f32's accuracy worth keeping
    bool feeds = false;       // a product depends on it, other than through a master
    bool returned = false;
    bool rounded = false;
  };
  Facts& at(ir::Value v) { return facts_[static_cast<std::size_t>(v.node)][static_cast<std::size_t>(v.output)]; }
  const Facts& at(ir::Value v) const {
    return facts_[static_cast<std::size_t>(v.node)][static_cast<std::size_t>(v.output)];
  }
  const ir::Node& node(std::int32_t n) const { return graph_.nodes[static_cast<std::size_t>(n)]; }
  bool is_f32(ir::Value v) const { return graph_.spec(v).dtype == DType::kF32; }
  bool may_round(ir::Value v) const;
  bool is_stored(ir::Value v) const;
  bool gets_bias(std::int32_t product) const;
  void describe(std::int32_t n);
  void follow_back(std::int32_t n);
  void decide(std::int32_t n);

  const ir::Graph& graph_;
  Levels levels_;
  std::vector<std::vector<Facts>> facts_;
  std::vector<std::vector<std::int32_t>> readers_;  // of a node's outputs
};

}  // namespace weft::passes
