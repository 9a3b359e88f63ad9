// SPDX-License-Identifier: Apache-2.0
// Results of kernels: indices, block reductions in static and dynamic shared memory, atomics, launch errors, registry.
#include <algorithm>
#include <numeric>

#include "tests/emulator/test_support.h"

namespace {

class Kernel : public EmulatorTest {};

struct CellArgs {
  int* cells;
  int width, height;
};

__global__ void index_kernel(CellArgs a) {
  const unsigned x = blockIdx.x * blockDim.x + threadIdx.x;
  const unsigned y = blockIdx.y * blockDim.y + threadIdx.y;
  const unsigned z = blockIdx.z * blockDim.z + threadIdx.z;
  const int cell = static_cast<int>((z * gridDim.y * blockDim.y + y) * gridDim.x * blockDim.x + x);
  a.cells[cell] += static_cast<int>(x + 100 * y + 10000 * z);
}

TEST_F(Kernel, EveryThreadOfEveryBlockRunsOnceWithItsIndices) {
  const DeviceArray<int> cells(std::vector<int>(12 * 6 * 2, 0));
  EXPECT_OK(launch(&index_kernel, {{3, 2, 2}, {4, 3, 1}}, CellArgs{cells.get(), 12, 6}));
  const std::vector<int> got = cells.to_host();
  for (int z = 0; z < 2; ++z) {
    for (int y = 0; y < 6; ++y) {
      for (int x = 0; x < 12; ++x) {
        EXPECT_EQ(got[static_cast<std::size_t>((z * 6 + y) * 12 + x)], x + 100 * y + 10000 * z);
      }
    }
  }
}

template <int kThreads>
__global__ void block_sum_kernel(const float* in, float* out) {
  WEFT_SHARED_ARRAY(float, partial, kThreads);
  static_assert(sizeof(partial) == kThreads * sizeof(float));
  partial[threadIdx.x] = in[blockIdx.x * blockDim.x + threadIdx.x];
  __syncthreads();
#pragma unroll
  for (unsigned stride = kThreads / 2; stride > 0; stride /= 2) {
    if (threadIdx.x < stride) partial[threadIdx.x] += partial[threadIdx.x + stride];
    __syncthreads();
  }
  if (threadIdx.x == 0) out[blockIdx.x] = partial[0];
}

TEST_F(Kernel, BlockReductionIsRightInAnyOrderOfThreads) {
  std::vector<float> values(4 * 128);
  std::iota(values.begin(), values.end(), 0.0f);
  const DeviceArray<float> in(values);
  for (const std::uint64_t seed : {0u, 1u, 2u, 99u}) {
    weft::emulator::set_thread_order_seed(seed);
    const DeviceArray<float> out(4);
    EXPECT_OK(launch(&block_sum_kernel<128>, {{4}, {128}}, in.get(), out.get()));
    const std::vector<float> sums = out.to_host();
    for (int block = 0; block < 4; ++block) {
      // 128 * first + 0 + 1 + ... + 127
      EXPECT_EQ(sums[static_cast<std::size_t>(block)], 128.0f * 128.0f * static_cast<float>(block) + 8128.0f);
    }
  }
}

__global__ void reverse_kernel(int* values) {
  WEFT_DYNAMIC_SHARED(int, buffer);
  buffer[threadIdx.x] = values[threadIdx.x];
  __syncthreads();
  values[threadIdx.x] = buffer[blockDim.x - 1 - threadIdx.x];
}

TEST_F(Kernel, DynamicSharedMemoryHoldsWhatTheLaunchAskedFor) {
  std::vector<int> values(1000);
  std::iota(values.begin(), values.end(), 0);
  const DeviceArray<int> device(values);
  EXPECT_OK(launch(&reverse_kernel, {{1}, {1000}, 4000}, device.get()));
  std::reverse(values.begin(), values.end());
  EXPECT_EQ(device.to_host(), values);
}

TEST_F(Kernel, MoreThan48KiBOfDynamicSharedMemoryMustBeAskedFor) {
  const DeviceArray<int> device(std::vector<int>(1));
  EXPECT_EQ(launch(&reverse_kernel, {{1}, {1}, 49156}, device.get()), cudaErrorInvalidValue);
  EXPECT_OK(cudaFuncSetAttribute(&reverse_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, 65536));
  EXPECT_OK(launch(&reverse_kernel, {{1}, {1}, 49156}, device.get()));
  EXPECT_EQ(cudaFuncSetAttribute(&reverse_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, 232449),
            cudaErrorInvalidValue);
  EXPECT_OK(cudaDeviceSynchronize());
}

struct AtomicResults {
  int sum, low, high, difference;
  unsigned all, any, odd, counter;
  unsigned long long wide;
  float total;
  int swapped, exchanged;
};

__global__ void atomics_kernel(AtomicResults* r, unsigned* tickets) {
  const int i = static_cast<int>(threadIdx.x);
  const unsigned bit = 1u << (threadIdx.x % 32);
  atomicAdd(&r->sum, i);
  atomicSub(&r->difference, i);
  atomicMin(&r->low, i - 7);
  atomicMax(&r->high, i);
  atomicAnd(&r->all, ~bit);
  atomicOr(&r->any, bit);
  atomicXor(&r->odd, bit);
  atomicAdd(&r->wide, 1ull << 33);
  atomicAdd(&r->total, 0.5f);
  atomicCAS(&r->swapped, i, i + 1);
  atomicExch(&r->exchanged, i);
  tickets[atomicInc(&r->counter, 1u << 20)] += 1;
}

TEST_F(Kernel, AtomicsCombineAllThreads) {
  const AtomicResults start{0, 100, -100, 0, 0xffffffffu, 0, 0, 0, 0, 0, 0, -1};
  const DeviceArray<AtomicResults> results({start});
  const DeviceArray<unsigned> tickets(std::vector<unsigned>(96, 0));
  EXPECT_OK(launch(&atomics_kernel, {{1}, {96}}, results.get(), tickets.get()));
  const AtomicResults r = results.to_host()[0];
  EXPECT_EQ(r.sum, 95 * 96 / 2);
  EXPECT_EQ(r.difference, -95 * 96 / 2);
  EXPECT_EQ(r.low, -7);
  EXPECT_EQ(r.high, 95);
  EXPECT_EQ(r.all, 0u);
  EXPECT_EQ(r.any, 0xffffffffu);
  EXPECT_EQ(r.odd, 0xffffffffu);  // three times each
  EXPECT_EQ(r.wide, 96ull << 33);
  EXPECT_EQ(r.total, 48.0f);
  EXPECT_EQ(r.swapped, 96);  // natural order: 0 → 1 → ... → 96
  EXPECT_EQ(r.exchanged, 95);
  EXPECT_EQ(r.counter, 96u);
  EXPECT_EQ(tickets.to_host(), std::vector<unsigned>(96, 1));  // every old value came once
}

// The last block to finish adds up what the others left.
__global__ void last_block_kernel(unsigned* counter, float* partial, float* total) {
  partial[blockIdx.x] = static_cast<float>(blockIdx.x + 1);
  __threadfence();
  if (atomicAdd(counter, 1u) != gridDim.x - 1) return;
  float sum = 0;
  for (unsigned i = 0; i < gridDim.x; ++i) sum += partial[i];
  *total = sum;
}

TEST_F(Kernel, LastBlockPatternWorksInAnyOrderOfBlocks) {
  for (const std::uint64_t seed : {0u, 3u, 4u}) {
    weft::emulator::set_thread_order_seed(seed);
    const DeviceArray<unsigned> counter(std::vector<unsigned>{0});
    const DeviceArray<float> partial(10);
    const DeviceArray<float> total(1);
    EXPECT_OK(launch(&last_block_kernel, {{10}, {1}}, counter.get(), partial.get(), total.get()));
    EXPECT_EQ(total.to_host()[0], 55.0f);
  }
}

__global__ void first_thread_kernel(unsigned* first_thread, unsigned* first_block) {
  atomicCAS(first_thread, 0xffffffffu, threadIdx.x);
  atomicCAS(first_block, 0xffffffffu, blockIdx.x);
}

TEST_F(Kernel, SeedPermutesThreadsAndBlocksAndZeroIsNaturalOrder) {
  std::set<unsigned> threads;
  std::set<unsigned> blocks;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    weft::emulator::set_thread_order_seed(seed);
    const DeviceArray<unsigned> first(2);  // fresh memory is all ones
    EXPECT_OK(launch(&first_thread_kernel, {{16}, {64}}, first.get(), first.get() + 1));
    threads.insert(first.to_host()[0]);
    blocks.insert(first.to_host()[1]);
    if (seed == 0) {
      EXPECT_EQ(first.to_host(), (std::vector<unsigned>{0, 0}));
    }
  }
  EXPECT_GT(threads.size(), 3u);
  EXPECT_GT(blocks.size(), 3u);
}

