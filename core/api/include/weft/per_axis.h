// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include "weft/detail/export.h"

namespace weft WEFT_EXPORT {

// One number for every spatial axis, or a number for each: 2 or {2, 1}.
class PerAxis {
 public:
  // One number for all axes.
  PerAxis(std::int64_t all) : numbers_{all} {}
  // A number for each axis, or for all if there is one; none: a default that the function names.
  PerAxis(std::initializer_list<std::int64_t> numbers) : numbers_(numbers) {}
  PerAxis(std::vector<std::int64_t> numbers) : numbers_(std::move(numbers)) {}
  // A number for each of so many axes; a list of another length stays as it is.
  [[nodiscard]] std::vector<std::int64_t> over(std::size_t axes) const {
    std::vector<std::int64_t> numbers = numbers_;
    if (numbers.size() == 1) numbers.resize(axes, numbers_[0]);
    return numbers;
  }
  // True if no numbers are given: {}.
  [[nodiscard]] bool empty() const { return numbers_.empty(); }

 private:
  std::vector<std::int64_t> numbers_;
};

}  // namespace weft
