// SPDX-License-Identifier: Apache-2.0
#include "weft/margin_loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/support/every_device.h"
#include "tests/support/near.h"
#include "weft/error.h"
#include "weft/gradients.h"
#include "weft/ops.h"

namespace weft::testing {
namespace {

class MarginLossTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(MarginLossTest);

using Doubles = std::vector<double>;

TEST_P(MarginLossTest, HingesAreZeroBehindTheMargin) {
  const Tensor x = Tensor::of<double>({2, 0.5, -1, 1}, {4}), y = Tensor::of<double>({1, 1, 1, -1}, {4});
  expect_near(hinge_loss(x, y, {.reduction = Reduction::kNone}), {0, 0.5, 2, 2}, 1e-15);
  expect_near(SquaredHinge{{.reduction = Reduction::kNone}}(x, y), {0, 0.25, 4, 4}, 1e-15);
  expect_near(grad([&](const Tensor& z) { return hinge_loss(z, y, {.reduction = Reduction::kSum}); })(x),
              {0, -1, -1, 1}, 1e-15);
}

TEST_P(MarginLossTest, EveryOtherClassKeepsTheMargin) {
  const Tensor x = Tensor::of<double>({0.1, 0.2, 0.4, 0.8, 3, 0, 1, 2}, {2, 4}),
               y = Tensor::of<std::int64_t>({3, 0}, {2});
  const double first = ((1 - 0.7) + (1 - 0.6) + (1 - 0.4)) / 4;
  expect_near(multi_margin_loss(x, y, {.reduction = Reduction::kNone}), {first, 0}, 1e-15);
  const double squares = (0.3 * 0.3 + 0.4 * 0.4 + 0.6 * 0.6) / 4;
  const Tensor weight = Tensor::of<double>({1, 1, 1, 3}, {4});
  expect_near(multi_margin_loss(x, y, {.power = 2, .class_weight = weight}), {3 * squares / 2}, 1e-15);
  EXPECT_THROW(multi_margin_loss(x, y, {.power = 3}), ValueError);
  EXPECT_THROW(multi_margin_loss(x, x), ShapeError);
  EXPECT_THROW(multi_margin_loss(x, ones({2})), DTypeError);
  const Tensor outside = multi_margin_loss(x, Tensor::of<std::int64_t>({3, 4}, {2}));
  EXPECT_THROW(static_cast<void>(outside.item()), DataError);
}

TEST_P(MarginLossTest, CosinesOfAnyLength) {
  const Tensor a = Tensor::of<double>({3, 4, 0, 0, 1, 0}, {3, 2}), b = Tensor::of<double>({4, 3, 1, 2, -2, 0}, {3, 2});
  expect_near(cosine_similarity(a, b), {24.0 / 25, 0, -1}, 1e-15);
  EXPECT_EQ(cosine_similarity(a, b.slice(0, 0, 1), 0).shape(), (Shape{2}));
  const Tensor y = Tensor::of<double>({1, 1, -1}, {3});
  expect_near(cosine_embedding_loss(a, b, y, {.reduction = Reduction::kNone}), {0.04, 1, 0}, 1e-15);
  expect_near(cosine_embedding_loss(a, b, -y, {.margin = 0.5, .reduction = Reduction::kNone}), {0.46, 0, 2}, 1e-15);
  // A zero vector has no direction to turn to, and no NaN.
  for (const double slope : grad([&](const Tensor& z) { return cosine_similarity(z, b).sum(); })(a).to_vector<double>())
    EXPECT_TRUE(std::isfinite(slope));
  EXPECT_THROW(cosine_embedding_loss(a, b, ones({2})), ShapeError);
  EXPECT_THROW(cosine_similarity(a, ones({3, 3})), ShapeError);
}

TEST_P(MarginLossTest, PairsAreDrawnTogetherOrPushedApart) {
  const Tensor a = Tensor::of<double>({0, 0, 1, 1, 0, 0}, {3, 2}),
               b = Tensor::of<double>({3, 4, 1, 1, 0.3, 0.4}, {3, 2});
  expect_near(pairwise_distance(a, b, 0), {5, 0, 0.5}, 1e-15);
  const Tensor same = Tensor::of<std::int64_t>({1, 1, 0}, {3});
  expect_near(contrastive_loss(a, b, same, {.margin = 2, .reduction = Reduction::kNone}), {12.5, 0, 1.125}, 1e-4);
  const auto f = [&](const Tensor& z) { return contrastive_loss(z, b, same); };
  for (const double slope : grad(f)(a).to_vector<double>()) EXPECT_TRUE(std::isfinite(slope));
  EXPECT_THROW(contrastive_loss(a, b, ones({3, 1})), ShapeError);
}

TEST_P(MarginLossTest, TripletsCompareTwoDistances) {
  const Tensor a = Tensor::of<double>({0, 0, 0, 0}, {2, 2}), p = Tensor::of<double>({1, 0, 3, 0}, {2, 2}),
               n = Tensor::of<double>({0, 5, 0, 4}, {2, 2});
  expect_near(triplet_margin_loss(a, p, n, {.reduction = Reduction::kNone}), {0, 0}, 1e-5);
  expect_near(triplet_margin_loss(a, p, n, {.margin = 5, .reduction = Reduction::kNone}), {1, 4}, 1e-5);
  const Tensor near = Tensor::of<double>({1, 0.5, 3, 2}, {2, 2});
  expect_near(triplet_margin_loss(a, p, near, {.swap = true, .reduction = Reduction::kNone}), {1.5, 2}, 1e-5);
  EXPECT_THROW(triplet_margin_loss(a, p, ones({2, 3})), ShapeError);
  EXPECT_THROW(triplet_margin_loss(Tensor::scalar(1.0), Tensor::scalar(1.0), Tensor::scalar(1.0)), ShapeError);
}

}  // namespace
}  // namespace weft::testing
