// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/device/thread_pool.h"
#include "kernels/common/dispatch.h"
#include "kernels/movement/movement.h"
#include "kernels/movement/reference.h"

namespace weft::kernels {

namespace {

constexpr std::int64_t kGrain = 1 << 12;  // elements that are worth a task

}  // namespace

exec::PreparedKernel prepare_movement_reference_cpu(const exec::KernelRequest& request) {
  const std::int64_t n = request.outputs[0].shape.numel();
  return with_size(size_of(request.outputs[0].dtype), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[n, movement = movement_of(request)](const Call& call) {
      T* out = static_cast<T*>(call.outputs[0].data);
      if (movement.zero_first) std::fill_n(out, n, T{0});
      for (std::size_t i = 0; i < movement.copies.size(); ++i) {
        const Strided& copy = movement.copies[i];
        const T* in = static_cast<const T*>(call.inputs[movement.input_of(i)].data);
        if (copy.is_there(out, in, sizeof(T))) continue;
        parallel_for(copy.count(), kGrain, [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t element = begin; element < end; ++element) copy_element(copy, in, out, element);
        });
      }
      for (const Run& gap : movement.gaps) std::fill_n(out + gap.begin, gap.count, T{0});
    }};
  });
}

}  // namespace weft::kernels
