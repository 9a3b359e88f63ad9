// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/support/kernel_cases.h"

namespace weft::testing {

std::vector<OpCase> all_cases() {
  std::vector<OpCase> all;
  for (auto family : {
           pointwise_cases,
           movement_cases,
           index_cases,
           sort_cases,
           matmul_cases,
           conv_cases,
           reduce_cases,
           prod_others_cases,
           softmax_cases,
           norm_cases,
           max_pool_cases,
           avg_pool_cases,
           resample_cases,
           dropout_cases,
           gamma_cases,
           epilogue_cases,
           gradient_epilogue_cases,
       }) {
    std::vector<OpCase> rows = family();
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

}  // namespace weft::testing
