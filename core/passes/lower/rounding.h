// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "core/passes/cleanup/cse.h"
#include "core/passes/fuse/rematerialize.h"

namespace weft::passes {

// Choice of the values of an f32 program that lower_precision() stores in 16 bits. A value that the backward computes
// again is rounded as the forward's, so that recompute() changes no bit.
class Rounding {
 public:
  explicit Rounding(const ir::Graph& graph);

  // True if v is stored in 16 bits; every reader then reads the rounded value.
  bool rounds(ir::Value v) const { return at(now(v)).rounded; }
  // True for a product of f32 matrices.
  bool is_product(std::int32_t n) const { return product(now(n)); }
  // Bit i: node n takes input i in 16 bits, as stored. 0 if an input that the op takes so is not rounded.
  unsigned taken_as_stored(std::int32_t n) const;
  int level(std::int32_t n) const { return levels_.of(now(n)); }

 private:
  struct Facts {
    bool master = false;      // a variable, computed elementwise from one of its size, or assigned to one
    bool activation = false;  // a product, or computed from one by ops whose results may have 16 bits
    bool feeds = false;       // a product depends on it, other than through a master
    bool returned = false;
    bool rounded = false;
  };
  Facts& at(ir::Value v) { return facts_[static_cast<std::size_t>(v.node)][static_cast<std::size_t>(v.output)]; }
  const Facts& at(ir::Value v) const {
    return facts_[static_cast<std::size_t>(v.node)][static_cast<std::size_t>(v.output)];
  }
  ir::Value now(ir::Value v) const {
    return merged_.now[static_cast<std::size_t>(v.node)][static_cast<std::size_t>(v.output)];
  }
  std::int32_t now(std::int32_t n) const { return now(ir::Value{n, 0}).node; }
  const ir::Node& node(std::int32_t n) const { return graph_.nodes[static_cast<std::size_t>(n)]; }
  bool is_f32(ir::Value v) const { return graph_.spec(v).dtype == DType::kF32; }
  bool product(std::int32_t n) const;
  bool may_round(ir::Value v) const;
  bool is_stored(ir::Value v) const;
  bool gets_bias(std::int32_t product) const;
  void describe(std::int32_t n);
  void follow_back(std::int32_t n);
  void decide(std::int32_t n);

  Merged merged_;
  const ir::Graph& graph_;  // that of merged_; all below is about its nodes
  Levels levels_;
  std::vector<std::vector<Facts>> facts_;
  std::vector<std::vector<std::int32_t>> readers_;  // per node
};

}  // namespace weft::passes
