// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

#include "core/exec/executable.h"

// Content and cost of an executable's prepared calls, without running them.
namespace weft::exec {

struct CallCost {
  double flops = 0;
  std::int64_t read = 0, written = 0;  // bytes
  DType dtype = DType::kF32;           // dtype of the first operand, whose rate counts
};
CallCost cost_of(const Executable& program, std::size_t step);
// "multiply x2, add, tanh": the ops that one kernel runs together; empty for one op.
std::string fused_ops(const ir::Node& node);

}  // namespace weft::exec
