// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "emulator.h"
#include "weft/cuda_kernel.h"

#if defined(__SANITIZE_ADDRESS__)
#define WEFT_TEST_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEFT_TEST_ASAN 1
#endif
#endif

#define EXPECT_OK(call) EXPECT_EQ(call, cudaSuccess)
#define ASSERT_OK(call) ASSERT_EQ(call, cudaSuccess)

// Every test starts from the emulator's defaults.
class EmulatorTest : public testing::Test {
 protected:
  void SetUp() override { weft::emulator::reset(); }
  void TearDown() override { weft::emulator::reset(); }
};

// Device memory with host copies in and out, both blocking.
template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(std::size_t count) : count_(count) { EXPECT_OK(cudaMalloc(&data_, count * sizeof(T))); }
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) {
    EXPECT_OK(cudaMemcpy(data_, values.data(), count_ * sizeof(T), cudaMemcpyHostToDevice));
  }
  ~DeviceArray() { cudaFree(data_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  T* get() const { return data_; }
  std::vector<T> to_host() const {
    std::vector<T> values(count_);
    EXPECT_OK(cudaMemcpy(values.data(), data_, count_ * sizeof(T), cudaMemcpyDeviceToHost));
    return values;
  }

 private:
  T* data_ = nullptr;
  std::size_t count_;
};

struct Geometry {
  dim3 grid{1};
  dim3 block{1};
  std::size_t shared_bytes = 0;
  cudaStream_t stream = nullptr;
};

template <class... P, class... A>
cudaError_t launch(void (*kernel)(P...), const Geometry& geometry, A&&... arguments) {
  const cudaLaunchConfig_t config{geometry.grid, geometry.block, geometry.shared_bytes, geometry.stream, nullptr, 0};
  return cudaLaunchKernelEx(&config, kernel, std::forward<A>(arguments)...);
}
