// SPDX-License-Identifier: Apache-2.0
#include "weft/shape.h"

#include <gtest/gtest.h>

#include "core/base/check.h"

namespace weft::testing {
namespace {

TEST(Shape, PrintsAsNumPyDoes) {
  EXPECT_EQ(Shape().text(), "()");
  EXPECT_EQ(Shape({7}).text(), "(7,)");
  EXPECT_EQ((TensorSpec{{64, 128}, DType::kBF16}).text(), "bf16(64, 128)");
}

TEST(Shape, CountsElements) {
  EXPECT_EQ(Shape().numel(), 1);
  EXPECT_EQ(Shape({3, 0, 5}).numel(), 0);
  EXPECT_EQ(Shape({3, 4, 5}).numel(), 60);
  EXPECT_EQ((TensorSpec{{3, 4}, DType::kF16}).bytes(), 24);
}

TEST(Shape, AxesCountFromTheEndToo) {
  const Shape s{2, 3, 5};
  EXPECT_EQ(s[-1], 5);
  EXPECT_EQ(s[0], 2);
  EXPECT_THROW(static_cast<void>(s[3]), ShapeError);
  EXPECT_THROW(static_cast<void>(s[-4]), ShapeError);
}

TEST(Shape, StridesOfRowMajor) {
  EXPECT_EQ(row_major_strides({2, 3, 5}), (std::vector<std::int64_t>{15, 5, 1}));
  EXPECT_TRUE(row_major_strides({}).empty());
}

TEST(Broadcast, FollowsNumPy) {
  EXPECT_EQ(broadcast({3, 1, 5}, {4, 1}, "add"), (Shape{3, 4, 5}));
  EXPECT_EQ(broadcast({}, {2, 0}, "add"), (Shape{2, 0}));
  EXPECT_EQ(broadcast({1}, {0}, "add"), (Shape{0}));
}

TEST(Broadcast, SaysWhichAxisDoesNotFit) {
  try {
    broadcast({64, 100}, {128}, "add");
    FAIL() << "must throw";
  } catch (const ShapeError& e) {
    EXPECT_STREQ(
        e.what(),
        "[add] shapes (64, 100) and (128,) do not broadcast: axis -1 is 100 and 128; sizes must be equal or 1");
    EXPECT_EQ(e.op, "add");
  }
}

TEST(Error, CarriesOpAndLayerPath) {
  set_current_path("model.2.fc");
  try {
    fail<ShapeError>("linear", "input is ", Shape{64, 100}, ", weight wants (*, 128)");
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "[linear] model.2.fc: input is (64, 100), weight wants (*, 128)");
    EXPECT_EQ(e.path, "model.2.fc");
  }
  set_current_path("");
}

TEST(DTypeNames, RoundTrip) {
  for (int i = 0; i < kDTypeCount; ++i) EXPECT_EQ(parse_dtype(name_of(static_cast<DType>(i))), static_cast<DType>(i));
  EXPECT_THROW(parse_dtype("float"), FormatError);
}

}  // namespace
}  // namespace weft::testing
