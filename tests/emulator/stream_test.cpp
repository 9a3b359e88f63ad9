// SPDX-License-Identifier: Apache-2.0
// Streams are deferred, ordered where CUDA orders them and nowhere else.
#include <atomic>
#include <thread>

#include "tests/emulator/test_support.h"

namespace {

class Streams : public EmulatorTest {
 protected:
  void SetUp() override {
    EmulatorTest::SetUp();
    ASSERT_OK(cudaStreamCreateWithFlags(&a_, cudaStreamNonBlocking));
    ASSERT_OK(cudaStreamCreateWithFlags(&b_, cudaStreamNonBlocking));
    ASSERT_OK(cudaStreamCreate(&blocking_));
    ASSERT_OK(cudaEventCreate(&event_));
    ASSERT_OK(cudaMallocHost(&pinned_, 4 * sizeof(int)));
    for (int i = 0; i < 4; ++i) pinned_[i] = -1;
    ASSERT_OK(cudaMalloc(&value_, sizeof(int)));
    ASSERT_OK(cudaMemset(value_, 0, sizeof(int)));
    ASSERT_OK(cudaDeviceSynchronize());
  }
  void TearDown() override {
    for (const cudaStream_t stream : {a_, b_, blocking_}) EXPECT_OK(cudaStreamDestroy(stream));
    EXPECT_OK(cudaEventDestroy(event_));
    EXPECT_OK(cudaFreeHost(pinned_));
    EXPECT_OK(cudaFree(value_));
    EmulatorTest::TearDown();
  }

  cudaStream_t a_ = nullptr;
  cudaStream_t b_ = nullptr;
  cudaStream_t blocking_ = nullptr;
  cudaEvent_t event_ = nullptr;
  int* pinned_ = nullptr;
  int* value_ = nullptr;
};

// x ← factor x + term tells the order of two launches apart.
__global__ void affine_kernel(int* x, int factor, int term) { *x = *x * factor + term; }

TEST_F(Streams, HostSeesOldBytesUntilItWaits) {
  EXPECT_OK(launch(&affine_kernel, {{1}, {1}, 0, a_}, value_, 1, 5));
  EXPECT_OK(cudaMemcpyAsync(pinned_, value_, sizeof(int), cudaMemcpyDeviceToHost, a_));
  EXPECT_EQ(*pinned_, -1);
  EXPECT_OK(cudaStreamSynchronize(b_));  // another stream: nothing to do with it
  EXPECT_EQ(*pinned_, -1);
  EXPECT_OK(cudaStreamSynchronize(a_));
  EXPECT_EQ(*pinned_, 5);
}

TEST_F(Streams, PinnedSourceIsReadWhenTheCopyRunsAndPageableAtTheCall) {
  int pageable = 7;
  pinned_[0] = 7;
  EXPECT_OK(cudaMemcpyAsync(value_, &pageable, sizeof(int), cudaMemcpyHostToDevice, a_));
  pageable = 8;
  EXPECT_OK(cudaMemcpyAsync(pinned_ + 1, value_, sizeof(int), cudaMemcpyDeviceToHost, a_));
  EXPECT_OK(cudaMemcpyAsync(value_, pinned_, sizeof(int), cudaMemcpyHostToDevice, a_));
  EXPECT_OK(cudaMemcpyAsync(pinned_ + 2, value_, sizeof(int), cudaMemcpyDeviceToHost, a_));
  pinned_[0] = 9;  // too early: the copy has not run
  EXPECT_OK(cudaStreamSynchronize(a_));
  EXPECT_EQ(pinned_[1], 7);
  EXPECT_EQ(pinned_[2], 9);
}

TEST_F(Streams, PageableTargetMakesTheCopyWait) {
  int pageable = 0;
  EXPECT_OK(launch(&affine_kernel, {{1}, {1}, 0, a_}, value_, 1, 5));
  EXPECT_OK(cudaMemcpyAsync(&pageable, value_, sizeof(int), cudaMemcpyDeviceToHost, a_));
  EXPECT_EQ(pageable, 5);
}

TEST_F(Streams, EventOrdersAcrossStreams) {
  EXPECT_OK(launch(&affine_kernel, {{1}, {1}, 0, a_}, value_, 10, 1));
  EXPECT_OK(cudaEventRecord(event_, a_));
  EXPECT_OK(launch(&affine_kernel, {{1}, {1}, 0, a_}, value_ + 0, 10, 2));  // after the event
  EXPECT_OK(cudaStreamWaitEvent(b_, event_));
  EXPECT_OK(launch(&affine_kernel, {{1}, {1}, 0, b_}, value_, 10, 3));
  EXPECT_OK(cudaMemcpyAsync(pinned_, value_, sizeof(int), cudaMemcpyDeviceToHost, b_));
  EXPECT_OK(cudaStreamSynchronize(b_));
  EXPECT_EQ(*pinned_, 13);  // 1, then 3; not the launch behind the event
  EXPECT_OK(cudaDeviceSynchronize());
}

TEST_F(Streams, MissingEventShowsBecauseNothingOrdersTheStreams) {
  EXPECT_OK(launch(&affine_kernel, {{1}, {1}, 0, a_}, value_, 10, 1));
  EXPECT_OK(cudaMemcpyAsync(pinned_, value_, sizeof(int), cudaMemcpyDeviceToHost, b_));
  EXPECT_OK(cudaStreamSynchronize(b_));
  EXPECT_EQ(*pinned_, 0);
}

TEST_F(Streams, SeedPermutesIndependentStreams) {
  std::set<int> results;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    weft::emulator::set_thread_order_seed(seed);
    EXPECT_OK(cudaMemset(value_, 0, sizeof(int)));
    EXPECT_OK(cudaDeviceSynchronize());
    EXPECT_OK(launch(&affine_kernel, {{1}, {1}, 0, a_}, value_, 10, 1));
    EXPECT_OK(launch(&affine_kernel, {{1}, {1}, 0, b_}, value_, 10, 2));
    EXPECT_OK(cudaDeviceSynchronize());
    EXPECT_OK(cudaMemcpy(pinned_, value_, sizeof(int), cudaMemcpyDeviceToHost));
    results.insert(*pinned_);
  }
  EXPECT_EQ(results, (std::set<int>{12, 21}));
}

