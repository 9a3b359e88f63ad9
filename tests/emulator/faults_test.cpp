// SPDX-License-Identifier: Apache-2.0
// Planted faults: each kernel here is wrong on purpose, and the emulation must say so.
#include <cmath>

#include "tests/emulator/test_support.h"

#if defined(WEFT_TEST_ASAN)
#include <sanitizer/asan_interface.h>
#endif

namespace {

using weft::emulator::last_report;

class Faults : public EmulatorTest {
 protected:
  // The launch itself goes well; waiting for it gives `launch failure`, and so does everything after.
  static void expect_launch_failure(const std::vector<std::string>& in_report) {
    EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorLaunchFailure);
    for (const std::string& text : in_report) EXPECT_NE(last_report().find(text), std::string::npos) << last_report();
    EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorLaunchFailure);
    EXPECT_EQ(cudaGetLastError(), cudaErrorLaunchFailure);
    weft::emulator::reset();
    EXPECT_OK(cudaDeviceSynchronize());
    EXPECT_EQ(last_report(), "");
  }
};

class FaultDeathTest : public Faults {
 protected:
  void SetUp() override {
#if !defined(WEFT_TEST_ASAN)
    GTEST_SKIP() << "built without AddressSanitizer: out-of-bounds accesses are not seen";
#endif
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    Faults::SetUp();
  }
};

__global__ void fill_kernel(float* values, int count) {
  const int i = static_cast<int>(threadIdx.x);
  if (i <= count) values[i] = 1.0f;  // one too many
}

TEST_F(FaultDeathTest, WriteBehindGlobalMemory) {
  EXPECT_DEATH(
      {
        const DeviceArray<float> values(40);
        launch(&fill_kernel, {{1}, {64}}, values.get(), 40);
        cudaDeviceSynchronize();
      },
      "AddressSanitizer: heap-buffer-overflow.*fill_kernel");
}

TEST_F(FaultDeathTest, ReadOfFreedGlobalMemory) {
  EXPECT_DEATH(
      {
        float* values = nullptr;
        cudaMalloc(&values, 64 * sizeof(float));
        cudaFree(values);
        launch(&fill_kernel, {{1}, {8}}, values, 8);
        cudaDeviceSynchronize();
      },
      "AddressSanitizer: heap-use-after-free");
}

__global__ void static_overrun_kernel(float* out, int shift) {
  WEFT_SHARED_ARRAY(float, tile, 32);
  float* const cells = tile;  // behind a pointer, as a helper function would see it
  cells[static_cast<int>(threadIdx.x) + shift] = 1.0f;
  __syncthreads();
  out[threadIdx.x] = cells[threadIdx.x];
}

TEST_F(FaultDeathTest, WriteBehindStaticSharedMemory) {
  EXPECT_DEATH(
      {
        const DeviceArray<float> out(32);
        launch(&static_overrun_kernel, {{1}, {32}}, out.get(), 1);
        cudaDeviceSynchronize();
      },
      "AddressSanitizer: heap-buffer-overflow.*static_overrun_kernel");
}

__global__ void dynamic_overrun_kernel(float* out) {
  WEFT_DYNAMIC_SHARED(float, buffer);
  buffer[threadIdx.x] = 1.0f;
  __syncthreads();
  out[threadIdx.x] = buffer[threadIdx.x];
}

TEST_F(FaultDeathTest, WriteBehindDynamicSharedMemory) {
  EXPECT_DEATH(
      {
        const DeviceArray<float> out(32);
        launch(&dynamic_overrun_kernel, {{1}, {32}, 31 * sizeof(float)}, out.get());
        cudaDeviceSynchronize();
      },
      "AddressSanitizer: heap-buffer-overflow.*dynamic_overrun_kernel");
}

#if defined(WEFT_TEST_ASAN)
TEST_F(FaultDeathTest, WriteIntoThePoisonedGapOfAnArena) {
  EXPECT_DEATH(
      {
        // Two buffers of 64 bytes in one allocation, with a red zone between them.
        const DeviceArray<char> arena(192);
        ASAN_POISON_MEMORY_REGION(arena.get() + 64, 64);
        launch(&fill_kernel, {{1}, {32}}, reinterpret_cast<float*>(arena.get()), 16);
        cudaDeviceSynchronize();
      },
      "AddressSanitizer: use-after-poison.*fill_kernel");
}
#endif

