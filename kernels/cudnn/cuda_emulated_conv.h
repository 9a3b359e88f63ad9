// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "kernels/cudnn/cuda_abi.h"
#include "weft/kernel_call.h"

namespace weft::kernels::cudnn {

// Engines of the emulated library. Those that weft must not choose fail when they run.
enum class EmulatedEngine : std::int64_t {
  kNondeterministic,
  kDownConverting,
  kTensorCores,
  kTooLarge,
  kFailing,
  kCompiled,
  kExact,
};

// A convolution of the emulated library: all that its descriptors said. Numbers alone, so that a plan is written as
// their list. Tensors stand in the order image, filter, result; their sizes are (n, channels, 3 axes).
struct EmulatedConv {
  std::int64_t engine = 0, operation = 0, dtype = 0;
  std::int64_t ids[3] = {};
  std::int64_t sizes[3][5] = {}, strides[3][5] = {};
  std::int64_t low[3] = {}, high[3] = {}, stride[3] = {1, 1, 1}, dilation[3] = {1, 1, 1};

  // The tensor that is written.
  int output() const;
  // Bytes that a run takes: the sums in f64.
  std::int64_t workspace() const;
};

std::string text_of(const EmulatedConv& conv);
std::optional<EmulatedConv> conv_of_text(const std::string& text);

// Enqueues the plain loops on the call's stream. `tensors`: image, filter and result.
void run_emulated(const EmulatedConv& conv, void* const (&tensors)[3], void* workspace, const Call& call);

}  // namespace weft::kernels::cudnn
