// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <vector>

#include "optim/optimizer/group_rows.h"
#include "weft/number.h"

namespace weft::detail {

// The columns of an update's numbers that differ by group. The update is traced twice: the first time finds out which
// numbers it wants as columns, settle() takes all of them from one table, and the second time gets them.
class GroupColumns final : public NumberColumns {
 public:
  GroupColumns(const GroupRows& rows, DType dtype) : rows_(rows), dtype_(dtype) {}

  Tensor column(const Number& number, DType dtype) override;
  void settle();

 private:
  const GroupRows& rows_;
  DType dtype_;
  std::vector<Number> wanted_;   // in the order of first use
  std::vector<Tensor> columns_;  // empty before settle()
};

}  // namespace weft::detail