TEST_F(Faults, TheSameKernelsRunCleanInsideTheirBounds) {
  const DeviceArray<float> out(64);
  EXPECT_OK(launch(&fill_kernel, {{1}, {64}}, out.get(), 63));
  EXPECT_OK(launch(&static_overrun_kernel, {{1}, {32}}, out.get(), 0));
  EXPECT_OK(launch(&dynamic_overrun_kernel, {{1}, {32}, 32 * sizeof(float)}, out.get()));
  EXPECT_EQ(out.to_host(), std::vector<float>(64, 1.0f));
}

__global__ void early_exit_kernel() {
  if (threadIdx.x >= 48) return;
  __syncthreads();
}

TEST_F(Faults, BarrierThatExitedThreadsNeverReach) {
  EXPECT_OK(launch(&early_exit_kernel, {{3}, {64}}));
  expect_launch_failure({"early_exit_kernel", "divergent barrier", "48 threads, first (0, 0, 0): __syncthreads at",
                         "faults_test.cpp:", "16 threads, first (48, 0, 0): exited"});
}

__global__ void two_barriers_kernel() {
  if (threadIdx.x % 2 == 0) {
    __syncthreads();
  } else {
    __syncthreads();
  }
}

TEST_F(Faults, ThreadsAtDifferentBarriers) {
  for (const std::uint64_t seed : {0u, 5u}) {
    weft::emulator::set_thread_order_seed(seed);
    EXPECT_OK(launch(&two_barriers_kernel, {{1}, {64}}));
    expect_launch_failure({"two_barriers_kernel", "32 threads, first (0, 0, 0): __syncthreads",
                           "32 threads, first (1, 0, 0): __syncthreads"});
  }
}

__global__ void barrier_and_shuffle_kernel(int* out) {
  if (threadIdx.x < 32) {
    out[threadIdx.x] = __shfl_sync(0xffffffffu, 1, 0);
    __syncthreads();
  } else if (threadIdx.x < 63) {
    out[threadIdx.x] = __shfl_sync(0xffffffffu, 1, 0);  // lane 31 waits at the barrier instead
    __syncthreads();
  } else {
    __syncthreads();
  }
}

TEST_F(Faults, ShuffleThatOneLaneNeverReaches) {
  const DeviceArray<int> out(64);
  EXPECT_OK(launch(&barrier_and_shuffle_kernel, {{1}, {64}}, out.get()));
  expect_launch_failure(
      {"31 threads, first (32, 0, 0): __shfl_sync for lanes 0xffffffff", "1 threads, first (63, 0, 0): __syncthreads"});
}

__global__ void exited_lane_kernel(int* out) {
  if (threadIdx.x == 3) return;
  out[threadIdx.x] = __any_sync(0xffffffffu, 1);
}

TEST_F(Faults, VoteWithALaneThatExited) {
  const DeviceArray<int> out(32);
  EXPECT_OK(launch(&exited_lane_kernel, {{1}, {32}}, out.get()));
  expect_launch_failure({"__any_sync", "1 threads, first (3, 0, 0): exited"});
}

TEST_F(Faults, VoteWithLanesThatTheBlockDoesNotHave) {
  const DeviceArray<int> out(40);
  EXPECT_OK(launch(&exited_lane_kernel, {{1}, {2}}, out.get()));
  expect_launch_failure({"2 threads, first (0, 0, 0): __any_sync for lanes 0xffffffff"});
}

__global__ void wrong_mask_kernel(int* out) { out[threadIdx.x] = __shfl_sync(0x1u, 1, 0); }

TEST_F(Faults, CallingLaneOutsideItsOwnMask) {
  const DeviceArray<int> out(2);
  EXPECT_OK(launch(&wrong_mask_kernel, {{1}, {2}}, out.get()));
  expect_launch_failure({"__shfl_sync", "not in its own mask", "by thread (1, 0, 0)"});
}

__global__ void unequal_masks_kernel(unsigned* out) {
  out[threadIdx.x] = __ballot_sync(threadIdx.x == 0 ? 0x3u : 0x7u, 1);
}

