// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <exception>
#include <memory>
#include <utility>

#include "core/base/check.h"
#include "core/data/permutation.h"
#include "core/data/row_text.h"
#include "core/io/host_memory.h"
#include "weft/error.h"
#include "weft/random.h"
#include "weft/source.h"

namespace weft::data {
namespace {

using Columns = std::vector<Tensor>;

// Row `row` of a column in host memory, without its axis and without a copy.
Tensor row_of(const Tensor& column, std::size_t row) {
  const std::vector<std::int64_t>& dims = column.shape().dims();
  const TensorSpec spec{Shape(std::vector<std::int64_t>(dims.begin() + 1, dims.end())), column.dtype()};
  const auto bytes = static_cast<std::size_t>(spec.bytes());
  return detail::host_tensor(detail::host_bytes(column) + row * bytes, spec, column.impl());
}

// Rows that are made one by one, side by side.
class Stacked {
 public:
  explicit Stacked(std::size_t rows) : rows_(rows) {}

  void put(std::size_t row, const Columns& columns) {
    if (row == 0) begin(columns);
    if (columns.size() != columns_.size())
      fail_at<ShapeError>("map", "", "f gives ", columns.size(), " columns, and ", columns_.size(), " for another row");
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const TensorSpec given{columns[c].shape(), columns[c].dtype()};
      if (given != columns_[c].spec)
        fail_at<ShapeError>("map", "", "f gives ", given, " for column ", c, ", and ", columns_[c].spec,
                            " for another row");
      const Tensor here = columns[c].to(Device::cpu());
      const auto bytes = static_cast<std::size_t>(given.bytes());
      if (bytes > 0) std::memcpy(columns_[c].memory.get() + row * bytes, detail::host_bytes(here), bytes);
    }
  }
  Columns columns() const {
    Columns out;
    for (const Column& column : columns_) {
      std::vector<std::int64_t> dims = column.spec.shape.dims();
      dims.insert(dims.begin(), static_cast<std::int64_t>(rows_));
      out.push_back(
          detail::host_tensor(column.memory.get(), {Shape(std::move(dims)), column.spec.dtype}, column.memory));
    }
    return out;
  }

 private:
  struct Column {
    TensorSpec spec;  // of one row
    std::shared_ptr<std::byte> memory;
  };
  void begin(const Columns& columns) {
    for (const Tensor& column : columns) {
      const TensorSpec spec{column.shape(), column.dtype()};
      columns_.push_back({spec, detail::host_memory(rows_ * static_cast<std::size_t>(spec.bytes()))});
    }
  }
  const std::size_t rows_;
  std::vector<Column> columns_;
};

class Mapped final : public detail::SourceRows {
 public:
  Mapped(Source source, std::function<Columns(Columns)> f, const MapOptions& options)
      : source_(std::move(source)),
        f_(std::move(f)),
        threads_(std::max(options.threads, source_.threads())),
        batched_(options.batched),
        seed_(options.seed ? *options.seed : draw_seed()) {}

  std::int64_t size() const override { return source_.size(); }
  int threads() const override { return threads_; }

  Columns rows(std::span<const std::int64_t> rows, std::int64_t epoch) const override {
    Generator generator(seed_);
    const GeneratorScope draws(generator);
    Columns read = source_.rows(rows, epoch);
    const auto apply = [&](std::span<const std::int64_t> some, Columns columns) {
      generator.seed(detail::key_of_rows(seed_, epoch, some));
      try {
        return f_(std::move(columns));
      } catch (const std::exception& e) {
        std::throw_with_nested(DataError("map", "", detail::row_text(some) + ": " + e.what()));
      }
    };
    if (batched_) return apply(rows, std::move(read));
    Stacked out(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      Columns row;
      for (const Tensor& column : read) row.push_back(row_of(column, i));
      out.put(i, apply(rows.subspan(i, 1), std::move(row)));
    }
    return out.columns();
  }

 private:
  const Source source_;
  const std::function<Columns(Columns)> f_;
  const int threads_;
  const bool batched_;
  const std::uint64_t seed_;
};

}  // namespace

Source map(Source source, std::function<Columns(Columns)> f, const MapOptions& options) {
  if (!f) fail_at<ValueError>("map", "", "there is no function; give one");
  if (options.threads < 1)
    fail_at<ValueError>("map", "", "threads are ", options.threads, "; there must be one at least");
  return Source(std::make_unique<const Mapped>(std::move(source), std::move(f), options));
}

}  // namespace weft::data
