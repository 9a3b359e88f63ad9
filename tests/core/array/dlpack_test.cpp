// SPDX-License-Identifier: Apache-2.0
#include "core/array/dlpack.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "tests/support/every_device.h"
#include "weft/error.h"

namespace weft::testing {
namespace {

// A producer of one 2 x 3 f32 tensor on the CPU that counts its deleter's calls.
struct Producer {
  std::vector<float> memory{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  std::vector<std::int64_t> shape{2, 3};
  std::vector<std::int64_t> strides;
  int deleted = 0;
  DLManagedTensor managed{};

  Producer() {
    managed.dl_tensor = {memory.data(), {kDLCPU, 0}, 2, {kDLFloat, 32, 1}, shape.data(), nullptr, 0};
    managed.manager_ctx = this;
    managed.deleter = [](DLManagedTensor* self) { ++static_cast<Producer*>(self->manager_ctx)->deleted; };
  }
};

std::vector<float> values(const Array& array) {
  std::vector<float> host(static_cast<std::size_t>(array.shape().numel()));
  array.copy_to_host(host.data());
  return host;
}

TEST(FromDLPack, SharesMemoryAndDeletesOnceWithTheLastOwner) {
  Producer producer;
  Array array = from_dlpack(&producer.managed);
  EXPECT_EQ(array.data(), producer.memory.data());
  EXPECT_EQ(array.spec(), (TensorSpec{{2, 3}, DType::kF32}));
  Array view = array.reshape({6});
  array = {};
  EXPECT_EQ(producer.deleted, 0);
  EXPECT_EQ(values(view), (std::vector<float>{0, 1, 2, 3, 4, 5}));
  view = {};
  EXPECT_EQ(producer.deleted, 1);
}

TEST(FromDLPack, StridesAndByteOffset) {
  Producer producer;
  producer.strides = {1, 4};
  producer.managed.dl_tensor.strides = producer.strides.data();
  producer.managed.dl_tensor.byte_offset = 8;
  EXPECT_EQ(values(from_dlpack(&producer.managed)), (std::vector<float>{2, 6, 10, 3, 7, 11}));
  EXPECT_EQ(producer.deleted, 1);
}

TEST(FromDLPack, ScalarsEmptyTensorsAndNoDeleter) {
  Producer producer;
  producer.managed.dl_tensor.ndim = 0;
  producer.managed.dl_tensor.shape = nullptr;
  EXPECT_EQ(values(from_dlpack(&producer.managed)), (std::vector<float>{0}));
  producer.shape = {0, 3};
  producer.managed.dl_tensor.ndim = 2;
  producer.managed.dl_tensor.shape = producer.shape.data();
  producer.managed.dl_tensor.data = nullptr;
  producer.managed.deleter = nullptr;
  EXPECT_EQ(from_dlpack(&producer.managed).shape(), (Shape{0, 3}));
}

template <class E>
void expect_refused(Producer& producer) {
  EXPECT_THROW(static_cast<void>(from_dlpack(&producer.managed)), E);
  EXPECT_EQ(producer.deleted, 1) << "given back exactly once";
}

TEST(FromDLPack, RefusesWithATypedErrorAndGivesBack) {
  Producer lanes, complex, device, size, memory, alignment, cuda;
  lanes.managed.dl_tensor.dtype.lanes = 4;
  expect_refused<DTypeError>(lanes);
  complex.managed.dl_tensor.dtype = {5, 64, 1};
  expect_refused<DTypeError>(complex);
  device.managed.dl_tensor.device.device_type = static_cast<DLDeviceType>(10);
  expect_refused<DeviceError>(device);
  size.shape[0] = -1;
  expect_refused<ShapeError>(size);
  memory.managed.dl_tensor.data = nullptr;
  expect_refused<ValueError>(memory);
  alignment.managed.dl_tensor.byte_offset = 2;
  expect_refused<ValueError>(alignment);
  cuda.managed.dl_tensor.device = {kDLCUDA, 99};
  expect_refused<DeviceError>(cuda);
  EXPECT_THROW(static_cast<void>(from_dlpack(nullptr)), ValueError);
}

TEST(FromDLPack, SizesThatOverflowAreRefused) {
  constexpr std::int64_t kHalf = std::int64_t{1} << 62;
  Producer product, bytes, hidden;
  product.shape = {std::int64_t{1} << 33, std::int64_t{1} << 33};  // 2^66 is 4 modulo 2^64
  expect_refused<ShapeError>(product);
  bytes.shape = {kHalf, 1};
  expect_refused<ShapeError>(bytes);
  hidden.shape = {0, kHalf};
  expect_refused<ShapeError>(hidden);
}

TEST(FromDLPack, StridesAndOffsetsThatOverflowAreRefused) {
  constexpr std::int64_t kHalf = std::int64_t{1} << 62, kMost = std::numeric_limits<std::int64_t>::max();
  for (const std::vector<std::int64_t>& strides : std::vector<std::vector<std::int64_t>>{
           {kHalf, 1}, {-kHalf, 1}, {kMost, kMost}, {kMost / 4, 1}, {1, -kMost - 1}, {kMost / 8, kMost / 8}}) {
    Producer producer;
    producer.strides = strides;
    producer.managed.dl_tensor.strides = producer.strides.data();
    expect_refused<ValueError>(producer);
  }
  Producer offset;
  offset.managed.dl_tensor.byte_offset = ~std::uint64_t{3};
  expect_refused<ValueError>(offset);
}

class DLPackOn : public ::testing::TestWithParam<Device> {};
INSTANTIATE_TEST_SUITE_P(Devices, DLPackOn, ::testing::ValuesIn(Device::all()), device_test_name);

TEST_P(DLPackOn, RoundTripKeepsMemoryAliveForTheConsumer) {
  const float host[6] = {0, 1, 2, 3, 4, 5};
  Array array = Array::from_host(host, {{2, 3}, DType::kF32}, Stream::current(GetParam())).permute({1, 0});
  const void* const data = array.data();
  DLManagedTensor* const managed = to_dlpack(array);
  const std::weak_ptr<Block> memory = array.buffer();
  array = {};
  EXPECT_FALSE(memory.expired());
  EXPECT_EQ(managed->dl_tensor.ndim, 2);
  EXPECT_EQ(managed->dl_tensor.shape[0], 3);
  EXPECT_EQ(managed->dl_tensor.strides[0], 1);
  EXPECT_EQ(managed->dl_tensor.strides[1], 3);
  Array back = from_dlpack(managed);
  EXPECT_EQ(back.data(), data);
  EXPECT_EQ(back.device(), GetParam());
  EXPECT_EQ(values(back), (std::vector<float>{0, 3, 1, 4, 2, 5}));
  back = {};
  EXPECT_TRUE(memory.expired());
}

TEST(ToDLPack, EveryTypeComesBackAsItself) {
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    const Array array = Array::zeros({{2}, dtype}, Stream());
    EXPECT_EQ(from_dlpack(to_dlpack(array)).dtype(), dtype);
  }
}

}  // namespace
}  // namespace weft::testing
