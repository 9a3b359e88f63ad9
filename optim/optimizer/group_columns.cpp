// SPDX-License-Identifier: Apache-2.0
#include "optim/optimizer/group_columns.h"

#include <algorithm>

#include "core/base/check.h"
#include "weft/ops.h"

namespace weft::detail {

Tensor GroupColumns::column(const Number& number, DType dtype) {
  const auto known =
      std::find_if(wanted_.begin(), wanted_.end(), [&](const Number& w) { return w.identity() == number.identity(); });
  const auto index = static_cast<std::size_t>(known - wanted_.begin());
  if (known == wanted_.end()) wanted_.push_back(number);
  if (columns_.empty()) return zeros(rows_.column_shape(), dtype);
  if (index >= columns_.size())
    fail<ValueError>("optimizer", "the update uses its numbers otherwise when it is traced again; it may depend on ",
                     "nothing but its arguments");
  return columns_[index].to(dtype);
}

void GroupColumns::settle() {
  std::vector<Tensor> per_group;
  for (const Number& number : wanted_) per_group.push_back(number.tensor());
  columns_ = rows_.columns(per_group, dtype_);
  wanted_.clear();
}

}  // namespace weft::detail
