// SPDX-License-Identifier: Apache-2.0
#include "weft/dataset.h"

#include <algorithm>
#include <set>

#include "tests/support/files.h"
#include "weft/datasets.h"

namespace weft::testing {
namespace {

using Ints = std::vector<std::int64_t>;

Dataset counted(std::int64_t n) {
  std::vector<float> x;
  Ints y;
  for (std::int64_t i = 0; i < n; ++i) {
    x.push_back(static_cast<float>(10 * i));
    x.push_back(static_cast<float>(10 * i + 1));
    y.push_back(i);
  }
  return Dataset({Tensor::of<float>(x, {n, 2}), Tensor::of<std::int64_t>(y, {n})});
}

TEST(Dataset, HoldsColumnsOnTheHost) {
  const Dataset data = counted(4);
  EXPECT_EQ(data.size(), 4);
  EXPECT_EQ(data.columns().size(), 2u);
  EXPECT_TRUE(data.column(0).device().is_cpu());
  EXPECT_EQ(Dataset().size(), 0);
}

TEST(Dataset, SubsetKeepsRowsTogether) {
  const Dataset some = counted(5).subset({3, 0, 3});
  EXPECT_EQ(some.column(0).to_vector(), (std::vector<float>{30, 31, 0, 1, 30, 31}));
  EXPECT_EQ(some.column(1).to_vector<std::int64_t>(), (Ints{3, 0, 3}));
  EXPECT_EQ(counted(5).subset({}).column(0).shape(), (Shape{0, 2}));
}

TEST(Dataset, SplitIsAPartition) {
  const Split split = counted(103).split(0.8, 7);
  EXPECT_EQ(split.train.size(), 82);  // round(82.4)
  EXPECT_EQ(split.test.size(), 21);
  Ints all = split.train.column(1).to_vector<std::int64_t>();
  const Ints test = split.test.column(1).to_vector<std::int64_t>();
  all.insert(all.end(), test.begin(), test.end());
  EXPECT_FALSE(std::is_sorted(all.begin(), all.end()));
  EXPECT_EQ(std::set<std::int64_t>(all.begin(), all.end()).size(), 103u);
  EXPECT_EQ(test, counted(103).split(0.8, 7).test.column(1).to_vector<std::int64_t>());
  EXPECT_NE(test, counted(103).split(0.8, 8).test.column(1).to_vector<std::int64_t>());
}

TEST(Dataset, RejectsWhatDoesNotFit) {
  EXPECT_EQ(message_of<ShapeError>([] {
              Dataset({Tensor::of<float>({1, 2}, {2}), Tensor::of<float>({1, 2, 3}, {3})});
            }),
            "[dataset] column 1 is (3,), column 0 is (2,); all must have equally many rows");
  EXPECT_THROW(Dataset({Tensor::scalar(1.0f)}), ShapeError);
  EXPECT_THROW(counted(3).subset({3}), ValueError);
  EXPECT_THROW(counted(3).subset({-1}), ValueError);
  EXPECT_THROW(counted(3).split(1.5), ValueError);
  EXPECT_THROW(counted(3).column(2), ValueError);
}

TEST(Digits, AreThere) {
  const auto [train, test] = data::digits();
  EXPECT_EQ(train.size(), 1438);
  EXPECT_EQ(test.size(), 359);
  EXPECT_EQ(train.column(0).shape(), (Shape{1438, 64}));
  const std::vector<float> x = train.column(0).to_vector();
  EXPECT_EQ(*std::min_element(x.begin(), x.end()), 0.0f);
  EXPECT_EQ(*std::max_element(x.begin(), x.end()), 1.0f);
  // Counted in the file itself: the labels of both parts together.
  Ints count(10);
  for (const Dataset& part : {train, test})
    for (const std::int64_t label : part.column(1).to_vector<std::int64_t>())
      ++count.at(static_cast<std::size_t>(label));
  EXPECT_EQ(count, (Ints{178, 182, 177, 183, 181, 182, 181, 179, 174, 180}));
}

TEST(Digits, PixelsBelongToTheirLabels) {
  // The file's first row is a zero: its pixel sum, 294, and its label must still stand together after the shuffle.
  const auto [train, test] = data::digits();
  bool found = false;
  for (const Dataset& part : {train, test}) {
    const std::vector<float> x = part.column(0).to_vector();
    const Ints y = part.column(1).to_vector<std::int64_t>();
    const std::vector<float> first{0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0};
    for (std::size_t i = 0; i < y.size(); ++i)
      if (std::equal(first.begin(), first.end(), x.begin() + static_cast<std::ptrdiff_t>(64 * i),
                     [](float raw, float pixel) { return raw / 16 == pixel; })) {
        EXPECT_EQ(y[i], 0);
        found = true;
      }
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace weft::testing
