// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <vector>

#include "optim/optimizer/group_rows.h"
#include "weft/number.h"

namespace weft::detail {

// Columns of those numbers of an update that differ by group. An update is traced twice. The first trace notes the
// numbers, settle() makes their columns from one table, and the second trace gets the columns.
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
