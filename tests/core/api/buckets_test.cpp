// SPDX-License-Identifier: Apache-2.0
// Programs for any number of rows: what they accept is right for every number of rows, and what mixes rows is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "weft/compile.h"
#include "weft/custom_op.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/ops.h"
#include "weft/tensor.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;
using Function = std::function<Tensor(Tensor)>;

constexpr std::int64_t kBucket = 8;

// Column counts are those of the bucket wherever a size could be taken for rows.
Tensor batch(std::int64_t rows) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < rows * kBucket; ++i) values.push_back(static_cast<float>((i * 7 + 3) % 11) / 3 - 1);
  return Tensor::of(values, {rows, kBucket});
}

Tensor weights(const Shape& shape) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < shape.numel(); ++i) values.push_back(static_cast<float>((i * 5 + 1) % 7) / 4 - 0.5f);
  return Tensor::of(values, shape);
}

std::string refusal(Function f) {
  auto program = compile(std::move(f), {.name = "mix", .buckets = {{kBucket}}});
  try {
    program(batch(5));
  } catch (const ValueError& e) {
    return e.what();
  }
  return "it was accepted";
}

void expect_rows(const std::string& what, const Function& f) {
  auto plain = compile(f), program = compile(f, {.buckets = {{kBucket}}});
  for (const std::int64_t rows : {1, 5, 8}) {
    const Tensor want = plain(batch(rows)), got = program(batch(rows));
    ASSERT_EQ(got.shape(), want.shape()) << what;
    const std::vector<float> a = got.to_vector(), b = want.to_vector();
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5) << what << " of " << rows << " rows";
  }
}

// A first class or word of each row.
Tensor places(const Tensor& x) { return argmax(x, 1); }

TEST(Buckets, KeepRowsApart) {
  const Tensor table = weights({kBucket, 3}), square = weights({kBucket, kBucket}), bias = weights({kBucket});
  expect_rows("a layer", [=](Tensor x) { return relu(matmul(x, square) + bias); });
  expect_rows("an embedding", [=](Tensor x) { return take(table, places(x), 0); });
  expect_rows("a choice of columns", [=](Tensor x) { return gather(x, places(x).reshape({-1, 1}), 1); });
  expect_rows("a mask", [](Tensor x) { return where(x > 0.0, x, zeros_like(x)); });
  expect_rows("softmax and its sum", [](Tensor x) { return (softmax(x, 1) * x).sum({1}); });
  expect_rows("a batch of products", [](Tensor x) {
    const Tensor column = x.reshape({x.shape()[0], kBucket, 1});
    return matmul(column, column.transpose(1, 2)).reshape({x.shape()[0], kBucket * kBucket});
  });
  expect_rows("columns side by side", [](Tensor x) { return concat({x, x.slice(1, 0, 3), full_like(x, 2.0)}, 1); });
  expect_rows("sorted columns", [](Tensor x) { return sort(x, 1).first; });
}

