// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/common/float_types.h"
#include "kernels/rows/cross_entropy.h"

// The addresses of one call of softmax_cross_entropy.
namespace weft::kernels {

template <class T>
struct CrossEntropyOperands {
  const T* logits;          // (rows, classes)
  const void* target;       // indices (rows), or probabilities of type T (rows, classes)
  const T* weight;          // (classes) or null
  const Compute<T>* scale;  // of the gradient, (rows) or (); or null
  bool scale_per_row, long_labels;
  Compute<T> sharp, smooth;  // shares of the target and of every class
  Compute<T>* loss;          // (rows) or null
  T* gradient;               // (rows, classes) or null
  Compute<T>* row_weight;    // (rows) or null
  DataFault* fault;
};

template <class T>
inline CrossEntropyOperands<T> operands_of(const CrossEntropy& e, const Call& call) {
  return {.logits = static_cast<const T*>(call.inputs[0].data),
          .target = call.inputs[1].data,
          .weight = optional_operand<T>(call, e.weight_at),
          .scale = optional_operand<Compute<T>>(call, e.scale_at),
          .scale_per_row = e.scale_per_row,
          .long_labels = e.long_labels,
          .sharp = static_cast<Compute<T>>(1 - e.smoothing),
          .smooth = static_cast<Compute<T>>(e.smoothing / static_cast<double>(e.classes)),
          .loss = static_cast<Compute<T>*>(call.outputs[0].data),
          .gradient = static_cast<T*>(call.outputs[1].data),
          .row_weight = static_cast<Compute<T>*>(call.outputs[2].data),
          .fault = call.fault};
}

}  // namespace weft::kernels
