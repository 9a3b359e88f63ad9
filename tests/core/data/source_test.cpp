// SPDX-License-Identifier: Apache-2.0
#include "weft/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/files.h"
#include "weft/loader.h"
#include "weft/ops.h"
#include "weft/random.h"

namespace weft::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Rows = std::span<const std::int64_t>;
using Columns = std::vector<Tensor>;

// Rows made when they are asked for: (row, row^2) and the row's number.
struct Squares {
  std::int64_t count = 10;
  std::int64_t size() const { return count; }
  Columns rows(Rows rows) const {
    std::vector<float> x;
    for (const std::int64_t row : rows) x.insert(x.end(), {static_cast<float>(row), static_cast<float>(row * row)});
    const std::vector<std::int64_t> numbers(rows.begin(), rows.end());
    return {Tensor::of(x, {std::ssize(rows), 2}), Tensor::of(numbers, {std::ssize(rows)})};
  }
};

// A source whose rows() is any function.
struct Any {
  std::function<Columns(Rows)> f;
  std::int64_t count = 10;
  std::int64_t size() const { return count; }
  Columns rows(Rows rows) const { return f(rows); }
};

std::vector<float> floats(const Columns& columns, std::size_t c = 0) { return columns[c].to_vector<float>(); }

TEST(Source, GivesRowsByIndex) {
  const Source source = Squares{};
  EXPECT_EQ(source.size(), 10);
  EXPECT_EQ(source.dataset(), nullptr);
  EXPECT_THAT(source.row_specs(), ElementsAre(TensorSpec{{1, 2}, DType::kF32}, TensorSpec{{1}, DType::kI64}));
  const std::int64_t some[] = {7, 0, 7};
  const Columns columns = source.rows(some);
  EXPECT_EQ(floats(columns), (std::vector<float>{7, 49, 0, 0, 7, 49}));
  EXPECT_EQ(columns[0].device(), Device::cpu());
  EXPECT_EQ(source.rows({})[0].shape(), (Shape{0, 2}));
}

TEST(Source, IsADatasetToo) {
  const Source source = Dataset({Tensor::of<float>({1, 2, 3}, {3})});
  ASSERT_NE(source.dataset(), nullptr);
  const std::int64_t some[] = {2, 0};
  EXPECT_EQ(floats(source.rows(some)), (std::vector<float>{3, 1}));
  EXPECT_THAT(source.row_specs(), ElementsAre(TensorSpec{{1}, DType::kF32}));
  EXPECT_EQ(Source(Dataset()).size(), 0);
  EXPECT_THAT(Source(Dataset()).row_specs(), IsEmpty());
}

TEST(Source, IsEmptyByDefault) {
  const Source source;
  EXPECT_FALSE(source.defined());
  EXPECT_EQ(source.size(), 0);
  EXPECT_THAT(source.row_specs(), IsEmpty());
  EXPECT_THAT(source.rows({}), IsEmpty());
}

TEST(Source, RefusesRowsThatAreNotThere) {
  const Source source = Squares{};
  for (const std::int64_t row : {std::int64_t{-1}, std::int64_t{10}}) {
    const std::int64_t one[] = {row};
    EXPECT_EQ(message_of<ValueError>([&] { static_cast<void>(source.rows(one)); }),
              "[source] no row " + std::to_string(row) + " among 10");
  }
  EXPECT_EQ(message_of<ValueError>([] { static_cast<void>(Source(Squares{-3})); }),
            "[source] size() is -3; it must not be negative");
}

// The message of the error that rows 4, 9, 2, 1 give; row 0 is (1, 2) and (1).
template <class E>
std::string refusal(std::function<Columns(Rows)> f) {
  const Source source = Any{[f](Rows rows) { return rows.size() == 1 ? Squares{}.rows(rows) : f(rows); }};
  return message_of<E>([&] {
    const std::int64_t some[] = {4, 9, 2, 1};
    static_cast<void>(source.rows(some));
  });
}

TEST(Source, RefusesColumnsThatDoNotFit) {
  const auto x = [](std::int64_t n, std::int64_t m) { return zeros({n, m}); };
  EXPECT_EQ(refusal<ValueError>([](Rows) { return Columns{}; }),
            "[source] rows 4, 9, 2 and 1 more have no columns; give one at least");
  EXPECT_EQ(refusal<ShapeError>([&](Rows) {
              return Columns{x(3, 2), zeros({4}, DType::kI64)};
            }),
            "[source] column 0 of rows 4, 9, 2 and 1 more is (3, 2); the first axis must count the 4 rows");
  EXPECT_EQ(refusal<ShapeError>([&](Rows) {
              return Columns{x(4, 3), zeros({4}, DType::kI64)};
            }),
            "[source] column 0 of rows 4, 9, 2 and 1 more has rows of (1, 3), row 0 is (1, 2)");
  EXPECT_EQ(refusal<DTypeError>([&](Rows) {
              return Columns{x(4, 2), zeros({4})};
            }),
            "[source] column 1 of rows 4, 9, 2 and 1 more is f32, that of row 0 is i64");
  EXPECT_EQ(refusal<ShapeError>([&](Rows) { return Columns{x(4, 2)}; }),
            "[source] rows 4, 9, 2 and 1 more have 1 columns, row 0 has 2");
}

