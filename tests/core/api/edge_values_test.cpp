// SPDX-License-Identifier: Apache-2.0
// Values at the edges of numbers: zeros with a sign, NaN, no elements, sizes that no memory holds, integers that wrap.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>

#include "tests/support/every_device.h"
#include "weft/compile.h"
#include "weft/error.h"
#include "weft/gradients.h"
#include "weft/ops.h"
#include "weft/variable.h"

namespace weft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max(),
                       kLeast = std::numeric_limits<std::int64_t>::min();

template <class E>
std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const E& e) {
    return e.what();
  }
  return "nothing was thrown";
}

Tensor bytes(std::initializer_list<std::uint8_t> values) {
  return Tensor::of<std::uint8_t>(values, {static_cast<std::int64_t>(values.size())});
}

class EdgeValuesOn : public EveryDevice {};

TEST_P(EdgeValuesOn, ZerosKeepTheirSign) {
  for (const DType dtype : {DType::kF32, DType::kF64, DType::kBF16, DType::kF16}) {
    EXPECT_EQ((1.0 / full({1}, 0.0, dtype)).item(), INFINITY) << name_of(dtype);
    EXPECT_EQ((1.0 / full({1}, -0.0, dtype)).item(), -INFINITY) << name_of(dtype);
    const Tensor x = ones({1}, dtype);
    EXPECT_EQ((x / 0.0).item(), INFINITY) << name_of(dtype);
    EXPECT_EQ((x / -0.0).item(), -INFINITY) << name_of(dtype);
  }
  auto both = compile([](Tensor x) { return stack({x / full({}, 0.0), x / full({}, -0.0)}); });
  EXPECT_THAT(both(ones({1})).to_vector(), ElementsAre(INFINITY, -INFINITY));
}

TEST_P(EdgeValuesOn, IntegersWrapAround) {
  const Tensor most = full({2}, kMost, DType::kI64), least = full({2}, kLeast, DType::kI64);
  EXPECT_THAT((most + 1).to_vector<std::int64_t>(), ElementsAre(kLeast, kLeast));
  EXPECT_THAT((least - 1).to_vector<std::int64_t>(), ElementsAre(kMost, kMost));
  EXPECT_THAT((most * 2).to_vector<std::int64_t>(), ElementsAre(-2, -2));
  EXPECT_THAT(square(most).to_vector<std::int64_t>(), ElementsAre(1, 1));
  EXPECT_THAT((-least).to_vector<std::int64_t>(), ElementsAre(kLeast, kLeast));
  EXPECT_THAT(abs(least).to_vector<std::int64_t>(), ElementsAre(kLeast, kLeast));
  EXPECT_THAT(fma(most, most, most).to_vector<std::int64_t>(), ElementsAre(kLeast, kLeast));
  EXPECT_EQ(most.sum().item<std::int64_t>(), -2);
  EXPECT_EQ(prod(most).item<std::int64_t>(), 1);
  EXPECT_EQ(cumsum(most).slice(0, 1, 2).item<std::int64_t>(), -2);
  auto fused = compile([](Tensor x) { return (x + 1) * x - square(x); });
  EXPECT_THAT(fused(most).to_vector<std::int64_t>(), ElementsAre(kMost, kMost));
}

TEST_P(EdgeValuesOn, IntegersHaveIntegerPowers) {
  const Tensor x = Tensor::of<std::int64_t>({3, -2, 0, 1}, {4});
  EXPECT_EQ(pow(x, 2).dtype(), DType::kI64);
  EXPECT_THAT(pow(x, 39).to_vector<std::int64_t>(), ElementsAre(4052555153018976267, -(1ll << 39), 0, 1));
  EXPECT_THAT(pow(x, 0).to_vector<std::int64_t>(), ElementsAre(1, 1, 1, 1));
  EXPECT_THAT(pow(x, Tensor::of<std::int64_t>({-1}, {1})).to_vector<std::int64_t>(), ElementsAre(0, 0, 0, 1));
  EXPECT_THAT(pow(2, x).to_vector<std::int64_t>(), ElementsAre(8, 0, 1, 2));
  EXPECT_THAT(pow(bytes({3, 16}), 2).to_vector<std::int64_t>(), ElementsAre(9, 0));
  EXPECT_EQ(pow(x, 0.5).dtype(), DType::kF32);
  EXPECT_EQ(pow(x, ones({4})).dtype(), DType::kF32);
  EXPECT_THAT(message_of<ValueError>([&] { pow(x, -1); }), HasSubstr("[pow] the base is i64(4,), the exponent -1"));
  auto fused = compile([](Tensor a) { return pow(a, 3) + 1; });
  EXPECT_THAT(fused(x).to_vector<std::int64_t>(), ElementsAre(28, -7, 1, 2));
}