TEST(Buckets, RefuseWhatMovesOrMixesRows) {
  const auto mixes = HasSubstr("mixes the rows");
  const Tensor cube = weights({kBucket, kBucket, 4}), column = weights({kBucket, 1});
  EXPECT_THAT(refusal([](Tensor x) { return x.transpose(); }), HasSubstr("op 'transpose' mixes the rows"));
  EXPECT_THAT(refusal([](Tensor x) { return x.transpose(0, 1) + 1.0; }), HasSubstr("op 'transpose' mixes the rows"));
  EXPECT_THAT(refusal([](Tensor x) { return flip(x, {0}); }), mixes);
  EXPECT_THAT(refusal([](Tensor x) { return sort(x, 0).first; }), mixes);
  EXPECT_THAT(refusal([](Tensor x) { return cumsum(x, 0); }), mixes);
  EXPECT_THAT(refusal([](Tensor x) { return concat({x, x}, 0).slice(0, 0, kBucket); }), mixes);
  EXPECT_THAT(refusal([](Tensor x) { return x.reshape({4, 2 * kBucket}).reshape({kBucket, kBucket}); }), mixes);
  EXPECT_THAT(refusal([](Tensor x) { return take(x, places(x), 0); }), HasSubstr("op 'take' mixes the rows"));
  EXPECT_THAT(refusal([](Tensor x) { return take(x, places(x), 1); }), HasSubstr("op 'take' mixes the rows"));
  EXPECT_THAT(refusal([](Tensor x) { return index_add(x, places(x), x, 0); }), mixes);
  EXPECT_THAT(refusal([](Tensor x) { return x + x.sum({1}); }), HasSubstr("op 'add' mixes the rows"));
  EXPECT_THAT(refusal([=](Tensor x) { return matmul(x, cube); }), HasSubstr("op 'matmul' mixes the rows"));
  EXPECT_THAT(refusal([=](Tensor x) { return x + column; }), HasSubstr("op 'add' mixes the rows"));
  EXPECT_THAT(refusal([](Tensor x) { return x - x.mean({0}, true); }), mixes);
}

// A size of 8 looks like rows in a bucket of 8, and is no row axis for 7 rows.
TEST(Buckets, RefuseSizesThatHappenToMatch) {
  EXPECT_THAT(refusal([](Tensor x) { return x.reshape({kBucket, -1}); }), HasSubstr("mixes the rows"));
  EXPECT_THAT(refusal([](Tensor x) {
                return x.reshape({kBucket, kBucket, 1});
              }),
              HasSubstr("cannot be traced for 7 rows"));
  EXPECT_THAT(refusal([](Tensor x) {
                return x.reshape({-1}).reshape({-1, x.shape()[0]});
              }),
              HasSubstr("mixes the rows"));
  EXPECT_THAT(refusal([](Tensor x) { return x / static_cast<double>(x.shape()[0]); }),
              HasSubstr("for 7 rows its op 'full' has other numbers"));
  EXPECT_THAT(refusal([](Tensor x) { return x.shape()[0] > 7 ? x : exp(x); }), HasSubstr("something else for 7 rows"));
}

TEST(Buckets, RefuseResultsThatAreNoRows) {
  EXPECT_THAT(refusal([](Tensor) { return zeros({kBucket}); }), HasSubstr("without the rows"));
  EXPECT_THAT(refusal([](Tensor x) { return zeros_like(x).sum({0}); }), HasSubstr("mixes the rows"));
}

// Nobody reads what mixes rows, so nothing is wrong.
TEST(Buckets, AllowUnreadMixes) {
  expect_rows("an unread mean", [](Tensor x) {
    const Tensor unread = x.mean({0});
    return x * 2.0;
  });
}

OpRule<> doubling(std::string name, bool rows_apart) {
  return {.name = std::move(name),
          .shape = [](std::span<const TensorSpec> in, const NoAttributes&) { return std::vector{in[0]}; },
          .cpu =
              [](const Call& call, const NoAttributes&) {
                const auto* x = static_cast<const float*>(call.inputs[0].data);
                auto* y = static_cast<float*>(call.outputs[0].data);
                for (std::int64_t i = 0; i < call.inputs[0].spec.shape.numel(); ++i) y[i] = 2 * x[i];
              },
          .rows_apart = rows_apart};
}

TEST(Buckets, BelieveAUsersOpThatPromises) {
  const DeviceScope scope(Device::cpu());  // the ops have no CUDA kernel
  const Op<> silent(doubling("test::silent", false)), promises(doubling("test::promises", true));
  EXPECT_THAT(refusal([=](Tensor x) { return silent({x}); }), HasSubstr("op 'test::silent' mixes the rows"));
  expect_rows("a user's op", [=](Tensor x) { return promises({x}); });
}

}  // namespace
}  // namespace weft::testing
