// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/scalar/annotate.h"
#include "kernels/common/float_types.h"
#include "kernels/matmul/problem.h"

namespace weft::kernels {

// A sum of products, one after the other, in f32 for 16-bit operands; pieces of kLongestSum are added in f64.
template <class T>
class PieceSum {
 public:
  WEFT_HD void add(T a, T b) {
    sum_ += static_cast<Compute<T>>(a) * static_cast<Compute<T>>(b);
    if (++count_ < kLongestSum) return;
    total_ += static_cast<double>(sum_);
    sum_ = 0;
    count_ = 0;
  }
  WEFT_HD Compute<T> total() const { return static_cast<Compute<T>>(total_ + static_cast<double>(sum_)); }

 private:
  Compute<T> sum_ = 0;
  double total_ = 0;
  std::int64_t count_ = 0;
};

}  // namespace weft::kernels