__global__ void nothing_kernel() {}

__global__ void lambda_kernel(int* out) {
  const auto twice = [](int x) __attribute__((noinline)) { return 2 * x; };
  out[threadIdx.x] = twice(static_cast<int>(threadIdx.x));
}

TEST_F(Kernel, BadLaunchesAreRefusedWithCudasCodes) {
  EXPECT_EQ(launch(&nothing_kernel, {{0}, {1}}), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch(&nothing_kernel, {{1}, {1025}}), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch(&nothing_kernel, {{1}, {32, 33}}), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch(&nothing_kernel, {{1}, {1, 1, 65}}), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch(&nothing_kernel, {{1, 65536}, {1}}), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch(static_cast<void (*)()>(nullptr), {}), cudaErrorInvalidDeviceFunction);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidDeviceFunction);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  cudaLaunchAttribute cooperative{cudaLaunchAttributeCooperative, {}};
  cooperative.val.cooperative = 1;
  const cudaLaunchConfig_t config{1, 1, 0, nullptr, &cooperative, 1};
  EXPECT_EQ(cudaLaunchKernelEx(&config, &nothing_kernel), cudaErrorNotSupported);
  EXPECT_EQ(weft::emulator::counters().kernel_launches, 0u);
}

__global__ void never_run_kernel(int* value) { *value = 1; }

