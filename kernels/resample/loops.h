// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/scalar/half.h"
#include "kernels/common/float_types.h"

namespace weft::kernels {

// y_j = sum_k weights_k x_(offsets_k + j) for n neighboring elements, built once per instruction set.
template <class T>
struct ResampleLoop {
  void (*run)(const T* x, const std::int64_t* offsets, const Compute<T>* weights, std::int64_t count, std::int64_t n,
              T* y);
};

// Overloads of one name, because a function template would leave symbols that the linker may join.
#define WEFT_DECLARE_LOOPS                  \
  void resolve(ResampleLoop<float>& loop);  \
  void resolve(ResampleLoop<double>& loop); \
  void resolve(ResampleLoop<bf16>& loop);   \
  void resolve(ResampleLoop<f16>& loop);
namespace baseline {
WEFT_DECLARE_LOOPS
}  // namespace baseline
namespace avx2 {
WEFT_DECLARE_LOOPS
}  // namespace avx2
namespace avx512 {
WEFT_DECLARE_LOOPS
}  // namespace avx512
#undef WEFT_DECLARE_LOOPS

}  // namespace weft::kernels