TEST_F(Streams, LegacyStreamIsOrderedWithBlockingStreamsOnly) {
  EXPECT_OK(launch(&affine_kernel, {{1}, {1}, 0, blocking_}, value_, 10, 1));
  EXPECT_OK(launch(&affine_kernel, {{1}, {1}, 0, nullptr}, value_, 10, 2));
  EXPECT_OK(launch(&affine_kernel, {{1}, {1}, 0, blocking_}, value_, 10, 3));
  EXPECT_OK(cudaStreamSynchronize(blocking_));
  EXPECT_OK(cudaMemcpyAsync(pinned_, value_, sizeof(int), cudaMemcpyDeviceToHost, a_));
  EXPECT_OK(cudaStreamSynchronize(a_));
  EXPECT_EQ(*pinned_, 123);
  EXPECT_OK(launch(&affine_kernel, {{1}, {1}, 0, a_}, value_, 10, 4));
  EXPECT_OK(cudaStreamSynchronize(nullptr));
  EXPECT_OK(cudaMemcpyAsync(pinned_, value_, sizeof(int), cudaMemcpyDeviceToHost, b_));
  EXPECT_OK(cudaStreamSynchronize(b_));
  EXPECT_EQ(*pinned_, 123);  // a_ is non-blocking: still queued
  EXPECT_OK(cudaStreamSynchronize(a_));
}

TEST_F(Streams, QueriesSayNotReadyOnceThenReady) {
  EXPECT_OK(cudaStreamQuery(a_));
  EXPECT_OK(cudaEventQuery(event_));  // never recorded
  EXPECT_OK(launch(&affine_kernel, {{1}, {1}, 0, a_}, value_, 1, 1));
  EXPECT_EQ(cudaStreamQuery(a_), cudaErrorNotReady);
  EXPECT_OK(cudaStreamQuery(a_));
  EXPECT_OK(cudaEventRecord(event_, a_));
  EXPECT_EQ(cudaEventQuery(event_), cudaErrorNotReady);
  EXPECT_OK(cudaEventQuery(event_));
  EXPECT_EQ(cudaGetLastError(), cudaErrorNotReady);
}

TEST_F(Streams, ElapsedTimeNeedsTimedFinishedEvents) {
  cudaEvent_t end = nullptr;
  cudaEvent_t untimed = nullptr;
  EXPECT_OK(cudaEventCreate(&end));
  EXPECT_OK(cudaEventCreateWithFlags(&untimed, cudaEventDisableTiming));
  float milliseconds = -1;
  EXPECT_OK(cudaEventRecord(event_, a_));
  EXPECT_OK(launch(&affine_kernel, {{1}, {1}, 0, a_}, value_, 1, 1));
  EXPECT_OK(cudaEventRecord(end, a_));
  EXPECT_EQ(cudaEventElapsedTime(&milliseconds, event_, end), cudaErrorNotReady);
  EXPECT_OK(cudaEventSynchronize(end));
  EXPECT_OK(cudaEventElapsedTime(&milliseconds, event_, end));
  EXPECT_GE(milliseconds, 0.0f);
  EXPECT_OK(cudaEventRecord(untimed, a_));
  EXPECT_OK(cudaEventSynchronize(untimed));
  EXPECT_EQ(cudaEventElapsedTime(&milliseconds, event_, untimed), cudaErrorInvalidResourceHandle);
  EXPECT_OK(cudaEventDestroy(end));
  EXPECT_OK(cudaEventDestroy(untimed));
}

