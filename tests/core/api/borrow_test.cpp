// SPDX-License-Identifier: Apache-2.0
// Memory that is not weft's, in and out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "tests/support/every_device.h"
#include "weft/error.h"
#include "weft/ops.h"

namespace weft::testing {
namespace {

using ::testing::ElementsAre;

class BorrowOn : public EveryDevice {};

TEST_P(BorrowOn, DeviceMemoryIsReadWhereItIsAndReleasedOnce) {
  const Tensor owner = Tensor::of<float>({1, 2, 3, 4}, {2, 2});
  auto keep = std::make_shared<int>(0);
  const std::weak_ptr<int> watch = keep;
  {
    const Tensor view = Tensor::borrow_device(owner.device_pointer(), {{2, 2}, DType::kF32}, device(), nullptr, keep);
    keep.reset();
    EXPECT_EQ(view.device_pointer(), owner.device_pointer());
    EXPECT_THAT((view + 1).to_vector(), ElementsAre(2, 3, 4, 5));
    EXPECT_FALSE(watch.expired());
  }
  EXPECT_TRUE(watch.expired());
  EXPECT_THROW(Tensor::borrow_device(nullptr, {{2}, DType::kF32}, device()), ValueError);
}

TEST_P(BorrowOn, DLPackGoesOutAndComesBack) {
  const Tensor x = arange(6, DType::kF32).reshape({2, 3});
  const Tensor back = Tensor::from_dlpack(x.to_dlpack());
  EXPECT_EQ(back.device(), device());
  EXPECT_EQ(back.device_pointer(), x.device_pointer());
  EXPECT_EQ(back.shape(), x.shape());
  EXPECT_THAT((back * 2).to_vector(), ElementsAre(0, 2, 4, 6, 8, 10));
}

WEFT_ON_EVERY_DEVICE(BorrowOn);

}  // namespace
}  // namespace weft::testing
