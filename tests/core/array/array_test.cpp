// SPDX-License-Identifier: Apache-2.0
#include "core/array/array.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "tests/support/every_device.h"
#include "weft/error.h"

#ifdef WEFT_CUDA_EMULATED
#include "emulator.h"
#endif

namespace weft::testing {
namespace {

class ArrayOn : public ::testing::TestWithParam<Device> {
 protected:
  Device device() const { return GetParam(); }
  Stream stream() const { return Stream::current(device()); }

  // 0, 1, 2, ...
  Array counting(Shape shape) const {
    std::vector<std::int32_t> host(static_cast<std::size_t>(shape.numel()));
    std::iota(host.begin(), host.end(), 0);
    return Array::from_host(host.data(), {std::move(shape), DType::kI32}, stream());
  }
};

std::vector<std::int32_t> values(const Array& array) {
  std::vector<std::int32_t> host(static_cast<std::size_t>(array.shape().numel()), -7);
  array.copy_to_host(host.data());
  return host;
}

INSTANTIATE_TEST_SUITE_P(Devices, ArrayOn, ::testing::ValuesIn(Device::all()), device_test_name);

TEST_P(ArrayOn, ComesBackFromTheDevice) {
  const Array array = counting({2, 3});
  EXPECT_EQ(array.device(), device());
  EXPECT_TRUE(array.dense());
  EXPECT_EQ(array.strides(), (std::vector<std::int64_t>{3, 1}));
  EXPECT_EQ(values(array), (std::vector<std::int32_t>{0, 1, 2, 3, 4, 5}));
}

TEST_P(ArrayOn, HostMemoryMayBeReusedAtOnce) {
  std::vector<std::int32_t> host(1000, 5);
  const Array array = Array::from_host(host.data(), {{1000}, DType::kI32}, stream());
  std::fill(host.begin(), host.end(), 6);
  EXPECT_EQ(values(array), std::vector<std::int32_t>(1000, 5));
}

TEST_P(ArrayOn, ZerosAreZero) {
  {  // leaves something else in the cache
    const std::vector<std::int32_t> ones(300, -1);
    Array::from_host(ones.data(), {{300}, DType::kI32}, stream());
  }
  EXPECT_EQ(values(Array::zeros({{300}, DType::kI32}, stream())), std::vector<std::int32_t>(300, 0));
}

TEST_P(ArrayOn, ReshapeSharesMemory) {
  const Array array = counting({2, 6});
  const Array view = array.reshape({3, 4});
  EXPECT_EQ(view.data(), array.data());
  EXPECT_EQ(view.strides(), (std::vector<std::int64_t>{4, 1}));
  EXPECT_THROW(static_cast<void>(array.reshape({5})), ShapeError);
}

TEST_P(ArrayOn, PermuteThenContiguous) {
  const Array view = counting({2, 3, 2}).permute({2, 0, 1});
  EXPECT_EQ(view.shape(), (Shape{2, 2, 3}));
  EXPECT_FALSE(view.dense());
  const Array packed = view.contiguous(stream());
  EXPECT_TRUE(packed.dense());
  EXPECT_EQ(packed.device(), device());
  const std::vector<std::int32_t> expected{0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11};
  EXPECT_EQ(values(packed), expected);
  EXPECT_EQ(values(view), expected);
}

TEST_P(ArrayOn, SliceWithAStep) {
  const Array view = counting({4, 5}).slice(1, 1, 5, 2).slice(0, 1, 4, 2);
  EXPECT_EQ(view.shape(), (Shape{2, 2}));
  EXPECT_EQ(values(view), (std::vector<std::int32_t>{6, 8, 16, 18}));
  EXPECT_EQ(values(counting({7}).slice(0, 2, 7, 3)), (std::vector<std::int32_t>{2, 5}));
  EXPECT_EQ(counting({7}).slice(0, 3, 3, 1).shape(), (Shape{0}));
}

TEST_P(ArrayOn, LeadingSliceIsDense) {
  const Array view = counting({4, 5}).slice(0, 1, 3, 1);
  EXPECT_TRUE(view.dense());
  EXPECT_EQ(view.contiguous(stream()).data(), view.data());
  EXPECT_EQ(values(view), (std::vector<std::int32_t>{5, 6, 7, 8, 9, 10, 11, 12, 13, 14}));
}

TEST_P(ArrayOn, NegativeAndZeroStrides) {
  const Array array = counting({6});
  const Array reversed = Array::wrap(array.buffer(), 5 * 4, {{6}, DType::kI32}, {-1});
  EXPECT_EQ(values(reversed), (std::vector<std::int32_t>{5, 4, 3, 2, 1, 0}));
  const Array repeated = Array::wrap(array.buffer(), 2 * 4, {{2, 3}, DType::kI32}, {1, 0});
  EXPECT_EQ(values(repeated), (std::vector<std::int32_t>{2, 2, 2, 3, 3, 3}));
}

TEST_P(ArrayOn, EmptyArraysAreNoSpecialCase) {
  const Array array = Array::zeros({{0, 3}, DType::kF32}, stream());
  EXPECT_TRUE(array.defined());
  EXPECT_TRUE(array.dense());
  EXPECT_TRUE(values(array).empty());
  EXPECT_TRUE(values(array.permute({1, 0}).contiguous(stream())).empty());
  EXPECT_EQ(array.to(Device::cpu()).shape(), (Shape{0, 3}));
}

TEST_P(ArrayOn, EveryElementSizeIsGathered) {
  for (const DType dtype : {DType::kU8, DType::kF16, DType::kI32, DType::kF64}) {
    const double numbers[6] = {0, 1, 2, 3, 4, 5};
    std::uint64_t host[6];
    convert_host(host, dtype, numbers, DType::kF64, 6);
    std::uint64_t transposed[6];
    Array::from_host(host, {{2, 3}, dtype}, stream()).permute({1, 0}).copy_to_host(transposed);
    double back[6];
    convert_host(back, DType::kF64, transposed, dtype, 6);
    EXPECT_EQ(std::vector<double>(back, back + 6), (std::vector<double>{0, 3, 1, 4, 2, 5})) << name_of(dtype);
  }
}

TEST_P(ArrayOn, GoesToEveryOtherDeviceAndBack) {
  for (const Device other : Device::all()) {
    for (int round = 0; round < 20; ++round) {
      // The source is released and its memory reused while the copy may still be under way.
      Array moved = counting({50, 40}).permute({1, 0}).to(other);
      const Array noise = Array::zeros({{50, 40}, DType::kI32}, stream());
      EXPECT_EQ(moved.device(), other);
      EXPECT_TRUE(moved.dense());
      EXPECT_EQ(values(moved.to(device())), values(counting({50, 40}).permute({1, 0})));
    }
  }
}

TEST_P(ArrayOn, ToTheSameDeviceIsTheSameMemory) {
  const Array array = counting({3});
  EXPECT_EQ(array.to(device()).data(), array.data());
}

TEST_P(ArrayOn, WorksOnAScopedStream) {
  const Stream mine = Stream::create(device());
  const StreamScope scope(mine);
  EXPECT_EQ(values(counting({100}).to(Device::cpu()).to(device())), values(counting({100})));
}

#ifdef WEFT_CUDA_EMULATED

// Two devices whose streams the emulator runs in any order that the waits allow.
struct TwoDevices : ::testing::TestWithParam<std::uint64_t> {
  void SetUp() override {
    emulator::reset();
    emulator::set_device_count(2);
    emulator::set_thread_order_seed(GetParam());
  }
  void TearDown() override {
    emulator::reset();
    emulator::set_device_count(1);
  }
};
INSTANTIATE_TEST_SUITE_P(Seeds, TwoDevices, ::testing::Range<std::uint64_t>(0, 16));

TEST_P(TwoDevices, ACopyWaitsForBothStreams) {
  const Device first = Device::cuda(0);
  const Device second = Device::cuda(1);
  const TensorSpec spec{{1000}, DType::kI32};
  const std::vector<std::int32_t> ones(1000, 1);
  const auto twos = Block::pinned(4000, second);
  std::fill_n(static_cast<std::int32_t*>(twos->data()), 1000, 2);
  Array source = Array::zeros(spec, Stream::current(first));
  copy_bytes(source.data(), first, ones.data(), Device::cpu(), 4000, Stream::current(first));
  {  // work on memory that the copy will get, not done when it is handed back
    const Array before = Array::empty(spec, Stream::current(second));
    copy_bytes(before.data(), second, twos->data(), Device::cpu(), 4000, Stream::current(second));
  }
  const Array copy = source.to(second);
  source = {};
  const Array noise = Array::zeros(spec, Stream::current(first));
  if (GetParam() % 2 == 1) Stream::current(first).synchronize();  // otherwise reading the copy runs all of it
  EXPECT_EQ(values(copy), ones);
}

#endif  // WEFT_CUDA_EMULATED

}  // namespace
}  // namespace weft::testing
