// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "weft/arena.h"

namespace weft::detail {

// Which group each part of an arena follows, and which parts stay as they are. Where that is not one answer for all of
// it, updates look at the arena as rows, as long as the places where the answer changes allow, and what differs is a
// number per row: so one launch goes over everything.
class GroupRows {
 public:
  // Per member of the segment its group, numbered from 0; nothing for one that stays. Some member with elements moves.
  GroupRows(const Segment& segment, const std::vector<std::optional<std::size_t>>& group_of);

  std::size_t groups() const { return groups_; }
  // A tensor of shape (numel) in the shape that updates work on, and back. Neither copies.
  Tensor view(const Tensor& flat) const;
  Tensor flat(const Tensor& view) const;
  // For each f64(groups) tensor: a column with each row's group's number, in this dtype.
  std::vector<Tensor> columns(const std::vector<Tensor>& per_group, DType dtype) const;
  Shape column_shape() const { return {rows_, 1}; }
  // Whether a row moves, as a constant of the program; undefined where all do.
  Tensor moving() const;

 private:
  Device device_;
  std::size_t groups_ = 0;
  std::int64_t numel_ = 0, rows_ = 0, width_ = 0;  // width 0: no rows are needed
  std::vector<std::int32_t> group_;                // per row
  std::vector<bool> moves_;                        // per row; empty: all do
};

}  // namespace weft::detail