TEST_F(Faults, LanesThatNameDifferentMasks) {
  const DeviceArray<unsigned> out(3);
  EXPECT_OK(launch(&unequal_masks_kernel, {{1}, {3}}, out.get()));
  expect_launch_failure({"1 threads, first (0, 0, 0): __ballot_sync for lanes 0x00000003",
                         "2 threads, first (1, 0, 0): __ballot_sync for lanes 0x00000007"});
}

__global__ void endless_wait_kernel(const unsigned* flag) {
  while (*flag != 1) __nanosleep(100);
}

TEST_F(Faults, WaitingForAFlagThatNobodySets) {
  const DeviceArray<unsigned> flag(std::vector<unsigned>{0});
  EXPECT_OK(launch(&endless_wait_kernel, {{1}, {2}}, flag.get()));
  expect_launch_failure({"endless_wait_kernel", "__nanosleep"});
}

__global__ void large_shared_kernel() {
  WEFT_SHARED_ARRAY(float, first, 8192);
  WEFT_SHARED_ARRAY(float, second, 4097);
  first[0] = second[0] = 0;
}

TEST_F(Faults, MoreStaticSharedMemoryThanABlockHas) {
  EXPECT_OK(launch(&large_shared_kernel, {}));
  expect_launch_failure({"second", "48 KiB"});
}

TEST_F(Faults, WorkBehindAFailedLaunchIsDropped) {
  int* pinned = nullptr;
  ASSERT_OK(cudaMallocHost(&pinned, sizeof(int)));
  *pinned = 5;
  const DeviceArray<int> seven(std::vector<int>{7});
  EXPECT_OK(launch(&early_exit_kernel, {{1}, {64}}));
  EXPECT_OK(cudaMemcpyAsync(pinned, seven.get(), sizeof(int), cudaMemcpyDeviceToHost));
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorLaunchFailure);
  EXPECT_EQ(*pinned, 5);
  weft::emulator::reset();
  EXPECT_OK(cudaFreeHost(pinned));
}

// Adds up 64 values of which only the first 32 were written.
__global__ void unset_shared_kernel(float* out) {
  WEFT_SHARED_ARRAY(float, cells, 64);
  if (threadIdx.x < 32) cells[threadIdx.x] = 1.0f;
  __syncthreads();
  if (threadIdx.x != 0) return;
  float sum = 0;
  for (const float cell : cells) sum += cell;
  out[blockIdx.x] = sum;
}

TEST_F(Faults, UnsetSharedMemoryReachesTheOutputAsNaN) {
  const DeviceArray<float> out(2);
  EXPECT_OK(launch(&unset_shared_kernel, {{2}, {64}}, out.get()));
  for (const float value : out.to_host()) EXPECT_TRUE(std::isnan(value));
}

__global__ void keep_shared_kernel(float* out) {
  WEFT_SHARED_ARRAY(float, cell, 1);
  if (blockIdx.x == 0) cell[0] = 1.0f;
  out[blockIdx.x] = cell[0];
}

TEST_F(Faults, SharedMemoryOfTheLastBlockIsGone) {
  const DeviceArray<float> out(2);
  EXPECT_OK(launch(&keep_shared_kernel, {{2}, {1}}, out.get()));
  EXPECT_EQ(out.to_host()[0], 1.0f);
  EXPECT_TRUE(std::isnan(out.to_host()[1]));
}

// Each thread reads its left neighbor's cell, with or without the barrier that this needs.
template <bool kBarrier>
__global__ void neighbor_kernel(int* out) {
  WEFT_SHARED_ARRAY(int, cells, 64);
  cells[threadIdx.x] = static_cast<int>(threadIdx.x);
  if (kBarrier) __syncthreads();
  out[threadIdx.x] = threadIdx.x == 0 ? 0 : cells[threadIdx.x - 1];
}

template <bool kBarrier>
std::set<std::vector<int>> results_over_seeds() {
  std::set<std::vector<int>> results;
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    weft::emulator::set_thread_order_seed(seed);
    const DeviceArray<int> out(64);
    EXPECT_OK(launch(&neighbor_kernel<kBarrier>, {{1}, {64}}, out.get()));
    results.insert(out.to_host());
  }
  return results;
}

TEST_F(Faults, MissingBarrierShowsWhenThreadsArePermuted) {
  // In natural order the left neighbor has always written already, so only another order tells.
  EXPECT_EQ(results_over_seeds<true>().size(), 1u);
  EXPECT_GT(results_over_seeds<false>().size(), 1u);
}

}  // namespace
