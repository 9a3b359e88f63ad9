// SPDX-License-Identifier: Apache-2.0
// Members that WEFT_MODULE lists: containers, local classes, and members that were forgotten.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "tests/support/every_device.h"
#include "weft/batch_norm.h"
#include "weft/dropout.h"
#include "weft/error.h"
#include "weft/init.h"
#include "weft/linear.h"
#include "weft/module.h"
#include "weft/ops.h"
#include "weft/sequential.h"

namespace weft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class MembersTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(MembersTest);

std::vector<std::string> names_of(Module& module) {
  std::vector<std::string> out;
  for (const StateEntry& entry : module.state_dict()) out.push_back(entry.name);
  return out;
}

std::string refusal(Module& module) {
  try {
    static_cast<void>(module.parameters());
  } catch (const ValueError& e) {
    return e.what();
  }
  return "it was accepted";
}

Linear thin() { return Linear(2, 2, {.bias = false}); }

// Every container that WEFT_MODULE takes.
struct Boxes : Module {
  Boxes() {
    for (int i = 0; i < 2; ++i) several.push_back(thin());
    by_name.emplace("right", thin());
    by_name.emplace("left", thin());
    by_number[7].push_back(std::make_unique<Linear>(thin()));
    linked.push_back(thin());
    owned = std::make_unique<Linear>(thin());
  }
  std::array<Linear, 2> fixed{thin(), thin()};
  Linear plain[1][2] = {{thin(), thin()}};
  std::vector<Linear> several;
  std::map<std::string, Linear> by_name;
  std::map<int, std::vector<std::unique_ptr<Linear>>> by_number;
  std::list<Linear> linked;
  std::optional<Linear> none, one = thin();
  std::unique_ptr<Linear> owned, nobody;
  std::vector<std::optional<Parameter>> loose{Parameter({2}, init::zeros())};
  WEFT_MODULE(fixed, plain, several, by_name, by_number, linked, none, one, owned, nobody, loose)
};

TEST_P(MembersTest, ContainersNameTheirElements) {
  Boxes boxes;
  EXPECT_THAT(names_of(boxes),
              ElementsAre("fixed.0.weight", "fixed.1.weight", "plain.0.0.weight", "plain.0.1.weight",
                          "several.0.weight", "several.1.weight", "by_name.left.weight", "by_name.right.weight",
                          "by_number.7.0.weight", "linked.0.weight", "one.weight", "owned.weight", "loose.0"));
  Boxes moved = std::move(boxes);
  EXPECT_EQ(moved.parameters().size(), 13u);
}

TEST_P(MembersTest, KeysOfMapsArePartsOfNames) {
  for (const char* key : {"", "a.b"}) {
    struct Keyed : Module {
      std::map<std::string, Linear> layers;
      WEFT_MODULE(layers)
    } keyed;
    keyed.layers.emplace(key, thin());
    EXPECT_THAT(refusal(keyed), HasSubstr(std::string("[members] layers: the map has the key '") + key + "'"));
  }
}

TEST_P(MembersTest, LocalClassesAreModules) {
  struct Pair : Module {
    Linear left{2, 3}, right{2, 3};
    Tensor forward(Tensor a, const Tensor& b) const {
      const Tensor first = left(a);
      return first + right(b);
    }
    WEFT_MODULE(left, right)
  };
  struct Net : Module {
    Pair pair;
    Tensor forward(Tensor x) const { return pair(x, x); }
    Net remake() const { return {}; }
    WEFT_MODULE(pair)
  };
  Sequential model{Net(), Linear(3, 1)};
  EXPECT_EQ(model(ones({4, 2})).shape(), (Shape{4, 1}));
  EXPECT_THAT(names_of(model), ElementsAre("0.pair.left.weight", "0.pair.left.bias", "0.pair.right.weight",
                                           "0.pair.right.bias", "1.weight", "1.bias"));
  try {
    model(ones({4, 5}));
    FAIL() << "nothing was thrown";
  } catch (const ShapeError& e) {
    EXPECT_EQ(e.path, "0.pair.left");
  }
}

TEST_P(MembersTest, ForwardIsNoDuty) {
  struct Table : Module {
    Parameter rows{{4, 2}, init::zeros()};
    WEFT_MODULE(rows)
  } table;
  EXPECT_THAT(names_of(table), ElementsAre("rows"));
  try {
    static_cast<void>(table(ones({2})));
    FAIL() << "nothing was thrown";
  } catch (const ValueError& e) {
    EXPECT_THAT(e.what(), HasSubstr("[call] Table has no forward() const that takes 1 tensors"));
  }
}

// forward() with other things than tensors.
struct Repeat : Module {
  std::pair<Tensor, int> forward(Tensor x, int times) const {
    for (int i = 0; i < times; ++i) x = inner(x);
    return {x, times};
  }
  Linear inner{2, 2};
  WEFT_MODULE(inner)
  WEFT_MODULE_CALL()
};

TEST_P(MembersTest, CallTakesAllThatForwardTakes) {
  const Repeat repeat;
  const auto [y, times] = repeat(ones({1, 2}), 3);
  EXPECT_EQ(y.shape(), (Shape{1, 2}));
  EXPECT_EQ(times, 3);
}

// A tree calls its own class.
struct Tree : Module {
  Tensor forward(Tensor x) const {
    for (const Tree& child : children) x = x + child(x);
    return scale.value() * x;
  }
  Parameter scale{Shape{}, init::constant(2)};
  std::vector<Tree> children;
  WEFT_MODULE(scale, children)
};

