// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weft/detail/export.h"

namespace weft WEFT_EXPORT {

// A device that holds tensors and runs programs: the CPU, or one CUDA GPU.
class Device {
 public:
  // The CPU, or an NVIDIA GPU.
  enum class Kind : std::uint8_t { kCPU, kCUDA };

  Device() = default;  // the CPU
  // The first CUDA device, or the CPU when there is none; the first call logs one line that says why.
  static Device best();
  // The CPU.
  static Device cpu() { return {}; }
  // The CUDA device of an index. DeviceError if the build or the machine has none, saying which of the two.
  static Device cuda(int index = 0);
  // The device of a text: "cpu", "cuda", "cuda:1" or "best"; DeviceError for anything else.
  static Device parse(std::string_view text);
  // All devices that work here, the CPU first.
  static std::vector<Device> all();

  // Kind of the device.
  Kind kind() const { return index_ < 0 ? Kind::kCPU : Kind::kCUDA; }
  bool is_cpu() const { return index_ < 0; }
  bool is_cuda() const { return index_ >= 0; }
  int index() const { return index_; }  // -1 on the CPU
  // "cpu" or "cuda:0"
  std::string name() const;
  // "cuda:0 NVIDIA H200, driver 13.0" or "cpu, 2 threads, AVX-512: no CUDA driver found"
  std::string describe() const;
  bool operator==(const Device&) const = default;

 private:
  explicit Device(int index) : index_(index) {}
  int index_ = -1;
};

// The device of this thread's new variables and of tensors from host data: Device::best(), or that of a DeviceScope.
Device default_device();

// Sets default_device() for the lifetime of the scope, in this thread.
class [[nodiscard]] DeviceScope {
 public:
  // Makes `device` the default until the scope ends.
  explicit DeviceScope(Device device);
  ~DeviceScope();
  DeviceScope(const DeviceScope&) = delete;
  DeviceScope& operator=(const DeviceScope&) = delete;

 private:
  Device before_;
  bool had_before_;
};

// Bytes that programs can still get: free on the device, and cached for reuse. On the CPU the machine's available
// memory or what the control group leaves, whichever is less.
std::int64_t free_memory(Device device);

// Waits until everything enqueued on the device so far has finished.
void synchronize(Device device);

// Threads of the CPU path, the caller included: the cgroup's CPU quota until set. Results do not depend on it.
void set_num_threads(int threads);
int num_threads();

}  // namespace weft
