// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "weft/flat_buffer.h"

namespace weft::detail {

// The parts of an arena by group. If several groups move, or some members stay, updates see the arena as rows, none of
// which crosses a border between groups. Numbers that differ by group are then columns with one number per row, so that
// one launch moves everything.
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
  // A constant of the program, bool(rows, 1): true where a row moves. Undefined if all rows move.
  Tensor moving() const;

 private:
  Device device_;
  std::size_t groups_ = 0;
  std::int64_t numel_ = 0, rows_ = 0, width_ = 0;  // width 0: no rows are needed
  std::vector<std::int32_t> group_;                // per row
  std::vector<bool> moves_;                        // per row; empty: all do
};

}  // namespace weft::detail
