// SPDX-License-Identifier: Apache-2.0
#include "weft/detail/elementwise_trace.h"

#include <gtest/gtest.h>

#include "weft/compile.h"
#include "weft/error.h"
#include "weft/ops.h"
#include "weft/random.h"

namespace weft::testing {
namespace {

using detail::traces_elementwise;
using Tensors = std::vector<Tensor>;

TEST(ElementwiseTrace, KnowsWhatMixesNoElements) {
  const std::vector<Shape> shapes{{2, 3}, {5}, {}, {2, 2, 2}};
  const auto elementwise = [&](auto f) {
    return traces_elementwise([&](const Shape& shape) -> Tensors { return {f(zeros(shape))}; }, shapes);
  };
  EXPECT_TRUE(elementwise([](Tensor x) { return x; }));
  EXPECT_TRUE(elementwise([](Tensor x) { return where(x > 0, exp(x), 2 * x) + ones_like(x); }));
  EXPECT_TRUE(elementwise([](Tensor x) { return x * sqrt(full({}, 2, DType::kF64)).to(x.dtype()); }));
  EXPECT_TRUE(elementwise([](Tensor x) { return x.to(DType::kBF16).to(DType::kF32); }));
  EXPECT_TRUE(elementwise([](Tensor x) { return x + randn(x.shape()) * uniform(x.shape()); }));
  EXPECT_TRUE(elementwise([](Tensor x) { return dropout(x, 0.5); }));
  EXPECT_FALSE(elementwise([](Tensor x) { return x + randn({2})[0]; }));
  EXPECT_FALSE(elementwise([](Tensor x) { return x + default_generator().state().value()[0].to(x.dtype()); }));
  EXPECT_FALSE(elementwise([](Tensor x) { return x / x.sum(); }));
  EXPECT_FALSE(elementwise([](Tensor x) { return x.reshape({-1}); }));
  EXPECT_FALSE(elementwise([](Tensor x) { return x.rank() == 1 ? x : -x; }));
  EXPECT_FALSE(elementwise([](Tensor x) { return x * static_cast<double>(x.numel()); }));
  EXPECT_FALSE(elementwise([](Tensor x) { return x * Tensor::scalar(2.0f); })) << "captured values are not compared";
  EXPECT_FALSE(tracing());
}

TEST(ElementwiseTrace, PassesErrorsOnAndEndsTheTrace) {
  EXPECT_THROW(traces_elementwise([](const Shape& shape) -> Tensors { return {zeros(shape).reshape({7})}; }, {{2, 3}}),
               ShapeError);
  EXPECT_FALSE(tracing());
}

}  // namespace
}  // namespace weft::testing