TEST_P(EdgeValuesOn, IntegersDivideTowardsMinusInfinity) {
  const Tensor x = Tensor::of<std::int64_t>({7, -7, 6, 0, kLeast}, {5});
  EXPECT_EQ(floor_divide(x, 3).dtype(), DType::kI64);
  EXPECT_THAT(floor_divide(x, 3).to_vector<std::int64_t>(), ElementsAre(2, -3, 2, 0, kLeast / 3 - 1));
  EXPECT_THAT(remainder(x, 3).to_vector<std::int64_t>(), ElementsAre(1, 2, 0, 0, 1));
  EXPECT_THAT(remainder(x, -3).to_vector<std::int64_t>(), ElementsAre(-2, -1, 0, 0, -2));
  EXPECT_THAT(floor_divide(x, -1).to_vector<std::int64_t>(), ElementsAre(-7, 7, -6, 0, kLeast));
  EXPECT_THAT(remainder(x, -1).to_vector<std::int64_t>(), ElementsAre(0, 0, 0, 0, 0));
  EXPECT_THAT(floor_divide(bytes({7, 200}), 3).to_vector<std::int64_t>(), ElementsAre(2, 66));
  EXPECT_EQ(remainder(x, 2.5).dtype(), DType::kF32);
  EXPECT_THAT(remainder(8, Tensor::of<std::int64_t>({3, -3}, {2})).to_vector<std::int64_t>(), ElementsAre(2, -1));
}

TEST_P(EdgeValuesOn, IntegersByZeroGiveZeroOrAnError) {
  const Tensor x = Tensor::of<std::int64_t>({7, kLeast}, {2}), none = zeros({2}, DType::kI64);
  EXPECT_THAT(floor_divide(x, none).to_vector<std::int64_t>(), ElementsAre(0, 0));
  EXPECT_THAT(remainder(x, none).to_vector<std::int64_t>(), ElementsAre(0, 0));
  EXPECT_THAT(message_of<ValueError>([&] { remainder(x, 0); }),
              HasSubstr("[remainder] the dividend is i64(2,), the divisor 0"));
  EXPECT_THAT(message_of<ValueError>([&] { floor_divide(x, 0); }), HasSubstr("integers have no quotient by 0"));
  EXPECT_THROW(remainder(x.to(DType::kBool), x.to(DType::kBool)), DTypeError);
  const Tensor real = Tensor::of<float>({7, -7, 0}, {3});
  EXPECT_THAT(floor_divide(real, 0.0).slice(0, 0, 2).to_vector<float>(), ElementsAre(INFINITY, -INFINITY));
  for (const float value : remainder(real, 0.0).to_vector<float>()) EXPECT_TRUE(std::isnan(value));
}

// x - floor(x / y) y would be 64 and -0.06 here, because the quotient is rounded.
TEST_P(EdgeValuesOn, RemaindersHaveNoRoundingOfTheQuotient) {
  const Tensor x = Tensor::of<float>({1e9f, 1e8f}, {2}), y = Tensor::of<float>({7, 0.7f}, {2});
  const std::vector<float> rest = remainder(x, y).to_vector<float>();
  EXPECT_EQ(rest[0], std::fmod(1e9, 7.0));
  EXPECT_EQ(rest[1], static_cast<float>(std::fmod(1e8, static_cast<double>(0.7f))));
}

// Some exponents have operations of their own; the tensor of exponents takes the general power.
TEST_P(EdgeValuesOn, PowersByANumberAreThoseByATensor) {
  for (const DType dtype : {DType::kF32, DType::kF64, DType::kBF16, DType::kF16}) {
    const Tensor x = Tensor::of<float>({0.25f, 0.5f, 1, 1.5f, 3, 7}, {6}).to(dtype);
    for (const double exponent : {0.5, -0.5, 1.0, 2.0, 3.0, -1.0, -2.0, 2.5, 0.0}) {
      const auto by_number = [&](const Tensor& a) { return pow(a, exponent); };
      const auto by_tensor = [&](const Tensor& a) { return pow(a, full({6}, exponent, dtype)); };
      EXPECT_EQ(by_number(x).dtype(), dtype);
      const double tolerance = dtype == DType::kF64 ? 1e-14 : dtype == DType::kF32 ? 5e-7 : 1e-2;
      for (const bool slope : {false, true}) {
        const auto of = [&](const auto& power) {
          auto f = compile([&](Tensor a) { return slope ? gradients(power(a).sum(), a) : power(a); });
          return f(x).template to_vector<double>();
        };
        const std::vector<double> got = of(by_number), wanted = of(by_tensor);
        for (std::size_t i = 0; i < got.size(); ++i)
          EXPECT_NEAR(got[i], wanted[i], tolerance * std::abs(wanted[i]))
              << name_of(dtype) << ", exponent " << exponent << ", slope " << slope;
      }
    }
  }
  EXPECT_EQ(pow(Tensor::of<std::int32_t>({3}, {1}), 3).to_vector<std::int32_t>(), std::vector<std::int32_t>{27});
}

