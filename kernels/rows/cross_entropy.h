// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/kernel.h"

namespace weft::kernels {

// The attributes of softmax_cross_entropy, and the positions of its optional inputs.
struct CrossEntropy {
  std::int64_t rows = 0, classes = 0;
  double smoothing = 0;
  std::int64_t ignore_index = 0;
  bool probabilities = false, long_labels = false;  // kind of target: floats; i64, not i32
  int weight_at = 0, scale_at = 0;                  // which input; 0: there is none
  bool scale_per_row = false;
  std::int32_t bad_label = 0;  // the code that a label out of range raises

  // True for class indices without class weights and smoothing: all mass lies at the label.
  bool plain() const { return !probabilities && weight_at == 0 && smoothing == 0; }
};

// Reads a request for softmax_cross_entropy or softmax_cross_entropy_scaled. The second has the gradient's scale as its
// input behind the target.
inline CrossEntropy cross_entropy_of(const exec::KernelRequest& request) {
  CrossEntropy e;
  const std::string base = "softmax_cross_entropy";
  e.rows = request.inputs[0].shape[0];
  e.classes = request.inputs[0].shape[1];
  e.smoothing = request.attributes.real("label_smoothing");
  e.ignore_index = request.attributes.integer("ignore_index");
  e.probabilities = is_floating(request.inputs[1].dtype);
  e.long_labels = request.inputs[1].dtype == DType::kI64;
  e.scale_at = request.op.name() == base ? 0 : 2;
  e.scale_per_row = e.scale_at && request.inputs[2].shape.rank() == 1;
  const int next = e.scale_at ? 3 : 2;
  e.weight_at = static_cast<int>(request.inputs.size()) > next ? next : 0;
  e.bad_label = exec::data_error_code(base, request.path, {"label", "labels", e.classes, {e.rows}});
  return e;
}

// The operand at position `at`; null if that is 0.
template <class T>
const T* optional_operand(const Call& call, int at) {
  return at ? static_cast<const T*>(call.inputs[static_cast<std::size_t>(at)].data) : nullptr;
}

}  // namespace weft::kernels
