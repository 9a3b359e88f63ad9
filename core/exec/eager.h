// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <vector>

#include "core/array/array.h"
#include "core/ir/graph.h"

namespace weft::exec {

// Runs one op at once on dense arrays of `device`, on the thread's current stream. Prepared kernels are kept and found
// again by op, attributes, specs and device.
std::vector<Array> run_op(ir::OpId op, std::span<const Array> inputs, const ir::Attributes& attributes, Device device);

}  // namespace weft::exec
