// SPDX-License-Identifier: Apache-2.0
// Memory that a program reports before it runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/exec/poison.h"
#include "tests/support/every_device.h"
#include "weft/weft.h"

#ifdef WEFT_CUDA_EMULATED
#include <emulator.h>
#endif

namespace weft::testing {
namespace {

using ::testing::HasSubstr;

class MemoryPlanOn : public EveryDevice {
 protected:
  DeviceScope scope_{device()};
};

TEST_P(MemoryPlanOn, TellsOwnersLayersAndThePeak) {
  Sequential model{Linear(64, 128), ReLU(), Linear(128, 10)};
  Optimizer optimizer(model.parameters(), Adam{});
  auto step = compile(
      [&](Tensor x, Tensor y) {
        Tensor loss = cross_entropy(model(x), y);
        optimizer.minimize(loss);
        return loss;
      },
      {.name = "training"});
  step.prepare(zeros({32, 64}), zeros({32}, DType::kI64));
  const std::string plan = step.memory_plan().text();
  EXPECT_THAT(plan, HasSubstr("memory of 'training' on " + device().name()));
  // 64 * 128 + 128 + 128 * 10 + 10 floats, the last one in a slot of 256 bytes.
  EXPECT_THAT(plan, HasSubstr("parameters                    37.8 KiB\n")) << plan;
  EXPECT_THAT(plan, HasSubstr("arguments                      8.2 KiB\n")) << plan;
  EXPECT_THAT(plan, HasSubstr("results                            4 B\n")) << plan;
  // The weights and the gradients of layer 0.
  EXPECT_THAT(plan, ::testing::ContainsRegex("\n  0 +32.5 KiB +3[23].. KiB ")) << plan;
  EXPECT_THAT(plan, ::testing::ContainsRegex("peak of the arena: node [0-9]+, [a-z_]+.*, (backward|update)")) << plan;
}

// x, its relu and the result take 1,024 bytes a row each.
TEST_P(MemoryPlanOn, TheLargestBatchIsExact) {
  auto f = compile([](Tensor x) { return relu(x); });
  const std::int64_t zones = 2 * exec::kRedZone;
  const Tensor some = zeros({8, 256});
  EXPECT_EQ(f.largest_batch(3072 * 1000 + zones, some), 1000);
  EXPECT_EQ(f.largest_batch(3072 * 1000 + zones - 1, some), 999);
  EXPECT_EQ(f.largest_batch(3072 * 7 + zones, some), 7);
  EXPECT_EQ(f.largest_batch(100, some), 0);
  EXPECT_EQ(f.traces(), 0u);  // nothing is kept
  auto scalar = compile([](Tensor x) { return relu(x); });
  EXPECT_THROW(scalar.largest_batch(100, 1.0F), ShapeError);
}

TEST_P(MemoryPlanOn, OtherRowsStayAndVariablesCount) {
  const Variable table(Tensor(zeros({100, 256})));
  auto f = compile([&](Tensor x, Tensor bias) { return relu(x + bias) * table.value().sum(); });
  const std::int64_t rest = f.largest_batch(3072 * 1000, zeros({8, 256}), zeros({256}));
  EXPECT_LT(rest, 1000 - 30);
  EXPECT_GT(rest, 1000 - 60);
}

TEST_P(MemoryPlanOn, WhatDoesNotFitIsSaidBeforeTheFirstRun) {
  auto f = compile([](Tensor x) { return x * x.transpose(); }, {.name = "outer"});
  try {
    f.prepare(zeros({std::int64_t{1} << 22, 1}));
    FAIL() << "must throw";
  } catch (const OutOfMemory& e) {
    const std::string what = e.what();
    EXPECT_THAT(what, HasSubstr("program 'outer' needs "));
    EXPECT_THAT(what, HasSubstr("more on " + device().name()));
    EXPECT_THAT(what, HasSubstr("peak of the arena"));
    EXPECT_THAT(what, HasSubstr("batches of at most "));
  }
  EXPECT_EQ(f.traces(), 0u);
  EXPECT_EQ(f(ones({3, 1})).shape(), (Shape{3, 3}));
}

WEFT_ON_EVERY_DEVICE(MemoryPlanOn);

#ifdef WEFT_CUDA_EMULATED
TEST(EmulatedMemory, ADeviceThatIsTooSmallIsSaidToBe) {
  const DeviceScope on(Device::cuda());
  const Tensor x = zeros({1024, 256});  // 1 MiB
  auto f = compile([](Tensor v) { return relu(v); });
  emulator::set_memory_limit((std::size_t{5} << 20) / 2);
  EXPECT_THROW(f.prepare(x), OutOfMemory);
  EXPECT_EQ(f.traces(), 0u);
  emulator::set_memory_limit(std::size_t{16} << 20);
  EXPECT_NO_THROW(f.prepare(x));
  emulator::set_memory_limit(0);  // the default
  EXPECT_EQ(f(x).shape(), x.shape());
}
#endif

}  // namespace
}  // namespace weft::testing
