// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "tests/kernels/support/harness.h"

// The rows of every family, each in its own file; all_cases() in cases.cpp lists them.
namespace weft::testing {

std::vector<OpCase> pointwise_cases();
std::vector<OpCase> movement_cases();
std::vector<OpCase> index_cases();
std::vector<OpCase> sort_cases();
std::vector<OpCase> matmul_cases();
std::vector<OpCase> conv_cases();
std::vector<OpCase> reduce_cases();
std::vector<OpCase> prod_others_cases();
std::vector<OpCase> softmax_cases();
std::vector<OpCase> norm_cases();
std::vector<OpCase> max_pool_cases();
std::vector<OpCase> avg_pool_cases();
std::vector<OpCase> resample_cases();
std::vector<OpCase> dropout_cases();
std::vector<OpCase> gamma_cases();
std::vector<OpCase> epilogue_cases();
std::vector<OpCase> gradient_epilogue_cases();

std::vector<OpCase> all_cases();

}  // namespace weft::testing
