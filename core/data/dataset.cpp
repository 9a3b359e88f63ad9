// SPDX-License-Identifier: Apache-2.0
#include "weft/dataset.h"

#include <cmath>
#include <string>

#include "core/base/check.h"
#include "core/data/permutation.h"
#include "core/io/host_memory.h"
#include "weft/detail/host_allocation.h"
#include "weft/error.h"

namespace weft {

Dataset::Dataset(std::vector<Tensor> columns) : columns_(std::move(columns)) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    Tensor& column = columns_[i];
    const std::string which = "column " + std::to_string(i) + " is " + column.shape().text();
    if (column.rank() < 1) fail_at<ShapeError>("dataset", "", which + ", the first axis must count the rows");
    if (column.dim(0) != columns_[0].dim(0))
      fail_at<ShapeError>("dataset", "",
                          which + ", column 0 is " + columns_[0].shape().text() + "; all must have equally many rows");
    column = column.to(Device::cpu());
  }
}

std::int64_t Dataset::size() const { return columns_.empty() ? 0 : columns_[0].dim(0); }

const Tensor& Dataset::column(std::size_t index) const {
  if (index >= columns_.size())
    fail_at<ValueError>("dataset", "",
                        "no column " + std::to_string(index) + " among " + std::to_string(columns_.size()));
  return columns_[index];
}

Dataset Dataset::subset(const std::vector<std::int64_t>& rows) const {
  for (const std::int64_t row : rows)
    if (row < 0 || row >= size())
      fail_at<ValueError>("dataset", "", "no row " + std::to_string(row) + " among " + std::to_string(size()));
  Dataset out;
  for (const Tensor& column : columns_) out.columns_.push_back(detail::gather_rows(column, rows));
  return out;
}

Split Dataset::split(double share, std::uint64_t seed) const {
  if (!(share >= 0 && share <= 1))
    fail_at<ValueError>("dataset", "", "the share is " + std::to_string(share) + ", it must lie in [0, 1]");
  const auto bytes = static_cast<std::size_t>(size()) * sizeof(std::int64_t);
  return detail::allocating("dataset", bytes, [&]() -> Split {
    const std::vector<std::int64_t> order = detail::permutation(size(), seed, 0);
    const auto cut = order.begin() + std::llround(share * static_cast<double>(size()));
    return {subset({order.begin(), cut}), subset({cut, order.end()})};
  });
}

}  // namespace weft
