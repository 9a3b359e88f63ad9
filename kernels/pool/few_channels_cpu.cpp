// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "kernels/common/dispatch.h"
#include "kernels/common/float_types.h"
#include "kernels/common/sum_type.h"
#include "kernels/pool/box_table.h"
#include "kernels/pool/loops.h"
#include "kernels/pool/means.h"
#include "kernels/pool/pool.h"
#include "kernels/pool/request.h"

// Images of fewer channels than a register holds: a box of pixels after the other, and all channels of each pixel.
namespace weft::kernels {
namespace {

using Results = BoxTable::Results;

bool suits(const exec::KernelRequest& request) { return request.inputs[0].shape[-1] < kLeastChannels; }

template <class T>
using Channels = T[kLeastChannels];

template <class T, class I>
void max_pool(const PoolRun& run, const T* x, T* y, I* index) {
  Channels<Compute<T>> best;
  Channels<std::int32_t> at;
  for (std::int64_t c = 0; c < run.channels; ++c) {
    best[c] = static_cast<Compute<T>>(x[c]);
    at[c] = run.position;
  }
  run.for_each([&](std::int64_t pixel, std::int32_t position) {
    const T* from = x + pixel * run.channels;
    for (std::int64_t c = 0; c < run.channels; ++c) {
      const auto e = static_cast<Compute<T>>(from[c]);
      const bool wins = e > best[c] || e != e;
      best[c] = wins ? e : best[c];
      at[c] = wins ? position : at[c];
    }
  });
  for (std::int64_t c = 0; c < run.channels; ++c) {
    if (y != nullptr) y[c] = static_cast<T>(best[c]);
    if (index != nullptr) index[c] = static_cast<I>(at[c]);
  }
}

template <class T, class I>
void max_unpool(const PoolRun& run, const T* values, const I* index, T* x) {
  Channels<Sum<T>> sum = {};
  run.for_each([&](std::int64_t window, std::int32_t position) {
    const std::int64_t from = window * run.channels;
    for (std::int64_t c = 0; c < run.channels; ++c)
      if (index[from + c] == position) sum[c] += static_cast<Sum<T>>(values[from + c]);
  });
  for (std::int64_t c = 0; c < run.channels; ++c) x[c] = static_cast<T>(sum[c]);
}

// Sums of elements, each times share(pixel).
template <class T, class Share>
void add_up(const PoolRun& run, const T* x, const Share& share, Channels<Compute<T>>& sum) {
  run.for_each([&](std::int64_t pixel, std::int32_t) {
    const T* from = x + pixel * run.channels;
    const Compute<T> part = share(pixel);
    for (std::int64_t c = 0; c < run.channels; ++c) sum[c] += static_cast<Compute<T>>(from[c]) * part;
  });
}

}  // namespace

std::optional<exec::PreparedKernel> prepare_max_pool_few_channels(const exec::KernelRequest& request) {
  if (!suits(request)) return std::nullopt;
  const PoolShape s = pool_of_image(request);
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) {
    return with_position(request.outputs[1].dtype, [&]<class I>(std::type_identity<I>) -> exec::PreparedKernel {
      return {[table = BoxTable(s, Results::kWindows), channels = s.c](const Call& call) {
        const auto* x = static_cast<const T*>(call.inputs[0].data);
        auto* y = static_cast<T*>(call.outputs[0].data);
        auto* index = static_cast<I*>(call.outputs[1].data);
        table.for_each([&](std::int64_t window, std::int64_t first, std::int64_t, const PoolRun& run) {
          max_pool(run, x + first * channels, y != nullptr ? y + window * channels : nullptr,
                   index != nullptr ? index + window * channels : nullptr);
        });
      }};
    });
  });
}

std::optional<exec::PreparedKernel> prepare_max_unpool_few_channels(const exec::KernelRequest& request) {
  if (!suits(request)) return std::nullopt;
  const PoolShape s = pool_to_image(request);
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) {
    return with_position(request.inputs[1].dtype, [&]<class I>(std::type_identity<I>) -> exec::PreparedKernel {
      return {[table = BoxTable(s, Results::kPixels), channels = s.c](const Call& call) {
        const auto* values = static_cast<const T*>(call.inputs[0].data);
        const auto* index = static_cast<const I*>(call.inputs[1].data);
        auto* x = static_cast<T*>(call.outputs[0].data);
        table.for_each([&](std::int64_t pixel, std::int64_t first, std::int64_t, const PoolRun& run) {
          max_unpool(run, values + first * channels, index + first * channels, x + pixel * channels);
        });
      }};
    });
  });
}

std::optional<exec::PreparedKernel> prepare_avg_pool_few_channels(const exec::KernelRequest& request) {
  if (!suits(request)) return std::nullopt;
  const PoolShape s = pool_of_image(request);
  return with_floating(
      request.inputs[0].dtype, request.op.name(), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
        using A = Compute<T>;
        return {[table = BoxTable(s, Results::kWindows), divisors = divisors_of(s), channels = s.c](const Call& call) {
          const auto* x = static_cast<const T*>(call.inputs[0].data);
          auto* y = static_cast<T*>(call.outputs[0].data);
          const auto windows = static_cast<std::int64_t>(divisors.size());
          table.for_each([&](std::int64_t window, std::int64_t first, std::int64_t, const PoolRun& run) {
            Channels<A> sum = {};
            add_up(
                run, x + first * channels, [](std::int64_t) { return A{1}; }, sum);
            const auto divisor = static_cast<A>(divisors[static_cast<std::size_t>(window % windows)]);
            for (std::int64_t c = 0; c < channels; ++c) y[window * channels + c] = static_cast<T>(sum[c] / divisor);
          });
        }};
      });
}

std::optional<exec::PreparedKernel> prepare_avg_pool_grad_few_channels(const exec::KernelRequest& request) {
  if (!suits(request)) return std::nullopt;
  const PoolShape s = pool_to_image(request);
  return with_floating(
      request.inputs[0].dtype, request.op.name(), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
        using A = Compute<T>;
        return {[table = BoxTable(s, Results::kPixels), shares = shares_of<A>(s), channels = s.c](const Call& call) {
          const auto* dy = static_cast<const T*>(call.inputs[0].data);
          auto* dx = static_cast<T*>(call.outputs[0].data);
          table.for_each([&](std::int64_t pixel, std::int64_t first, std::int64_t image, const PoolRun& run) {
            Channels<A> sum = {};
            const A* share = shares.data() + (first - image);
            add_up(
                run, dy + first * channels, [share](std::int64_t window) { return share[window]; }, sum);
            for (std::int64_t c = 0; c < channels; ++c) dx[pixel * channels + c] = static_cast<T>(sum[c]);
          });
        }};
      });
}

}  // namespace weft::kernels