TEST_P(EdgeValuesOn, NumbersBeyondTheTensorsIntegers) {
  const Tensor x = bytes({0, 200, 255});
  const std::vector<int> all{1, 1, 1}, none{0, 0, 0};
  const auto ints = [](const Tensor& t) { return t.to_vector<std::int32_t>(); };
  EXPECT_EQ(ints(x < 300), all);
  EXPECT_EQ(ints(x <= 300), all);
  EXPECT_EQ(ints(x > -1), all);
  EXPECT_EQ(ints(not_equal(x, 300)), all);
  EXPECT_EQ(ints(equal(x, 300)), none);
  EXPECT_EQ(ints(equal(x, -1)), none);
  EXPECT_EQ(ints(300 > x), all);
  EXPECT_EQ(ints(-1 >= x), none);
  EXPECT_EQ(ints(x + 300), (std::vector<int>{44, 244, 43}));
  EXPECT_EQ(ints(x * -1), (std::vector<int>{0, 56, 1}));
  EXPECT_EQ(ints(-1 - x), (std::vector<int>{255, 55, 0}));
  EXPECT_EQ(ints(maximum(x, -1)), ints(x));
  EXPECT_EQ(ints(minimum(x, 300)), ints(x));
  EXPECT_EQ(ints(clamp(x, -5, 300)), ints(x));
  EXPECT_EQ((x + 300).dtype(), DType::kU8);
  EXPECT_EQ(ints(full({3}, 5, DType::kI32) < (1ll << 40)), all);
  EXPECT_EQ(ints(full({3}, 5, DType::kI32) + (1ll << 32)), (std::vector<int>{5, 5, 5}));
  const Tensor i = full({3}, kMost, DType::kI64);
  EXPECT_EQ(ints(i < SIZE_MAX), all);
  EXPECT_EQ(ints(i >= SIZE_MAX), none);
  EXPECT_EQ(ints(equal(i, std::uint64_t{1} << 63)), none);
  EXPECT_THAT(message_of<ValueError>([&] { i + SIZE_MAX; }), HasSubstr("[add]"));
  EXPECT_THAT(message_of<ValueError>([&] { full({1}, SIZE_MAX, DType::kI64); }), HasSubstr("[full]"));
  EXPECT_THAT(message_of<ValueError>([&] { full({1}, 300, DType::kU8); }), HasSubstr("[full]"));
  EXPECT_EQ((ones({1}) * SIZE_MAX).item(), 18446744073709551616.0f);
  auto program = compile([](Tensor n) { return n + 1; });
  EXPECT_THAT(message_of<ValueError>([&] { program(SIZE_MAX); }), HasSubstr("[call] an argument is 1.84467e+19"));
  // A bool tensor becomes i64 beside an integer.
  EXPECT_EQ(ints(equal(x, 0) + 2), (std::vector<int>{3, 2, 2}));
}

TEST_P(EdgeValuesOn, OneHotRowsHaveOneOne) {
  const Tensor hot = one_hot(bytes({0, 255}), 257);
  EXPECT_THAT(hot.sum({1}).to_vector(), ElementsAre(1, 1));
  EXPECT_THAT(hot.argmax(1).to_vector<std::int64_t>(), ElementsAre(0, 255));
  EXPECT_THAT(one_hot(Tensor::of<std::int32_t>({1}, {1}), 2, DType::kBool).to_vector(), ElementsAre(0, 1));
  EXPECT_EQ(one_hot(zeros({0}, DType::kI64), 3).shape(), (Shape{0, 3}));
  for (const std::int64_t outside : {-1, 3, 1000})
    EXPECT_THROW(one_hot(full({1}, outside, DType::kI64), 3).to_vector(), DataError) << outside;
  EXPECT_THAT(message_of<DTypeError>([] { one_hot(zeros({2}), 3); }), HasSubstr("[one_hot] index is f32(2,)"));
}

