// SPDX-License-Identifier: Apache-2.0
#include "core/device/allocator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <thread>
#include <vector>

#include "weft/error.h"

#ifdef WEFT_CUDA_EMULATED
#include <cuda_runtime.h>

#include "emulator.h"
#endif

namespace weft::testing {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

// A system with little memory that knows what it gave out.
class System {
 public:
  explicit System(std::size_t bytes) : free_(bytes) {}
  ~System() { EXPECT_TRUE(given_.empty()) << given_.size() << " segments never came back"; }

  MemorySource source() {
    return {[this](std::size_t bytes) -> void* {
              if (bytes > free_) return nullptr;
              free_ -= bytes;
              void* const data = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
              given_[data] = bytes;
              return data;
            },
            [this](void* data) {
              free_ += given_.at(data);
              given_.erase(data);
              std::free(data);
            },
            [this] { return free_; }};
  }
  std::vector<std::size_t> segments() const {
    std::vector<std::size_t> sizes;
    for (const auto& [data, bytes] : given_) sizes.push_back(bytes);
    return sizes;
  }

 private:
  std::size_t free_;
  std::map<void*, std::size_t> given_;
};

struct Allocator : ::testing::Test {
  System system{64 * kMiB};
  CachingAllocator allocator{Device::cpu(), system.source(), true};
  const Stream stream{};
};

TEST_F(Allocator, GivesTheSameMemoryAgain) {
  auto* const first = allocator.allocate(1000, stream);
  void* const data = CachingAllocator::data(first);
  allocator.release(first);
  auto* const second = allocator.allocate(900, stream);
  EXPECT_EQ(CachingAllocator::data(second), data);
  EXPECT_EQ(allocator.statistics().allocations, 1u);
  allocator.release(second);
}

TEST_F(Allocator, SmallRequestsShareASegment) {
  auto* const a = allocator.allocate(100, stream);
  auto* const b = allocator.allocate(300, stream);
  EXPECT_EQ(system.segments(), std::vector<std::size_t>{2 * kMiB});
  const auto distance =
      static_cast<std::byte*>(CachingAllocator::data(b)) - static_cast<std::byte*>(CachingAllocator::data(a));
  EXPECT_EQ(distance, 256);
  EXPECT_EQ(allocator.statistics().in_use, 256u + 512u);
  EXPECT_EQ(allocator.statistics().cached, 2 * kMiB - 768);
  allocator.release(a);
  allocator.release(b);
}

TEST_F(Allocator, NeighborsGrowTogetherAgain) {
  std::vector<CachingAllocator::Piece*> pieces;
  for (int i = 0; i < 8; ++i) pieces.push_back(allocator.allocate(kMiB / 4, stream));  // fills the segment
  for (const int i : {1, 3, 2, 0, 5, 7, 6, 4}) allocator.release(pieces[static_cast<std::size_t>(i)]);
  auto* const all_but_one = allocator.allocate(kMiB - 256, stream);
  EXPECT_EQ(allocator.statistics().allocations, 1u);
  allocator.release(all_but_one);
  EXPECT_EQ(allocator.statistics().cached, 2 * kMiB);
}

TEST_F(Allocator, TakesTheSmallestThatFits) {
  auto* const eight = allocator.allocate(8 * kMiB, stream);
  auto* const four = allocator.allocate(4 * kMiB, stream);
  void* const expected = CachingAllocator::data(four);
  allocator.release(eight);
  allocator.release(four);
  auto* const three = allocator.allocate(3 * kMiB, stream);
  EXPECT_EQ(CachingAllocator::data(three), expected);
  EXPECT_EQ(allocator.statistics().in_use, 3 * kMiB) << "the fourth MiB is worth keeping";
  allocator.release(three);
  auto* const almost = allocator.allocate(4 * kMiB - 512, stream);
  EXPECT_EQ(allocator.statistics().in_use, 4 * kMiB) << "512 bytes are not";
  allocator.release(almost);
}

TEST_F(Allocator, TrimGivesBackWholeFreeSegmentsOnly) {
  auto* const kept = allocator.allocate(100, stream);
  allocator.release(allocator.allocate(10 * kMiB, stream));
  allocator.trim();
  EXPECT_EQ(system.segments(), std::vector<std::size_t>{2 * kMiB});
  allocator.release(kept);
  allocator.trim();
  EXPECT_TRUE(system.segments().empty());
  EXPECT_EQ(allocator.statistics().cached, 0u);
  EXPECT_EQ(allocator.statistics().in_use, 0u);
  EXPECT_EQ(allocator.statistics().peak_in_use, 10 * kMiB + 256);
}

TEST_F(Allocator, TrimsBeforeItGivesUp) {
  allocator.release(allocator.allocate(40 * kMiB, stream));
  auto* const large = allocator.allocate(50 * kMiB, stream);
  EXPECT_EQ(system.segments(), std::vector<std::size_t>{50 * kMiB});
  try {
    allocator.allocate(15 * kMiB, stream);
    FAIL() << "must throw";
  } catch (const OutOfMemory& e) {
    EXPECT_STREQ(e.what(),
                 "[allocate] asked for 15.0 MiB on cpu; in use 50.0 MiB, cached 0.0 MiB, free on the device 14.0 MiB");
  }
  allocator.release(large);
  allocator.release(allocator.allocate(64 * kMiB, stream));
}

TEST_F(Allocator, WithoutCachingEveryBlockIsAnAllocationOfItsSize) {
  CachingAllocator plain(Device::cpu(), system.source(), false);
  auto* const a = plain.allocate(1001, stream);
  auto* const b = plain.allocate(3 * kMiB + 1, stream);
  std::vector<std::size_t> sizes = system.segments();
  std::sort(sizes.begin(), sizes.end());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{1001, 3 * kMiB + 1}));
  EXPECT_EQ(plain.statistics().in_use, 1001 + 3 * kMiB + 1);
  plain.release(a);
  plain.release(b);
  EXPECT_TRUE(system.segments().empty());
}

