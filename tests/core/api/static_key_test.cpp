// SPDX-License-Identifier: Apache-2.0
// Plain values that key a trace: two values are one key only if they are the same to the bit.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>

#include "weft/compile.h"
#include "weft/elementwise.h"
#include "weft/ops.h"

namespace weft::testing {
namespace {

// Runs a program once with each of two values; true if each had a trace of its own and gave what it should.
template <class T>
void expect_two_traces(const T& a, const T& b) {
  std::vector<T> seen;
  auto f = compile([&](Tensor x, Static<T> key) {
    seen.push_back(key.value);
    return x + static_cast<double>(seen.size());
  });
  const Tensor x = zeros({1});
  EXPECT_EQ(f(x, Static<T>{a}).item(), 1);
  EXPECT_EQ(f(x, Static<T>{b}).item(), 2);
  EXPECT_EQ(f(x, Static<T>{a}).item(), 1);
  EXPECT_EQ(f(x, Static<T>{b}).item(), 2);
  EXPECT_EQ(f.traces(), 2u);
}

TEST(StaticKeys, TellNumbersApart) {
  expect_two_traces(1e-8, 3e-7);
  expect_two_traces(1.0, std::nextafter(1.0, 2.0));
  expect_two_traces(1e-8f, 3e-8f);
  expect_two_traces(1e-30L, 2e-30L);
  expect_two_traces(1.0L, std::nextafter(1.0L, 2.0L));
  expect_two_traces(std::numeric_limits<long long>::max(), std::numeric_limits<long long>::max() - 1);
  expect_two_traces(0.0, -0.0);
  expect_two_traces('a', 'b');
}

TEST(StaticKeys, KnowEqualNumbersAgain) {
  auto f = compile([](Tensor x, Static<double> key) { return x + key.value; });
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(std::isnan(f(zeros({1}), Static<double>{kNaN}).item()));
  EXPECT_EQ(f.traces(), 1u);
}

enum class Mode { kFirst, kSecond };
struct Window {
  int height, width;
  bool operator==(const Window&) const = default;
};

TEST(StaticKeys, TakeTextsEnumsBoolsAndStructs) {
  using namespace std::string_literals;
  expect_two_traces(""s, "a"s);
  expect_two_traces("a\0b"s, "a\0c"s);
  expect_two_traces(std::string_view(), std::string_view("a"));
  expect_two_traces(Mode::kFirst, Mode::kSecond);
  expect_two_traces(false, true);
  expect_two_traces(Window{3, 3}, Window{3, 5});
}

TEST(StaticKeys, AnEmptyTextIsNoTensor) {
  auto f = compile([](Static<std::string> key, Tensor x) { return key.value.empty() ? x : -x; }, {.buckets = {{4}}});
  EXPECT_EQ(f(Static<std::string>{""}, ones({2})).to_vector(), (std::vector<float>{1, 1}));
  EXPECT_EQ(f(Static<std::string>{"minus"}, ones({2})).to_vector(), (std::vector<float>{-1, -1}));
  f.seal();
  auto session = f.session();
  EXPECT_EQ(session(Static<std::string>{""}, ones({2})).to_vector(), (std::vector<float>{1, 1}));
}

// Ops that run at once have their numbers for keys, too.
TEST(StaticKeys, OpsTellZerosApart) {
  EXPECT_GT((1.0 / full({1}, 0.0)).item(), 0);
  EXPECT_LT((1.0 / full({1}, -0.0)).item(), 0);
  EXPECT_GT((1.0 / full({1}, 0.0)).item(), 0);
}

// The check of buckets compares the numbers of two traces.
TEST(StaticKeys, BucketsTakeNaNAsANumber) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  auto f = compile([](Tensor x) { return where(x > 0.0, x, kNaN); }, {.buckets = {{4}}});
  const std::vector<float> got = f(Tensor::of<float>({1, -1}, {2})).to_vector();
  EXPECT_EQ(got[0], 1);
  EXPECT_TRUE(std::isnan(got[1]));
}

}  // namespace
}  // namespace weft::testing