TEST_F(Kernel, RegistryNamesWhatRanAndWhatDidNot) {
  const DeviceArray<int> out(1);
  EXPECT_OK(launch(&nothing_kernel, {}));
  EXPECT_OK(launch(&nothing_kernel, {}));
  EXPECT_OK(launch(&lambda_kernel, {}, out.get()));
  EXPECT_OK(cudaDeviceSynchronize());
  const std::string nothing = "(anonymous namespace)::nothing_kernel()";
  const std::string never = "(anonymous namespace)::never_run_kernel(int*)";
  void (*volatile kept)(int*) = &never_run_kernel;  // keeps it in the program
  ASSERT_NE(kept, nullptr);
  EXPECT_EQ(weft::emulator::counters().runs_by_kernel.at(nothing), 2u);
  EXPECT_EQ(weft::emulator::launched_kernels().count(nothing), 1u);
  EXPECT_EQ(weft::emulator::launched_kernels().count(never), 0u);
  EXPECT_EQ(weft::emulator::known_kernels().count(nothing), 1u);
  EXPECT_EQ(weft::emulator::known_kernels().count(never), 1u);
  const auto is_lambda = [](const std::string& name) { return name.find("lambda_kernel") != std::string::npos; };
  const std::set<std::string> known = weft::emulator::known_kernels();
  EXPECT_EQ(std::count_if(known.begin(), known.end(), is_lambda), 1);  // the kernel, not the function inside it
  EXPECT_EQ(
      weft::emulator::known_kernels().count("void (anonymous namespace)::block_sum_kernel<128>(float const*, float*)"),
      1u);
}

TEST_F(Kernel, ArgumentsAreCopiedAtTheLaunch) {
  const DeviceArray<int> cells(std::vector<int>{0});
  CellArgs arguments{cells.get(), 1, 1};
  EXPECT_OK(launch(&index_kernel, {}, arguments));
  arguments.cells = nullptr;
  EXPECT_OK(cudaDeviceSynchronize());
  EXPECT_EQ(cells.to_host()[0], 0);
}

}  // namespace
