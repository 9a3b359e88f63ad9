// SPDX-License-Identifier: Apache-2.0
#include "optim/optimizer/group_rows.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <span>

#include "weft/ops.h"

namespace weft::detail {
namespace {

// Columns begin at multiples of so many numbers, because an aligned slice is an alias of the table in every dtype.
constexpr std::int64_t kColumnStep = 64;

// A part of a segment, up to the next part.
struct Part {
  std::int64_t begin;
  std::optional<std::size_t> group;
};

}  // namespace

GroupRows::GroupRows(const Segment& segment, const std::vector<std::optional<std::size_t>>& group_of)
    : device_(segment.flat.device()), numel_(segment.numel()) {
  // Members without elements are left out, because nothing in them can change.
  std::vector<Part> parts;
  for (std::size_t i = 0; i < group_of.size(); ++i)
    if (segment.members[i].numel() > 0) parts.push_back({segment.offsets[i], group_of[i]});
  std::int64_t length = numel_;
  bool all = true;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].group) groups_ = std::max(groups_, *parts[i].group + 1);
    all = all && parts[i].group;
    if (i > 0 && parts[i].group != parts[i - 1].group) length = std::gcd(length, parts[i].begin);
  }
  if (all && groups_ == 1) return;
  width_ = length;
  rows_ = numel_ / width_;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::int64_t end = i + 1 < parts.size() ? parts[i + 1].begin : numel_;
    // A row that ends inside the next part belongs to both, which then have the same group.
    const auto rows = static_cast<std::size_t>((end + width_ - 1) / width_);
    group_.resize(rows, static_cast<std::int32_t>(parts[i].group.value_or(0)));
    if (!all) moves_.resize(rows, parts[i].group.has_value());
  }
}

Tensor GroupRows::view(const Tensor& flat) const { return width_ ? flat.reshape({rows_, width_}) : flat; }
Tensor GroupRows::flat(const Tensor& view) const { return width_ ? view.reshape({numel_}) : view; }

std::vector<Tensor> GroupRows::columns(const std::vector<Tensor>& per_group, DType dtype) const {
  if (per_group.empty()) return {};
  const DeviceScope on(device_);
  const std::int64_t step = (rows_ + kColumnStep - 1) / kColumnStep * kColumnStep;
  std::vector<std::int32_t> index = group_;
  index.resize(static_cast<std::size_t>(step), 0);
  const auto count = static_cast<std::int64_t>(per_group.size());
  const Tensor table = stack(per_group).to(dtype);
  const Tensor taken = take(table, Tensor::of(std::span<const std::int32_t>(index), {step}), 1).reshape({count * step});
  std::vector<Tensor> columns;
  for (std::int64_t i = 0; i < count; ++i)
    columns.push_back(taken.slice(0, i * step, i * step + rows_).reshape(column_shape()));
  return columns;
}

Tensor GroupRows::moving() const {
  if (moves_.empty()) return {};
  const DeviceScope on(device_);
  const auto moves = std::make_unique<bool[]>(moves_.size());
  std::copy(moves_.begin(), moves_.end(), moves.get());
  return Tensor::of(std::span<const bool>(moves.get(), moves_.size()), column_shape());
}

}  // namespace weft::detail