TEST(Source, NamesTheRowsOfWhatIsThrown) {
  EXPECT_EQ(refusal<DataError>([](Rows) -> Columns { throw std::runtime_error("no file"); }),
            "[source] rows 4, 9, 2 and 1 more: no file");
  EXPECT_EQ(refusal<FormatError>([](Rows) -> Columns { throw FormatError("mine"); }), "mine");
}

std::vector<std::vector<float>> batches(const Source& source, const LoaderOptions& options, std::int64_t epochs = 2) {
  std::vector<std::vector<float>> out;
  Loader loader(source, options);
  for (std::int64_t epoch = 0; epoch < epochs; ++epoch)
    for (const auto& [x, y] : loader) {
      out.push_back(x.to_vector<float>());
      EXPECT_EQ(y.dim(0), x.dim(0));
    }
  return out;
}

TEST(LoaderSource, GivesTheBatchesOfADataset) {
  std::vector<std::int64_t> all(10);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
  const Dataset dataset(Squares{}.rows(all));
  for (const bool drop_last : {false, true}) {
    const LoaderOptions options{.batch_size = 3, .drop_last = drop_last, .seed = 4};
    EXPECT_EQ(batches(Squares{}, options), batches(dataset, options));
  }
  std::vector<double> weights(10, 1);
  weights[3] = 50;
  EXPECT_EQ(batches(Squares{}, {.batch_size = 4, .seed = 1, .weights = weights}),
            batches(dataset, {.batch_size = 4, .seed = 1, .weights = weights}));
}

TEST(LoaderSource, RefusesWhatDoesNotFit) {
  EXPECT_EQ(message_of<ValueError>([] { LoaderOf<Tensor>(Squares{}); }),
            "[loader] the source has 2 columns, the loader gives 1");
  EXPECT_THAT(message_of<ValueError>([] { Loader(Squares{}, {.balance = 1}); }), HasSubstr("do not lie in memory"));
  EXPECT_EQ(Loader(Squares{0}).batches(), 0);
  Loader moved(Squares{});
  Loader to(std::move(moved));
  // NOLINTNEXTLINE(bugprone-use-after-move): what is tested
  EXPECT_THAT(message_of<ValueError>([&] { moved.begin(); }), HasSubstr("it was moved from"));
}

// x, with noise, a draw of its own for each row.
Columns noisy(Columns row) { return {row[0] + randn(row[0].shape()), row[1]}; }

TEST(LoaderSource, MappedRowsAreTheSameForAnyNumberOfThreads) {
  for (const bool batched : {false, true}) {
    std::set<std::vector<std::vector<float>>> seen;
    for (const int threads : {1, 2, 5}) {
      const Source mapped = data::map(Squares{}, noisy, {.threads = threads, .batched = batched, .seed = 3});
      EXPECT_EQ(mapped.threads(), threads);
      seen.insert(batches(mapped, {.batch_size = 3, .seed = 4}));
    }
    EXPECT_EQ(seen.size(), 1u) << batched;
  }
}

TEST(LoaderSource, DrawsOfARowDependOnSeedEpochAndRowAlone) {
  const auto row = [](std::uint64_t seed, std::int64_t epoch, const std::vector<std::int64_t>& rows,
                      std::size_t place) {
    const Columns columns = data::map(Squares{}, noisy, {.seed = seed}).rows(rows, epoch);
    return columns[0]
        .slice(0, static_cast<std::int64_t>(place), static_cast<std::int64_t>(place) + 1)
        .to_vector<float>();
  };
  const std::vector<float> once = row(3, 1, {5, 2, 7}, 1);
  EXPECT_EQ(row(3, 1, {2}, 0), once);
  EXPECT_NE(row(3, 2, {2}, 0), once);
  EXPECT_NE(row(4, 1, {2}, 0), once);
  EXPECT_NE(row(3, 1, {3, 3}, 0), once);
  // Draws of others in between, and the global seed, change nothing; without a seed the global one decides.
  seed(9);
  static_cast<void>(randn({3}));
  EXPECT_EQ(row(3, 1, {2}, 0), once);
  const auto drawn = [](std::uint64_t global) {
    seed(global);
    const std::int64_t first[] = {2};
    return floats(data::map(Squares{}, noisy).rows(first));
  };
  EXPECT_EQ(drawn(1), drawn(1));
  EXPECT_NE(drawn(1), drawn(2));
}

