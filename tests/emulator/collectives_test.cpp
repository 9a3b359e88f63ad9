// SPDX-License-Identifier: Apache-2.0
// Shuffles, votes, warp reductions and counting barriers, against results worked out lane by lane on the host.
#include <bit>
#include <cmath>

#include "tests/emulator/test_support.h"

namespace {

class Collectives : public EmulatorTest, public testing::WithParamInterface<std::uint64_t> {
 protected:
  void SetUp() override {
    EmulatorTest::SetUp();
    weft::emulator::set_thread_order_seed(GetParam());
  }
};

INSTANTIATE_TEST_SUITE_P(Orders, Collectives, testing::Values(0, 1, 2, 12345));

constexpr unsigned kAll = 0xffffffffu;

enum class Shuffle { kIndexed, kUp, kDown, kXor };

template <class T, Shuffle kind>
__global__ void shuffle_kernel(T* values, int operand, int width) {
  T& own = values[threadIdx.x];
  if constexpr (kind == Shuffle::kIndexed) own = __shfl_sync(kAll, own, operand, width);
  if constexpr (kind == Shuffle::kUp) own = __shfl_up_sync(kAll, own, static_cast<unsigned>(operand), width);
  if constexpr (kind == Shuffle::kDown) own = __shfl_down_sync(kAll, own, static_cast<unsigned>(operand), width);
  if constexpr (kind == Shuffle::kXor) own = __shfl_xor_sync(kAll, own, operand, width);
}

// CUDA's table, written per segment: which lane of the segment `lane` reads from.
int source_in_segment(Shuffle kind, int lane, int operand, int width) {
  const int position = lane % width;
  int from = position;
  switch (kind) {
    case Shuffle::kIndexed:
      from = operand % width;
      break;
    case Shuffle::kUp:
      from = position - operand >= 0 ? position - operand : position;
      break;
    case Shuffle::kDown:
      from = position + operand < width ? position + operand : position;
      break;
    case Shuffle::kXor:
      from = (position ^ operand) < width ? position ^ operand : position;
      break;
  }
  return lane - position + from;
}

template <class T, Shuffle kind>
void check_shuffles(const std::vector<T>& values) {
  for (const int width : {4, 16, 32}) {
    for (const int operand : {0, 1, 2, 3}) {
      const DeviceArray<T> device(values);
      EXPECT_OK((launch(&shuffle_kernel<T, kind>, {{1}, {64}}, device.get(), operand, width)));
      const std::vector<T> got = device.to_host();
      for (int i = 0; i < 64; ++i) {
        const int from = i / 32 * 32 + source_in_segment(kind, i % 32, operand, width);
        EXPECT_EQ(got[static_cast<std::size_t>(i)], values[static_cast<std::size_t>(from)]) << i << " " << operand;
      }
    }
  }
}

template <class T>
void check_all_shuffles() {
  std::vector<T> values;
  for (int i = 0; i < 64; ++i) values.push_back(static_cast<T>(i * 3 - 50) * static_cast<T>(1 << 20));
  if constexpr (sizeof(T) == 8) {
    for (T& value : values) value = value * static_cast<T>(1 << 20) + T{1};
  }
  check_shuffles<T, Shuffle::kIndexed>(values);
  check_shuffles<T, Shuffle::kUp>(values);
  check_shuffles<T, Shuffle::kDown>(values);
  check_shuffles<T, Shuffle::kXor>(values);
}

TEST_P(Collectives, ShufflesMoveInts) { check_all_shuffles<int>(); }
TEST_P(Collectives, ShufflesMoveLongLongs) { check_all_shuffles<long long>(); }
TEST_P(Collectives, ShufflesMoveFloats) { check_all_shuffles<float>(); }
TEST_P(Collectives, ShufflesMoveDoubles) { check_all_shuffles<double>(); }

__global__ void warp_sum_kernel(const float* in, float* out) {
  float sum = in[threadIdx.x];
  for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_xor_sync(kAll, sum, offset);
  out[threadIdx.x] = sum;
}

TEST_P(Collectives, ButterflyGivesEveryLaneTheSumOfItsWarp) {
  std::vector<float> values(96);
  for (std::size_t i = 0; i < 96; ++i) values[i] = static_cast<float>(i);
  const DeviceArray<float> in(values);
  const DeviceArray<float> out(96);
  EXPECT_OK(launch(&warp_sum_kernel, {{1}, {96}}, in.get(), out.get()));
  const std::vector<float> sums = out.to_host();
  for (std::size_t i = 0; i < 96; ++i) EXPECT_EQ(sums[i], 496.0f + 1024.0f * static_cast<float>(i / 32));
}

struct Votes {
  unsigned ballot, half;
  int any_none, any_one, all_but_one, all;
  int sum, low, high;
  unsigned low_unsigned, bits_and, bits_or, bits_xor, active;
};

__global__ void vote_kernel(Votes* votes) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const unsigned bit = 1u << lane;
  Votes v{};
  v.ballot = __ballot_sync(kAll, lane % 3 == 0);
  // Two halves of the warp vote apart, at the same time and with masks of their own.
  v.half = lane < 16 ? __ballot_sync(0x0000ffffu, lane % 2) : __ballot_sync(0xffff0000u, lane % 5 == 0);
  v.any_none = __any_sync(kAll, 0);
  v.any_one = __any_sync(kAll, lane == 31);
  v.all_but_one = __all_sync(kAll, lane != 5);
  v.all = __all_sync(kAll, 7);
  v.sum = __reduce_add_sync(kAll, lane - 20);
  v.low = __reduce_min_sync(kAll, lane - 20);
  v.high = __reduce_max_sync(kAll, lane - 20);
  v.low_unsigned = __reduce_min_sync(kAll, static_cast<unsigned>(lane - 20));
  v.bits_and = __reduce_and_sync(kAll, ~bit | 1u);
  v.bits_or = __reduce_or_sync(kAll, bit);
  v.bits_xor = __reduce_xor_sync(kAll, bit | 1u);
  v.active = __activemask();
  __syncwarp();
  votes[threadIdx.x] = v;
}

