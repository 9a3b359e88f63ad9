// SPDX-License-Identifier: Apache-2.0
// Layers around layers: weight norm, spectral norm, weight noise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/compile.h"
#include "weft/error.h"
#include "weft/gradients.h"
#include "weft/layers.h"
#include "weft/ops.h"
#include "weft/random.h"

namespace weft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Floats = std::vector<float>;

class WeightedLayersOn : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(WeightedLayersOn);

std::vector<std::string> names_of(Module& module) {
  std::vector<std::string> names;
  for (const StateEntry& entry : module.state_dict()) names.push_back(entry.name);
  return names;
}

double distance(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item<double>(); }

TEST_P(WeightedLayersOn, WeightNormBeginsAsTheLayer) {
  Linear plain(3, 4);
  plain.initialize(3);
  const Tensor x = sin(arange(6, DType::kF32)).reshape({2, 3}), wanted = plain(x);
  for (const int dim : {0, 1}) {
    WeightNorm layer(clone(plain), dim);
    EXPECT_THAT(names_of(layer),
                ElementsAre("bias", "parametrizations.weight.original1", "parametrizations.weight.original0"));
    EXPECT_EQ(layer.magnitude.shape(), (dim == 0 ? Shape{4, 1} : Shape{1, 3}));
    EXPECT_LT(distance(layer(x), wanted), 1e-6);
    // Twice the magnitude is twice the weight, and the length of the direction says nothing.
    layer.magnitude.assign(2 * layer.magnitude.value());
    layer.direction.assign(5 * layer.direction.value());
    EXPECT_LT(distance(layer.effective_weight(), 2 * plain.weight.value()), 1e-6);
  }
  // A layer that has no values yet draws those that it would have drawn without the norm, keyed by the path.
  WeightNorm late(Linear(3, 4));
  late.initialize(3);
  EXPECT_LT(distance(late.effective_weight(), late.direction), 1e-6);
}

TEST_P(WeightedLayersOn, ARowOfZerosHasNoDirection) {
  WeightNorm layer(Linear(2, 2, {.bias = false, .init = init::zeros()}));
  layer.direction.assign(Tensor::of<float>({0, 0, 3, 4}, {2, 2}));
  layer.magnitude.assign(Tensor::of<float>({1, 10}, {2, 1}));
  auto step = compile([&] {
    const Gradients g = gradients(layer(ones({1, 2})).sum(), layer.parameters());
    return std::tuple{layer.effective_weight(), g.values[0], g.values[1]};
  });
  const auto [weight, direction, magnitude] = step();
  EXPECT_EQ(weight.to_vector(), (Floats{0, 0, 6, 8}));
  EXPECT_EQ(direction.slice(0, 0, 1).to_vector(), (Floats{0, 0}));
  EXPECT_FLOAT_EQ(magnitude.to_vector()[1], 1.4f);
  EXPECT_EQ(magnitude.to_vector()[0], 0);
}

TEST_P(WeightedLayersOn, SpectralNormHasALargestSingularValueOfOne) {
  SpectralNorm layer(Linear(3, 2, {.bias = false}));
  // Singular values 4 and 2.
  layer.original.assign(Tensor::of<float>({0, 4, 0, 2, 0, 0}, {2, 3}));
  EXPECT_THAT(names_of(layer), ElementsAre("parametrizations.weight.original", "parametrizations.weight.0._u",
                                           "parametrizations.weight.0._v"));
  const Tensor x = ones({1, 3});
  for (int i = 0; i < 30; ++i) static_cast<void>(layer(x));
  EXPECT_LT(distance(layer.effective_weight(), layer.original / 4), 1e-6);
  // In evaluation, and when frozen, the vectors stay.
  layer.original.assign(Tensor::of<float>({0, 0, 6, 1, 0, 0}, {2, 3}));
  const Floats u = layer.u.value().to_vector(), v = layer.v.value().to_vector();
  layer.eval();
  static_cast<void>(layer(x));
  layer.train();
  layer.freeze();
  static_cast<void>(layer(x));
  EXPECT_EQ(layer.u.value().to_vector(), u);
  EXPECT_EQ(layer.v.value().to_vector(), v);
  layer.unfreeze();
  static_cast<void>(layer(x));
  EXPECT_NE(layer.v.value().to_vector(), v);
}

