// SPDX-License-Identifier: Apache-2.0
#include "weft/summary.h"

#include <gtest/gtest.h>

#include "weft/activation.h"
#include "weft/batch_norm.h"
#include "weft/dropout.h"
#include "weft/error.h"
#include "weft/linear.h"
#include "weft/ops.h"
#include "weft/sequential.h"

namespace weft::testing {
namespace {

struct Pair : Module {
  Tensor forward(Tensor a, Tensor b) const { return left(a) + right(b) * gain.value(); }
  Linear left{3, 2}, right{4, 2};
  Parameter gain{Shape{}, init::constant(1)};
  WEFT_MODULE(left, right, gain)
};

Sequential digits_net() { return Sequential{Linear(64, 128), BatchNorm(128), ReLU(), Dropout(0.2), Linear(128, 10)}; }

TEST(Summary, ListsTheCallsInOrder) {
  Sequential net = digits_net();
  const ModelSummary s = summary(net, {{.shape = {32, 64}}});
  ASSERT_EQ(s.layers.size(), 5u);
  EXPECT_EQ(s.layers[0].path, "0");
  EXPECT_EQ(s.layers[0].type, "Linear");
  EXPECT_EQ(s.layers[0].output, (Shape{32, 128}));
  EXPECT_EQ(s.layers[0].parameters, 64 * 128 + 128);
  EXPECT_EQ(s.layers[0].flops, 32 * 128 * (2 * 64 + 1));
  EXPECT_EQ(s.layers[3].type, "Dropout");
  EXPECT_EQ(s.layers[4].output, (Shape{32, 10}));
  EXPECT_EQ(s.parameters, 64 * 128 + 128 + 256 + 1290);
  EXPECT_EQ(s.trainable_parameters, s.parameters);
}

TEST(Summary, LeavesTheModelAsItWas) {
  Sequential net = digits_net();
  summary(net, {{.shape = {32, 64}}});
  for (const StateEntry& entry : net.state_dict()) EXPECT_FALSE(entry.variable.initialized()) << entry.name;
  EXPECT_TRUE(net.training());
}

TEST(Summary, SeesSeveralInputsLambdasNestingAndTies) {
  Pair pair;
  const ModelSummary two = summary(pair, {{.shape = {5, 3}}, {.shape = {5, 4}}});
  ASSERT_EQ(two.layers.size(), 3u);  // left, right, and Pair itself for its gain
  EXPECT_EQ(two.layers[2].type, "Pair");
  EXPECT_EQ(two.layers[2].parameters, 1);
  Sequential net{Sequential{Linear(4, 4), ReLU()}, [](Tensor x) { return x + x; }, Linear(4, 4)};
  net.get<Linear>(2).weight = net.get<Sequential>(0).get<Linear>(0).weight;
  net.get<Linear>(2).freeze();
  const ModelSummary nested = summary(net, {{.shape = {1, 4}}});
  ASSERT_EQ(nested.layers.size(), 4u);
  EXPECT_EQ(nested.layers[0].path, "0.0");
  EXPECT_EQ(nested.layers[2].path, "1");
  EXPECT_EQ(nested.layers[2].type, "lambda");
  EXPECT_EQ(nested.layers[3].parameters, 4);  // its weight was counted at 0.0
  EXPECT_EQ(nested.parameters, 24);
  EXPECT_EQ(nested.trainable_parameters, 4);  // freezing the tied weight froze both
}

TEST(Summary, PrintsATable) {
  Sequential net = digits_net();
  EXPECT_EQ(summary(net, {{.shape = {32, 64}}}).text(),
            "layer  type       output     parameters    FLOPs\n"
            "0      Linear     (32, 128)       8,320  528,384\n"
            "1      BatchNorm  (32, 128)         256   37,633\n"  // eight an element, and the running statistics
            "2      ReLU       (32, 128)           0    4,096\n"
            "3      Dropout    (32, 128)           0    8,192\n"
            "4      Linear     (32, 10)        1,290   82,240\n"
            "total                             9,866  660,545\n"
            "9,866 of 9,866 parameters are trained\n");
}

TEST(Summary, ErrorsComeThrough) {
  Sequential net = digits_net();
  try {
    summary(net, {{.shape = {32, 63}}});
    FAIL() << "nothing was thrown";
  } catch (const ShapeError& e) {
    EXPECT_STREQ(e.what(), "[linear] 0: input is (32, 63), weight wants (*, 64)");
  }
  EXPECT_THROW(summary(net, {}), ValueError);
}

}  // namespace
}  // namespace weft::testing
