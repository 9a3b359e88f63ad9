// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "weft/trainer.h"

namespace weft::detail {

// Runs one batch op by op and says where the first value that is not finite stands: an input or target row, a
// parameter, a layer's output, or the loss. Empty when all of them are finite.
std::string first_bad_tensor(const Task& task, const Tensor& input, const Tensor& target);

}  // namespace weft::detail
