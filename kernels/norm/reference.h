// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>
#include <cstdint>

#include "core/exec/kernel.h"
#include "core/scalar/annotate.h"
#include "kernels/common/float_types.h"
#include "kernels/norm/lost.h"

// The arithmetic of the reference kernels of either device, which give the same bits.
namespace weft::kernels {

// A batch of `rows` rows with its channels last, and what is added to a variance before its root.
struct ChannelBatch {
  std::int64_t rows, channels;
  double eps;
};

// Results for every channel, each null where nobody reads it.
template <class A>
struct ChannelStatistics {
  A *mean, *variance, *rstd;
  A* rest;  // remainder of the mean, lost to rounding
};

// Statistics of channel j, in f64: the mean by the distances from the first element, then the squared distances from
// the mean. An empty batch has mean and variance 0.
template <class T>
WEFT_HD inline void statistics_of_channel(const ChannelBatch& b, const T* x, const ChannelStatistics<Compute<T>>& to,
                                          std::int64_t j) {
  using A = Compute<T>;
  const double origin = b.rows ? widened<double>(x[j]) : 0, rows = b.rows ? static_cast<double>(b.rows) : 1;
  double sum = 0, squares = 0;
  for (std::int64_t i = 0; i < b.rows; ++i) sum += widened<double>(x[i * b.channels + j]) - origin;
  const double distance = sum / rows, mean = origin + distance;
  for (std::int64_t i = 0; i < b.rows; ++i) {
    const double further = widened<double>(x[i * b.channels + j]) - origin - distance;
    squares += further * further;
  }
  const double variance = squares / rows;
  if (to.mean) to.mean[j] = static_cast<A>(mean);
  if (to.variance) to.variance[j] = static_cast<A>(variance);
  if (to.rstd) to.rstd[j] = static_cast<A>(1 / std::sqrt(variance + b.eps));
  if (to.rest) {
    const double rounded = static_cast<double>(static_cast<A>(mean));
    to.rest[j] = static_cast<A>(mean - rounded + lost(origin, distance, mean));
  }
}

inline ChannelBatch channel_batch(const exec::KernelRequest& request) {
  const Shape& shape = request.inputs[0].shape;
  const std::int64_t channels = shape[-1];
  return {channels ? shape.numel() / channels : 0, channels, request.attributes.real("eps")};
}

template <class A>
ChannelStatistics<A> statistics_of_call(const Call& call) {
  const auto output = [&](std::size_t i) { return static_cast<A*>(call.outputs[i].data); };
  return {output(0), output(1), output(2), output(3)};
}

}  // namespace weft::kernels
