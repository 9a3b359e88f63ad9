// SPDX-License-Identifier: Apache-2.0
#if !defined(WEFT_CUDA_EMULATED)
#include "kernels/jit/cuda_specialized.h"

#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "core/base/check.h"
#include "core/base/lasting.h"
#include "core/device/cuda/current_device.h"
#include "kernels/jit/cuda_kernel_cache.h"
#include "kernels/jit/cuda_nvrtc.h"
#include "weft/log.h"

namespace weft::kernels {

class SpecializedKernel {
 public:
  SpecializedKernel(const std::string& cubin, const char* name) {
    WEFT_CUDA(cudaLibraryLoadData(&library_, cubin.data(), nullptr, nullptr, 0, nullptr, nullptr, 0));
    if (const cudaError_t error = cudaLibraryGetKernel(&kernel_, library_, name); error != cudaSuccess) {
      WEFT_CUDA_NOTHROW(cudaLibraryUnload(library_));
      cuda_backend::throw_cuda_error(error, "cudaLibraryGetKernel");
    }
  }
  ~SpecializedKernel() { WEFT_CUDA_NOTHROW(cudaLibraryUnload(library_)); }
  SpecializedKernel(const SpecializedKernel&) = delete;
  SpecializedKernel& operator=(const SpecializedKernel&) = delete;

  // The runtime takes a loaded kernel where it takes a kernel of the program.
  const void* function() const { return kernel_; }

 private:
  cudaLibrary_t library_ = nullptr;
  cudaKernel_t kernel_ = nullptr;
};

namespace {

using Kernel = std::shared_ptr<const SpecializedKernel>;

std::string architecture_of(Device device) {
  int major = 0, minor = 0;
  WEFT_CUDA(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device.index()));
  WEFT_CUDA(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device.index()));
  return cat("sm_", major, minor);
}

// From the disk where it is there and still loads, else from the compiler.
Kernel make(const std::string& source, const char* name, const std::string& architecture) {
  const KernelCache cache(kernel_cache_folder());
  const std::string key = nvrtc_key(source, architecture);
  if (const std::optional<std::string> cubin = cache.read(key))
    return std::make_shared<const SpecializedKernel>(*cubin, name);
  const std::string cubin = compile_with_nvrtc(source, architecture).cubin;
  cache.write(key, cubin);
  return std::make_shared<const SpecializedKernel>(cubin, name);
}

}  // namespace

Kernel specialize(const std::string& source, const char* name, Device device) {
  if (!has_nvrtc()) return nullptr;
  static std::mutex mutex;
  static const Lasting<std::map<std::pair<std::string, std::string>, Kernel>> kernels;
  const std::lock_guard lock(mutex);
  const std::string architecture = architecture_of(device);
  const auto found = kernels->find({architecture, source});
  if (found != kernels->end()) return found->second;
  Kernel kernel;
  try {
    kernel = make(source, name, architecture);
  } catch (const Error& e) {
    log(LogLevel::kWarning, cat("a kernel was not specialized and runs slower: ", e.what()));
  }
  return (*kernels)[{architecture, source}] = kernel;
}

void launch_specialized(const SpecializedKernel& kernel, dim3 grid, dim3 block, const Call& call, void** arguments) {
  const cuda_backend::CurrentDevice current(call.device);
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = block;
  config.stream = static_cast<cudaStream_t>(call.stream);
  WEFT_CUDA(cudaLaunchKernelExC(&config, kernel.function(), arguments));
}

}  // namespace weft::kernels
#endif
