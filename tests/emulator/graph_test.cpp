// SPDX-License-Identifier: Apache-2.0
// Stream capture and graph replay.
#include <thread>

#include "tests/emulator/test_support.h"

namespace {

class Graphs : public EmulatorTest {
 protected:
  void SetUp() override {
    EmulatorTest::SetUp();
    ASSERT_OK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
    ASSERT_OK(cudaStreamCreateWithFlags(&side_, cudaStreamNonBlocking));
    ASSERT_OK(cudaEventCreateWithFlags(&fork_, cudaEventDisableTiming));
    ASSERT_OK(cudaEventCreateWithFlags(&join_, cudaEventDisableTiming));
    ASSERT_OK(cudaMalloc(&values_, 2 * sizeof(int)));
    ASSERT_OK(cudaMemset(values_, 0, 2 * sizeof(int)));
    ASSERT_OK(cudaDeviceSynchronize());
  }
  void TearDown() override {
    if (executable_ != nullptr) {
      EXPECT_OK(cudaGraphExecDestroy(executable_));
    }
    EXPECT_OK(cudaStreamDestroy(stream_));
    EXPECT_OK(cudaStreamDestroy(side_));
    EXPECT_OK(cudaEventDestroy(fork_));
    EXPECT_OK(cudaEventDestroy(join_));
    EXPECT_OK(cudaFree(values_));
    EmulatorTest::TearDown();
  }

  // Ends the capture, checks its size and makes it executable.
  void instantiate(std::size_t nodes) {
    cudaGraph_t graph = nullptr;
    ASSERT_OK(cudaStreamEndCapture(stream_, &graph));
    std::size_t count = 0;
    ASSERT_OK(cudaGraphGetNodes(graph, nullptr, &count));
    EXPECT_EQ(count, nodes);
    ASSERT_OK(cudaGraphInstantiate(&executable_, graph, 0));
    ASSERT_OK(cudaGraphDestroy(graph));
  }
  std::vector<int> values() {
    EXPECT_OK(cudaStreamSynchronize(stream_));
    std::vector<int> host(2);
    EXPECT_OK(cudaMemcpy(host.data(), values_, 2 * sizeof(int), cudaMemcpyDeviceToHost));
    return host;
  }
  void expect_refused_and_invalidated(cudaError_t refused) {
    EXPECT_EQ(refused, cudaErrorStreamCaptureUnsupported);
    cudaStreamCaptureStatus status{};
    EXPECT_OK(cudaStreamIsCapturing(stream_, &status));
    EXPECT_EQ(status, cudaStreamCaptureStatusInvalidated);
    cudaGraph_t graph = nullptr;
    EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorStreamCaptureInvalidated);
    EXPECT_EQ(graph, nullptr);
    EXPECT_OK(cudaStreamIsCapturing(stream_, &status));
    EXPECT_EQ(status, cudaStreamCaptureStatusNone);
  }

  cudaStream_t stream_ = nullptr;
  cudaStream_t side_ = nullptr;
  cudaEvent_t fork_ = nullptr;
  cudaEvent_t join_ = nullptr;
  cudaGraphExec_t executable_ = nullptr;
  int* values_ = nullptr;
};

struct Step {
  int* x;
  int factor, term;
};

__global__ void step_kernel(Step s) { *s.x = *s.x * s.factor + s.term; }
__global__ void add_kernel(int* to, const int* from) { *to += *from; }

TEST_F(Graphs, CaptureRecordsWithoutRunningAndReplayRunsInOrder) {
  Step step{values_, 2, 1};
  EXPECT_OK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeGlobal));
  EXPECT_OK(launch(&step_kernel, {{1}, {1}, 0, stream_}, step));
  step = {nullptr, 0, 0};  // arguments were copied
  EXPECT_OK(launch(&step_kernel, {{1}, {1}, 0, stream_}, Step{values_, 3, 0}));
  EXPECT_OK(cudaMemcpyAsync(values_ + 1, values_, sizeof(int), cudaMemcpyDeviceToDevice, stream_));
  instantiate(3);
  EXPECT_EQ(values(), (std::vector<int>{0, 0}));
  EXPECT_EQ(weft::emulator::counters().kernel_launches, 0u);
  EXPECT_OK(cudaGraphLaunch(executable_, stream_));
  EXPECT_EQ(values(), (std::vector<int>{3, 3}));
  EXPECT_OK(cudaGraphLaunch(executable_, stream_));
  EXPECT_OK(cudaGraphLaunch(executable_, stream_));
  EXPECT_EQ(values(), (std::vector<int>{129, 129}));  // 6 v + 3 each time
  EXPECT_EQ(weft::emulator::counters().graph_launches, 3u);
  EXPECT_EQ(weft::emulator::counters().kernels_run, 6u);
}

