// SPDX-License-Identifier: Apache-2.0
#include "core/plan/occupancy.h"

#include <algorithm>
#include <bit>

namespace weft::plan {
namespace {

constexpr std::size_t kFew = 256;  // blocks, for which a list is faster than a tree

}  // namespace

Occupancy::Occupancy(std::span<const Block> blocks) {
  // Only times at which blocks begin count, because two blocks that are ever in use together are so when the later one
  // begins.
  std::vector<std::int32_t> begins;
  for (const Block& block : blocks) begins.push_back(block.first);
  std::ranges::sort(begins);
  begins.erase(std::unique(begins.begin(), begins.end()), begins.end());
  const auto begins_until = [&](std::int32_t time) {
    return static_cast<std::int32_t>(std::upper_bound(begins.begin(), begins.end(), time) - begins.begin());
  };
  for (const Block& block : blocks) times_.push_back({begins_until(block.first) - 1, begins_until(block.last) - 1});
  if (blocks.size() <= kFew) return;
  const std::size_t leaves = std::bit_ceil(begins.size());
  all_ = {0, static_cast<std::int32_t>(leaves) - 1};
  tree_.resize(2 * leaves);
}

void Occupancy::clear() {
  list_.clear();
  for (Stretch& stretch : tree_) {
    stretch.some.clear();
    stretch.always.clear();
  }
}

void Occupancy::insert(Extents& extents, Extent extent) {
  const auto first = std::ranges::lower_bound(extents, extent.begin, {}, &Extent::end);
  auto last = first;
  for (; last != extents.end() && last->begin <= extent.end; ++last) {
    extent.begin = std::min(extent.begin, last->begin);
    extent.end = std::max(extent.end, last->end);
  }
  if (first == last) {
    extents.insert(first, extent);
  } else {
    *first = extent;
    extents.erase(first + 1, last);
  }
}

void Occupancy::add(std::size_t block, Extent extent) {
  if (!tree_.empty()) {
    add(1, all_, times_[block], extent);
    return;
  }
  const auto behind = [](std::int64_t begin, const Placed& placed) { return begin < placed.extent.begin; };
  list_.insert(std::upper_bound(list_.begin(), list_.end(), extent.begin, behind), {times_[block], extent});
}

void Occupancy::add(std::size_t node, Times stretch, Times block, Extent extent) {
  if (!meet(block, stretch)) return;
  insert(tree_[node].some, extent);
  if (block.first <= stretch.first && stretch.last <= block.last) {
    insert(tree_[node].always, extent);
    return;
  }
  const std::int32_t middle = (stretch.first + stretch.last) / 2;
  add(2 * node, {stretch.first, middle}, block, extent);
  add(2 * node + 1, {middle + 1, stretch.last}, block, extent);
}

const std::vector<Extent>& Occupancy::taken(std::size_t block) {
  taken_.clear();
  if (!tree_.empty()) gather(1, all_, times_[block]);
  for (const Placed& placed : list_)
    if (meet(placed.times, times_[block])) append(taken_, placed.extent);
  return taken_;
}

void Occupancy::append(Extents& extents, Extent next) {
  if (!extents.empty() && next.begin <= extents.back().end) {
    extents.back().end = std::max(extents.back().end, next.end);
  } else {
    extents.push_back(next);
  }
}

void Occupancy::gather(std::size_t node, Times stretch, Times block) {
  if (!meet(block, stretch)) return;
  const bool inside = block.first <= stretch.first && stretch.last <= block.last;
  join(inside ? tree_[node].some : tree_[node].always);
  if (inside || tree_[node].some.empty()) return;
  const std::int32_t middle = (stretch.first + stretch.last) / 2;
  gather(2 * node, {stretch.first, middle}, block);
  gather(2 * node + 1, {middle + 1, stretch.last}, block);
}

void Occupancy::join(const Extents& more) {
  if (more.empty()) return;
  if (taken_.empty()) {
    taken_ = more;
    return;
  }
  joined_.clear();
  auto a = taken_.begin(), b = taken_.end();
  auto c = more.begin(), d = more.end();
  while (a != b || c != d) {
    append(joined_, c == d || (a != b && a->begin < c->begin) ? *a++ : *c++);
  }
  std::swap(taken_, joined_);
}

}  // namespace weft::plan
