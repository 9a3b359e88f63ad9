// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/device/thread_pool.h"
#include "kernels/common/dispatch.h"
#include "kernels/movement/movement.h"
#include "kernels/movement/triangle.h"

namespace weft::kernels {

exec::PreparedKernel prepare_triangle_cpu(const exec::KernelRequest& request) {
  return with_size(size_of(request.outputs[0].dtype), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[t = triangle_of(request)](const Call& call) {
      constexpr std::int64_t kElements = 1 << 14;  // that are worth a task
      const T* x = static_cast<const T*>(call.inputs[0].data);
      T* y = static_cast<T*>(call.outputs[0].data);
      const std::int64_t rows = std::max<std::int64_t>(1, kElements / std::max<std::int64_t>(1, t.columns));
      parallel_for(t.count * t.rows, rows, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t line = first; line < last; ++line) {
          const std::int64_t row = line % t.rows, begin = t.begin(row), end = t.end(row);
          const T* from = x + line * t.columns;
          T* to = y + line * t.columns;
          std::fill_n(to, begin, T{0});
          if (to != from) std::copy(from + begin, from + end, to + begin);
          std::fill(to + end, to + t.columns, T{0});
        }
      });
    }};
  });
}

}  // namespace weft::kernels