TEST_F(Graphs, ReplayIsDeferredAndReadsPinnedMemoryOfTheDay) {
  int* pinned = nullptr;
  ASSERT_OK(cudaMallocHost(&pinned, sizeof(int)));
  EXPECT_OK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
  EXPECT_OK(cudaMemcpyAsync(values_, pinned, sizeof(int), cudaMemcpyHostToDevice, stream_));
  EXPECT_OK(cudaMemsetAsync(values_ + 1, 1, sizeof(int), stream_));
  instantiate(2);
  for (const int value : {4, 5}) {
    EXPECT_OK(cudaGraphLaunch(executable_, stream_));
    *pinned = value;  // after the launch, before it runs
    EXPECT_EQ(values(), (std::vector<int>{value, 0x01010101}));
  }
  EXPECT_OK(cudaFreeHost(pinned));
}

TEST_F(Graphs, ForkAndJoinAreCapturedWithTheirOrder) {
  EXPECT_OK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeGlobal));
  EXPECT_OK(launch(&step_kernel, {{1}, {1}, 0, stream_}, Step{values_, 0, 7}));
  EXPECT_OK(cudaEventRecord(fork_, stream_));
  EXPECT_OK(cudaStreamWaitEvent(side_, fork_));
  EXPECT_OK(launch(&step_kernel, {{1}, {1}, 0, side_}, Step{values_ + 1, 0, 2}));
  EXPECT_OK(launch(&step_kernel, {{1}, {1}, 0, stream_}, Step{values_, 10, 1}));
  EXPECT_OK(cudaEventRecord(join_, side_));
  EXPECT_OK(cudaStreamWaitEvent(stream_, join_));
  EXPECT_OK(launch(&add_kernel, {{1}, {1}, 0, stream_}, values_, values_ + 1));
  cudaStreamCaptureStatus status{};
  EXPECT_OK(cudaStreamIsCapturing(side_, &status));
  EXPECT_EQ(status, cudaStreamCaptureStatusActive);
  instantiate(4);
  EXPECT_OK(cudaStreamIsCapturing(side_, &status));
  EXPECT_EQ(status, cudaStreamCaptureStatusNone);
  for (const std::uint64_t seed : {0u, 1u, 2u, 3u, 4u, 5u}) {
    weft::emulator::set_thread_order_seed(seed);
    EXPECT_OK(cudaMemset(values_, 0, 2 * sizeof(int)));
    EXPECT_OK(cudaDeviceSynchronize());
    EXPECT_OK(cudaGraphLaunch(executable_, stream_));
    EXPECT_EQ(values(), (std::vector<int>{73, 2}));
  }
}

TEST_F(Graphs, UnjoinedForkIsRefused) {
  EXPECT_OK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeGlobal));
  EXPECT_OK(cudaEventRecord(fork_, stream_));
  EXPECT_OK(cudaStreamWaitEvent(side_, fork_));
  EXPECT_OK(launch(&step_kernel, {{1}, {1}, 0, side_}, Step{values_, 1, 1}));
  cudaGraph_t graph = nullptr;
  EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorStreamCaptureUnjoined);
  EXPECT_EQ(graph, nullptr);
}

TEST_F(Graphs, SynchronizingTheCapturingStreamInvalidates) {
  EXPECT_OK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeGlobal));
  expect_refused_and_invalidated(cudaStreamSynchronize(stream_));
}

TEST_F(Graphs, DeviceSynchronizeInvalidates) {
  EXPECT_OK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeRelaxed));
  expect_refused_and_invalidated(cudaDeviceSynchronize());
}

TEST_F(Graphs, AllocatingInvalidatesUnlessRelaxed) {
  void* memory = nullptr;
  EXPECT_OK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeGlobal));
  expect_refused_and_invalidated(cudaMalloc(&memory, 4));
  EXPECT_EQ(memory, nullptr);
  EXPECT_OK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeGlobal));
  cudaStreamCaptureMode mode = cudaStreamCaptureModeRelaxed;
  EXPECT_OK(cudaThreadExchangeStreamCaptureMode(&mode));
  EXPECT_EQ(mode, cudaStreamCaptureModeGlobal);
  EXPECT_OK(cudaMalloc(&memory, 4));
  EXPECT_OK(cudaThreadExchangeStreamCaptureMode(&mode));
  instantiate(0);
  EXPECT_OK(cudaFree(memory));
}

