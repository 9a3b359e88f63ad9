// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "core/base/lasting.h"
#include "core/device/thread_pool.h"
#include "core/scalar/math.h"
#include "kernels/common/data_fault.h"
#include "kernels/common/float_types.h"
#include "kernels/rows/cross_entropy.h"
#include "kernels/rows/row_loops.h"
#include "kernels/rows/softmax.h"

namespace weft::kernels {

namespace {

// Elements that are worth a task, and the number of elements that a row's logarithm counts for.
constexpr std::int64_t kGrain = 8 * 1024, kRow = 64;
constexpr std::int64_t kRowsAtOnce = 32;  // so that their logarithms are vector code

// With q the target distribution times the class weights and Q its sum over the row,
//   loss = sum_j q_j (lse - x_j),  dx_j = scale (Q softmax(x)_j - q_j),  lse = log sum_j exp(x_j).
// The case `plain` is that of CrossEntropy::plain().
template <class T, class Label, bool plain>
class CpuCrossEntropy {
  using A = Compute<T>;
  static constexpr bool kProbabilities = std::is_same_v<T, Label>;

 public:
  explicit CpuCrossEntropy(const CrossEntropy& e)
      : e_(e),
        loops_(row_loops<A>()),
        smooth_(static_cast<A>(e.smoothing / static_cast<double>(std::max<std::int64_t>(1, e.classes)))) {}

  void operator()(const Call& call) const {
    const std::int64_t rows_per_task = std::max<std::int64_t>(1, kGrain / (e_.classes + kRow));
    parallel_for(e_.rows, rows_per_task, [&](std::int64_t begin, std::int64_t end) {
      for (; begin < end; begin += kRowsAtOnce) run_rows(call, begin, std::min(end, begin + kRowsAtOnce));
    });
  }

 private:
  struct Row {
    const T* x;
    const T* weight;       // null: 1
    const Label* targets;  // probabilities of the row
    std::int64_t label;
    A hit;  // the label's share of q
    A scale;
    A max;
    double sum;
  };

  A weight(const Row& r, std::int64_t j) const { return r.weight ? static_cast<A>(r.weight[j]) : A{1}; }

  A target(const Row& r, std::int64_t j) const {
    if constexpr (kProbabilities) {
      return weight(r, j) * (static_cast<A>(r.targets[j]) * static_cast<A>(1 - e_.smoothing) + smooth_);
    } else {
      return weight(r, j) * smooth_ + (j == r.label ? r.hit : A{0});
    }
  }

  std::int64_t label_of(const Call& call, std::int64_t row) const {
    return static_cast<const Label*>(call.inputs[1].data)[row];
  }
  // True if the label is a class that counts; reports one that is neither a class nor ignored.
  bool counts(const Call& call, std::int64_t row, std::int64_t label) const {
    if (label == e_.ignore_index) return false;
    const bool inside = label >= 0 && label < e_.classes;
    if (!inside) raise_data_error(call.fault, e_.bad_label, label, row);
    return inside;
  }
  void put_zeros(const Call& call, std::int64_t row) const {
    write(call, row, 0, 0);
    if (T* gradient = gradient_of(call, row))
      std::fill(gradient, gradient + e_.classes, static_cast<T>(0 * scale_of(call, row)));
  }

  void run_rows(const Call& call, std::int64_t begin, std::int64_t end) const {
    if constexpr (plain) {
      run_plain(call, begin, end);
    } else {
      for (; begin < end; ++begin) run_row(call, begin);
    }
  }

  void run_row(const Call& call, std::int64_t row) const {
    Row r{static_cast<const T*>(call.inputs[0].data) + row * e_.classes,
          optional_operand<T>(call, e_.weight_at),
          nullptr,
          0,
          0,
          scale_of(call, row),
          -std::numeric_limits<A>::infinity(),
          0};
    A row_weight = 1;
    if constexpr (kProbabilities) {
      r.targets = static_cast<const Label*>(call.inputs[1].data) + row * e_.classes;
    } else {
      r.label = label_of(call, row);
      if (!counts(call, row, r.label)) return put_zeros(call, row);
      row_weight = weight(r, r.label);
      r.hit = row_weight * static_cast<A>(1 - e_.smoothing);
    }
    for (std::int64_t j = 0; j < e_.classes; ++j) {
      const A x = static_cast<A>(r.x[j]);
      r.max = x > r.max ? x : r.max;
    }
    for (std::int64_t j = 0; j < e_.classes; ++j) r.sum += math::exp(static_cast<A>(r.x[j]) - r.max);
    write(call, row, loss(r), row_weight);
    if (T* gradient = gradient_of(call, row)) write_gradient(r, gradient);
  }

  // Rows of which all mass is at the label.
  struct PlainRows {
    std::int64_t label[kRowsAtOnce];
    bool counts[kRowsAtOnce];
    A at_label[kRowsAtOnce], max[kRowsAtOnce], log_sum[kRowsAtOnce];
    double sum[kRowsAtOnce];
  };

