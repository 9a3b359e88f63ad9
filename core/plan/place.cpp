// SPDX-License-Identifier: Apache-2.0
#include "core/plan/place.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <numeric>
#include <utility>

#include "core/plan/occupancy.h"

namespace weft::plan {
namespace {

using Order = std::vector<std::size_t>;

struct Layout {
  std::vector<std::int64_t> starts;  // per block: begin of the red zone before it
  std::int64_t end = 0;
  std::size_t top = 0;  // the block that ends there
};

class Placer {
 public:
  Placer(std::span<const Block> blocks, std::int64_t red_zone) : occupancy_(blocks) {
    for (const Block& block : blocks) sizes_.push_back(padded(red_zone) + padded(block.bytes));
  }

  Layout lay_out(const Order& order) {
    Layout out;
    out.starts.resize(sizes_.size());
    occupancy_.clear();
    for (const std::size_t b : order) {
      const std::int64_t start = best_gap(b);
      out.starts[b] = start;
      occupancy_.add(b, {start, start + sizes_[b]});
      if (start + sizes_[b] > out.end) {
        out.end = start + sizes_[b];
        out.top = b;
      }
    }
    return out;
  }

  // Blocks by descending key; equal keys keep the order of the blocks.
  template <class Key>
  Order order_by(Key key) const {
    Order order(sizes_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key(a) > key(b); });
    return order;
  }

  std::int64_t size(std::size_t b) const { return sizes_[b]; }

 private:
  std::int64_t best_gap(std::size_t b) {
    std::int64_t free_from = 0, best = -1, best_size = std::numeric_limits<std::int64_t>::max();
    for (const Extent& taken : occupancy_.taken(b)) {
      const std::int64_t gap = taken.begin - free_from;
      if (gap >= sizes_[b] && gap < best_size) {
        best = free_from;
        best_size = gap;
      }
      free_from = std::max(free_from, taken.end);
    }
    return best < 0 ? free_from : best;
  }

  Occupancy occupancy_;
  std::vector<std::int64_t> sizes_;
};

// Pseudorandom numbers that are the same on every machine.
class Scramble {
 public:
  std::size_t below(std::size_t n) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>(state_ >> 33) % n;
  }

 private:
  std::uint64_t state_ = 1;
};

void move_to_front(Order& order, std::size_t block) {
  const auto at = std::find(order.begin(), order.end(), block);
  std::rotate(order.begin(), at, at + 1);
}

}  // namespace

Load peak_load(std::span<const Block> blocks, std::int32_t times, std::int64_t red_zone) {
  std::vector<std::int64_t> change(static_cast<std::size_t>(times) + 2, 0);
  for (const Block& block : blocks) {
    const std::int64_t size = padded(red_zone) + padded(block.bytes);
    change[static_cast<std::size_t>(block.first)] += size;
    change[static_cast<std::size_t>(block.last) + 1] -= size;
  }
  Load peak;
  std::int64_t now = 0;
  for (std::int32_t t = 0; t <= times; ++t) {
    now += change[static_cast<std::size_t>(t)];
    if (now > peak.bytes) peak = {now, t};
  }
  peak.bytes += padded(red_zone);
  return peak;
}

std::int64_t place(std::vector<Block>& blocks, std::int64_t red_zone, std::int64_t enough) {
  if (blocks.empty()) return padded(red_zone);
  Placer placer(blocks, red_zone);
  const auto lifetime = [&](std::size_t b) { return std::int64_t{blocks[b].last} - blocks[b].first + 1; };
  const std::array orders{
      placer.order_by([&](std::size_t b) { return placer.size(b); }),
      placer.order_by([&](std::size_t b) { return -std::int64_t{blocks[b].first}; }),
      placer.order_by([&](std::size_t b) { return static_cast<double>(placer.size(b)) * double(lifetime(b)); }),
      placer.order_by([&](std::size_t b) { return lifetime(b); }),
  };
  // A thousandth above the bound is good enough, because each layout takes time.
  enough += enough / 1000 - padded(red_zone);
  Layout best;
  Order best_order;
  best.end = std::numeric_limits<std::int64_t>::max();
  const auto consider = [&](const Order& order) {
    Layout layout = placer.lay_out(order);
    const std::size_t top = layout.top;
    if (layout.end <= best.end) {
      best = std::move(layout);
      best_order = order;
    }
    return top;
  };
  for (Order order : orders) {
    // The block at the top of the arena is placed first in the next round.
    for (int round = 0; round < 8 && best.end > enough; ++round) move_to_front(order, consider(order));
  }
  // Then blocks of the best order change places in pairs. More blocks get fewer tries, because each layout takes
  // longer.
  constexpr std::size_t kWork = 20'000'000, kMostTries = 400;
  Scramble random;
  const std::size_t tries = std::min(kMostTries, kWork / (blocks.size() * blocks.size()));
  for (std::size_t i = 0; i < tries && best.end > enough; ++i) {
    Order order = best_order;
    std::swap(order[random.below(order.size())], order[random.below(order.size())]);
    if (i % 2 == 0) move_to_front(order, best.top);
    consider(order);
  }
  for (std::size_t b = 0; b < blocks.size(); ++b) blocks[b].offset = best.starts[b] + padded(red_zone);
  return best.end + padded(red_zone);
}

}  // namespace weft::plan