TEST_F(Streams, FreeAsyncHappensInStreamOrder) {
  int* temporary = nullptr;
  EXPECT_OK(cudaMallocAsync(&temporary, sizeof(int), a_));
  EXPECT_OK(cudaMemsetAsync(temporary, 1, sizeof(int), a_));
  EXPECT_OK(cudaMemcpyAsync(pinned_, temporary, sizeof(int), cudaMemcpyDeviceToHost, a_));
  const std::size_t live = weft::emulator::counters().live_allocations;
  EXPECT_OK(cudaFreeAsync(temporary, a_));
  EXPECT_EQ(cudaFreeAsync(temporary, a_), cudaErrorInvalidValue);
  EXPECT_EQ(weft::emulator::counters().live_allocations, live);
  EXPECT_OK(cudaStreamSynchronize(a_));
  EXPECT_EQ(weft::emulator::counters().live_allocations, live - 1);
  EXPECT_EQ(*pinned_, 0x01010101);
}

TEST_F(Streams, HostFunctionRunsInOrderAndMayNotCallCuda) {
  struct Seen {
    int* pinned;
    int value;
    cudaError_t call;
  } seen{pinned_, 0, cudaSuccess};
  EXPECT_OK(launch(&affine_kernel, {{1}, {1}, 0, a_}, value_, 1, 5));
  EXPECT_OK(cudaMemcpyAsync(pinned_, value_, sizeof(int), cudaMemcpyDeviceToHost, a_));
  EXPECT_OK(cudaLaunchHostFunc(
      a_,
      [](void* data) {
        auto* s = static_cast<Seen*>(data);
        s->value = *s->pinned;
        s->call = cudaDeviceSynchronize();
      },
      &seen));
  EXPECT_EQ(seen.value, 0);
  EXPECT_OK(cudaStreamSynchronize(a_));
  EXPECT_EQ(seen.value, 5);
  EXPECT_EQ(seen.call, cudaErrorNotPermitted);
  EXPECT_EQ(cudaGetLastError(), cudaErrorNotPermitted);
}

TEST_F(Streams, DestroyedHandlesAreRefused) {
  cudaStream_t stream = nullptr;
  EXPECT_OK(cudaStreamCreateWithPriority(&stream, cudaStreamNonBlocking, -1));
  EXPECT_OK(launch(&affine_kernel, {{1}, {1}, 0, stream}, value_, 1, 5));
  EXPECT_OK(cudaStreamDestroy(stream));  // finishes its work first
  EXPECT_OK(cudaMemcpyAsync(pinned_, value_, sizeof(int), cudaMemcpyDeviceToHost, a_));
  EXPECT_OK(cudaStreamSynchronize(a_));
  EXPECT_EQ(*pinned_, 5);
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaStreamDestroy(stream), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaEventRecord(nullptr, a_), cudaErrorInvalidResourceHandle);
}

TEST_F(Streams, HostThreadsShareTheDevice) {
  std::atomic<int> failures{0};
  const auto work = [&](cudaStream_t stream, int* result) {
    int* mine = nullptr;
    failures += cudaMalloc(&mine, sizeof(int)) != cudaSuccess;
    failures += cudaMemsetAsync(mine, 0, sizeof(int), stream) != cudaSuccess;
    for (int i = 0; i < 100; ++i) {
      failures += launch(&affine_kernel, {{1}, {1}, 0, stream}, mine, 1, 1) != cudaSuccess;
      if (i % 10 == 0) failures += cudaStreamSynchronize(stream) != cudaSuccess;
    }
    failures += cudaMemcpyAsync(result, mine, sizeof(int), cudaMemcpyDeviceToHost, stream) != cudaSuccess;
    failures += cudaStreamSynchronize(stream) != cudaSuccess;
    failures += cudaFree(mine) != cudaSuccess;
  };
  std::thread first(work, a_, pinned_);
  std::thread second(work, b_, pinned_ + 1);
  first.join();
  second.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(pinned_[0], 100);
  EXPECT_EQ(pinned_[1], 100);
}

}  // namespace
