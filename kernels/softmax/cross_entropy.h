// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/kernel.h"

namespace weft::kernels {

// What softmax_cross_entropy is asked for, beside its operands.
struct CrossEntropy {
  std::int64_t rows = 0, classes = 0;
  double smoothing = 0;
  std::int64_t ignore_index = 0;
  bool probabilities = false, weighted = false;
  std::int32_t bad_label = 0;  // the code that a label out of range raises
};

inline CrossEntropy cross_entropy_of(const exec::KernelRequest& request) {
  CrossEntropy e;
  e.rows = request.inputs[0].shape[0];
  e.classes = request.inputs[0].shape[1];
  e.smoothing = request.attributes.real("label_smoothing");
  e.ignore_index = request.attributes.integer("ignore_index");
  e.probabilities = is_floating(request.inputs[1].dtype);
  e.weighted = request.inputs.size() > 2;
  e.bad_label = exec::data_error_code(request.op.name(), request.path,
                                      "label {} is outside [0, " + std::to_string(e.classes) + ")");
  return e;
}

}  // namespace weft::kernels
