// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <vector>

#include "core/plan/plan.h"

namespace weft::plan {

// A value in a stretch of memory; an empty one counts as one byte.
struct Resident {
  ir::Value value;
  std::int64_t begin = 0, bytes = 0;
  std::int64_t end() const { return begin + std::max<std::int64_t>(bytes, 1); }
};

// The residents of a stretch of memory, found by their bytes. Residents of one Row do not overlap: a value that
// overlaps living ones goes to the next Row, so that there are few Rows.
class Residents {
  using Row = std::map<std::int64_t, Resident>;  // by begin

  // The first resident that ends behind `begin`.
  template <class Some>
  static auto meeting(Some& row, std::int64_t begin) {
    auto it = row.upper_bound(begin);
    if (it != row.begin() && std::prev(it)->second.end() > begin) --it;
    return it;
  }

 public:
  // Adds a value, and forgets overlapped ones that nobody reads any more: `dead` is true for those.
  template <class Dead>
  void add(const Resident& added, Dead dead) {
    for (Row& row : rows_) {
      const auto first = meeting(row, added.begin);
      auto last = first;
      while (last != row.end() && last->second.begin < added.end() && dead(last->second)) ++last;
      if (last != row.end() && last->second.begin < added.end()) continue;
      row.erase(first, last);
      row.emplace(added.begin, added);
      return;
    }
    rows_.push_back({{added.begin, added}});
  }

  // True if `holds` is true of a resident that overlaps these bytes.
  template <class Holds>
  bool any_of(std::int64_t begin, std::int64_t bytes, Holds holds) const {
    const std::int64_t end = Resident{{}, begin, bytes}.end();
    for (const Row& row : rows_)
      for (auto it = meeting(row, begin); it != row.end() && it->second.begin < end; ++it)
        if (holds(it->second)) return true;
    return false;
  }

 private:
  std::vector<Row> rows_;
};

}  // namespace weft::plan
