// SPDX-License-Identifier: Apache-2.0
#include "core/device/stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "core/device/block.h"
#include "tests/support/every_device.h"

#ifdef WEFT_CUDA_EMULATED
#include <cuda_runtime.h>

#include "emulator.h"
#include "weft/error.h"
#endif

namespace weft::testing {
namespace {

class StreamOn : public ::testing::TestWithParam<Device> {
 protected:
  Device device() const { return GetParam(); }
};
INSTANTIATE_TEST_SUITE_P(Devices, StreamOn, ::testing::ValuesIn(Device::all()), device_test_name);

TEST_P(StreamOn, CurrentIsOneForAllThreadsUntilAScope) {
  const Stream own = Stream::current(device());
  EXPECT_EQ(own.device(), device());
  const Stream mine = Stream::create(device());
  EXPECT_EQ(mine == own, device().is_cpu());
  {
    const StreamScope scope(mine);
    EXPECT_EQ(Stream::current(device()), mine);
    {
      const StreamScope inner(own);
      EXPECT_EQ(Stream::current(device()), own);
    }
    EXPECT_EQ(Stream::current(device()), mine);
    std::jthread([&] { EXPECT_EQ(Stream::current(device()), own); }).join();
  }
  EXPECT_EQ(Stream::current(device()), own);
}

TEST_P(StreamOn, AScopeLeavesOtherDevicesAlone) {
  const Stream cpu = Stream::current(Device::cpu());
  const StreamScope scope(Stream::create(device()));
  EXPECT_EQ(Stream::current(Device::cpu()), cpu);
}

TEST_P(StreamOn, WaitOrdersTwoStreams) {
  const Stream a = Stream::create(device());
  const Stream b = Stream::create(device());
  const auto source = Block::pinned(4096, device());
  const auto block = Block::allocate(4096, a);
  auto* const host = static_cast<int*>(source->data());
  for (int round = 1; round <= 8; ++round) {
    std::fill(host, host + 1024, round);
    copy_bytes(block->data(), device(), host, Device::cpu(), 4096, a);
    b.wait(a);
    std::vector<int> read(1024);
    copy_bytes(read.data(), Device::cpu(), block->data(), device(), 4096, b);
    b.synchronize();
    EXPECT_EQ(read, std::vector<int>(1024, round));
    a.synchronize();
  }
}

TEST_P(StreamOn, EventsBecomeReady) {
  EXPECT_TRUE(Event().ready());
  const Stream stream = Stream::create(device());
  const auto block = Block::allocate(1024, stream);
  zero_bytes(block->data(), 1024, stream);
  const Event event = Event::record(stream);
  event.synchronize();
  EXPECT_TRUE(event.ready());
  synchronize(device());
}

#ifdef WEFT_CUDA_EMULATED

struct EmulatedStream : ::testing::Test {
  void TearDown() override {
    emulator::reset();
    emulator::set_device_count(1);
  }
};

TEST_F(EmulatedStream, WorkIsOnlyEnqueued) {
  const Stream stream = Stream::create(Device::cuda());
  const auto target = Block::pinned(1024, Device::cuda());
  auto* const host = static_cast<int*>(target->data());
  std::fill(host, host + 256, -1);
  const auto block = Block::allocate(1024, stream);
  zero_bytes(block->data(), 1024, stream);
  copy_bytes(host, Device::cpu(), block->data(), Device::cuda(), 1024, stream);
  const Event event = Event::record(stream);
  EXPECT_FALSE(event.ready() && host[0] != 0) << "ready means done";
  event.synchronize();
  EXPECT_EQ(host[0], 0);
  EXPECT_TRUE(event.ready());
}

TEST_F(EmulatedStream, OnAUsersStream) {
  cudaStream_t raw = nullptr;
  ASSERT_EQ(cudaStreamCreate(&raw), cudaSuccess);
  {
    const StreamScope scope(Stream::wrap(Device::cuda(), raw));
    EXPECT_EQ(Stream::current(Device::cuda()).handle(), raw);
    const auto block = Block::allocate(64, Stream::current(Device::cuda()));
    zero_bytes(block->data(), 64, Stream::current(Device::cuda()));
  }
  EXPECT_EQ(cudaStreamDestroy(raw), cudaSuccess) << "weft does not destroy it";
}

TEST_F(EmulatedStream, TwoDevicesAndTheCurrentOneStays) {
  emulator::set_device_count(2);
  const Device first = Device::cuda(0);
  const Device second = Device::cuda(1);
  ASSERT_EQ(cudaSetDevice(0), cudaSuccess);
  const Stream a = Stream::current(first);
  const Stream b = Stream::current(second);
  EXPECT_FALSE(a == b);
  const std::vector<int> values(256, 3);
  const auto on_first = Block::allocate(1024, a);
  const auto on_second = Block::allocate(1024, b);
  copy_bytes(on_first->data(), first, values.data(), Device::cpu(), 1024, a);
  copy_bytes(on_second->data(), second, on_first->data(), first, 1024, a);
  b.wait(a);
  std::vector<int> read(256);
  copy_bytes(read.data(), Device::cpu(), on_second->data(), second, 1024, b);
  b.synchronize();
  EXPECT_EQ(read, values);
  int current = -1;
  EXPECT_EQ(cudaGetDevice(&current), cudaSuccess);
  EXPECT_EQ(current, 0);
}

TEST_F(EmulatedStream, ErrorsNameTheCall) {
  const Stream stream = Stream::create(Device::cuda());
  const auto block = Block::allocate(64, stream);
  emulator::inject_error(2, cudaErrorInvalidValue);  // the first call asks for the current device
  try {
    zero_bytes(block->data(), 64, stream);
    FAIL() << "must throw";
  } catch (const DeviceError& e) {
    const std::string text = e.what();
    EXPECT_TRUE(
        text.starts_with("[cuda] cudaMemsetAsync(to, 0, bytes, as_stream(stream)) failed: "
                         "cudaErrorInvalidValue: "))
        << text;
  }
  zero_bytes(block->data(), 64, stream);
  stream.synchronize();
}

#endif  // WEFT_CUDA_EMULATED

}  // namespace
}  // namespace weft::testing