TEST(LoaderSource, MapGivesOtherColumns) {
  const Source wide = data::map(Squares{}, [](Columns row) -> Columns {
    return {concat({row[0], row[0]}), row[1], row[1].to(DType::kF32)};
  });
  const std::int64_t some[] = {3, 1};
  const Columns columns = wide.rows(some);
  ASSERT_EQ(columns.size(), 3u);
  EXPECT_EQ(floats(columns), (std::vector<float>{3, 9, 3, 9, 1, 1, 1, 1}));
  EXPECT_EQ(columns[1].shape(), Shape{2});
  EXPECT_EQ(floats(columns, 2), (std::vector<float>{3, 1}));
  EXPECT_EQ(wide.rows({})[0].shape(), (Shape{0, 4}));
  const Source twice =
      data::map(wide, [](Columns rows) -> Columns { return {rows[0] * 2}; }, {.threads = 3, .batched = true});
  EXPECT_EQ(floats(twice.rows(some)), (std::vector<float>{6, 18, 6, 18, 2, 2, 2, 2}));
  EXPECT_EQ(data::map(twice, [](Columns rows) { return rows; }).threads(), 3);
}

TEST(LoaderSource, MapRefusesWhatDoesNotFit) {
  EXPECT_EQ(message_of<ValueError>([] { static_cast<void>(data::map(Squares{}, nullptr)); }),
            "[map] there is no function; give one");
  EXPECT_EQ(message_of<ValueError>([] { static_cast<void>(data::map(Squares{}, noisy, {.threads = 0})); }),
            "[map] threads are 0; there must be one at least");
  const auto refused = [](std::function<Columns(Columns)> f) {
    return message_of<ShapeError>([&] {
      const std::int64_t some[] = {1, 2};
      static_cast<void>(data::map(Squares{}, f).rows(some));
    });
  };
  const auto is_second = [](const Columns& row) { return row[1].item<std::int64_t>() == 2; };
  EXPECT_EQ(refused([&](Columns row) -> Columns { return {zeros({is_second(row) ? 3 : 2})}; }),
            "[map] f gives f32(3,) for column 0, and f32(2,) for another row");
  EXPECT_EQ(refused([&](Columns row) -> Columns { return Columns(is_second(row) ? 2 : 1, zeros({1})); }),
            "[map] f gives 2 columns, and 1 for another row");
}

// The failure takes the place of its batch, for any number of threads, and batches before it come all the same.
TEST(LoaderSource, WhatAWorkerThrowsComesInPlaceOfItsBatch) {
  for (const int threads : {1, 4}) {
    const Source mapped = data::map(Squares{100},
                                    [](Columns row) -> Columns {
                                      if (row[1].item<std::int64_t>() >= 41) throw std::out_of_range("bad picture");
                                      return row;
                                    },
                                    {.threads = threads});
    Loader loader(mapped, {.batch_size = 10, .shuffle = false});
    int whole = 0;
    try {
      for (const auto& [x, y] : loader) whole += x.dim(0) == 10 ? 1 : 0;
      ADD_FAILURE() << "nothing was thrown";
    } catch (const DataError& e) {
      EXPECT_STREQ(e.what(), "[map] row 41: bad picture");
      EXPECT_THROW(std::rethrow_if_nested(e), std::out_of_range);
    }
    EXPECT_EQ(whole, 4) << threads;
  }
}

TEST(LoaderSource, NothingIsReadBehindAFailure) {
  std::atomic<std::int64_t> last = -1;
  const Source source = Any{[&](Rows rows) -> Columns {
    if (rows[0] > 0) last = rows[0];
    if (rows[0] == 4) throw std::runtime_error("no row 4");
    return {zeros({std::ssize(rows)})};
  }};
  LoaderOf<Tensor> loader(source, {.batch_size = 1, .shuffle = false});
  EXPECT_THROW(for (auto batch : loader) static_cast<void>(batch), DataError);
  EXPECT_EQ(last, 4);
}

TEST(LoaderSource, LeavingAPassEarlyJoinsItsThreads) {
  std::atomic<int> inside{0};
  {
    const Source mapped = data::map(Squares{10000},
                                    [&](Columns rows) {
                                      ++inside;
                                      std::this_thread::yield();
                                      --inside;
                                      return rows;
                                    },
                                    {.threads = 4, .batched = true});
    Loader loader(mapped, {.batch_size = 4});
    for (int pass = 0; pass < 3; ++pass)
      for (const auto& [x, y] : loader)
        if (x.numel() > 0) break;
  }
  EXPECT_EQ(inside, 0);
}

TEST(LoaderSource, ThreadsReadAtTheSameTime) {
  std::atomic<int> inside{0}, most{0};
  const Source mapped = data::map(Squares{64},
                                  [&](Columns rows) {
                                    const int now = ++inside;
                                    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
                                    }
                                    for (int i = 0; i < 2000 && most < 3; ++i)
                                      std::this_thread::sleep_for(std::chrono::milliseconds(1));
                                    --inside;
                                    return rows;
                                  },
                                  {.threads = 3, .batched = true});
  Loader loader(mapped, {.batch_size = 4});
  std::int64_t rows = 0;
  for (const auto& [x, y] : loader) rows += x.dim(0);
  EXPECT_EQ(rows, 64);
  EXPECT_EQ(most, 3);
}

}  // namespace
}  // namespace weft::testing
