// SPDX-License-Identifier: Apache-2.0
#include "core/passes/fuse/order.h"

namespace weft::passes {
namespace {

constexpr std::int64_t kGap = std::int64_t{1} << 32;

}  // namespace

Order::Order(std::size_t count)
    : end_(static_cast<std::int32_t>(count)), previous_(count + 1), next_(count + 1), place_(count + 1) {
  for (std::int32_t i = 0; i <= end_; ++i) {
    previous_[at(i)] = i == 0 ? end_ : i - 1;
    next_[at(i)] = i == end_ ? 0 : i + 1;
  }
  renumber();
}

void Order::remove(std::int32_t item) {
  next_[at(previous_[at(item)])] = next_[at(item)];
  previous_[at(next_[at(item)])] = previous_[at(item)];
}

void Order::move_behind(std::int32_t item, std::span<const std::int32_t> moved) {
  for (const std::int32_t m : moved) remove(m);
  insert_behind(item, moved);
}

void Order::move_before(std::int32_t item, std::span<const std::int32_t> moved) {
  for (const std::int32_t m : moved) remove(m);
  insert_behind(previous_[at(item)], moved);
}

// The room behind an item; at the ends of the list it is as large as wanted.
std::int64_t Order::gap_behind(std::int32_t item, std::int64_t wanted) const {
  const std::int32_t next = next_[at(item)];
  return item == end_ || next == end_ ? wanted : place_[at(next)] - place_[at(item)];
}

void Order::insert_behind(std::int32_t item, std::span<const std::int32_t> moved) {
  const auto parts = static_cast<std::int64_t>(moved.size()) + 1;
  std::int64_t gap = gap_behind(item, parts * kGap);
  if (gap < parts) {
    renumber();
    gap = gap_behind(item, parts * kGap);
  }
  std::int64_t place = item == end_ ? place_[at(next_[at(item)])] - gap : place_[at(item)];
  for (const std::int32_t m : moved) {
    place_[at(m)] = place += gap / parts;
    previous_[at(m)] = item;
    next_[at(m)] = next_[at(item)];
    previous_[at(next_[at(item)])] = m;
    next_[at(item)] = m;
    item = m;
  }
}

void Order::renumber() {
  std::int64_t place = 0;
  for (std::int32_t i = next_[at(end_)]; i != end_; i = next_[at(i)]) place_[at(i)] = place += kGap;
}

}  // namespace weft::passes
