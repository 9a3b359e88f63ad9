// SPDX-License-Identifier: Apache-2.0
#include "core/exec/roofs.h"

#include <algorithm>
#include <limits>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "core/array/array.h"
#include "core/base/lasting.h"
#include "core/device/lap_timer.h"
#include "core/exec/data_fault.h"
#include "core/exec/kernel.h"

namespace weft::exec {
namespace {

constexpr double kLongest = 0.02;  // seconds: larger sizes are not tried

// Seconds of one op on zeros, the shortest of a few runs.
double seconds_of(Device device, const char* op, const ir::Attributes& attributes,
                  const std::vector<TensorSpec>& inputs, const TensorSpec& output) {
  const Stream stream = Stream::current(device);
  const std::vector<TensorSpec> outputs{output};
  const std::string path;
  const PreparedKernel kernel = prepare_kernel({ir::OpId::of(op), attributes, inputs, outputs, device, path});
  std::vector<Array> arrays;
  std::vector<View> in;
  for (const TensorSpec& spec : inputs) arrays.push_back(Array::zeros(spec, stream));
  for (const Array& a : arrays) in.push_back({a.data(), a.spec()});
  const Array result = Array::zeros(output, stream);
  const View out{result.data(), output};
  const auto workspace = Block::allocate(kernel.workspace, stream);
  Call call;
  call.inputs = in;
  call.outputs = {&out, 1};
  call.workspace = {workspace->data(), {Shape{static_cast<std::int64_t>(kernel.workspace)}, DType::kU8}};
  call.stream = stream.handle();
  call.device = device.index();
  FaultPlace fault(stream, kernel.reports);
  call.fault = fault.get();
  double best = std::numeric_limits<double>::infinity();
  LapTimer timer(stream);
  for (int run = 0; run < 6; ++run) {
    timer.mark();
    kernel.run(call);
    timer.mark();
    best = std::min(best, timer.laps()[0]);
  }
  return best;
}

// Pairs (bytes read and written, bytes per second) of copies, by ascending size.
using Rates = std::vector<std::pair<std::int64_t, double>>;

Rates measure_copies(Device device) {
  Rates out;
  const std::int64_t most = std::int64_t{1} << (device.is_cpu() ? 26 : 28);
  for (std::int64_t half = 1 << 15; half <= most; half *= 2) {
    const TensorSpec spec{{half}, DType::kU8};
    const double seconds = seconds_of(device, "copy", {}, {spec}, spec);
    out.emplace_back(2 * half, 2 * static_cast<double>(half) / seconds);
    if (seconds > kLongest) break;
  }
  return out;
}

double measure_product(Device device, DType dtype) {
  double rate = 0;
  const std::int64_t most = device.is_cpu() ? 1024 : 8192;
  for (std::int64_t n = 64; n <= most; n *= 2) {
    const TensorSpec spec{{n, n}, dtype};
    const double seconds = seconds_of(device, "matmul", {{"trans_a", false}, {"trans_b", false}}, {spec, spec}, spec);
    rate = std::max(rate, 2 * static_cast<double>(n * n * n) / seconds);
    if (seconds > kLongest) break;
  }
  return rate;
}

// Measures once; threads that ask meanwhile wait.
template <class Result, class Key, class Measure>
const Result& once(const Key& key, Measure measure) {
  static std::mutex mutex;
  static const Lasting<std::map<Key, Result>> known;
  const std::lock_guard lock(mutex);
  const auto found = known->find(key);
  return found == known->end() ? known->emplace(key, measure()).first->second : found->second;
}

}  // namespace

double copy_rate(Device device, std::int64_t bytes) {
  const Rates& rates = once<Rates>(device.index(), [&] { return measure_copies(device); });
  for (const auto& [size, rate] : rates)
    if (size >= bytes) return rate;
  return rates.back().second;
}

double product_rate(Device device, DType dtype) {
  if (!is_floating(dtype)) return 0;
  return once<double>(std::pair(device.index(), dtype), [&] { return measure_product(device, dtype); });
}

}  // namespace weft::exec