TEST_P(EdgeValuesOn, RunningSumsWidenAsSumsDo) {
  EXPECT_EQ(cumsum(bytes({255, 1})).dtype(), DType::kI64);
  EXPECT_THAT(cumsum(bytes({255, 1})).to_vector<std::int64_t>(), ElementsAre(255, 256));
  EXPECT_THAT(cumsum(full({2}, kMost >> 32, DType::kI32)).to_vector<std::int64_t>(),
              ElementsAre(kMost >> 32, 2 * (kMost >> 32)));
  EXPECT_THAT(cumsum(equal(bytes({0, 1, 0}), 0), 0, true).to_vector<std::int64_t>(), ElementsAre(2, 1, 1));
}

TEST_P(EdgeValuesOn, NoElements) {
  for (const DType dtype :
       {DType::kF32, DType::kF64, DType::kBF16, DType::kF16, DType::kI32, DType::kI64, DType::kU8, DType::kBool}) {
    SCOPED_TRACE(name_of(dtype));
    const Tensor none = zeros({0}, dtype), rows = zeros({2, 0, 3}, dtype);
    EXPECT_EQ(any(none).item<bool>(), false);
    EXPECT_EQ(all(none).item<bool>(), true);
    EXPECT_EQ(any(rows, {1}, true).shape(), (Shape{2, 1, 3}));
    EXPECT_THAT(all(rows, {1}).to_vector(), ::testing::Each(1));
    EXPECT_EQ(any(rows, {0}).shape(), (Shape{0, 3}));
    EXPECT_EQ(sum(none).item(), 0);
    EXPECT_EQ(prod(none).item(), 1);
    EXPECT_THAT(sum(rows, {1}).to_vector(), ::testing::Each(0));
    EXPECT_THAT(prod(rows, {1}).to_vector(), ::testing::Each(1));
    EXPECT_THAT(message_of<ShapeError>([&] { max(none); }), HasSubstr("[max] input is (0,); no elements have no max"));
    EXPECT_THAT(message_of<ShapeError>([&] { min(rows, {1}); }), HasSubstr("no elements have no min"));
    EXPECT_THAT(message_of<ShapeError>([&] { argmax(none); }), HasSubstr("no elements have no argmax"));
    EXPECT_EQ(max(rows, {0}).shape(), (Shape{0, 3}));
    EXPECT_EQ(sort(rows, 1).first.shape(), (Shape{2, 0, 3}));
    EXPECT_EQ(topk(rows, 0, 1).second.shape(), (Shape{2, 0, 3}));
    EXPECT_EQ(cumsum(rows, 1).shape(), (Shape{2, 0, 3}));
    EXPECT_EQ(unique(none).values.shape(), Shape{0});
    EXPECT_EQ(mean(none).numel(), 1);
    EXPECT_TRUE(std::isnan(mean(none).item()));
  }
  EXPECT_EQ(logsumexp(zeros({0})).item(), -INFINITY);
  EXPECT_TRUE(std::isnan(variance(zeros({0})).item()));
}

TEST_P(EdgeValuesOn, SizesThatNoMemoryHolds) {
  const std::int64_t big = std::int64_t{1} << 31, huge = std::int64_t{1} << 32;
  const std::vector<std::pair<const char*, std::function<void()>>> calls{
      {"[full]",
       [&] {
         zeros({big, big});
       }},
      {"[full]",
       [&] {
         full({huge, huge}, 1.0, DType::kU8);
       }},
      {"[full]",
       [&] {
         zeros({0, kMost, 4});
       }},
      {"[broadcast_to]",
       [&] {
         broadcast_to(ones({1, 1}), {big, big}).sum();
       }},
      {"[of]",
       [&] {
         Tensor::of<float>({}, {huge, huge});
       }},
      {"[of]",
       [&] {
         Tensor::of<float>({1.0f}, {-1, -1});
       }},
      {"[borrow]",
       [&] {
         Tensor::borrow(std::span<const float>(), {huge, huge});
       }},
      {"[borrow_device]",
       [&] {
         Tensor::borrow_device(nullptr, {{huge, huge}, DType::kF32}, Device::cpu());
       }},
      {"[arange]", [] { arange(std::int64_t{1} << 61); }},
      {"[shape]",
       [&] {
         ones({1}).reshape({huge, huge, -1});
       }},
      {"[shape]",
       [&] {
         ones({1}).reshape({huge, huge});
       }},
      {"[add]",
       [&] {
         zeros({0, huge, 1}) + zeros({0, 1, huge});
       }},
      {"[pad]", [] { pad(ones({1}), {kMost}, {1}); }},
      {"[pad]", [] { pad(ones({2}), {0}, {0}, {kMost}); }},
      {"[pad]", [] { pad(ones({1}), {0}, {0}, {kMost}); }},
      {"[pad]", [] { pad(ones({3}), {0}, {0}, {kMost / 2}); }},
      {"[concat]",
       [] {
         concat({zeros({kMost, 0}, DType::kU8), zeros({1, 0}, DType::kU8)});
       }},
      {"[slice]", [] { ones({3}).slice(0, 1, kMost); }},
      {"[slice]", [] { ones({3}).slice(0, kLeast, 2); }},
      {"[column]", [] { ones({3}).column(kMost); }},
      {"[column]", [] { ones({3}).column(kLeast); }},
  };
  for (const auto& [op, call] : calls) EXPECT_THAT(message_of<ShapeError>(call), HasSubstr(op));
  EXPECT_THAT(ones({3}).slice(0, 0, 3, kMost).to_vector(), ElementsAre(1));
  EXPECT_THAT(split(ones({3}), kMost)[0].to_vector(), ElementsAre(1, 1, 1));
  auto program = compile([&](Tensor x) { return broadcast_to(x, {big, big}).sum(); });
  EXPECT_THAT(message_of<ShapeError>([&] { program(ones({1, 1})); }), HasSubstr("[broadcast_to]"));
}

