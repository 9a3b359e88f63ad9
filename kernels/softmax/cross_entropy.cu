// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <type_traits>

#include "kernels/reduce/accumulate.h"
#include "kernels/softmax/cross_entropy.h"
#include "kernels/softmax/softmax.h"
#include "kernels/support/data_flag.cuh"
#include "kernels/support/float_types.h"
#include "kernels/support/lanes.cuh"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {

namespace {

constexpr std::size_t kCacheBytes = std::size_t{32} << 10;

// Label is T where the targets are probabilities.
template <class T, class Label>
struct CrossEntropyOperands {
  const T* logits;         // (rows, classes)
  const Label* target;     // (rows) or (rows, classes)
  const T* weight;         // (classes) or null
  Compute<T>* loss;        // (rows) or null
  T* gradient;             // (rows, classes) or null
  Compute<T>* row_weight;  // (rows) or null
  DataFlag* flag;
};

// The target distribution of one row times the class weights.
template <class T, class Label>
struct Mass {
  using A = Compute<T>;
  const T* weight;
  const Label* probabilities;
  std::int64_t label;
  A sharp, smooth;  // shares of the target and of every class

  __device__ A operator()(std::int64_t j) const {
    const A w = weight ? static_cast<A>(weight[j]) : A{1};
    if constexpr (std::is_same_v<T, Label>) {
      return w * (static_cast<A>(probabilities[j]) * sharp + smooth);
    } else {
      return w * smooth + (j == label ? w * sharp : A{0});
    }
  }
};

// With q the mass and Q its sum: loss = sum_j q_j (lse - x_j) and gradient_j = Q softmax(x)_j - q_j. The logits are
// read from memory once where a row fits in shared memory.
template <class T, class Label>
__global__ void __launch_bounds__(kThreads)
    cross_entropy_kernel(CrossEntropy e, bool cached, CrossEntropyOperands<T, Label> o) {
  using A = Compute<T>;
  using State = Scaled<A>;
  constexpr bool kLabels = !std::is_same_v<T, Label>;
  WEFT_SHARED_ARRAY(State, cells, kThreads);
  WEFT_SHARED_ARRAY(A, sums, kThreads);
  WEFT_DYNAMIC_SHARED(A, cache);
  const Lane t(true);
  const std::int64_t row = t.result();
  const bool inside = row < e.rows;
  bool counts = inside;
  Mass<T, Label> mass{o.weight, nullptr, 0, static_cast<A>(1 - e.smoothing),
                      static_cast<A>(e.smoothing / static_cast<double>(e.classes))};
  if constexpr (kLabels) {
    if (inside) mass.label = o.target[row];
    counts = inside && mass.label != e.ignore_index && mass.label >= 0 && mass.label < e.classes;
    if (inside && !counts && mass.label != e.ignore_index && t.lane == 0) {
      raise_data_error(o.flag, e.bad_label, mass.label);
    }
  } else {
    mass.probabilities = o.target + (inside ? row * e.classes : 0);
  }

  const T* logits = o.logits + (inside ? row * e.classes : 0);
  A* mine = cache + t.slot * e.classes;  // each lane reads back only what it wrote
  State state = LogSumExp<A>::start();
  A total = 0;
  if (counts) {
    for (std::int64_t j = t.lane; j < e.classes; j += t.lanes) {
      const A x = static_cast<A>(logits[j]);
      if (cached) mine[j] = x;
      LogSumExp<A>::add(state, x, j);
      total += mass(j);
    }
  }
  state = over_lanes(cells, state, t, [](State& a, const State& b) { LogSumExp<A>::merge(a, b); });
  state.sum += state.max - state.max;  // NaN for a row whose largest logit is infinite, as in PyTorch
  total = over_lanes(sums, total, t, [](A& a, A b) { a += b; });

  const A log_sum = std::log(state.sum), scale = total / state.sum;
  A loss = 0;
  if (inside) {
    for (std::int64_t j = t.lane; j < e.classes; j += t.lanes) {
      A slope = 0;
      if (counts) {
        const A x = (cached ? mine[j] : static_cast<A>(logits[j])) - state.max, q = mass(j);
        // A class that the label gives no mass adds nothing, not even where its logit is minus infinity.
        if (!kLabels || q != 0) loss += q * (log_sum - x);
        slope = std::exp(x) * scale - q;
      }
      if (o.gradient) o.gradient[row * e.classes + j] = static_cast<T>(slope);
    }
  }
  loss = over_lanes(sums, loss, t, [](A& a, A b) { a += b; });
  if (!inside || t.lane != 0) return;
  if (o.loss) o.loss[row] = loss;
  const A label_weight = kLabels && counts && o.weight ? static_cast<A>(o.weight[mass.label]) : A{1};
  if (o.row_weight) o.row_weight[row] = counts ? label_weight : A{0};
}

template <class T, class Label>
exec::PreparedKernel prepare(const CrossEntropy& e) {
  const LaneLayout layout = lane_layout(true, e.rows, e.classes);
  const std::size_t wanted = static_cast<std::size_t>(layout.slots * e.classes) * sizeof(Compute<T>);
  const bool cached = wanted <= kCacheBytes;
  return {[=](const Call& call) {
    const CrossEntropyOperands<T, Label> operands{cuda::data<const T>(call.inputs[0]),
                                                  cuda::data<const Label>(call.inputs[1]),
                                                  e.weighted ? cuda::data<const T>(call.inputs[2]) : nullptr,
                                                  cuda::data<Compute<T>>(call.outputs[0]),
                                                  cuda::data<T>(call.outputs[1]),
                                                  cuda::data<Compute<T>>(call.outputs[2]),
                                                  call.flag};
    cuda::launch(cross_entropy_kernel<T, Label>, dim3(layout.tiles(e.rows)), layout.block(), cached ? wanted : 0, call,
                 e, cached, operands);
  }};
}

}  // namespace

exec::PreparedKernel prepare_softmax_cross_entropy_cuda(const exec::KernelRequest& request) {
  const CrossEntropy e = cross_entropy_of(request);
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    using T = typename decltype(type)::type;
    if (e.probabilities) return prepare<T, T>(e);
    if (request.inputs[1].dtype == DType::kI32) return prepare<T, std::int32_t>(e);
    return prepare<T, std::int64_t>(e);
  });
}

}  // namespace weft::kernels