// Many sizes in a fixed random order: no two blocks overlap, and everything comes back.
TEST_F(Allocator, BlocksNeverOverlap) {
  std::uint32_t state = 1;
  const auto random = [&](std::uint32_t below) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
  };
  std::map<std::byte*, std::pair<std::size_t, CachingAllocator::Piece*>> live;
  for (int i = 0; i < 20000; ++i) {
    if (live.size() > 60 || (!live.empty() && random(5) < 2)) {
      const auto it = std::next(live.begin(), random(static_cast<std::uint32_t>(live.size())));
      allocator.release(it->second.second);
      live.erase(it);
      continue;
    }
    const std::size_t bytes = 1 + (random(10) == 0 ? random(3u << 20) : random(5000));
    CachingAllocator::Piece* piece = nullptr;
    try {
      piece = allocator.allocate(bytes, stream);
    } catch (const OutOfMemory&) {
      continue;
    }
    auto* const data = static_cast<std::byte*>(CachingAllocator::data(piece));
    const auto next = live.lower_bound(data);
    ASSERT_TRUE(next == live.end() || data + bytes <= next->first);
    ASSERT_TRUE(next == live.begin() || std::prev(next)->first + std::prev(next)->second.first <= data);
    live[data] = {bytes, piece};
  }
  for (const auto& [data, block] : live) allocator.release(block.second);
  EXPECT_EQ(allocator.statistics().in_use, 0u);
  allocator.trim();
  EXPECT_TRUE(system.segments().empty());
}

TEST_F(Allocator, ThreadsShareIt) {
  const auto work = [&] {
    for (int i = 1; i < 2000; ++i) {
      auto* const piece = allocator.allocate(static_cast<std::size_t>(i), stream);
      auto* const data = static_cast<volatile unsigned char*>(CachingAllocator::data(piece));
      data[0] = 1;
      data[i - 1] = 2;
      allocator.release(piece);
    }
  };
  {
    std::jthread other(work);
    work();
  }
  EXPECT_EQ(allocator.statistics().in_use, 0u);
}

#ifdef WEFT_CUDA_EMULATED

// The device's real memory source, with caching on whatever the build.
struct CudaAllocator : ::testing::Test {
  static MemorySource source() {
    return {[](std::size_t bytes) -> void* {
              void* data = nullptr;
              if (cudaMalloc(&data, bytes) == cudaSuccess) return data;
              static_cast<void>(cudaGetLastError());
              return nullptr;
            },
            [](void* data) { static_cast<void>(cudaFree(data)); }, [] { return std::size_t{0}; }};
  }
  const Device device = Device::cuda();
  CachingAllocator allocator{device, source(), true};
  const Stream a = Stream::create(device);
  const Stream b = Stream::create(device);

  void TearDown() override { emulator::reset(); }
};