TEST_P(EdgeValuesOn, SingleNumbersDoNotWiden) {
  const DType f32 = DType::kF32, f64 = DType::kF64, f16 = DType::kF16, bf16 = DType::kBF16;
  const DType i32 = DType::kI32, i64 = DType::kI64, u8 = DType::kU8, boolean = DType::kBool;
  struct Row {
    DType with_axes, single, result;
  };
  // torch.result_type(torch.ones(2, dtype=a), torch.ones((), dtype=b))
  const std::vector<Row> rows{{f32, f64, f32},     {f16, f64, f16},     {bf16, f32, bf16},   {f16, bf16, f16},
                              {f64, f32, f64},     {i32, i64, i32},     {u8, i64, u8},       {i64, u8, i64},
                              {i64, f16, f16},     {u8, f64, f64},      {i32, f32, f32},     {f32, i64, f32},
                              {boolean, i64, i64}, {boolean, f16, f16}, {f16, boolean, f16}, {u8, boolean, u8}};
  for (const Row& row : rows) {
    SCOPED_TRACE(std::string(name_of(row.with_axes)) + " with " + std::string(name_of(row.single)));
    const Tensor x = ones({2}, row.with_axes), s = ones({}, row.single), c = equal(ones({2}), 1);
    const auto check = [&](const Tensor& a, const Tensor& b) {
      const std::vector<DType> out{where(c, a, b).dtype(), maximum(a, b).dtype(), (a * b).dtype(),
                                   clamp(a, b, b).dtype(), fma(a, b, b).dtype()};
      EXPECT_THAT(out, ::testing::Each(row.result));
      EXPECT_EQ((a / b).dtype(), is_floating(row.result) ? row.result : f32);
      EXPECT_EQ(equal(a, b).dtype(), boolean);
    };
    check(x, s);
    check(s, x);
    auto traced = compile([](Tensor a, Tensor b) { return where(equal(a, a), a, b); });
    EXPECT_EQ(traced(x, s).dtype(), row.result);
    EXPECT_EQ(traced(s, x).dtype(), row.result);
  }
  EXPECT_EQ((ones({}, f32) * ones({}, f64)).dtype(), f64);
  EXPECT_EQ((ones({1}, f32) * ones({1}, f64)).dtype(), f64);
  // Compared in the dtype of the tensor with axes, as PyTorch does: 0.1 rounded to f32.
  EXPECT_EQ(equal(full({1}, 0.1, f32), full({}, 0.1, f64)).item<bool>(), true);
}

TEST_P(EdgeValuesOn, ANumberGivenToAProgramDoesNotWiden) {
  Parameter p(ones({2}));
  auto step = compile([&](Tensor rate) {
    const Tensor loss = square(p.value()).sum();
    p.assign(p - rate * gradients(loss, Parameters{{"p", p}})[p]);
    return loss * rate;
  });
  step(0.25);
  EXPECT_THAT(p.value().to_vector(), ElementsAre(0.5f, 0.5f));
}

WEFT_ON_EVERY_DEVICE(EdgeValuesOn);

}  // namespace
}  // namespace weft::testing
