// SPDX-License-Identifier: Apache-2.0
#include "weft/user_stream.h"

#include <gtest/gtest.h>

#include "core/device/stream.h"
#include "tests/support/every_device.h"
#include "weft/compile.h"
#include "weft/ops.h"

namespace weft::testing {
namespace {

class UserStreamOn : public EveryDevice {};

TEST_P(UserStreamOn, OpsAndProgramsRunThere) {
  const Stream own = Stream::create(device());
  const Stream before = Stream::current(device());
  auto program = compile([](Tensor x) { return x * 2 + 1; });
  {
    const UserStream scope(device(), own.handle());
    EXPECT_EQ(Stream::current(device()).handle(), own.handle());
    const Tensor x = full({3}, 4.0f);
    const Tensor y = program(x + 1);
    own.synchronize();
    EXPECT_EQ(y.to_vector(), (std::vector<float>{11, 11, 11}));
  }
  EXPECT_EQ(Stream::current(device()).handle(), before.handle());
}

WEFT_ON_EVERY_DEVICE(UserStreamOn);

}  // namespace
}  // namespace weft::testing
