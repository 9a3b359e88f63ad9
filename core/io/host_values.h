// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "weft/tensor.h"

namespace weft::detail {

// All elements on the host; waits for the device. ValueError for an undefined tensor; `what` names the argument.
std::vector<double> numbers_of(const std::string& op, const char* what, const Tensor& tensor);

// Class indices (n). DTypeError unless i64, i32 or u8, ShapeError unless (n).
std::vector<std::int64_t> labels_of(const std::string& op, const char* what, const Tensor& labels, std::int64_t n);

// Throws ValueError for an undefined tensor, TraceError while its value is not known.
void check_known(const std::string& op, const char* what, const Tensor& tensor);

}  // namespace weft::detail
