// SPDX-License-Identifier: Apache-2.0
// Bad data is thrown where its own results are read, and nowhere else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/every_device.h"
#include "weft/compile.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/ops.h"
#include "weft/variable.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;
using Values = std::vector<float>;

class DataFaultOn : public EveryDevice {
 protected:
  const Tensor table = arange(4, DType::kF32);
  static Tensor at(std::int64_t i) { return Tensor::of<std::int64_t>({i}, {1}); }
  Tensor picked(std::int64_t i) const { return take(table, at(i), 0); }
  static void expect_fault(const Tensor& t) { EXPECT_THROW(t.to_vector(), DataError); }
  static void expect_value(const Tensor& t, float value) { EXPECT_EQ(t.to_vector(), Values{value}); }
};
WEFT_ON_EVERY_DEVICE(DataFaultOn);

TEST_P(DataFaultOn, BelongsToTheSessionThatMetIt) {
  auto f = compile([this](Tensor i) { return take(table, i, 0) + 1.0; });
  f.prepare(at(0));
  f.seal();
  auto a = f.session(), b = f.session();
  const Tensor bad = a(at(9)), good = b(at(2));
  expect_value(good, 3);
  expect_fault(bad);
  expect_value(b(at(1)), 2);

  Values out(1);
  const std::array place{Out::borrow(std::span(out))};
  const Pending refused = a.async_into(place, at(7)), done = b.async_into(place, at(1));
  done.get();
  EXPECT_THROW(refused.get(), DataError);
}

TEST_P(DataFaultOn, BelongsToTheProgramThatMetIt) {
  auto f = compile([this](Tensor i) { return take(table, i, 0); });
  auto g = compile([this](Tensor i) { return take(table, i, 0) * 2.0; });
  const Tensor bad = f(at(9)), good = g(at(2));
  expect_value(good, 4);
  expect_fault(bad);
  expect_value(f(at(3)), 3);
}

TEST_P(DataFaultOn, GoesOnToWhatIsComputedFromIt) {
  auto twice = compile([](Tensor x) { return x * 2.0; });
  const Tensor sum = twice(picked(9) + 1.0);
  expect_value(twice(zeros({1})), 0);
  expect_fault(sum);
}

TEST_P(DataFaultOn, GoesOnThroughCapturesAndOtherDevices) {
  const Tensor bad = picked(9);
  auto f = compile([bad](Tensor x) { return x + bad; });
  const Tensor sum = f(ones({1})), host = picked(-1).to(Device::cpu());
  expect_fault(sum);
  expect_fault(host);
}

TEST_P(DataFaultOn, AVariableTellsOnceAndTrainingGoesOn) {
  const Variable v(zeros({1})), w(zeros({1}));
  auto step = compile([&](Tensor i) {
    v.assign(v.value() + take(table, i, 0));
    return v.value() * 1.0;
  });
  auto other = compile([&] {
    w.assign(w.value() + v.value());
    return w.value() * 1.0;
  });
  expect_value(step(at(3)), 3);
  step(at(9));  // nobody reads what it returns
  const Tensor later = step(at(1));
  expect_fault(other());
  expect_value(v.value(), 4);
  expect_value(step(at(1)), 5);
  v.assign(picked(8));
  expect_fault(v.value());
}

TEST_P(DataFaultOn, TextAndExportsAreReads) {
  const Tensor a = picked(9);
  EXPECT_THROW(static_cast<void>(a.text()), DataError);
  const Tensor b = picked(9);
  EXPECT_THROW(static_cast<void>(b.to_dlpack()), DataError);
}

// On the CPU a run is over when the call returns, so a fault is known for each run and each thread.
TEST(DataFaults, BelongToTheRunAndTheThread) {
  const DeviceScope scope(Device::cpu());
  const Tensor table = arange(4, DType::kF32);
  const auto pick = [&](std::int64_t i) { return take(table, Tensor::of<std::int64_t>({i}, {1}), 0); };
  const Tensor bad = pick(9), good = pick(2);
  EXPECT_EQ(good.item(), 2);
  for (int i = 0; i < 2; ++i) EXPECT_THROW(bad.to_vector(), DataError);
  auto f = compile([&](Tensor i) { return take(table, i, 0); });
  const Tensor first = f(Tensor::of<std::int64_t>({9}, {1})), second = f(Tensor::of<std::int64_t>({1}, {1}));
  EXPECT_EQ(second.item(), 1);
  EXPECT_THROW(first.to_vector(), DataError);

  int wrong = 0;
  std::thread faulty([&] {
    const DeviceScope on(Device::cpu());
    for (int i = 0; i < 2000; ++i) static_cast<void>(pick(9));
  });
  for (int i = 0; i < 2000; ++i) {
    try {
      wrong += pick(3).item() != 3;
    } catch (const DataError&) {
      ++wrong;
    }
  }
  faulty.join();
  EXPECT_EQ(wrong, 0);
}

TEST_P(DataFaultOn, NamesOpValueAndPlace) {
  const Tensor words = Tensor::of<std::int64_t>({0, 1, 2, 3, 4, 0}, {3, 2});
  const Tensor bad = take(table, words, 0);
  try {
    bad.to_vector();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const DataError& e) {
    EXPECT_EQ(e.op, "take");
    EXPECT_THAT(e.what(), HasSubstr("index 4 in row 2, column 0 is outside [0, 4); indices start at 0"));
  }
}

}  // namespace
}  // namespace weft::testing
