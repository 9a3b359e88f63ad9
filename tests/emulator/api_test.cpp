// SPDX-License-Identifier: Apache-2.0
// Devices, memory, copies and error codes of the runtime API, and the planned failures.
#include <cmath>
#include <cstring>
#include <numeric>

#include "tests/emulator/test_support.h"

namespace {

using weft::emulator::counters;

class Api : public EmulatorTest {};

TEST_F(Api, DeviceIsDescribed) {
  int count = 0;
  int device = -1;
  EXPECT_OK(cudaGetDeviceCount(&count));
  EXPECT_OK(cudaGetDevice(&device));
  EXPECT_EQ(count, 1);
  EXPECT_EQ(device, 0);
  cudaDeviceProp properties{};
  EXPECT_OK(cudaGetDeviceProperties(&properties, 0));
  EXPECT_STREQ(properties.name, "emulated CUDA device");
  EXPECT_EQ(properties.warpSize, 32);
  int processors = 0;
  EXPECT_OK(cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, 0));
  EXPECT_EQ(processors, properties.multiProcessorCount);
  int version = 0;
  EXPECT_OK(cudaDriverGetVersion(&version));
  EXPECT_EQ(version, 13000);
  EXPECT_EQ(cudaGetDeviceProperties(&properties, 1), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaSetDevice(1), cudaErrorInvalidDevice);
}

TEST_F(Api, NumberOfDevicesCanBeChosen) {
  weft::emulator::set_device_count(2);
  EXPECT_OK(cudaSetDevice(1));
  void* memory = nullptr;
  EXPECT_OK(cudaMalloc(&memory, 4));
  cudaPointerAttributes attributes{};
  EXPECT_OK(cudaPointerGetAttributes(&attributes, memory));
  EXPECT_EQ(attributes.device, 1);
  EXPECT_OK(cudaFree(memory));
  EXPECT_OK(cudaSetDevice(0));
  weft::emulator::set_device_count(0);
  int count = -1;
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorNoDevice);
  EXPECT_EQ(count, 0);
  EXPECT_EQ(cudaMalloc(&memory, 4), cudaErrorNoDevice);
}

TEST_F(Api, ErrorsHaveNamesAndTextsAndAreRememberedOnce) {
  EXPECT_STREQ(cudaGetErrorName(cudaErrorMemoryAllocation), "cudaErrorMemoryAllocation");
  EXPECT_STREQ(cudaGetErrorString(cudaErrorMemoryAllocation), "out of memory");
  EXPECT_STREQ(cudaGetErrorString(cudaSuccess), "no error");
  EXPECT_EQ(cudaSetDevice(-1), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaPeekAtLastError(), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
}

TEST_F(Api, FreshDeviceMemoryIsAlignedAndReadsAsNaN) {
  const DeviceArray<float> fresh(3);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(fresh.get()) % 256, 0u);
  for (const float value : fresh.to_host()) EXPECT_TRUE(std::isnan(value));
}

TEST_F(Api, FreeingWhatIsNotAnAllocationIsAnError) {
  char* memory = nullptr;
  EXPECT_OK(cudaMalloc(&memory, 16));
  EXPECT_EQ(cudaFree(memory + 4), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFreeHost(memory), cudaErrorInvalidValue);
  EXPECT_OK(cudaFree(memory));
  EXPECT_EQ(cudaFree(memory), cudaErrorInvalidValue);
  EXPECT_OK(cudaFree(nullptr));
  EXPECT_OK(cudaMalloc(&memory, 0));
  EXPECT_EQ(memory, nullptr);
}

TEST_F(Api, AllocationFailsWhereToldOnce) {
  weft::emulator::fail_allocation(2);
  void* first = nullptr;
  void* second = nullptr;
  EXPECT_OK(cudaMalloc(&first, 64));
  EXPECT_EQ(cudaMallocAsync(&second, 64, nullptr), cudaErrorMemoryAllocation);
  EXPECT_EQ(second, nullptr);
  EXPECT_OK(cudaMalloc(&second, 64));
  EXPECT_EQ(counters().device_allocations, 2u);
  EXPECT_OK(cudaFree(first));
  EXPECT_OK(cudaFree(second));
}

TEST_F(Api, MemoryLimitHoldsAndFreeingMakesRoom) {
  const std::size_t live = counters().live_bytes;
  weft::emulator::set_memory_limit(live + 1000);
  std::size_t free_bytes = 0;
  std::size_t total_bytes = 0;
  void* most = nullptr;
  void* rest = nullptr;
  EXPECT_OK(cudaMalloc(&most, 900));
  EXPECT_OK(cudaMemGetInfo(&free_bytes, &total_bytes));
  EXPECT_EQ(free_bytes, 100u);
  EXPECT_EQ(total_bytes, live + 1000);
  EXPECT_EQ(cudaMalloc(&rest, 101), cudaErrorMemoryAllocation);
  EXPECT_OK(cudaFreeAsync(most, nullptr));  // queued: the next allocation runs it
  EXPECT_OK(cudaMallocAsync(&rest, 1000, nullptr));
  EXPECT_OK(cudaFree(rest));
  EXPECT_EQ(counters().live_bytes, live);
}

