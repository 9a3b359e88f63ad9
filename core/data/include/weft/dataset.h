// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "weft/detail/export.h"
#include "weft/tensor.h"

namespace weft WEFT_EXPORT {

struct Split;

// Rows in host memory: columns of equal length, each a tensor whose first axis counts the rows. Copying is cheap.
class Dataset {
 public:
  Dataset() = default;  // no rows, no columns
  // Brings the columns to the host. ShapeError for columns without a row axis or of different lengths.
  explicit Dataset(std::vector<Tensor> columns);

  // Number of rows.
  std::int64_t size() const;
  // All columns, in the order they were given.
  const std::vector<Tensor>& columns() const { return columns_; }
  // ValueError when there is no such column.
  const Tensor& column(std::size_t index) const;
  // The given rows, in the given order. ValueError for a row outside [0, size).
  [[nodiscard]] Dataset subset(const std::vector<std::int64_t>& rows) const;
  // The first round(size * share) rows of an order that depends on this seed alone, and the rest. weft::seed() changes
  // no split, so that every run holds out the same rows.
  [[nodiscard]] Split split(double share, std::uint64_t seed = 0) const;

 private:
  std::vector<Tensor> columns_;
};

// Rows to train on, and rows held out.
struct Split {
  Dataset train, test;  // no row in both
};

namespace data {

// f32 (classes): rows / (classes * rows of the class), for the `weight` of a loss. Each class then counts equally, and
// the weights of all rows have mean 1. Labels are i64, i32 or u8 of any shape, or f32 of 0 and 1. ValueError for a
// label that is negative or no whole number, and for a class without rows.
[[nodiscard]] Tensor class_weights(const Tensor& labels);

}  // namespace data
}  // namespace weft