// The first vectors are 15 iterations old, so that the first outputs are near those of the norm.
TEST_P(WeightedLayersOn, SpectralNormIsNearFromTheBeginning) {
  SpectralNorm layer(Linear(6, 5));
  layer.initialize(8);
  layer.eval();
  const Tensor w = layer.effective_weight(), before = layer.u.value();
  EXPECT_NEAR(sqrt(square(layer.u.value()).sum()).item<double>(), 1, 1e-6);
  detail::SingularVectors at{layer.u, layer.v};
  at = detail::power_iterations(w, at, 500);
  EXPECT_NEAR((at.u.unsqueeze(1) * w * at.v).sum().item<double>(), 1, 0.1);
  SpectralNorm same(Linear(6, 5));
  same.initialize(8);
  EXPECT_EQ(same.u.value().to_vector(), before.to_vector());
}

TEST_P(WeightedLayersOn, WeightNoiseIsOfTrainingAlone) {
  Generator draws(4);
  const GeneratorScope scope(draws);
  WeightNoise layer(Linear(200, 100, {.bias = false, .init = init::zeros()}), 0.5);
  EXPECT_THAT(names_of(layer), ElementsAre("weight"));
  const Tensor one = layer(ones({1, 200})), other = layer(ones({1, 200}));
  EXPECT_NE(one.to_vector(), other.to_vector());
  // Sums of 200 draws each.
  EXPECT_NEAR(std::sqrt(square(one).mean().item<double>()), 0.5 * std::sqrt(200), 1.5);
  layer.eval();
  EXPECT_EQ(layer(ones({1, 200})).to_vector(), Floats(100, 0));
}

// Trainers, checkpoints, clones and summaries see such a layer as any other.
TEST_P(WeightedLayersOn, StandInASequential) {
  Sequential model{WeightNorm(Linear(4, 8)), ReLU(), SpectralNorm(Linear(8, 8)), ReLU(),
                   WeightNoise(Linear(8, 2), 0.1)};
  model.to(device());
  model.initialize(5);
  EXPECT_EQ(model.parameters().size(), 7u);
  EXPECT_EQ(model.buffers().size(), 2u);
  EXPECT_EQ(model.parameters().name(0), "0.bias");
  const std::string text = summary(model, {{{3, 4}, DType::kF32}}).text();
  EXPECT_THAT(text, HasSubstr("WeightNorm<Linear>"));
  Sequential copy = clone(model);
  model.eval();
  copy.eval();
  const Tensor x = randn({3, 4});
  EXPECT_EQ(copy(x).to_vector(), model(x).to_vector());
  Sequential moved = std::move(model);
  EXPECT_EQ(moved(x).to_vector(), copy(x).to_vector());
  moved.freeze();
  EXPECT_TRUE(moved.trainable_parameters().empty());
  EXPECT_THAT(message_of<ShapeError>([&] { moved(randn({3, 5})); }), HasSubstr("0: input is (3, 5)"));
}

TEST(WeightedLayers, RefuseWhatCannotBe) {
  EXPECT_EQ(message_of<ValueError>([] { WeightNorm(Linear(3, 4), 2); }),
            "[weight_norm] the weight is (4, 3) and dim is 2; it must be from 0 to 1");
  EXPECT_EQ(message_of<ValueError>([] { SpectralNorm(Linear(3, 4), 0); }),
            "[spectral_norm] iterations is 0; it must be positive");
  EXPECT_EQ(message_of<ValueError>([] { WeightNoise(Linear(3, 4), -1); }),
            "[weight_noise] stddev is -1; it must be 0 or more");
  static_assert(detail::WeightedLayer<Linear> && detail::WeightedLayer<WeightNoise<Linear>>);
  static_assert(!detail::WeightedLayer<WeightNorm<Linear>> && !detail::WeightedLayer<SpectralNorm<Linear>>);
  static_assert(!detail::WeightedLayer<BatchNorm>);
}

}  // namespace
}  // namespace weft::testing
