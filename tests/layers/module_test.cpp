// SPDX-License-Identifier: Apache-2.0
#include "weft/module.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "tests/support/every_device.h"
#include "weft/activation.h"
#include "weft/batch_norm.h"
#include "weft/compile.h"
#include "weft/dropout.h"
#include "weft/error.h"
#include "weft/linear.h"
#include "weft/ops.h"
#include "weft/sequential.h"

namespace weft::testing {
namespace {

class ModuleTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(ModuleTest);
class SequentialTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(SequentialTest);

using Names = std::vector<std::string>;

struct Block : Module {
  explicit Block(std::int64_t width) : norm(width), up(width, 2 * width), down(2 * width, width) {}
  Tensor forward(Tensor x) const { return x + down(relu(up(norm(x)))); }
  Block remake() const { return Block(up.weight.shape()[1]); }
  BatchNorm norm;
  Linear up, down;
  WEFT_MODULE(norm, up, down)
};

struct Net : Module {
  Net(std::int64_t width, int depth) : first(3, width), last(width, 2, {.bias = false}) {
    for (int i = 0; i < depth; ++i) blocks.emplace_back(width);
  }
  Tensor forward(Tensor x) const {
    x = first(x);
    for (const Block& b : blocks) x = b(x);
    return scale.value() * last(x);
  }
  Net remake() const { return Net(first.weight.shape()[0], static_cast<int>(blocks.size())); }
  Linear first, last;
  std::vector<Block> blocks;
  Parameter scale{Shape{}, init::constant(1)};
  std::optional<Linear> unused;
  WEFT_MODULE(first, last, blocks, scale, unused)
};

struct Outer : Module {
  Tensor forward(Tensor x) const { return inner.up(x); }
  Block inner{4};
  WEFT_MODULE(inner)
};

struct Plain : Module {
  Tensor forward(Tensor x) const { return x; }
  WEFT_MODULE()
};

Names names_of(const Parameters& parameters) {
  Names out;
  for (std::size_t i = 0; i < parameters.size(); ++i) out.push_back(parameters.name(i));
  return out;
}

static_assert(!std::is_copy_constructible_v<Net> && !std::is_copy_assignable_v<Net>);
static_assert(!std::is_copy_constructible_v<Sequential> && std::is_nothrow_move_constructible_v<Linear>);

TEST_P(ModuleTest, NamesParametersByPathInOrderOfDeclaration) {
  Net net(4, 2);
  EXPECT_EQ(names_of(net.parameters()),
            (Names{"first.weight", "first.bias", "last.weight", "blocks.0.norm.weight", "blocks.0.norm.bias",
                   "blocks.0.up.weight", "blocks.0.up.bias", "blocks.0.down.weight", "blocks.0.down.bias",
                   "blocks.1.norm.weight", "blocks.1.norm.bias", "blocks.1.up.weight", "blocks.1.up.bias",
                   "blocks.1.down.weight", "blocks.1.down.bias", "scale"}));
  EXPECT_EQ(net.blocks[1].up.bias.path(), "blocks.1.up.bias");
  EXPECT_EQ(names_of(net.buffers()).front(), "blocks.0.norm.running_mean");
  EXPECT_EQ(net.buffers().size(), 6u);
}

TEST_P(ModuleTest, MembersShowUpOnceTheyExist) {
  Net net(4, 0);
  net.unused.emplace(2, 2);
  EXPECT_EQ(names_of(net.parameters()).back(), "unused.bias");
}

TEST_P(ModuleTest, SequentialNamesByIndex) {
  Sequential net{Linear(2, 3), [](Tensor x) { return x + x; }, Sequential{Linear(3, 4), BatchNorm(4)}};
  EXPECT_EQ(names_of(net.parameters()),
            (Names{"0.weight", "0.bias", "2.0.weight", "2.0.bias", "2.1.weight", "2.1.bias"}));
  Names state;
  for (const StateEntry& entry : net.state_dict()) state.push_back(entry.name);
  EXPECT_EQ(state, (Names{"0.weight", "0.bias", "2.0.weight", "2.0.bias", "2.1.weight", "2.1.bias", "2.1.running_mean",
                          "2.1.running_var", "2.1.num_batches_tracked"}));
}

TEST_P(ModuleTest, TiedCellsCountOnceUnderTheirFirstPath) {
  Sequential net{Linear(4, 4, {.bias = false}), Linear(4, 4, {.bias = false})};
  net.get<Linear>(1).weight = net.get<Linear>(0).weight;
  EXPECT_EQ(names_of(net.parameters()), (Names{"0.weight"}));
  EXPECT_EQ(net.state_dict().size(), 2u);
  EXPECT_TRUE(net.state_dict()[1].variable.same_cell(net.state_dict()[0].variable));
}

TEST_P(ModuleTest, ModeReachesEverythingBelow) {
  Net net(4, 1);
  EXPECT_TRUE(net.blocks[0].norm.training());
  net.eval();
  EXPECT_FALSE(net.training());
  EXPECT_FALSE(net.blocks[0].norm.training());
  net.blocks[0].train();
  EXPECT_TRUE(net.blocks[0].norm.training());
  EXPECT_FALSE(net.training());
}

TEST_P(ModuleTest, FreezingSurvivesTrain) {
  Net net(4, 2);
  net.blocks[0].freeze();
  net.train();
  EXPECT_TRUE(net.blocks[0].norm.frozen());
  EXPECT_FALSE(net.blocks[1].frozen());
  EXPECT_FALSE(net.blocks[0].up.weight.trainable());
  EXPECT_EQ(net.trainable_parameters().size(), net.parameters().size() - 6);
  net.unfreeze();
  EXPECT_EQ(net.trainable_parameters().size(), net.parameters().size());
}

TEST_P(ModuleTest, MovingKeepsCellsAndNames) {
  Net net(4, 1);
  const Variable weight = net.blocks[0].up.weight;
  const Net moved = std::move(net);
  EXPECT_TRUE(moved.blocks[0].up.weight.same_cell(weight));
  EXPECT_EQ(moved(ones({2, 3})).shape(), (Shape{2, 2}));
}

TEST_P(ModuleTest, ErrorsCarryTheLayersPath) {
  Net net(4, 2);
  net.blocks[1].down = Linear(5, 4);
  try {
    net(ones({2, 3}));
    FAIL() << "nothing was thrown";
  } catch (const ShapeError& e) {
    EXPECT_STREQ(e.what(), "[linear] blocks.1.down: input is (2, 8), weight wants (*, 5)");
    EXPECT_EQ(e.op, "linear");
    EXPECT_EQ(e.path, "blocks.1.down");
  }
  EXPECT_EQ(Scope::path(), "");
}

TEST_P(ModuleTest, PathsIncludeTheUsersScopesAndSkipForeignModules) {
  const Linear foreign(3, 3);
  const Sequential net{[&](Tensor x) { return foreign(x); }};
  const Scope scope("model");
  try {
    net(ones({2, 4}));
    FAIL() << "nothing was thrown";
  } catch (const ShapeError& e) {
    EXPECT_EQ(e.path, "model.0");
  }
  EXPECT_EQ(Scope::path(), "model");
}

TEST_P(ModuleTest, GrandchildrenCalledDirectlyKeepTheirPath) {
  const Outer outer;
  try {
    outer(ones({2, 5}));
    FAIL() << "nothing was thrown";
  } catch (const ShapeError& e) {
    EXPECT_EQ(e.path, "inner.up");
  }
}

TEST_P(ModuleTest, InitializeIsAFunctionOfSeedAndPath) {
  Net a(4, 1), b(4, 1), other(4, 1);
  a.initialize(7);
  b.initialize(7);
  other.initialize(8);
  for (std::size_t i = 0; i < a.parameters().size(); ++i)
    EXPECT_EQ(a.parameters()[i].value().to_vector(), b.parameters()[i].value().to_vector());
  EXPECT_NE(a.first.weight.value().to_vector(), other.first.weight.value().to_vector());
  // Equal shapes under other paths are drawn apart.
  Sequential two{Linear(4, 4), Linear(4, 4)};
  two.initialize(7);
  EXPECT_NE(two.get<Linear>(0).weight.value().to_vector(), two.get<Linear>(1).weight.value().to_vector());
}

TEST_P(ModuleTest, InitializeLeavesValuesThatExist) {
  Linear layer(2, 2);
  layer.weight.assign(Tensor::of<float>({1, 2, 3, 4}, {2, 2}));
  layer.initialize(1);
  EXPECT_EQ(layer.weight.value().to_vector(), (std::vector<float>{1, 2, 3, 4}));
}

TEST_P(ModuleTest, CloneHasItsOwnCells) {
  Net net(4, 2);
  net.last.weight = Parameter({2, 4}, init::constant(3));
  net.blocks[1].up.weight = net.blocks[0].up.weight;
  net.blocks[0].freeze();
  net.eval();
  Net copy = clone(net);
  EXPECT_EQ(names_of(copy.parameters()), names_of(net.parameters()));
  const Tensor x = Tensor::of<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  EXPECT_EQ(copy(x).to_vector(), net(x).to_vector());
  EXPECT_TRUE(copy.blocks[1].up.weight.same_cell(copy.blocks[0].up.weight));
  EXPECT_FALSE(copy.first.weight.same_cell(net.first.weight));
  EXPECT_TRUE(copy.blocks[0].frozen());
  EXPECT_FALSE(copy.blocks[1].frozen());
  EXPECT_FALSE(copy.blocks[0].down.weight.trainable());
  EXPECT_TRUE(copy.blocks[1].down.weight.trainable());
  EXPECT_FALSE(copy.training());
  copy.last.weight.assign(zeros({2, 4}));
  EXPECT_EQ(net.last.weight.value().to_vector(), std::vector<float>(8, 3.0f));
}

TEST_P(ModuleTest, SequentialClonesLambdasAndNeedsRemake) {
  Sequential net{Linear(2, 3), [](Tensor x) { return x + x; }, Dropout(0.5), ReLU()};
  net.eval();
  Sequential copy = clone(net);
  EXPECT_EQ(copy(ones({1, 2})).to_vector(), net(ones({1, 2})).to_vector());
  Sequential stuck{Plain()};
  EXPECT_THROW(clone(stuck), ValueError);
}

TEST_P(SequentialTest, GetAndReplace) {
  Sequential net{Linear(2, 3), ReLU()};
  EXPECT_EQ(net.size(), 2u);
  EXPECT_EQ(net.get<Linear>(0).weight.shape(), (Shape{3, 2}));
  try {
    net.get<Linear>(1);
    FAIL() << "nothing was thrown";
  } catch (const ValueError& e) {
    EXPECT_STREQ(e.what(), "[sequential] layer 1 is a ReLU, not a Linear");
  }
  EXPECT_THROW(net.get<ReLU>(2), ValueError);
  net.replace(1, Linear(3, 7));
  EXPECT_EQ(net(ones({5, 2})).shape(), (Shape{5, 7}));
}

TEST_P(ModuleTest, ProgramsNoticeTheMode) {
  Sequential net{BatchNorm(2), Dropout(0.5)};
  auto program = compile([&](Tensor x) { return net(x); });
  const Tensor x = Tensor::of<float>({1, 2, 3, 5}, {2, 2});
  program(x);
  EXPECT_EQ(program.traces(), 1u);
  net.eval();
  const std::vector<float> y = program(x).to_vector();
  EXPECT_EQ(program.traces(), 2u);
  EXPECT_EQ(y, net(x).to_vector());
  net.train();
  program(x);
  EXPECT_EQ(program.traces(), 2u);
}

}  // namespace
}  // namespace weft::testing