TEST_P(MembersTest, ModulesNest) {
  Tree tree;
  tree.children.emplace_back().children.emplace_back();
  tree.children.emplace_back();
  EXPECT_THAT(names_of(tree),
              ElementsAre("scale", "children.0.scale", "children.0.children.0.scale", "children.1.scale"));
  EXPECT_EQ(tree(ones({1})).item(), 2 * (7.0f + 14.0f));
}

struct Forgetful : Module {
  Linear first{2, 2}, second{2, 2};
  Parameter scale{{3, 4}, init::zeros()};
  Buffer count{Shape{}, init::zeros()};
  Linear last{2, 2};
  WEFT_MODULE(first, last)
};

TEST_P(MembersTest, ForgottenMembersAreNamed) {
  Forgetful net;
  const std::string text =
      "Forgetful holds a Linear behind 'first', a Parameter (3, 4) behind 'first', a Buffer () behind 'first', which "
      "WEFT_MODULE does not list; name it there, or refer to it if another module owns it";
  EXPECT_EQ(refusal(net), "[members] " + text);
  struct Outer : Module {
    std::vector<Forgetful> blocks{1};
    WEFT_MODULE(blocks)
  } outer;
  EXPECT_EQ(refusal(outer), "[members] blocks.0: " + text);
  EXPECT_THROW(outer.eval(), ValueError);
  EXPECT_THROW(outer.initialize(1), ValueError);
  EXPECT_THROW(static_cast<void>(outer.state_dict()), ValueError);
}

TEST_P(MembersTest, ForgottenElementsAreNamed) {
  struct Net : Module {
    std::array<Linear, 2> layers{thin(), thin()};
    std::optional<Dropout> drop{0.5};
    struct {
      Linear inside{2, 2};
    } plain;
    Linear last{2, 2};
    WEFT_MODULE(last)
  } net;
  const std::string place = " in front of the listed members";
  EXPECT_THAT(refusal(net), HasSubstr("Net holds a Linear" + place + ", a Linear" + place + ", a Dropout" + place +
                                      ", a Linear" + place + ", which"));
}

TEST_P(MembersTest, MembersOfABaseAreListedAgain) {
  struct Base : Module {
    Linear below{2, 2};
    WEFT_MODULE(below)
  };
  struct Short : Base {
    Linear above{2, 2};
    WEFT_MODULE(above)
  } forgetful;
  struct Whole : Base {
    Linear above{2, 2};
    WEFT_MODULE(below, above)
  } whole;
  EXPECT_THAT(refusal(forgetful), HasSubstr("Short holds a Linear in front of the listed members"));
  EXPECT_EQ(whole.parameters().size(), 4u);
}

TEST_P(MembersTest, WhatIsNoMemberIsNotMissed) {
  Linear foreign(2, 2);
  struct Net : Module {
    explicit Net(Linear& other) : tied(embed.weight), neighbor(other), pointer(&other) {}
    Linear embed{2, 2};
    Parameter tied, undefined;  // the first is listed as embed.weight
    Linear& neighbor;           // owned by another module
    Linear* pointer;
    std::optional<Linear> empty;
    Variable plain{Shape{2}, init::zeros()};  // no parameter and no buffer
    Tensor constant = ones({2});
    std::string text = "text";
    BatchNorm norm{2};
    struct {
      Linear inside{2, 2};
    } group;
    WEFT_MODULE(embed, norm, group.inside)
  } net(foreign);
  EXPECT_EQ(net.parameters().size(), 6u);
  EXPECT_EQ(names_of(net).back(), "group.inside.bias");
  std::vector<std::unique_ptr<Net>> many;
  for (int i = 0; i < 3; ++i) many.push_back(std::make_unique<Net>(foreign));
  for (const auto& one : many) EXPECT_EQ(one->parameters().size(), 6u);
  const Net moved = std::move(net);
  EXPECT_TRUE(moved.tied.same_cell(moved.embed.weight));
}

TEST_P(MembersTest, SequentialTakesFunctions) {
  Tensor (*const absolute)(const Tensor&) = weft::abs;
  const auto twice = [](const Tensor& x) { return x + x; };
  auto kept = std::make_unique<double>(3);
  Sequential model{Linear(2, 2, {.bias = false, .init = init::constant(-1)}),
                   weft::relu,
                   absolute,
                   &weft::exp,
                   twice,
                   [](auto x) { return x + 1; },
                   [kept = std::move(kept)](Tensor x) { return x * *kept; }};
  model.push_back(weft::square).push_back(twice);
  model.replace(8, weft::tanh);
  EXPECT_EQ(model.size(), 9u);
  EXPECT_NEAR(model(ones({1, 2})).to_vector()[0], 1, 1e-5);  // tanh(2 * (3 * (2 * exp(0) + 1))^2)
  EXPECT_THROW(static_cast<void>(clone(model)), ValueError);
  Sequential copied{weft::relu, twice};
  EXPECT_EQ(clone(copied)(ones({1})).item(), 2);
  EXPECT_THROW(Sequential{std::function<Tensor(Tensor)>()}, ValueError);
  Tensor (*const nothing)(const Tensor&) = nullptr;
  EXPECT_THROW(Sequential{nothing}, ValueError);
}

struct TwoInputs : Module {
  Tensor forward(Tensor a, Tensor b) const { return a + b; }
  WEFT_MODULE()
};
static_assert(Layer<Linear> && Layer<decltype(weft::relu)> && Layer<Tensor (*)(const Tensor&)>);
static_assert(!Layer<TwoInputs> && !Layer<Tensor (*)(const Tensor&, const Tensor&)> && !Layer<int>);
static_assert(!std::is_constructible_v<Sequential, Linear&> && !std::is_copy_constructible_v<Sequential>);

}  // namespace
}  // namespace weft::testing
