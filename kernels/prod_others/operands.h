// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <type_traits>

#include "core/exec/kernel.h"
#include "core/scalar/annotate.h"
#include "kernels/common/axis_split.h"
#include "kernels/common/float_types.h"

namespace weft::kernels {

// Operands of prod_others in memory: c (outer, 1, inner), the others (outer, size, inner).
template <class T>
struct ProdOthersOperands {
  static constexpr int kMost = 16;  // tangents, which core/ops/reduce.cpp sees to
  const T *c, *x;
  const T* tangents[kMost];
  T* y;
};

template <class T>
ProdOthersOperands<T> prod_others_operands(const Call& call) {
  ProdOthersOperands<T> o{static_cast<const T*>(call.inputs[0].data),
                          static_cast<const T*>(call.inputs[1].data),
                          {},
                          static_cast<T*>(call.outputs[0].data)};
  for (std::size_t a = 2; a < call.inputs.size(); ++a) o.tangents[a - 2] = static_cast<const T*>(call.inputs[a].data);
  return o;
}

inline AxisSplit prod_others_split(const exec::KernelRequest& request) {
  return split_at(request.inputs[1].shape, request.attributes.integer("axis"));
}
inline int tangents_of(const exec::KernelRequest& request) { return static_cast<int>(request.inputs.size()) - 2; }

// prepare(split, type, tangents) for the dtype of x and at most one tangent; nothing for more. The last two are values
// that stand for types, because nvcc refuses a lambda whose template parameters its arguments do not name.
template <class Prepare>
std::optional<exec::PreparedKernel> for_few_tangents(const exec::KernelRequest& request, Prepare prepare) {
  const int tangents = tangents_of(request);
  if (tangents > 1) return std::nullopt;
  const AxisSplit split = prod_others_split(request);
  return with_floating(request.inputs[1].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    return tangents == 0 ? prepare(split, type, std::integral_constant<int, 0>{})
                         : prepare(split, type, std::integral_constant<int, 1>{});
  });
}

// The first element of a line along the axis; the next ones are `inner` apart.
WEFT_HD inline std::int64_t first_of_line(const AxisSplit& split, std::int64_t line) {
  return line / split.inner * split.size * split.inner + line % split.inner;
}

}  // namespace weft::kernels
