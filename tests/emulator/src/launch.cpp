// SPDX-License-Identifier: Apache-2.0
#include "emulated/launch.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "emulated/runtime_api.h"
#include "tests/emulator/src/api_call.h"
#include "tests/emulator/src/symbols.h"

namespace weft::emulator {
namespace {

bool within(const dim3& d, unsigned x, unsigned y, unsigned z) {
  return d.x >= 1 && d.y >= 1 && d.z >= 1 && d.x <= x && d.y <= y && d.z <= z;
}

cudaError_t check_attributes(const cudaLaunchConfig_t& config) {
  for (unsigned i = 0; i < config.numAttrs; ++i) {
    const cudaLaunchAttribute& attribute = config.attrs[i];
    // Blocks run one after another, so blocks that wait for each other never end.
    if (attribute.id == cudaLaunchAttributeCooperative && attribute.val.cooperative != 0) return cudaErrorNotSupported;
    if (attribute.id == cudaLaunchAttributeClusterDimension) {
      const auto& cluster = attribute.val.clusterDim;
      if (cluster.x * cluster.y * cluster.z > 1) return cudaErrorNotSupported;
    }
  }
  return cudaSuccess;
}

cudaError_t check_config(const Runtime& runtime, const cudaLaunchConfig_t& config, const void* kernel) {
  const dim3& block = config.blockDim;
  if (!within(config.gridDim, 2147483647u, 65535u, 65535u) || !within(block, 1024u, 1024u, 64u) ||
      static_cast<std::size_t>(block.x) * block.y * block.z > 1024) {
    return cudaErrorInvalidConfiguration;
  }
  const auto limit = runtime.dynamic_shared_limits.find(kernel);
  const std::size_t allowed =
      limit == runtime.dynamic_shared_limits.end() ? kStaticSharedLimit : static_cast<std::size_t>(limit->second);
  if (config.dynamicSmemBytes > allowed) return cudaErrorInvalidValue;
  return check_attributes(config);
}

void run_grid(const Grid& grid, const void* kernel) {
  Runtime& runtime = Runtime::instance();
  ++runtime.counted.kernels_run;
  ++runtime.runs_by_address[kernel];
  ++runtime.ever_run[kernel];
  const std::string report = BlockRunner::instance().run(grid, runtime.next_schedule_seed());
  if (!report.empty()) runtime.fail_context(cudaErrorLaunchFailure, symbol_name(kernel) + ": " + report);
}

}  // namespace

namespace detail {

cudaError_t launch(const cudaLaunchConfig_t* config, const void* kernel, std::function<void()> thread_body) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock&) {
    if (config == nullptr) return cudaErrorInvalidValue;
    if (kernel == nullptr) return cudaErrorInvalidDeviceFunction;
    const StreamPointer stream = runtime.find_stream(config->stream);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    const cudaError_t refused = check_config(runtime, *config, kernel);
    if (refused != cudaSuccess) return refused;
    const Grid grid{config->gridDim, config->blockDim, config->dynamicSmemBytes, std::move(thread_body)};
    const bool captured = stream->capture != nullptr;
    const cudaError_t submitted =
        runtime.submit(stream, cudaGraphNodeTypeKernel, [grid, kernel](Lock&) { run_grid(grid, kernel); });
    if (submitted == cudaSuccess && !captured) ++runtime.counted.kernel_launches;
    return submitted;
  });
}

}  // namespace detail
}  // namespace weft::emulator

using namespace weft::emulator;

cudaError_t cudaFuncGetName(const char** name, const void* kernel) {
  return api_call(Rule::kPlain, [&](Runtime&, Lock&) {
    if (name == nullptr) return cudaErrorInvalidValue;
    if (kernel == nullptr) return cudaErrorInvalidDeviceFunction;
    static auto* const names = new std::set<std::string>;  // the pointers handed out stay valid
    *name = names->insert(symbol_name(kernel)).first->c_str();
    return cudaSuccess;
  });
}

cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute attribute, int value) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock&) {
    if (kernel == nullptr) return cudaErrorInvalidDeviceFunction;
    if (attribute == cudaFuncAttributePreferredSharedMemoryCarveout) return cudaSuccess;
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize || value < 0 ||
        static_cast<std::size_t>(value) > kDynamicSharedLimit) {
      return cudaErrorInvalidValue;
    }
    runtime.dynamic_shared_limits[kernel] = value;
    return cudaSuccess;
  });
}

// By threads and shared memory alone: registers are not known here.
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* kernel, int block_size,
                                                          size_t dynamic_shared_bytes) {
  return api_call(Rule::kPlain, [&](Runtime&, Lock&) {
    if (blocks == nullptr || block_size <= 0) return cudaErrorInvalidValue;
    if (kernel == nullptr) return cudaErrorInvalidDeviceFunction;
    *blocks = block_size > 1024 ? 0 : std::min(32, 2048 / block_size);
    const std::size_t by_shared = (kDynamicSharedLimit + 1024) / (dynamic_shared_bytes + 1024);
    *blocks = static_cast<int>(std::min(static_cast<std::size_t>(*blocks), by_shared));
    return cudaSuccess;
  });
}
