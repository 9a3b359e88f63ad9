// SPDX-License-Identifier: Apache-2.0
// Regions whose values the backward computes again: the same bits, and less memory.
#include "weft/recompute.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/support/every_device.h"
#include "weft/weft.h"

namespace weft::testing {
namespace {

// A block with nothing between product and activation, whose input one reader in the backward wants.
struct Plain : Module {
  Linear up, down;
  WEFT_MODULE(up, down)

  explicit Plain(std::int64_t width) : up(width, 2 * width), down(2 * width, width) {}
  Tensor forward(const Tensor& x) const { return tanh(x + down(gelu(up(x)))); }
};

struct Block : Module {
  Linear up, down;
  BatchNorm norm;
  Dropout dropout{0.25};
  WEFT_MODULE(up, down, norm, dropout)

  explicit Block(std::int64_t width) : up(width, 2 * width), down(2 * width, width), norm(2 * width) {}
  Tensor forward(const Tensor& x) const { return x + down(dropout(gelu(norm(up(x))))); }
};

enum class Keep { kAll, kBlocks, kPairs };

template <class B>
struct Deep : Module {
  std::vector<B> blocks;
  Linear head;
  Keep keep;
  WEFT_MODULE(blocks, head)

  Deep(std::size_t depth, std::int64_t width, Keep how) : head(width, 3), keep(how) {
    for (std::size_t i = 0; i < depth; ++i) blocks.emplace_back(width);
  }
  Tensor forward(const Tensor& x) const {
    Tensor y = x;
    for (std::size_t i = 0; i < blocks.size(); i += 2) {
      const auto pair = [&](const Tensor& in) {
        // An inner call changes nothing within an outer one.
        if (keep == Keep::kAll) return blocks[i + 1](blocks[i](in));
        return recompute(blocks[i + 1])(recompute(blocks[i])(in));
      };
      y = keep == Keep::kPairs ? recompute(pair)(y) : pair(y);
    }
    return head(y);
  }
};

Dataset rows(std::int64_t n, std::int64_t width) {
  Generator generator(3);
  const GeneratorScope scope(generator);
  return Dataset({randn({n, width}), randint(0, 3, {n})});
}

struct Outcome {
  std::vector<double> losses;
  std::map<std::string, std::vector<float>> values;  // parameters and buffers
  std::int64_t arena = 0;
};

template <class B>
Outcome train(Keep keep, Precision precision, std::size_t depth, std::int64_t width, std::int64_t batch) {
  Deep<B> model(depth, width, keep);
  Trainer trainer(model, CrossEntropy(), AdamW{.lr = 1e-3},
                  {.device = default_device(), .seed = 7, .precision = precision});
  const Dataset data = rows(3 * batch, width);
  Outcome run;
  for (const Epoch& e : trainer.fit(data, {.epochs = 2, .batch_size = batch, .quiet = true}).epochs)
    run.losses.push_back(e.loss);
  for (const Parameters& all : {model.parameters(), model.buffers()})
    for (std::size_t i = 0; i < all.size(); ++i) run.values[all.name(i)] = all[i].value().to_vector();
  run.arena = trainer.memory_plan().arena;
  return run;
}

// The arguments of the call are a product and a copy of it, which 16-bit programs store rounded.
struct Direct : Module {
  Linear first{6, 6, {.bias = false}}, last{6, 3};
  bool again;
  WEFT_MODULE(first, last)

