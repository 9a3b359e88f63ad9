// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "weft/dataset.h"
#include "weft/detail/export.h"
#include "weft/shape.h"
#include "weft/tensor.h"

namespace weft WEFT_EXPORT {

// A type with rows by index: size() is their number, and rows() of a span of indices gives the columns of these rows,
// in their order. Both are const. Loaders call rows() on threads of their own.
template <class S>
concept HasRows = requires(const S& source, std::span<const std::int64_t> rows) {
  { source.size() } -> std::convertible_to<std::int64_t>;
  { source.rows(rows) } -> std::convertible_to<std::vector<Tensor>>;
};

namespace detail {

// The rows behind a source.
class SourceRows {
 public:
  virtual ~SourceRows();
  virtual std::int64_t size() const = 0;
  [[nodiscard]] virtual std::vector<Tensor> rows(std::span<const std::int64_t> rows, std::int64_t epoch) const = 0;
  // The rows, if all of them lie in memory.
  virtual const Dataset* dataset() const { return nullptr; }
  virtual int threads() const { return 1; }
};

template <HasRows S>
class SourceRowsOf final : public SourceRows {
 public:
  explicit SourceRowsOf(S source) : source_(std::move(source)) {}
  std::int64_t size() const override { return source_.size(); }
  [[nodiscard]] std::vector<Tensor> rows(std::span<const std::int64_t> rows, std::int64_t /*epoch*/) const override {
    return source_.rows(rows);
  }

 private:
  S source_;
};

struct SourceState;

}  // namespace detail

// Rows to train on that need not lie in memory: a Dataset, or any type that HasRows. Copying is cheap, and copies share
// the rows. Several threads may read, if that type allows it.
class Source {
 public:
  Source() = default;  // no rows, no columns
  // A source of rows in memory.
  Source(Dataset dataset);
  // A source of one's own. ValueError for a negative size.
  template <HasRows S>
  requires(!std::same_as<S, Source>) Source(S source)
      : Source(std::make_unique<const detail::SourceRowsOf<S>>(std::move(source))) {}
  // A source of rows that are made by the library.
  explicit Source(std::unique_ptr<const detail::SourceRows> rows);

  // Number of rows, asked for once.
  std::int64_t size() const;
  // The columns of the given rows, in the given order, in host memory. `epoch` is the number of the pass, on which the
  // draws of map() depend. ValueError for a row outside [0, size). ShapeError or DTypeError for columns that differ
  // from those of row 0 in more than the number of rows. What a source of one's own throws goes on as it is if it is an
  // Error, else as a DataError that names the rows.
  [[nodiscard]] std::vector<Tensor> rows(std::span<const std::int64_t> rows, std::int64_t epoch = 0) const;
  // Specs of the columns of one row: (1, ...). The first call reads row 0; none for a source without rows.
  const std::vector<TensorSpec>& row_specs() const;
  // The rows as they lie in memory; null if they do not.
  const Dataset* dataset() const;
  // Threads that a loader reads with.
  int threads() const;
  // False for a default-constructed source, and for one that was moved from.
  bool defined() const { return state_ != nullptr; }

 private:
  [[nodiscard]] std::vector<Tensor> read(std::span<const std::int64_t> rows, std::int64_t epoch) const;
  std::shared_ptr<detail::SourceState> state_;
};

namespace data {

// Settings of map().
struct MapOptions {
  int threads = 1;       // of a loader: each applies f to another batch, ahead of the loop
  bool batched = false;  // f takes the columns of all rows that are read at once; false: of one row, without its axis
  // Seed of the draws in f. Empty: draw_seed(), so that weft::seed() decides all.
  std::optional<std::uint64_t> seed{};
};

// A source whose rows are f of the rows of another: features, augmentation, decoding. f takes and gives columns in host
// memory; it may give others than it takes, of the same shapes for each row. Order and values do not depend on
// `threads`: draws in f, as randn() and draw_seed(), are keyed by (seed, epoch, row), or if it is batched by (seed,
// epoch, rows). f runs on several threads at once. DataError that names the row for whatever f throws, with that nested
// in it. ValueError unless f is callable and threads are positive.
[[nodiscard]] Source map(Source source, std::function<std::vector<Tensor>(std::vector<Tensor>)> f,
                         const MapOptions& options = {});

}  // namespace data
}  // namespace weft