TEST_P(Collectives, VotesAndReductions) {
  const DeviceArray<Votes> votes(64);
  EXPECT_OK(launch(&vote_kernel, {{1}, {64}}, votes.get()));
  const std::vector<Votes> got = votes.to_host();
  for (std::size_t i = 0; i < 64; ++i) {
    const Votes& v = got[i];
    EXPECT_EQ(v.ballot, 0x49249249u);
    EXPECT_EQ(v.half, i % 32 < 16 ? 0x0000aaaau : 0x42100000u);  // lanes 20, 25, 30
    EXPECT_EQ(v.any_none, 0);
    EXPECT_NE(v.any_one, 0);
    EXPECT_EQ(v.all_but_one, 0);
    EXPECT_NE(v.all, 0);
    EXPECT_EQ(v.sum, 496 - 640);
    EXPECT_EQ(v.low, -20);
    EXPECT_EQ(v.high, 11);
    EXPECT_EQ(v.low_unsigned, 0u);
    EXPECT_EQ(v.bits_and, 1u);
    EXPECT_EQ(v.bits_or, kAll);
    EXPECT_EQ(v.bits_xor, kAll - 1);  // bit 0 comes 32 times and cancels
    EXPECT_EQ(v.active & (1u << (i % 32)), 1u << (i % 32));
  }
}

__global__ void outside_mask_kernel(float* out) {
  // Lane 9 is not in the mask: its value is undefined on a GPU, NaN here.
  if (threadIdx.x < 8) out[threadIdx.x] = __shfl_sync(0xffu, 1.0f, 9);
}

TEST_P(Collectives, ReadingALaneOutsideTheMaskGivesNaN) {
  const DeviceArray<float> out(8);
  EXPECT_OK(launch(&outside_mask_kernel, {{1}, {32}}, out.get()));
  for (const float value : out.to_host()) EXPECT_TRUE(std::isnan(value));
}

__global__ void barrier_votes_kernel(int* out) {
  const int i = static_cast<int>(threadIdx.x);
  const int count = __syncthreads_count(i % 3 == 0);
  const int none = __syncthreads_or(0);
  const int some = __syncthreads_or(i == 99);
  const int most = __syncthreads_and(i != 50);
  const int all = __syncthreads_and(1);
  out[threadIdx.x] = count + 1000 * (none != 0) + 2000 * (some != 0) + 4000 * (most != 0) + 8000 * (all != 0);
}

TEST_P(Collectives, CountingBarriers) {
  const DeviceArray<int> out(100);
  EXPECT_OK(launch(&barrier_votes_kernel, {{1}, {100}}, out.get()));
  EXPECT_EQ(out.to_host(), std::vector<int>(100, 34 + 2000 + 8000));
}

__global__ void hand_over_kernel(unsigned* turn, unsigned* order) {
  // Threads wait for their turn, last one first: only a yield lets the others run.
  while (*turn != threadIdx.x) __nanosleep(20);
  order[blockDim.x - 1 - threadIdx.x] = threadIdx.x;
  *turn = threadIdx.x - 1;
}

TEST_P(Collectives, NanosleepLetsTheOtherThreadsRun) {
  const DeviceArray<unsigned> turn(std::vector<unsigned>{7});
  const DeviceArray<unsigned> order(8);
  EXPECT_OK(launch(&hand_over_kernel, {{1}, {8}}, turn.get(), order.get()));
  EXPECT_EQ(order.to_host(), (std::vector<unsigned>{7, 6, 5, 4, 3, 2, 1, 0}));
}

}  // namespace
