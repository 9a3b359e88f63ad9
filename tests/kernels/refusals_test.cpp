// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <numeric>

#include "core/exec/kernel.h"
#include "tests/kernels/support/harness.h"
#include "weft/error.h"

// Requests that kernels refuse when they are prepared.
namespace weft::testing {
namespace {

class Refusal : public ::testing::TestWithParam<Device> {};

TEST_P(Refusal, AddingToBools) {
  const HostTensor x = random_tensor({4}, DType::kBool, 0, 2, 1), index = random_tensor({3}, DType::kI64, 0, 4, 2);
  const HostTensor updates = random_tensor({3}, DType::kBool, 0, 2, 3);
  for (const char* op : {"index_add", "scatter_add"}) {
    EXPECT_THROW(run_op(op, {{"axis", std::int64_t{0}}}, {x, index, updates}, GetParam()), DTypeError) << op;
  }
}

// Reversed, no two of the 17 axes can be merged.
TEST_P(Refusal, MoreAxesThanAWalkHas) {
  const Shape shape(std::vector<std::int64_t>(17, 2));
  ir::Ints perm(17);
  std::iota(perm.rbegin(), perm.rend(), std::int64_t{0});
  const std::vector<TensorSpec> specs{{shape, DType::kF32}};
  const ir::Attributes attributes{{"perm", perm}};
  try {
    exec::prepare_kernel({ir::OpId::of("transpose"), attributes, specs, specs, GetParam(), "model.3"});
    FAIL() << "must throw";
  } catch (const ShapeError& e) {
    EXPECT_NE(std::string(e.what()).find("[transpose] model.3: input is (2, 2,"), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("at most 16 axes"), std::string::npos) << e.what();
  }
}

INSTANTIATE_TEST_SUITE_P(Devices, Refusal, ::testing::ValuesIn(Device::all()), [](const auto& row) {
  return row.param.is_cpu() ? std::string("cpu") : "cuda" + std::to_string(row.param.index());
});

}  // namespace
}  // namespace weft::testing
