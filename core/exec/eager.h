// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <vector>

#include "core/array/array.h"
#include "core/exec/data_fault.h"
#include "core/ir/graph.h"

namespace weft::exec {

// The results of an op, and the faults that they carry beside those of its inputs.
struct OpRun {
  std::vector<Array> outputs;
  Faults faults;
};

// Runs one op at once on dense arrays of `device`, on the thread's current stream. Prepared kernels are kept and found
// again by op, attributes, specs and device.
OpRun run_op(ir::OpId op, std::span<const Array> inputs, const ir::Attributes& attributes, Device device);

}  // namespace weft::exec
