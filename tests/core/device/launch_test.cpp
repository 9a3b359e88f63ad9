// SPDX-License-Identifier: Apache-2.0
#ifdef WEFT_CUDA_EMULATED
#include <gtest/gtest.h>

#include <vector>

#include "core/device/block.h"
#include "emulator.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::testing {
namespace {

__global__ void scale_kernel(float* values, float factor, int n) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) values[i] *= factor;
}

__global__ void through_shared_kernel(float* values) {
  WEFT_DYNAMIC_SHARED(float, copy);
  copy[threadIdx.x] = values[threadIdx.x];
  __syncthreads();
  values[threadIdx.x] = copy[blockDim.x - 1 - threadIdx.x];
}

struct Launch : ::testing::Test {
  const Stream stream = Stream::create(Device::cuda());
  std::shared_ptr<Block> memory;
  View view;
  Call call;

  void SetUp() override {
    emulator::reset();
    const std::vector<float> host{1, 2, 3, 4, 5};
    memory = Block::allocate(20, stream);
    copy_bytes(memory->data(), Device::cuda(), host.data(), Device::cpu(), 20, stream);
    view = {memory->data(), {{5}, DType::kF32}};
    call.outputs = {&view, 1};
    call.stream = stream.handle();
    call.device = 0;
  }
  void TearDown() override { emulator::reset(); }
  std::vector<float> read() const {
    std::vector<float> host(5);
    copy_bytes(host.data(), Device::cpu(), memory->data(), Device::cuda(), 20, stream);
    stream.synchronize();
    return host;
  }
};

TEST_F(Launch, RunsOnTheStreamOfTheCall) {
  // Arguments convert as in a call of the function.
  cuda::launch(scale_kernel, dim3(2), dim3(4), 0, call, cuda::data<float>(call.outputs[0]), 2, 5L);
  EXPECT_EQ(emulator::counters().kernels_run, 0u);
  EXPECT_EQ(read(), (std::vector<float>{2, 4, 6, 8, 10}));
}

TEST_F(Launch, NoBlocksIsNoLaunch) {
  cuda::launch(scale_kernel, dim3(0), dim3(4), 0, call, cuda::data<float>(view), 2.0f, 0);
  EXPECT_EQ(emulator::counters().kernel_launches, 0u);
  EXPECT_EQ(read(), (std::vector<float>{1, 2, 3, 4, 5}));
}

TEST_F(Launch, MoreSharedMemoryThanTheDefault) {
  cuda::launch(through_shared_kernel, dim3(1), dim3(5), 100 << 10, call, cuda::data<float>(view));
  EXPECT_EQ(read(), (std::vector<float>{5, 4, 3, 2, 1}));
}

TEST_F(Launch, ErrorsNameTheKernel) {
  try {
    cuda::launch(scale_kernel, dim3(1), dim3(2000), 0, call, cuda::data<float>(view), 2.0f, 5);
    FAIL() << "must throw";
  } catch (const DeviceError& e) {
    const std::string text = e.what();
    EXPECT_NE(text.find("scale_kernel"), std::string::npos) << text;
    EXPECT_NE(text.find("cudaErrorInvalidConfiguration"), std::string::npos) << text;
  }
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  EXPECT_EQ(read(), (std::vector<float>{1, 2, 3, 4, 5}));
}

}  // namespace
}  // namespace weft::testing
#endif  // WEFT_CUDA_EMULATED