TEST_F(Graphs, ThreadLocalCaptureLeavesOtherThreadsAlone) {
  cudaError_t other = cudaErrorUnknown;
  const auto allocate = [&other] {
    void* memory = nullptr;
    other = cudaMalloc(&memory, 4);
    if (memory != nullptr) {
      EXPECT_OK(cudaFree(memory));
    }
  };
  EXPECT_OK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
  std::thread(allocate).join();
  EXPECT_EQ(other, cudaSuccess);
  cudaError_t end = cudaSuccess;
  std::thread([&] {
    cudaGraph_t graph = nullptr;
    end = cudaStreamEndCapture(stream_, &graph);
  }).join();
  EXPECT_EQ(end, cudaErrorStreamCaptureWrongThread);
  instantiate(0);
  EXPECT_OK(cudaStreamBeginCapture(side_, cudaStreamCaptureModeGlobal));
  std::thread(allocate).join();
  EXPECT_EQ(other, cudaErrorStreamCaptureUnsupported);
  cudaGraph_t graph = nullptr;
  EXPECT_EQ(cudaStreamEndCapture(side_, &graph), cudaErrorStreamCaptureInvalidated);
}

TEST_F(Graphs, PageableCopyIsRefused) {
  int pageable = 0;
  EXPECT_OK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeGlobal));
  expect_refused_and_invalidated(cudaMemcpyAsync(values_, &pageable, sizeof(int), cudaMemcpyHostToDevice, stream_));
}

TEST_F(Graphs, WorkOutsideAndWorkInsideDoNotMix) {
  EXPECT_OK(cudaEventRecord(fork_, side_));
  EXPECT_OK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeGlobal));
  EXPECT_EQ(cudaStreamWaitEvent(stream_, fork_), cudaErrorStreamCaptureIsolation);
  cudaGraph_t graph = nullptr;
  EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorStreamCaptureInvalidated);
  EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorIllegalState);
  EXPECT_EQ(cudaStreamBeginCapture(nullptr, cudaStreamCaptureModeGlobal), cudaErrorStreamCaptureUnsupported);

  cudaStream_t blocking = nullptr;
  EXPECT_OK(cudaStreamCreate(&blocking));
  EXPECT_OK(cudaStreamBeginCapture(blocking, cudaStreamCaptureModeGlobal));
  EXPECT_EQ(launch(&step_kernel, {{1}, {1}, 0, nullptr}, Step{values_, 1, 1}), cudaErrorStreamCaptureImplicit);
  EXPECT_EQ(cudaStreamEndCapture(blocking, &graph), cudaErrorStreamCaptureInvalidated);
  EXPECT_OK(cudaStreamDestroy(blocking));
}

TEST_F(Graphs, CapturedEventCannotBeWaitedForByTheHost) {
  EXPECT_OK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeGlobal));
  EXPECT_OK(cudaEventRecord(fork_, stream_));
  EXPECT_EQ(cudaEventSynchronize(fork_), cudaErrorCapturedEvent);
  cudaGraph_t graph = nullptr;
  EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorStreamCaptureInvalidated);
}

TEST_F(Graphs, NodesAreListedWithTheirTypes) {
  EXPECT_OK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeGlobal));
  EXPECT_OK(launch(&step_kernel, {{1}, {1}, 0, stream_}, Step{values_, 1, 1}));
  EXPECT_OK(cudaMemsetAsync(values_, 0, 4, stream_));
  EXPECT_OK(cudaLaunchHostFunc(
      stream_, [](void*) {}, nullptr));
  cudaGraph_t graph = nullptr;
  ASSERT_OK(cudaStreamEndCapture(stream_, &graph));
  std::vector<cudaGraphNode_t> nodes(8);
  std::size_t count = nodes.size();
  ASSERT_OK(cudaGraphGetNodes(graph, nodes.data(), &count));
  ASSERT_EQ(count, 3u);
  const cudaGraphNodeType expected[] = {cudaGraphNodeTypeKernel, cudaGraphNodeTypeMemset, cudaGraphNodeTypeHost};
  for (std::size_t i = 0; i < count; ++i) {
    cudaGraphNodeType type{};
    EXPECT_OK(cudaGraphNodeGetType(nodes[i], &type));
    EXPECT_EQ(type, expected[i]);
  }
  EXPECT_OK(cudaGraphDestroy(graph));
}

}  // namespace
