// SPDX-License-Identifier: Apache-2.0
#include "core/device/block.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "tests/support/every_device.h"
#include "weft/error.h"

namespace weft::testing {
namespace {

class BlockOn : public ::testing::TestWithParam<Device> {
 protected:
  Device device() const { return GetParam(); }
  Stream stream() const { return Stream::current(device()); }
  std::vector<int> read(const Block& block) const {
    std::vector<int> host(block.bytes() / sizeof(int));
    copy_bytes(host.data(), Device::cpu(), block.data(), block.device(), block.bytes(), stream());
    stream().synchronize();
    return host;
  }
  std::shared_ptr<Block> write(const std::vector<int>& host) const {
    auto block = Block::allocate(host.size() * sizeof(int), stream());
    copy_bytes(block->data(), device(), host.data(), Device::cpu(), block->bytes(), stream());
    return block;
  }
};
INSTANTIATE_TEST_SUITE_P(Devices, BlockOn, ::testing::ValuesIn(Device::all()), device_test_name);

std::vector<int> counting(std::size_t n) {
  std::vector<int> values(n);
  std::iota(values.begin(), values.end(), 0);
  return values;
}

TEST_P(BlockOn, AllocationsAreAlignedAndApart) {
  std::vector<std::shared_ptr<Block>> blocks;
  for (const std::size_t n : {1, 3, 64, 65, 1000, 300000, 2000000}) blocks.push_back(write(counting(n)));
  for (const auto& block : blocks) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block->data()) % 256, 0u);
    EXPECT_EQ(block->device(), device());
    EXPECT_EQ(read(*block), counting(block->bytes() / sizeof(int)));
  }
}

TEST_P(BlockOn, ZeroBytesHaveNoAddress) {
  const auto block = Block::allocate(0, stream());
  EXPECT_EQ(block->data(), nullptr);
  EXPECT_EQ(block->bytes(), 0u);
  copy_bytes(block->data(), device(), nullptr, Device::cpu(), 0, stream());
  zero_bytes(block->data(), 0, stream());
  EXPECT_EQ(Block::pinned(0, device())->data(), nullptr);
}

TEST_P(BlockOn, ZeroAndCopyInOrder) {
  const auto a = write(counting(1000));
  const auto b = Block::allocate(a->bytes(), stream());
  copy_bytes(b->data(), device(), a->data(), device(), a->bytes(), stream());
  zero_bytes(a->data(), a->bytes(), stream());
  EXPECT_EQ(read(*a), std::vector<int>(1000, 0));
  EXPECT_EQ(read(*b), counting(1000));
}

TEST_P(BlockOn, StatisticsCountWhatIsHandedOut) {
  const MemoryStatistics before = memory_statistics(device());
  {
    const auto block = Block::allocate(3 << 20, stream());
    const MemoryStatistics during = memory_statistics(device());
    EXPECT_GE(during.in_use, before.in_use + (3 << 20));
    EXPECT_GE(during.peak_in_use, during.in_use);
  }
  EXPECT_EQ(memory_statistics(device()).in_use, before.in_use);
  trim_memory(device());
  EXPECT_LE(memory_statistics(device()).cached, before.cached);
}

TEST_P(BlockOn, MoreThanThereIsThrowsWithATable) {
  const std::size_t before = memory_statistics(device()).in_use;
  try {
    const auto block = Block::allocate(std::size_t{1} << 60, stream());
    FAIL() << "must throw";
  } catch (const OutOfMemory& e) {
    const std::string text = e.what();
    EXPECT_TRUE(text.starts_with("[allocate] asked for 1099511627776.0 MiB on " + device().name() + "; in use "))
        << text;
    EXPECT_NE(text.find("cached"), std::string::npos);
    EXPECT_NE(text.find("free on the device"), std::string::npos);
  }
  EXPECT_THROW(Block::allocate(SIZE_MAX - 5, stream()), OutOfMemory);
  EXPECT_EQ(memory_statistics(device()).in_use, before);
  EXPECT_EQ(read(*write(counting(10))), counting(10)) << "the device works on";
}

TEST_P(BlockOn, PinnedMemoryIsHostMemory) {
  const auto pinned = Block::pinned(4000, device());
  EXPECT_TRUE(pinned->device().is_cpu());
  auto* const values = static_cast<int*>(pinned->data());
  std::iota(values, values + 1000, 0);
  const auto block = Block::allocate(4000, stream());
  copy_bytes(block->data(), device(), values, Device::cpu(), 4000, stream());
  Event::record(stream()).synchronize();
  std::fill(values, values + 1000, 0);
  EXPECT_EQ(read(*block), counting(1000));
}

TEST(BlockWrap, ReleasesOnceWithTheLastOwner) {
  int released = 0;
  int memory = 0;
  auto block = Block::wrap(&memory, sizeof memory, Device::cpu(), [&] { ++released; });
  auto second = block;
  block.reset();
  EXPECT_EQ(released, 0);
  EXPECT_EQ(second->data(), &memory);
  second.reset();
  EXPECT_EQ(released, 1);
}

TEST(BlockWrap, AReleaseThatThrowsDoesNotEndTheProgram) {
  int memory = 0;
  Block::wrap(&memory, sizeof memory, Device::cpu(), [] { throw std::runtime_error("no"); }).reset();
}

}  // namespace
}  // namespace weft::testing