TEST_F(CudaAllocator, TheSameStreamReusesWithoutWaiting) {
  auto* const first = allocator.allocate(4 * kMiB, a);
  zero_bytes(CachingAllocator::data(first), 4 * kMiB, a);
  allocator.release(first);
  const auto before = emulator::counters();
  auto* const second = allocator.allocate(4 * kMiB, a);
  EXPECT_EQ(CachingAllocator::data(second), CachingAllocator::data(first));
  EXPECT_EQ(emulator::counters().api_calls, before.api_calls);
  allocator.release(second);
}

// Work of the first stream still writes to the memory when stream b gets it: b must come second, whichever the device
// runs first.
void expect_order(CachingAllocator& allocator, const Stream& a, const Stream& b) {
  const Device device = a.device();
  const std::vector<int> new_values(kMiB, 2);
  auto* const first = allocator.allocate(4 * kMiB, a);
  void* const data = CachingAllocator::data(first);
  const auto pinned = Block::pinned(4 * kMiB, device);
  std::fill_n(static_cast<int*>(pinned->data()), kMiB, 1);
  copy_bytes(data, device, pinned->data(), Device::cpu(), 4 * kMiB, a);
  allocator.release(first);
  auto* const second = allocator.allocate(4 * kMiB, b);
  ASSERT_EQ(CachingAllocator::data(second), data);
  copy_bytes(data, device, new_values.data(), Device::cpu(), 4 * kMiB, b);
  b.synchronize();
  a.synchronize();
  std::vector<int> read(kMiB);
  copy_bytes(read.data(), Device::cpu(), data, device, 4 * kMiB, b);
  b.synchronize();
  EXPECT_EQ(read, new_values);
  allocator.release(second);
  allocator.trim();
}

TEST_F(CudaAllocator, AnotherStreamWaitsForTheFirst) {
  for (const std::uint64_t seed : {0, 1, 2, 3}) {
    emulator::set_thread_order_seed(seed);
    expect_order(allocator, a, b);
  }
}

TEST_F(CudaAllocator, AnotherStreamWaitsForAUsersStream) {
  cudaStream_t raw = nullptr;
  ASSERT_EQ(cudaStreamCreateWithFlags(&raw, cudaStreamNonBlocking), cudaSuccess);
  expect_order(allocator, Stream::wrap(device, raw), b);
  EXPECT_EQ(cudaStreamDestroy(raw), cudaSuccess);
}

TEST_F(CudaAllocator, AUsersStreamMayBeGoneByTheTimeOfReuse) {
  cudaStream_t raw = nullptr;
  ASSERT_EQ(cudaStreamCreateWithFlags(&raw, cudaStreamNonBlocking), cudaSuccess);
  {
    const Stream users = Stream::wrap(device, raw);
    EXPECT_FALSE(users.owned());
    allocator.release(allocator.allocate(4 * kMiB, users));
  }
  ASSERT_EQ(cudaStreamDestroy(raw), cudaSuccess);
  auto* const piece = allocator.allocate(4 * kMiB, a);
  EXPECT_EQ(allocator.statistics().allocations, 1u);
  allocator.release(piece);
}

TEST_F(CudaAllocator, MemoryOfAStreamThatIsBeingCapturedStaysThere) {
  allocator.release(allocator.allocate(4 * kMiB, a));
  ASSERT_EQ(cudaStreamBeginCapture(static_cast<cudaStream_t>(a.handle()), cudaStreamCaptureModeRelaxed), cudaSuccess);
  auto* const other = allocator.allocate(4 * kMiB, b);
  cudaGraph_t graph = nullptr;
  EXPECT_EQ(cudaStreamEndCapture(static_cast<cudaStream_t>(a.handle()), &graph), cudaSuccess);
  EXPECT_EQ(cudaGraphDestroy(graph), cudaSuccess);
  EXPECT_EQ(allocator.statistics().allocations, 2u);
  allocator.release(other);
}

TEST_F(CudaAllocator, FailureAtAChosenAllocation) {
  const Stream stream = Stream::current(device);
  trim_memory(device);
  const std::size_t in_use = memory_statistics(device).in_use;
  emulator::fail_allocation(1);
  // The first attempt fails; after the trim the second one succeeds.
  auto* const held = allocator.allocate(10 * kMiB, stream);
  emulator::set_memory_limit(20 * kMiB);
  EXPECT_THROW(static_cast<void>(Block::allocate(64 * kMiB, stream)), OutOfMemory);
  EXPECT_EQ(memory_statistics(device).in_use, in_use);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess) << "nobody else may find the failure";
  emulator::set_memory_limit(0);
  static_cast<void>(Block::allocate(64 * kMiB, stream));
  allocator.release(held);
}

#endif  // WEFT_CUDA_EMULATED

}  // namespace
}  // namespace weft::testing