TEST_F(Api, InjectedErrorComesAtItsCallAndContextErrorsStay) {
  void* memory = nullptr;
  weft::emulator::inject_error(2, cudaErrorNotPermitted);
  EXPECT_OK(cudaMalloc(&memory, 4));
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorNotPermitted);
  EXPECT_OK(cudaDeviceSynchronize());
  weft::emulator::inject_error(1, cudaErrorIllegalAddress);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaMemset(memory, 0, 4), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaGetLastError(), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaGetLastError(), cudaErrorIllegalAddress);
  const std::size_t live = counters().live_allocations;
  EXPECT_EQ(cudaFree(memory), cudaErrorIllegalAddress);  // yet the memory is given back
  EXPECT_EQ(counters().live_allocations, live - 1);
  weft::emulator::reset();
  EXPECT_OK(cudaDeviceSynchronize());
}

TEST_F(Api, CopiesCheckRangesAndDirection) {
  const DeviceArray<char> device(8);
  char host[16] = {};
  EXPECT_EQ(cudaMemcpy(device.get(), host, 9, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(device.get() + 4, host, 5, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(device.get(), host, 8, cudaMemcpyDeviceToHost), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(device.get(), host, 8, static_cast<cudaMemcpyKind>(7)), cudaErrorInvalidMemcpyDirection);
  EXPECT_EQ(cudaMemset(device.get(), 0, 9), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemset(host, 0, 4), cudaErrorInvalidValue);
  EXPECT_OK(cudaMemcpy(device.get(), host, 8, cudaMemcpyDefault));
  EXPECT_OK(cudaMemcpy(device.get(), host, 0, cudaMemcpyHostToDevice));
}

TEST_F(Api, TwoDimensionalCopyTakesARectangle) {
  std::vector<int> image(5 * 4);
  std::iota(image.begin(), image.end(), 0);
  const DeviceArray<int> device(std::vector<int>(2 * 3, -1));
  // Rows 1 and 2, columns 1 to 3 of a 4 x 5 image.
  EXPECT_OK(cudaMemcpy2DAsync(device.get(), 12, image.data() + 6, 20, 12, 2, cudaMemcpyHostToDevice));
  EXPECT_EQ(device.to_host(), (std::vector<int>{6, 7, 8, 11, 12, 13}));
  EXPECT_EQ(cudaMemcpy2DAsync(device.get(), 8, image.data(), 20, 12, 2, cudaMemcpyHostToDevice),
            cudaErrorInvalidPitchValue);
}

TEST_F(Api, PointersAreClassified) {
  const DeviceArray<char> device(8);
  char* pinned = nullptr;
  EXPECT_OK(cudaMallocHost(&pinned, 8));
  std::vector<char> plain(64);
  const auto type_of = [](const void* pointer) {
    cudaPointerAttributes attributes{};
    EXPECT_OK(cudaPointerGetAttributes(&attributes, pointer));
    return attributes.type;
  };
  EXPECT_EQ(type_of(device.get() + 7), cudaMemoryTypeDevice);
  EXPECT_EQ(type_of(pinned), cudaMemoryTypeHost);
  EXPECT_EQ(type_of(plain.data()), cudaMemoryTypeUnregistered);
  EXPECT_OK(cudaHostRegister(plain.data(), 64, cudaHostRegisterDefault));
  EXPECT_EQ(type_of(plain.data() + 63), cudaMemoryTypeHost);
  EXPECT_EQ(cudaHostRegister(plain.data() + 8, 8, cudaHostRegisterDefault), cudaErrorHostMemoryAlreadyRegistered);
  EXPECT_OK(cudaHostUnregister(plain.data()));
  EXPECT_EQ(cudaHostUnregister(plain.data()), cudaErrorHostMemoryNotRegistered);
  EXPECT_EQ(type_of(plain.data()), cudaMemoryTypeUnregistered);
  EXPECT_OK(cudaFreeHost(pinned));
}

TEST_F(Api, MemoryPoolTakesItsAttributes) {
  cudaMemPool_t pool = nullptr;
  EXPECT_OK(cudaDeviceGetDefaultMemPool(&pool, 0));
  std::uint64_t threshold = ~std::uint64_t{0};
  EXPECT_OK(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &threshold));
  std::uint64_t got = 0;
  EXPECT_OK(cudaMemPoolGetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &got));
  EXPECT_EQ(got, threshold);
  EXPECT_OK(cudaMemPoolTrimTo(pool, 0));
  EXPECT_EQ(cudaMemPoolTrimTo(nullptr, 0), cudaErrorInvalidValue);
}

__global__ void idle_kernel() {}

TEST_F(Api, OccupancyFollowsThreadsAndSharedMemory) {
  int blocks = 0;
  EXPECT_OK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, &idle_kernel, 256, 0));
  EXPECT_EQ(blocks, 8);
  EXPECT_OK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, &idle_kernel, 256, 100 * 1024));
  EXPECT_EQ(blocks, 2);
}

TEST_F(Api, CountersCount) {
  const DeviceArray<int> device(std::vector<int>{1, 2});
  EXPECT_OK(launch(&idle_kernel, {}));
  EXPECT_OK(cudaDeviceSynchronize());
  const weft::emulator::Counters c = counters();
  EXPECT_EQ(c.device_allocations, 1u);
  EXPECT_EQ(c.copies, 1u);
  EXPECT_EQ(c.kernel_launches, 1u);
  EXPECT_EQ(c.kernels_run, 1u);
  EXPECT_EQ(c.synchronizations, 2u);  // the copy and the device
  EXPECT_EQ(c.api_calls, 4u);
}

}  // namespace
