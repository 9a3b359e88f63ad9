// SPDX-License-Identifier: Apache-2.0
#include "weft/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/exec/candidate.h"
#include "tests/support/every_device.h"
#include "weft/weft.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ProfileOn : public EveryDevice {
 protected:
  DeviceScope scope_{device()};
};

TEST_P(ProfileOn, CountsAndTimesEveryKernelOfAStep) {
  Sequential model{Linear(64, 128), ReLU(), Linear(128, 10)};
  Optimizer optimizer(model.parameters(), Adam{});
  auto step = compile(
      [&](Tensor x, Tensor y) {
        Tensor loss = cross_entropy(model(x), y);
        optimizer.minimize(loss);
        return loss;
      },
      {.name = "training"});
  EXPECT_THROW(step.profile(), TraceError);
  step.prepare(zeros({32, 64}), zeros({32}, DType::kI64));
  const std::vector<float> before = model.parameters()[0].value().to_vector();
  const Profile profile = step.profile();
  EXPECT_EQ(model.parameters()[0].value().to_vector(), before);
  EXPECT_EQ(optimizer.updates(), 0);

  double products = 0, share = 0;
  std::set<std::string> phases, layers;
  for (const KernelProfile& k : profile.kernels) {
    if (k.kernel.starts_with("matmul")) products += k.flops;
    EXPECT_FALSE(k.candidate.empty()) << k.kernel;
    EXPECT_THAT(profile.text(), HasSubstr(k.candidate));
    phases.insert(k.phase);
    layers.insert(k.layer);
    share += k.share;
    EXPECT_GT(k.seconds, 0) << k.kernel;
    EXPECT_GT(k.bytes_written, 0) << k.kernel;
  }
  // Two forward, two for weights, one for what enters the second layer; epilogues add a little.
  const double exact = 2.0 * 32 * (2 * 64 * 128 + 3 * 128 * 10);
  EXPECT_GE(products, exact);
  EXPECT_LT(products, 1.1 * exact);
  EXPECT_EQ(phases, (std::set<std::string>{"backward", "forward", "update"}));
  EXPECT_TRUE(layers.contains("0") && layers.contains("2") && layers.contains("optimizer"));
  EXPECT_NEAR(share, 1, 1e-9);
  EXPECT_GT(profile.bytes_per_second, 0);
  EXPECT_GT(profile.flops_per_second, 0);
}

TEST_P(ProfileOn, ExplainNamesWhatIsFused) {
  auto f = compile([](Tensor x) { return tanh(x * 2 + 1) * tanh(x); }, {.name = "chain"});
  f.prepare(zeros({100, 100}));
  const std::string text = f.explain();
  EXPECT_THAT(text, HasSubstr("'chain' on " + device().name()));
  EXPECT_THAT(text, HasSubstr("GB/s (copy)"));
  // In no fixed order: the compiler may evaluate either operand of a product first.
  for (const char* op : {"tanh x2", "multiply x2", "add"}) EXPECT_THAT(text, HasSubstr(op));
  // Two tanh and three arithmetic functions an element.
  EXPECT_THAT(text, HasSubstr("190.0 k")) << text;
  EXPECT_THAT(text, HasSubstr("39.1 KiB")) << text;
  auto plain = compile([](Tensor x) { return x * 2 + 1; }, {.fuse = false});
  plain.prepare(zeros({4}));
  EXPECT_EQ(plain.profile().kernels.back().fused, "");
}

TEST_P(ProfileOn, ExplainNamesTheCandidates) {
  const auto text = [] {
    auto f = compile([](Tensor x) { return logsumexp(x, {1}); }, {.fuse = false});
    f.prepare(zeros({100, 100}));
    return f.explain();
  };
  const std::string usual = text();
  EXPECT_THAT(usual, HasSubstr("lanes"));
  EXPECT_THAT(usual, Not(HasSubstr("reference")));
  const exec::ForcedCandidate forced("logsumexp", device().kind(), "reference");
  EXPECT_THAT(text(), HasSubstr("reference"));
}

WEFT_ON_EVERY_DEVICE(ProfileOn);

}  // namespace
}  // namespace weft::testing
