// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>

#include "weft/detail/export.h"
#include "weft/shape.h"

namespace weft WEFT_EXPORT {

// One operand of a kernel: dense, row-major memory on the call's device.
struct View {
  void* data = nullptr;  // memory of the device that the call runs on
  TensorSpec spec{};     // its shape and element type
};

// A kernel's report of bad data, such as a label out of range. The first code of a run wins and is thrown as DataError
// when a result of that run is read.
struct DataFault {
  std::int32_t code = 0;      // 0: no bad data; else what is wrong, as the kernel numbers it
  std::int32_t reserved = 0;  // pads the value to 8 bytes
  std::int64_t value = 0;     // the label or index that was refused
  std::int64_t at = 0;        // its position among the labels or indices, in row-major order
};

// One run of one kernel.
struct Call {
  std::span<const View> inputs, outputs;  // operands and results, in the order of the op
  View workspace{};                       // the bytes that OpRule::workspace asked for
  void* stream = nullptr;      // cudaStream_t; see weft/cuda.h. Only enqueue: the call may be captured into a graph
  int device = -1;             // CUDA device index, -1 on the CPU
  DataFault* fault = nullptr;  // report of bad data, on the call's device
};

}  // namespace weft
