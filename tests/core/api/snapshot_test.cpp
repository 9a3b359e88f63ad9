// SPDX-License-Identifier: Apache-2.0
// A tensor never changes under its holder, whoever has its memory and whatever its variable does.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "core/device/block.h"
#include "tests/support/every_device.h"
#include "weft/compile.h"
#include "weft/elementwise.h"
#include "weft/flat_buffer.h"
#include "weft/ops.h"
#include "weft/random.h"
#include "weft/variable.h"

namespace weft::testing {
namespace {

using Values = std::vector<float>;

class SnapshotOn : public EveryDevice {
 protected:
  static constexpr std::int64_t kSize = 3;
  const Values zero = Values(kSize, 0), one = Values(kSize, 1);

  Values at(const void* pointer) const {
    Values out(kSize);
    const Stream stream = Stream::current(device());
    copy_bytes(out.data(), Device::cpu(), pointer, device(), out.size() * sizeof(float), stream);
    stream.synchronize();
    return out;
  }
  static void count_up(const Variable& v) {
    auto step = compile([&] { v.assign(v.value() + 1); });
    for (int i = 0; i < 3; ++i) step();
  }
};
WEFT_ON_EVERY_DEVICE(SnapshotOn);

TEST_P(SnapshotOn, ExportsKeepTheirBytes) {
  const Variable v(zeros({kSize}));
  const Tensor back = Tensor::from_dlpack(v.value().to_dlpack());
  const Tensor held = v.value();
  const void* const pointer = held.device_pointer();
  const Tensor borrowed = Tensor::borrow_device(pointer, {{kSize}, DType::kF32}, device());
  EXPECT_EQ(held.device_pointer(), pointer);
  v.assign(ones({kSize}));
  count_up(v);
  EXPECT_EQ(v.value().to_vector(), Values(kSize, 4));
  EXPECT_EQ(back.to_vector(), zero);
  EXPECT_EQ(held.to_vector(), zero);
  EXPECT_EQ(held.device_pointer(), pointer);
  EXPECT_EQ(at(pointer), zero);
  EXPECT_EQ(borrowed.to_vector(), zero);
}

TEST_P(SnapshotOn, ExportsOfFlatBuffersKeepTheirBytes) {
  const Variable a(zeros({kSize})), b(zeros({kSize}));
  const std::vector<Segment> segments = lay_out({a, b});
  const Tensor part = Tensor::from_dlpack(a.value().to_dlpack());
  const Tensor all = Tensor::from_dlpack(segments[0].flat.value().to_dlpack());
  a.assign(ones({kSize}));
  count_up(segments[0].flat);
  EXPECT_EQ(part.to_vector(), zero);
  EXPECT_EQ(all.to_vector(), Values(static_cast<std::size_t>(all.numel()), 0));
  EXPECT_EQ(a.value().to_vector(), Values(kSize, 4));
  EXPECT_EQ(b.value().to_vector(), Values(kSize, 3));
}

TEST_P(SnapshotOn, ViewsKeepTheirValues) {
  const Variable v(zeros({kSize}));
  const Tensor whole = v.value(), part = whole.slice(0, 0, 2), column = whole.reshape({kSize, 1});
  count_up(v);
  EXPECT_EQ(whole.to_vector(), zero);
  EXPECT_EQ(part.to_vector(), (Values{0, 0}));
  EXPECT_EQ(column.to_vector(), zero);
}

TEST_P(SnapshotOn, ACapturedValueIsAConstant) {
  const Variable v(zeros({kSize}));
  const Tensor before = v.value();
  auto f = compile([before](Tensor x) { return x + before; });
  EXPECT_EQ(f(ones({kSize})).to_vector(), one);
  count_up(v);
  EXPECT_EQ(f(ones({kSize})).to_vector(), one);
  f.seal();
  auto session = f.session();
  count_up(v);
  EXPECT_EQ(session(ones({kSize})).to_vector(), one);
}

TEST_P(SnapshotOn, AnArgumentMayBeAValueThatTheProgramAssigns) {
  const Variable v(zeros({kSize}));
  auto f = compile([&](Tensor x) {
    v.assign(v.value() + 1);
    return exp(x * 0.0) * x.sum() + x;  // reads all of x, and late
  });
  for (int i = 0; i < 3; ++i) {
    const Tensor before = v.value();
    const auto n = static_cast<float>(i);
    EXPECT_EQ(f(before).to_vector(), Values(kSize, (kSize + 1) * n));
    EXPECT_EQ(before.to_vector(), Values(kSize, n));
    EXPECT_EQ(f(v.value()).to_vector(), Values(kSize, (kSize + 1) * (n + 1)));
    v.assign(full({kSize}, n + 1));
  }
}

TEST_P(SnapshotOn, ResultsThatAreVariablesKeepTheirValues) {
  const Variable v(zeros({kSize}));
  auto f = compile([&] {
    const Tensor before = v.value();
    v.assign(before + 1);
    return std::pair(before, v.value());
  });
  const auto [first, second] = f();
  const auto [third, fourth] = f();
  v.assign(full({kSize}, 7.0f));
  EXPECT_EQ(first.to_vector(), zero);
  EXPECT_EQ(second.to_vector(), one);
  EXPECT_EQ(third.to_vector(), one);
  EXPECT_EQ(fourth.to_vector(), Values(kSize, 2));
}

TEST_P(SnapshotOn, VariablesOverBorrowedMemoryAreCopies) {
  Values memory = zero;
  const Variable v(Tensor::borrow(std::span<const float>(memory), {kSize}));
  const Tensor before = v.value();
  memory = one;
  EXPECT_EQ(v.value().to_vector(), zero);
  v.assign(Tensor::borrow(std::span<const float>(memory), {kSize}));
  memory = zero;
  EXPECT_EQ(v.value().to_vector(), one);
  EXPECT_EQ(before.to_vector(), zero);
}

TEST_P(SnapshotOn, TheStateOfAGeneratorIsAValue) {
  Generator generator(5);
  const GeneratorScope draws(generator);
  const Tensor before = generator.state().value();
  const Tensor exported = Tensor::from_dlpack(before.to_dlpack());
  uniform({2}).to_vector();
  const Tensor later = generator.state().value();
  auto f = compile([] { return uniform({2}); });
  f().to_vector();
  EXPECT_EQ(before.to_vector<std::int64_t>(), (std::vector<std::int64_t>{5, 0}));
  EXPECT_EQ(exported.to_vector<std::int64_t>(), (std::vector<std::int64_t>{5, 0}));
  EXPECT_EQ(later.to_vector<std::int64_t>(), (std::vector<std::int64_t>{5, 1}));
  EXPECT_EQ(generator.state().value().to_vector<std::int64_t>(), (std::vector<std::int64_t>{5, 2}));
}

TEST_P(SnapshotOn, ReadsInAnotherThreadSeeOneValue) {
  const Variable v(zeros({1 << 12}));
  for (int i = 0; i < 50; ++i) {
    const Tensor before = v.value();
    Values seen;
    std::thread reader([&, on = device()] {
      const DeviceScope scope(on);
      seen = before.to_vector();
    });
    v.assign(full({1 << 12}, static_cast<float>(i + 1)));
    reader.join();
    EXPECT_EQ(seen, Values(1 << 12, static_cast<float>(i)));
  }
}

}  // namespace
}  // namespace weft::testing
