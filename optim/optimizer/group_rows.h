// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "weft/flat_buffer.h"

namespace weft::detail {

// The members of a segment by group. If several groups move or some members stay, updates see the segment as (rows,
// width), and no row crosses a border between groups. Numbers that differ by group are then columns (rows, 1), so that
// one launch updates the segment.
class GroupRows {
 public:
  // `group_of`: per member its group, numbered from 0; nullopt if the member stays. A member with elements must move.
  GroupRows(const Segment& segment, const std::vector<std::optional<std::size_t>>& group_of);

  std::size_t groups() const { return groups_; }
  // A tensor of shape (numel) in the shape that updates work on, and back. Neither copies.
  Tensor view(const Tensor& flat) const;
  Tensor flat(const Tensor& view) const;
  // Per f64(groups) tensor a column (rows, 1) of this dtype: each row has the number of its group.
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