  explicit Direct(bool on) : again(on) {}
  Tensor forward(const Tensor& x) const {
    const auto f = [this](const Tensor& a, const Tensor& b) { return last(gelu(a) * tanh(b)); };
    const Tensor product = first(x), turned = flip(product, {0});
    return again ? recompute(f)(product, turned) : f(product, turned);
  }
};

using Recompute = EveryDevice;

template <class B>
void expect_the_same_bits() {
  for (const Precision precision : {Precision::kF32, Precision::kBF16}) {
    const Outcome kept = train<B>(Keep::kAll, precision, 4, 12, 10);
    for (const Keep keep : {Keep::kBlocks, Keep::kPairs}) {
      const Outcome again = train<B>(keep, precision, 4, 12, 10);
      EXPECT_EQ(again.losses, kept.losses);
      for (const auto& [name, value] : kept.values) EXPECT_TRUE(again.values.at(name) == value) << name;
    }
  }
}

TEST_P(Recompute, GivesTheSameBitsInEveryPrecision) {
  expect_the_same_bits<Block>();
  expect_the_same_bits<Plain>();
  for (const Precision precision : {Precision::kF32, Precision::kBF16}) {
    const auto values = [&](bool again) {
      Direct model(again);
      Trainer trainer(model, CrossEntropy(), SGD{.lr = 0.1},
                      {.device = default_device(), .seed = 7, .precision = precision});
      trainer.fit(rows(20, 6), {.epochs = 2, .batch_size = 10, .quiet = true});
      return model.first.weight.value().to_vector();
    };
    EXPECT_EQ(values(true), values(false));
  }
}

// A product that is returned stays f32, in the call and behind its barrier.
TEST_P(Recompute, ReadsWhatIsReturnedInF32) {
  seed(4);
  const Variable w(randn({6, 6}));
  const Tensor x = randn({10, 6});
  const auto run = [&](bool again) {
    auto step = compile(
        [&](Tensor in) {
          const Tensor product = matmul(in, w);
          const auto f = [](const Tensor& a) { return gelu(a) * tanh(a); };
          const Tensor y = again ? recompute(f)(product) : f(product);
          return std::pair(product, gradients(matmul(y, w).sum(), Parameters{{"w", w}})[w]);
        },
        {.precision = Precision::kBF16});
    const auto [product, slope] = step(x);
    return std::pair(product.to_vector(), slope.to_vector());
  };
  EXPECT_EQ(run(true), run(false));
}

TEST_P(Recompute, NeedsLessMemory) {
  const auto arena = [](Keep keep) {
    Deep<Block> model(8, 32, keep);
    Trainer trainer(model, CrossEntropy(), SGD{.lr = 0.1}, {.device = default_device(), .seed = 7});
    trainer.prepare(rows(512, 32), 512);
    return static_cast<double>(trainer.memory_plan().arena);
  };
  const double all = arena(Keep::kAll);
  EXPECT_LT(arena(Keep::kBlocks), 0.4 * all);
  EXPECT_LT(arena(Keep::kPairs), 0.5 * all);
}

TEST_P(Recompute, HasDerivativesOfAnyOrder) {
  const auto inner = [](const Tensor& x) { return exp(sin(x) * x) + x.sum({1}, true) * x; };
  const Tensor x = Tensor::of({0.3, -1.2, 0.7, 2.0, -0.4, 0.9}, {2, 3}).to(DType::kF64);
  const Tensor v = Tensor::of({1.0, 0.5, -1.0, 0.25, 2.0, -0.5}, {2, 3}).to(DType::kF64);
  const Map f = [&](const Tensor& in) { return square(inner(in)).sum(); };
  const Map g = [&](const Tensor& in) { return square(recompute(inner)(in)).sum(); };
  EXPECT_EQ(grad(g)(x).to_vector<double>(), grad(f)(x).to_vector<double>());
  EXPECT_EQ(jvp(g, x, v).tangent.to_vector<double>(), jvp(f, x, v).tangent.to_vector<double>());
  const auto near = [](const Tensor& a, const Tensor& b) {
    EXPECT_LT(max(abs(a - b)).item<double>(), 1e-12 * max(abs(b)).item<double>());
  };
  near(hvp(g, x, v), hvp(f, x, v));
  const auto twice = [&](const Map& h) { return grad([&](const Tensor& in) { return (grad(h)(in) * v).sum(); })(x); };
  near(twice(g), twice(f));
  EXPECT_TRUE(check_gradients(g, {{{2, 3}, DType::kF64}}).ok);
}

TEST_P(Recompute, TakesAnyCallable) {
  const auto split = [](const Tensor& a, const Tensor& b) { return std::pair(tanh(a) * b, sigmoid(b)); };
  const auto loss = [&](bool again) {
    return grad([&](const Tensor& x) {
      auto [p, q] = again ? recompute(split)(x, x + 1) : split(x, x + 1);
      return (p * q).sum();
    })(linspace(-1, 1, 7));
  };
  EXPECT_EQ(loss(true).to_vector(), loss(false).to_vector());
  // Outside a trace there is nothing to keep.
  EXPECT_EQ(recompute([](const Tensor& x) { return x * 2; })(ones({2})).to_vector(), (std::vector<float>{2, 2}));
}

TEST_P(Recompute, EndsWhereTheFunctionThrows) {
  const auto throws = [](const Tensor& x) -> Tensor { return x + ones({5}); };
  const Map f = [&](const Tensor& x) {
    EXPECT_THROW(recompute(throws)(x), ShapeError);
    return square(tanh(x)).sum();
  };
  EXPECT_EQ(grad(f)(ones({3})).shape(), Shape({3}));
}

WEFT_ON_EVERY_DEVICE(Recompute);

}  // namespace
}  // namespace weft::testing
