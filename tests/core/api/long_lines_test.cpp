// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "tests/support/every_device.h"
#include "weft/compile.h"
#include "weft/ops.h"
#include "weft/random.h"
#include "weft/statistics.h"

// Lines so long that several threads sort them, against the standard library.
namespace weft::testing {
namespace {

class LongLinesOn : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(LongLinesOn);

using Places = std::vector<std::int64_t>;

// Places in order; NaN stands last.
template <class T>
Places places_in_order(const std::vector<T>& x) {
  Places places(x.size());
  std::iota(places.begin(), places.end(), 0);
  std::stable_sort(places.begin(), places.end(), [&](std::int64_t a, std::int64_t b) {
    const T left = x[static_cast<std::size_t>(a)], right = x[static_cast<std::size_t>(b)];
    if constexpr (std::is_floating_point_v<T>)
      if (std::isnan(left) || std::isnan(right)) return !std::isnan(left) && std::isnan(right);
    return left < right;
  });
  return places;
}

TEST_P(LongLinesOn, FloatsKeepTheOrderOfEqualOnes) {
  for (const std::int64_t n : {65535, 65536, 100003}) {
    std::vector<float> x = randn({n}).to_vector();
    for (std::size_t i = 0; i < x.size(); i += 3) x[i] = std::floor(4 * x[i]);  // zeros of both signs among them
    for (std::size_t i = 7; i < x.size(); i += 1001) x[i] = std::nanf("");
    const auto [values, places] = sort(Tensor::of(std::span<const float>(x), {n}));
    EXPECT_EQ(places.to_vector<std::int64_t>(), places_in_order(x)) << n;
    const std::int64_t rank = (n - 1) / 2;
    EXPECT_TRUE(std::isnan(median(Tensor::of(std::span<const float>(x), {n})).item()));
    std::replace_if(
        x.begin(), x.end(), [](float v) { return std::isnan(v); }, -1.0f);
    const Places order = places_in_order(x);
    EXPECT_EQ(median(Tensor::of(std::span<const float>(x), {n})).item<float>(),
              x[static_cast<std::size_t>(order[static_cast<std::size_t>(rank)])]);
  }
}

TEST_P(LongLinesOn, WholeNumbersWithAndWithoutTheirPlaces) {
  for (const DType dtype : {DType::kI64, DType::kI32, DType::kU8}) {
    const Tensor x = (randn({70001}, DType::kF64) * 1e9).to(dtype);
    const Places given = x.to(DType::kI64).to_vector<std::int64_t>(), order = places_in_order(given);
    Places wanted(given.size()), reversed;
    std::transform(order.begin(), order.end(), wanted.begin(),
                   [&](std::int64_t i) { return given[static_cast<std::size_t>(i)]; });
    auto values = compile([](Tensor t) { return sort(t).first; });
    EXPECT_EQ(values(x).to(DType::kI64).to_vector<std::int64_t>(), wanted);
    EXPECT_EQ(sort(x).second.to_vector<std::int64_t>(), order);
    reversed.assign(wanted.rbegin(), wanted.rend());
    auto down = compile([](Tensor t) { return sort(t, 0, true).first; });
    EXPECT_EQ(down(x).to(DType::kI64).to_vector<std::int64_t>(), reversed);
  }
}

TEST_P(LongLinesOn, SharedKeysAreOnePart) {
  const Tensor equal = ones({80000}, DType::kF64);
  EXPECT_EQ(sort(equal).second.to_vector<std::int64_t>(), arange(80000).to_vector<std::int64_t>());
  EXPECT_EQ(unique(equal).values.numel(), 1);
  const Tensor two = remainder(arange(80000), 2);
  const Unique found = unique(two);
  EXPECT_EQ(found.counts.to_vector<std::int64_t>(), (Places{40000, 40000}));
}

TEST_P(LongLinesOn, PermutationsHaveEachNumberOnce) {
  for (const std::int64_t n : {0, 1, 1000, 70000, (1 << 20) + 1}) {
    Places numbers = randperm(n).to_vector<std::int64_t>();
    EXPECT_EQ(std::is_sorted(numbers.begin(), numbers.end()), n < 2) << n;
    std::sort(numbers.begin(), numbers.end());
    EXPECT_EQ(numbers, arange(n).to_vector<std::int64_t>());
  }
}

}  // namespace
}  // namespace weft::testing
