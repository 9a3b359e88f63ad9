// SPDX-License-Identifier: Apache-2.0
// Models that are moved: the new object is the model, and the old one refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "weft/activation.h"
#include "weft/compile.h"
#include "weft/dropout.h"
#include "weft/error.h"
#include "weft/linear.h"
#include "weft/ops.h"
#include "weft/sequential.h"
#include "weft/summary.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;

std::string refusal(const std::function<void()>& f) {
  try {
    f();
  } catch (const ValueError& e) {
    return e.what();
  }
  return "it was accepted";
}

struct Net : Module {
  Tensor forward(Tensor x) const { return relu(fc(x)); }
  Linear fc{2, 2};
  WEFT_MODULE(fc)
};

Sequential two_layers() { return Sequential(Linear(2, 2), Dropout(0.5f)); }

TEST(MovedModels, RefuseEveryUse) {
  Sequential from = two_layers();
  const Sequential to = std::move(from);
  const auto moved = HasSubstr("was moved to another object");
  const std::vector<std::function<void()>> uses{
      // NOLINTNEXTLINE(bugprone-use-after-move): what is tested
      [&] {
        from(zeros({1, 2}));
      },
      [&] {
        from.forward(zeros({1, 2}));
      },
      [&] { static_cast<void>(from.parameters()); },
      [&] { static_cast<void>(from.trainable_parameters()); },
      [&] { static_cast<void>(from.buffers()); },
      [&] { static_cast<void>(from.state_dict()); },
      [&] { from.train(); },
      [&] { from.freeze(); },
      [&] { from.to(Device::cpu()); },
      [&] { from.initialize(1); },
      [&] { static_cast<void>(from.size()); },
      [&] { from.push_back(ReLU()); },
      [&] { from.replace(0, ReLU()); },
      [&] { static_cast<void>(from.get<Linear>(0)); },
      [&] { static_cast<void>(clone(from)); },
      [&] {
        static_cast<void>(summary(from, {{{1, 2}, DType::kF32}}));
      },
      [&] { from.apply([](const std::string&, Module&) {}); },
  };
  for (std::size_t i = 0; i < uses.size(); ++i) EXPECT_THAT(refusal(uses[i]), moved) << "use " << i;
  EXPECT_THAT(refusal(uses[0]), HasSubstr("this Sequential"));
  EXPECT_TRUE(from.moved_from());
  EXPECT_TRUE(from.training());  // the mode is known still
  EXPECT_EQ(to.size(), 2u);
}

TEST(MovedModels, CompiledStepsRefuseNewShapes) {
  Sequential from = two_layers();
  from.eval();
  auto f = compile([&](Tensor x) { return from(x); });
  const std::vector<float> want = f(ones({1, 2})).to_vector();
  const Sequential to = std::move(from);
  EXPECT_EQ(f(ones({1, 2})).to_vector(), want);  // the trace has the cells
  EXPECT_THAT(refusal([&] { f(ones({3, 2})); }), HasSubstr("was moved"));
}

TEST(MovedModels, AMemberThatWasMovedOutIsAnError) {
  Net net;
  const Linear taken = std::move(net.fc);
  EXPECT_THAT(refusal([&] { net(zeros({1, 2})); }), HasSubstr("this Linear was moved"));
  EXPECT_THAT(refusal([&] { static_cast<void>(net.parameters()); }), HasSubstr("this Linear was moved"));
}

TEST(MovedModels, ModelsOfOnesOwnRefuse) {
  Net from;
  Net to = std::move(from);
  // NOLINTNEXTLINE(bugprone-use-after-move): what is tested
  EXPECT_THAT(refusal([&] { from(zeros({1, 2})); }), HasSubstr("this Net was moved"));
  EXPECT_EQ(to(zeros({1, 2})).numel(), 2);
  const Net again = std::move(from);  // still no model
  EXPECT_THAT(refusal([&] { again(zeros({1, 2})); }), HasSubstr("was moved"));
}

TEST(MovedModels, AnAssignmentMakesAModelOfItAgain) {
  Sequential a = two_layers(), b = std::move(a);
  a = Sequential(Linear(2, 3));
  a.eval();
  EXPECT_EQ(a(zeros({1, 2})).shape(), (Shape{1, 3}));
  Sequential& same = a;
  a = std::move(same);
  EXPECT_EQ(a.size(), 1u);
}

TEST(MovedModels, GrowInAVector) {
  std::vector<Sequential> models;
  for (int i = 0; i < 9; ++i) {
    models.push_back(two_layers());
    for (Sequential& m : models) EXPECT_EQ(m.parameters().size(), 2u);
  }
}

TEST(MovedPrograms, Refuse) {
  auto from = compile([](Tensor x) { return x + 1; });
  from(zeros({1}));
  auto to = std::move(from);
  for (const std::string& text :
       // NOLINTNEXTLINE(bugprone-use-after-move): what is tested
       {refusal([&] { from(zeros({1})); }), refusal([&] { from.prepare(zeros({1})); }), refusal([&] { from.seal(); }),
        refusal([&] { static_cast<void>(from.session()); }), refusal([&] { static_cast<void>(from.graph()); }),
        refusal([&] { static_cast<void>(from.explain()); }), refusal([&] { static_cast<void>(from.memory_plan()); }),
        refusal([&] { static_cast<void>(from.traces()); })})
    EXPECT_THAT(text, HasSubstr("was moved from"));
  to.seal();
  auto session = to.session();
  auto other = std::move(session);
  // NOLINTNEXTLINE(bugprone-use-after-move): what is tested
  EXPECT_THAT(refusal([&] { session(zeros({1})); }), HasSubstr("session was moved from"));
  EXPECT_EQ(other(zeros({1})).item(), 1);
}

}  // namespace
}  // namespace weft::testing
