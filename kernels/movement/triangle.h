// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/exec/kernel.h"
#include "core/scalar/annotate.h"

namespace weft::kernels {

// Matrices one behind the other, of which each row keeps the columns [begin(row), end(row)).
struct Triangle {
  std::int64_t count, rows, columns, k;
  bool upper;

  // The first column of a row that lies behind diagonal k, or on it for the upper triangle.
  WEFT_HD std::int64_t border(std::int64_t row) const {
    const std::int64_t at = upper ? 0 : 1;
    if (k >= columns - row) return columns;  // k + row may be more than a number holds
    const std::int64_t column = row + k + at;
    return column < 0 ? 0 : column;
  }
  WEFT_HD std::int64_t begin(std::int64_t row) const { return upper ? border(row) : 0; }
  WEFT_HD std::int64_t end(std::int64_t row) const { return upper ? columns : border(row); }
};

inline Triangle triangle_of(const exec::KernelRequest& request) {
  const Shape& shape = request.inputs[0].shape;
  const std::int64_t rows = shape[-2], columns = shape[-1], matrix = rows * columns;
  return {matrix == 0 ? 0 : shape.numel() / matrix, rows, columns, request.attributes.integer("k"),
          request.attributes.boolean("upper")};
}

}  // namespace weft::kernels