  // Exponentials lie in the gradient's memory, which may be the logits' memory; those of 16-bit logits in a row of
  // their own.
  void run_plain(const Call& call, std::int64_t begin, std::int64_t end) const {
    // Local variables, because a store to the gradient may change members for all that compilers know.
    const std::int64_t n = e_.classes, rows = end - begin;
    const T* const x = static_cast<const T*>(call.inputs[0].data) + begin * n;
    T* const gradient = gradient_of(call, begin);
    PlainRows r;
    for (std::int64_t k = 0; k < rows; ++k) {
      r.label[k] = label_of(call, begin + k);
      r.counts[k] = counts(call, begin + k, r.label[k]);
      r.at_label[k] = r.counts[k] ? static_cast<A>(x[k * n + r.label[k]]) : 0;
    }
    if constexpr (std::is_same_v<T, A>) {
      loops_.exps(x, rows, n, r.max, r.sum, gradient);
      if (gradient) slopes(call, begin, rows, r, 0, gradient);
    } else {
      thread_local PerThread<std::vector<A>> of_thread;
      std::vector<A>& row_of_thread = *of_thread;
      row_of_thread.resize(static_cast<std::size_t>(n));
      A* const wide = row_of_thread.data();
      for (std::int64_t k = 0; k < rows; ++k) {
        for (std::int64_t j = 0; j < n; ++j) wide[j] = static_cast<A>(x[k * n + j]);
        loops_.exps(wide, 1, n, r.max + k, r.sum + k, wide);
        if (!gradient) continue;
        slopes(call, begin + k, 1, r, k, wide);
        for (std::int64_t j = 0; j < n; ++j) gradient[k * n + j] = static_cast<T>(wide[j]);
      }
    }
    for (std::int64_t k = 0; k < rows; ++k) r.log_sum[k] = static_cast<A>(r.sum[k]);
    loops_.log(r.log_sum, rows);
    for (std::int64_t k = 0; k < rows; ++k) {
      if (r.counts[k]) {
        write(call, begin + k, r.log_sum[k] - (r.at_label[k] - r.max[k]), 1);
      } else {
        put_zeros(call, begin + k);
      }
    }
  }

  // Makes slopes of the exponentials of rows [first, first + rows) of r, which begin at `row` of the call.
  void slopes(const Call& call, std::int64_t row, std::int64_t rows, const PlainRows& r, std::int64_t first,
              A* exps) const {
    A factor[kRowsAtOnce], at_label[kRowsAtOnce];
    for (std::int64_t k = 0; k < rows; ++k) {
      const double sum = r.sum[first + k];
      const A scale = scale_of(call, row + k);
      factor[k] = static_cast<A>(scale / sum);
      if (!r.counts[first + k]) continue;
      at_label[k] = (exps[k * e_.classes + r.label[first + k]] * static_cast<A>(1 / sum) - 1) * scale;
    }
    loops_.scale(exps, rows, e_.classes, factor);
    for (std::int64_t k = 0; k < rows; ++k)
      if (r.counts[first + k]) exps[k * e_.classes + r.label[first + k]] = at_label[k];
  }

  A loss(const Row& r) const {
    const A rest = static_cast<A>(std::log(r.sum));
    double loss = 0;
    for (std::int64_t j = 0; j < e_.classes; ++j) {
      const A q = target(r, j);
      // A class that the label gives no mass adds nothing, not even where its logit is minus infinity.
      if (kProbabilities || q != 0) loss += q * (rest - (static_cast<A>(r.x[j]) - r.max));
    }
    return static_cast<A>(loss);
  }

  void write_gradient(const Row& r, T* gradient) const {
    double total = 0;
    for (std::int64_t j = 0; j < e_.classes; ++j) total += target(r, j);
    const A factor = static_cast<A>(total / r.sum);
    for (std::int64_t j = 0; j < e_.classes; ++j) {
      const A slope = std::exp(static_cast<A>(r.x[j]) - r.max) * factor - target(r, j);
      gradient[j] = static_cast<T>(slope * r.scale);
    }
  }

  A scale_of(const Call& call, std::int64_t row) const {
    const A* scale = optional_operand<A>(call, e_.scale_at);
    return scale ? scale[e_.scale_per_row ? row : 0] : A{1};
  }

  T* gradient_of(const Call& call, std::int64_t row) const {
    auto* gradient = static_cast<T*>(call.outputs[1].data);
    return gradient ? gradient + row * e_.classes : nullptr;
  }

  static void write(const Call& call, std::int64_t row, A loss, A row_weight) {
    if (auto* losses = static_cast<A*>(call.outputs[0].data)) losses[row] = loss;
    if (auto* weights = static_cast<A*>(call.outputs[2].data)) weights[row] = row_weight;
  }

  CrossEntropy e_;
  RowLoops<A> loops_;
  A smooth_;
};

}  // namespace

std::optional<exec::PreparedKernel> prepare_cross_entropy_labels(const exec::KernelRequest& request) {
  const CrossEntropy e = cross_entropy_of(request);
  if (!e.plain()) return std::nullopt;
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    using T = typename decltype(type)::type;
    if (e.long_labels) return {CpuCrossEntropy<T, std::int64_t, true>(e)};
    return {CpuCrossEntropy<T, std::int32_t, true>(e)};
  });
}

exec::PreparedKernel prepare_cross_entropy_cpu(const exec::KernelRequest& request) {
  const CrossEntropy e = cross_entropy_of(request);
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    using T = typename decltype(type)::type;
    if (e.probabilities) return {CpuCrossEntropy<T, T, false>(e)};
    if (e.long_labels) return {CpuCrossEntropy<T, std::int64_t, false>(e)};
    return {CpuCrossEntropy<T, std::int32_t, false>(e)};
  });
}

}  // namespace weft::kernels
