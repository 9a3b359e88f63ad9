// SPDX-License-Identifier: Apache-2.0
#include "weft/loader.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <set>

#include "core/data/permutation.h"
#include "tests/support/files.h"

namespace weft::testing {
namespace {

using Ints = std::vector<std::int64_t>;

Dataset counted(std::int64_t n) {
  Ints y(static_cast<std::size_t>(n));
  std::iota(y.begin(), y.end(), 0);
  return Dataset({Tensor::of<std::int64_t>(y, {n, 1}), Tensor::of<std::int64_t>(y, {n})});
}

// The labels of one pass, batch by batch.
std::vector<Ints> pass(Loader& loader) {
  std::vector<Ints> out;
  for (const auto& [x, y] : loader) {
    EXPECT_EQ(x.to_vector<std::int64_t>(), y.to_vector<std::int64_t>());
    out.push_back(y.to_vector<std::int64_t>());
  }
  return out;
}

Ints flat(const std::vector<Ints>& batches) {
  Ints out;
  for (const Ints& b : batches) out.insert(out.end(), b.begin(), b.end());
  return out;
}

TEST(Loader, GoesInOrderWithoutShuffle) {
  Loader loader(counted(7), {.batch_size = 3, .shuffle = false});
  EXPECT_EQ(loader.batches(), 3);
  EXPECT_EQ(pass(loader), (std::vector<Ints>{{0, 1, 2}, {3, 4, 5}, {6}}));
}

TEST(Loader, DropsTheLastBatch) {
  Loader loader(counted(7), {.batch_size = 3, .shuffle = false, .drop_last = true});
  EXPECT_EQ(loader.batches(), 2);
  EXPECT_EQ(pass(loader), (std::vector<Ints>{{0, 1, 2}, {3, 4, 5}}));
  Loader none(counted(2), {.batch_size = 3, .drop_last = true});
  EXPECT_EQ(pass(none), (std::vector<Ints>{}));
}

TEST(Loader, TheGlobalSeedDecidesTheOrder) {
  const auto orders = [](std::uint64_t global) {
    seed(global);
    Loader first(counted(20)), second(counted(20));
    return std::pair(flat(pass(first)), flat(pass(second)));
  };
  const auto once = orders(1), again = orders(1), other = orders(2);
  EXPECT_EQ(once, again);
  EXPECT_NE(once.first, once.second);
  EXPECT_NE(once.first, other.first);
  Loader own(counted(20), {.seed = 3}), same(counted(20), {.seed = 3});
  EXPECT_EQ(own.seed(), 3u);
  EXPECT_EQ(flat(pass(own)), flat(pass(same)));
}

TEST(Loader, APassCanBeginWithALaterBatch) {
  const Dataset data = counted(17);
  const LoaderOptions options{.batch_size = 3, .seed = 5};
  for (std::int64_t first = 0; first <= 6; ++first) {
    const detail::PassHandle later = detail::start_pass(data, options, 2, first),
                             all = detail::start_pass(data, options, 2);
    for (std::int64_t b = 0; b < first; ++b) all.advance();
    for (; all.batch(); all.advance(), later.advance()) {
      ASSERT_TRUE(later.batch());
      EXPECT_EQ((*later.batch())[1].to_vector<std::int64_t>(), (*all.batch())[1].to_vector<std::int64_t>());
    }
    EXPECT_FALSE(later.batch());
  }
}

TEST(Loader, EachEpochIsAnotherPermutation) {
  Loader loader(counted(100), {.batch_size = 8, .seed = 5});
  const Ints first = flat(pass(loader)), second = flat(pass(loader));
  EXPECT_EQ(loader.epoch(), 2);
  EXPECT_NE(first, second);
  for (Ints order : {first, second}) {
    EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
    std::sort(order.begin(), order.end());
    Ints all(100);
    std::iota(all.begin(), all.end(), 0);
    EXPECT_EQ(order, all);
  }
}

TEST(Loader, OrderDependsOnSeedAndEpochAlone) {
  Loader a(counted(50), {.batch_size = 7, .seed = 5}), b(counted(50), {.batch_size = 9, .seed = 5});
  Loader other(counted(50), {.batch_size = 7, .seed = 6});
  const Ints first = flat(pass(a));
  EXPECT_EQ(first, flat(pass(b)));
  EXPECT_NE(first, flat(pass(other)));
  const Ints second = flat(pass(a));
  Loader resumed(counted(50), {.batch_size = 7, .seed = 5});
  resumed.set_epoch(1);
  EXPECT_EQ(flat(pass(resumed)), second);
}

TEST(Loader, LeavingEarlyAndOverlappingPassesAreFine) {
  Loader loader(counted(1000), {.batch_size = 1, .shuffle = false});
  for (int i = 0; i < 20; ++i)
    for ([[maybe_unused]] const auto& [x, y] : loader) break;
  EXPECT_EQ(loader.epoch(), 20);
  auto a = loader.begin(), b = loader.begin();
  ++a;
  ++a;
  ++b;
  EXPECT_EQ(std::get<1>(*a).item<std::int64_t>(), 2);
  EXPECT_EQ(std::get<1>(*b).item<std::int64_t>(), 1);
}

TEST(Loader, BatchesStayWhenTheLoaderMovesOn) {
  Loader loader(counted(40), {.batch_size = 2, .shuffle = false});
  std::vector<Tensor> kept;
  for (const auto& [x, y] : loader) kept.push_back(y);
  for (std::size_t i = 0; i < kept.size(); ++i)
    EXPECT_EQ(kept[i].to_vector<std::int64_t>(),
              (Ints{static_cast<std::int64_t>(2 * i), static_cast<std::int64_t>(2 * i + 1)}));
}

TEST(Loader, ComesOnTheDefaultDeviceOrTheOneAskedFor) {
  const DeviceScope scope(Device::cpu());
  Loader loader(counted(2), {.batch_size = 2});
  EXPECT_TRUE(std::get<0>(*loader.begin()).device().is_cpu());
  for (const Device device : Device::all()) {
    Loader there(counted(2), {.batch_size = 2, .device = device});
    EXPECT_EQ(std::get<0>(*there.begin()).device(), device);
  }
}

TEST(Loader, ChecksItsArguments) {
  EXPECT_EQ(message_of<ValueError>([] { Loader(counted(2), {.batch_size = 0}); }),
            "[loader] batch_size is 0, it must be positive");
  EXPECT_EQ(message_of<ValueError>([] { LoaderOf<Tensor>(counted(2)); }),
            "[loader] the source has 2 columns, the loader gives 1");
}

// All orders of 4 equally often, by a chi-square test: 23 degrees of freedom stay below 49.7 with probability 0.999.
TEST(Permutation, IsUniform) {
  constexpr int kDraws = 24000;
  std::map<Ints, int> count;
  for (int i = 0; i < kDraws; ++i) ++count[detail::permutation(4, 3, static_cast<std::uint64_t>(i))];
  ASSERT_EQ(count.size(), 24u);
  double chi = 0;
  for (const auto& [order, n] : count) chi += (n - 1000.0) * (n - 1000.0) / 1000.0;
  EXPECT_LT(chi, 49.7);
  EXPECT_GT(chi, 7.5);  // too even is suspicious, too
}

TEST(Permutation, StaysWhatItIs) {
  // Resuming an old run needs the same order for ever. Computed by a Python program of its own.
  EXPECT_EQ(detail::permutation(8, 1, 0), (Ints{6, 1, 5, 0, 4, 7, 2, 3}));
  EXPECT_EQ(detail::permutation(5, 7, std::uint64_t{1} << 63), (Ints{2, 1, 0, 3, 4}));
  EXPECT_TRUE(detail::permutation(0, 1, 0).empty());
}

// Rows 0 to n - 1; a tenth of them, those below n / 10, are of class 1.
Dataset labeled(std::int64_t n) {
  Ints row, label;
  for (std::int64_t i = 0; i < n; ++i) {
    row.push_back(i);
    label.push_back(i < n / 10 ? 1 : 0);
  }
  return Dataset({Tensor::of<std::int64_t>(row, {n}), Tensor::of<std::int64_t>(label, {n})});
}

std::vector<Ints> columns_of(Loader& loader, std::size_t column) {
  std::vector<Ints> out;
  for (const auto& [row, label] : loader) out.push_back((column == 0 ? row : label).to_vector<std::int64_t>());
  return out;
}

TEST(Sampling, WeightsAreChances) {
  std::vector<double> weights{0, 1, 2, 5, 0};
  std::vector<std::int64_t> counts(5);
  Loader loader(labeled(5), {.batch_size = 5, .seed = 3, .weights = weights});
  for (int epoch = 0; epoch < 2000; ++epoch)
    for (const std::int64_t row : flat(columns_of(loader, 0))) ++counts[static_cast<std::size_t>(row)];
  EXPECT_EQ(counts[0], 0);
  EXPECT_EQ(counts[4], 0);
  // 10,000 draws: within five standard deviations, sqrt(n p (1 - p)).
  for (std::size_t i = 1; i < 4; ++i) {
    const double p = weights[i] / 8;
    EXPECT_NEAR(static_cast<double>(counts[i]), 10000 * p, 5 * std::sqrt(10000 * p * (1 - p))) << i;
  }
}

TEST(Sampling, OrderDependsOnSeedAndEpochAlone) {
  for (const bool balanced : {false, true}) {
    LoaderOptions options{.batch_size = 7, .seed = 5};
    if (balanced) options.balance = 1;
    if (!balanced) options.weights.assign(50, 1.0);
    Loader a(labeled(50), options), again(labeled(50), options);
    options.seed = 6;
    Loader other(labeled(50), options);
    const Ints first = flat(columns_of(a, 0)), second = flat(columns_of(a, 0));
    EXPECT_EQ(first.size(), 50u);
    EXPECT_NE(first, second);
    EXPECT_EQ(first, flat(columns_of(again, 0)));
    EXPECT_NE(first, flat(columns_of(other, 0)));
    again.set_epoch(1);
    EXPECT_EQ(second, flat(columns_of(again, 0)));
  }
}

TEST(Sampling, BalancedBatchesHoldEachClassEquallyOften) {
  Loader loader(labeled(100), {.batch_size = 8, .seed = 1, .balance = 1});
  for (const Ints& labels : columns_of(loader, 1))
    EXPECT_EQ(2 * std::accumulate(labels.begin(), labels.end(), std::int64_t{0}), std::ssize(labels));
  std::map<std::int64_t, int> seen;
  for (const std::int64_t row : flat(columns_of(loader, 0))) ++seen[row];
  for (std::int64_t row = 0; row < 10; ++row) EXPECT_EQ(seen[row], 5) << row;  // all rows of the rare class alike
  for (const auto& [row, times] : seen) EXPECT_TRUE(row < 10 || times == 1) << row;
}

TEST(Sampling, BalancedRoundsHaveOrdersOfTheirOwn) {
  Loader loader(labeled(100), {.batch_size = 100, .seed = 1, .balance = 1});
  Ints rare;
  for (const std::int64_t row : flat(columns_of(loader, 0)))
    if (row < 10) rare.push_back(row);
  std::set<Ints> rounds;
  for (auto at = rare.begin(); at != rare.end(); at += 10) rounds.insert(Ints(at, at + 10));
  EXPECT_EQ(rounds.size(), 5u);
}

TEST(Sampling, RefusesWhatCannotBe) {
  const auto refused = [](const LoaderOptions& options) {
    return message_of<ValueError>([&] { Loader(labeled(20), options); });
  };
  EXPECT_EQ(refused({.weights = {1, 2}}), "[loader] 2 weights for 20 rows; there must be one for each");
  EXPECT_NE(refused({.weights = std::vector<double>(20, -1.0)}).find("a weight is -1"), std::string::npos);
  EXPECT_NE(refused({.weights = std::vector<double>(20, 0.0)}).find("sum of the weights"), std::string::npos);
  EXPECT_NE(refused({.shuffle = false, .balance = 1}).find("shuffle is false"), std::string::npos);
  EXPECT_NE(refused({.balance = 2}).find("no column 2"), std::string::npos);
  EXPECT_NE(refused({.weights = std::vector<double>(20, 1.0), .balance = 1}).find("give one"), std::string::npos);
}

TEST(ClassWeights, MakeClassesCountEqually) {
  const Tensor weights = data::class_weights(Tensor::of<std::int64_t>({0, 0, 0, 1, 2, 2}, {6}));
  EXPECT_EQ(weights.to_vector(), (std::vector<float>{6.0f / 9, 2, 1}));
  EXPECT_EQ(data::class_weights(Tensor::of<float>({0, 1, 1, 1}, {4, 1})).to_vector(),
            (std::vector<float>{2, 4.0f / 6}));
  EXPECT_THROW(data::class_weights(Tensor::of<std::int64_t>({0, 2}, {2})), ValueError);
  EXPECT_THROW(data::class_weights(Tensor::of<std::int64_t>({0, -1}, {2})), ValueError);
  EXPECT_THROW(data::class_weights(Tensor::of<float>({0, 0.5f}, {2})), ValueError);
  EXPECT_THROW(data::class_weights(Tensor::of<float>(std::vector<float>(), {0})), ValueError);
}

}  // namespace
}  // namespace weft::testing
