// SPDX-License-Identifier: Apache-2.0
// Attributes of a user's op are one constant where their bits are.
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "weft/compile.h"
#include "weft/custom_op.h"
#include "weft/ops.h"

namespace weft::testing {
namespace {

// Padding stands between the members.
struct Marked {
  bool flag = false;
  double value = 0;
  float narrow = 0;
  bool operator==(const Marked&) const = default;
};

int runs = 0;

// x copied, and 1 / value in its place.
OpRule<Marked> inverse(const std::string& name) {
  OpRule<Marked> rule;
  rule.name = name;
  rule.shape = [](std::span<const TensorSpec> in, const Marked&) { return std::vector<TensorSpec>{in[0]}; };
  rule.cpu = [](const Call& call, const Marked& marked) {
    ++runs;
    *static_cast<float*>(call.outputs[0].data) = static_cast<float>(1 / marked.value) + 1 / marked.narrow;
  };
  return rule;
}

const Op<Marked>& op() {
  static const Op<Marked> registered(inverse("attributes_test::inverse"));
  return registered;
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

float eager(const Marked& marked) { return op()({Tensor::of<float>({1}, {1})}, marked).item(); }

TEST(CustomOpAttributes, SignedZerosAreTwo) {
  const DeviceScope on(Device::cpu());
  EXPECT_EQ(eager({.value = 0.0, .narrow = 1}), INFINITY);
  EXPECT_EQ(eager({.value = -0.0, .narrow = 1}), -INFINITY);
  EXPECT_EQ(eager({.value = 1, .narrow = -0.0f}), -INFINITY);
  EXPECT_EQ(eager({.value = 1, .narrow = 0.0f}), INFINITY);
  auto both = compile([](Tensor x) {
    return std::vector<Tensor>{op()({x}, {.value = 0.0, .narrow = 1}), op()({x}, {.value = -0.0, .narrow = 1})};
  });
  const std::vector<Tensor> y = both(ones({1}));
  EXPECT_EQ(y[0].item(), INFINITY);
  EXPECT_EQ(y[1].item(), -INFINITY);
}

TEST(CustomOpAttributes, EqualBitsAreOne) {
  const DeviceScope on(Device::cpu());
  for (const Marked& marked : {Marked{true, kNan, 1}, Marked{true, 2, 1}, Marked{false, -0.0, -0.0f}}) {
    auto twice = compile([&](Tensor x) { return op()({x}, marked) + op()({x}, marked); });
    twice.prepare(ones({1}));
    runs = 0;
    twice(ones({1}));
    EXPECT_EQ(runs, 1) << marked.value;
  }
}

TEST(CustomOpAttributes, PaddingHasNoPart) {
  const auto filled = [](unsigned char padding, double value) {
    std::vector<std::byte> bytes(sizeof(Marked), std::byte{padding});
    bytes[offsetof(Marked, flag)] = std::byte{1};
    std::memcpy(bytes.data() + offsetof(Marked, value), &value, sizeof value);
    std::memset(bytes.data() + offsetof(Marked, narrow), 0, sizeof(float));
    return bytes;
  };
  EXPECT_TRUE(detail::same_value(filled(1, 2.0), filled(2, 2.0), true));
  EXPECT_FALSE(detail::same_value(filled(1, 0.0), filled(2, -0.0), true));
  EXPECT_FALSE(detail::same_value(filled(1, 2.0), filled(1, 3.0), false));
  EXPECT_TRUE(detail::same_value(filled(1, kNan), filled(1, kNan), false));
}

}  // namespace
}  // namespace weft::testing
