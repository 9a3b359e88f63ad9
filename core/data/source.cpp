// SPDX-License-Identifier: Apache-2.0
#include "weft/source.h"

#include <exception>
#include <iterator>
#include <mutex>
#include <string>

#include "core/base/check.h"
#include "core/base/lasting.h"
#include "core/data/row_text.h"
#include "core/io/host_memory.h"
#include "weft/device.h"
#include "weft/error.h"

namespace weft {
namespace detail {

SourceRows::~SourceRows() = default;

struct SourceState {
  std::unique_ptr<const SourceRows> rows;
  std::int64_t size = 0;
  std::mutex mutex;  // of the following
  std::vector<TensorSpec> specs;
};

namespace {

class DatasetRows final : public SourceRows {
 public:
  explicit DatasetRows(Dataset dataset) : dataset_(std::move(dataset)) {}
  std::int64_t size() const override { return dataset_.size(); }
  std::vector<Tensor> rows(std::span<const std::int64_t> rows, std::int64_t /*epoch*/) const override {
    std::vector<Tensor> out;
    for (const Tensor& column : dataset_.columns()) out.push_back(gather_rows(column, rows));
    return out;
  }
  const Dataset* dataset() const override { return &dataset_; }

 private:
  const Dataset dataset_;
};

Tensor no_rows(const TensorSpec& row) {
  std::vector<std::int64_t> dims = row.shape.dims();
  dims[0] = 0;
  return host_tensor(nullptr, {Shape(std::move(dims)), row.dtype}, nullptr);
}

}  // namespace
}  // namespace detail

Source::Source(std::unique_ptr<const detail::SourceRows> rows) : state_(std::make_shared<detail::SourceState>()) {
  state_->size = rows->size();
  if (state_->size < 0) fail_at<ValueError>("source", "", "size() is ", state_->size, "; it must not be negative");
  state_->rows = std::move(rows);
}

Source::Source(Dataset dataset) : Source(std::make_unique<const detail::DatasetRows>(std::move(dataset))) {
  for (const Tensor& column : this->dataset()->columns()) state_->specs.push_back(detail::rows_spec(column, 1));
}

std::int64_t Source::size() const { return state_ ? state_->size : 0; }
const Dataset* Source::dataset() const { return state_ ? state_->rows->dataset() : nullptr; }
int Source::threads() const { return state_ ? state_->rows->threads() : 1; }

const std::vector<TensorSpec>& Source::row_specs() const {
  static const Lasting<std::vector<TensorSpec>> none;
  if (!state_) return *none;
  const std::lock_guard lock(state_->mutex);
  if (state_->specs.empty() && state_->size > 0 && !dataset()) {
    constexpr std::int64_t kFirst[] = {0};
    for (const Tensor& column : read(kFirst, 0)) state_->specs.push_back({column.shape(), column.dtype()});
  }
  return state_->specs;
}

std::vector<Tensor> Source::read(std::span<const std::int64_t> rows, std::int64_t epoch) const {
  const DeviceScope here(Device::cpu());
  std::vector<Tensor> columns;
  try {
    columns = state_->rows->rows(rows, epoch);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& e) {
    std::throw_with_nested(DataError("source", "", detail::row_text(rows) + ": " + e.what()));
  }
  if (columns.empty()) fail_at<ValueError>("source", "", detail::row_text(rows), " have no columns; give one at least");
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].rank() < 1 || columns[c].dim(0) != std::ssize(rows))
      fail_at<ShapeError>("source", "", "column ", c, " of ", detail::row_text(rows), " is ", columns[c].shape(),
                          "; the first axis must count the ", rows.size(), " rows");
    columns[c] = columns[c].to(Device::cpu());
  }
  return columns;
}

std::vector<Tensor> Source::rows(std::span<const std::int64_t> rows, std::int64_t epoch) const {
  for (const std::int64_t row : rows)
    if (row < 0 || row >= size()) fail_at<ValueError>("source", "", "no row ", row, " among ", size());
  if (!state_) return {};
  if (dataset()) return state_->rows->rows(rows, epoch);
  const std::vector<TensorSpec>& wanted = row_specs();
  std::vector<Tensor> columns;
  if (rows.empty()) {
    for (const TensorSpec& spec : wanted) columns.push_back(detail::no_rows(spec));
    return columns;
  }
  columns = read(rows, epoch);
  if (columns.size() != wanted.size())
    fail_at<ShapeError>("source", "", detail::row_text(rows), " have ", columns.size(), " columns, row 0 has ",
                        wanted.size());
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const TensorSpec given = detail::rows_spec(columns[c], 1);
    if (given.dtype != wanted[c].dtype)
      fail_at<DTypeError>("source", "", "column ", c, " of ", detail::row_text(rows), " is ", name_of(given.dtype),
                          ", that of row 0 is ", name_of(wanted[c].dtype));
    if (given.shape != wanted[c].shape)
      fail_at<ShapeError>("source", "", "column ", c, " of ", detail::row_text(rows), " has rows of ", given.shape,
                          ", row 0 is ", wanted[c].shape);
  }
  return columns;
}

}  // namespace weft
