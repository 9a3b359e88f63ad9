// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace weft::passes {

// A list of numbered items that can move; before() takes constant time. A place is a number that ascends along the
// list, with gaps for items that move in between (Dietz and Sleator 1987, the simple form).
class Order {
 public:
  // The items 0, 1, ..., count - 1 in this order.
  explicit Order(std::size_t count);

  bool before(std::int32_t a, std::int32_t b) const { return place_[at(a)] < place_[at(b)]; }
  void remove(std::int32_t item);
  // Moves items, given in the order of the list, to right behind `item`.
  void move_behind(std::int32_t item, std::span<const std::int32_t> moved);
  // Moves items, given in the order of the list, to right before `item`.
  void move_before(std::int32_t item, std::span<const std::int32_t> moved);

 private:
  static std::size_t at(std::int32_t i) { return static_cast<std::size_t>(i); }
  std::int64_t gap_behind(std::int32_t item, std::int64_t wanted) const;
  void insert_behind(std::int32_t item, std::span<const std::int32_t> moved);
  void renumber();

  const std::int32_t end_;  // sentinel before the first item and behind the last one
  std::vector<std::int32_t> previous_, next_;
  std::vector<std::int64_t> place_;
};

}  // namespace weft::passes
