// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "tests/kernels/elementwise/pointwise_functions.h"
#include "tests/kernels/support/harness.h"

namespace weft::testing {

// The row's oracle over broadcast operands.
Oracle elementwise(const FunctionRow& function);
const FunctionRow& row_of(Fn fn);
// A case of one function, gradient included.
OpCase function_case(Fn fn, std::string name, std::vector<HostTensor> inputs);

std::vector<OpCase> function_cases();   // every function: random values, special values, integers, bools
std::vector<OpCase> broadcast_cases();  // shapes and sizes
std::vector<OpCase> cast_cases();
std::vector<OpCase> draw_cases();
std::vector<OpCase> region_cases();  // several instructions in one program

}  // namespace weft::testing
