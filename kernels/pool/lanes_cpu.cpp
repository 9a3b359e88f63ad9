// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "kernels/common/float_types.h"
#include "kernels/common/resolve.h"
#include "kernels/pool/box_table.h"
#include "kernels/pool/loops.h"
#include "kernels/pool/means.h"
#include "kernels/pool/pool.h"
#include "kernels/pool/request.h"
#include "weft/dtype.h"

namespace weft::kernels {
namespace {

using Results = BoxTable::Results;

// For the instruction set that cpu::isa() names.
template <class Loops>
Loops resolved() {
  Loops loops;
  WEFT_RESOLVE(loops);
  return loops;
}

bool suits(const exec::KernelRequest& request) {
  return is_floating(request.inputs[0].dtype) && request.inputs[0].shape[-1] >= kLeastChannels;
}

}  // namespace

std::optional<exec::PreparedKernel> prepare_max_pool_lanes(const exec::KernelRequest& request) {
  if (!suits(request)) return std::nullopt;
  const PoolShape s = pool_of_image(request);
  return with_floating(request.inputs[0].dtype, request.op.name(), [&]<class T>(std::type_identity<T>) {
    return with_position(request.outputs[1].dtype, [&]<class I>(std::type_identity<I>) -> exec::PreparedKernel {
      const auto loops = resolved<MaxPoolLoops<T, I>>();
      return {[table = BoxTable(s, Results::kWindows), loops, channels = s.c](const Call& call) {
        const auto* x = static_cast<const T*>(call.inputs[0].data);
        auto* y = static_cast<T*>(call.outputs[0].data);
        auto* index = static_cast<I*>(call.outputs[1].data);
        table.for_each([&](std::int64_t window, std::int64_t first, std::int64_t, const PoolRun& run) {
          loops.pool(run, x + first * channels, y != nullptr ? y + window * channels : nullptr,
                     index != nullptr ? index + window * channels : nullptr);
        });
      }};
    });
  });
}

std::optional<exec::PreparedKernel> prepare_max_unpool_lanes(const exec::KernelRequest& request) {
  if (!suits(request)) return std::nullopt;
  const PoolShape s = pool_to_image(request);
  return with_floating(request.inputs[0].dtype, request.op.name(), [&]<class T>(std::type_identity<T>) {
    return with_position(request.inputs[1].dtype, [&]<class I>(std::type_identity<I>) -> exec::PreparedKernel {
      const auto loops = resolved<MaxPoolLoops<T, I>>();
      return {[table = BoxTable(s, Results::kPixels), loops, channels = s.c](const Call& call) {
        const auto* values = static_cast<const T*>(call.inputs[0].data);
        const auto* index = static_cast<const I*>(call.inputs[1].data);
        auto* x = static_cast<T*>(call.outputs[0].data);
        table.for_each([&](std::int64_t pixel, std::int64_t first, std::int64_t, const PoolRun& run) {
          loops.unpool(run, values + first * channels, index + first * channels, x + pixel * channels);
        });
      }};
    });
  });
}

std::optional<exec::PreparedKernel> prepare_avg_pool_lanes(const exec::KernelRequest& request) {
  if (!suits(request)) return std::nullopt;
  const PoolShape s = pool_of_image(request);
  return with_floating(
      request.inputs[0].dtype, request.op.name(), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
        const auto loops = resolved<AvgPoolLoops<T>>();
        return {[table = BoxTable(s, Results::kWindows), loops, divisors = divisors_of(s),
                 channels = s.c](const Call& call) {
          const auto* x = static_cast<const T*>(call.inputs[0].data);
          auto* y = static_cast<T*>(call.outputs[0].data);
          const auto windows = static_cast<std::int64_t>(divisors.size());
          table.for_each([&](std::int64_t window, std::int64_t first, std::int64_t, const PoolRun& run) {
            loops.pool(run, x + first * channels, divisors[static_cast<std::size_t>(window % windows)],
                       y + window * channels);
          });
        }};
      });
}

std::optional<exec::PreparedKernel> prepare_avg_pool_grad_lanes(const exec::KernelRequest& request) {
  if (!suits(request)) return std::nullopt;
  const PoolShape s = pool_to_image(request);
  return with_floating(
      request.inputs[0].dtype, request.op.name(), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
        const auto loops = resolved<AvgPoolLoops<T>>();
        return {[table = BoxTable(s, Results::kPixels), loops, shares = shares_of<Compute<T>>(s),
                 channels = s.c](const Call& call) {
          const auto* dy = static_cast<const T*>(call.inputs[0].data);
          auto* dx = static_cast<T*>(call.outputs[0].data);
          table.for_each([&](std::int64_t pixel, std::int64_t first, std::int64_t image, const PoolRun& run) {
            loops.grad(run, dy + first * channels, shares.data() + (first - image), dx + pixel * channels);
          });
        }};
      });
}

}  // namespace weft::kernels
