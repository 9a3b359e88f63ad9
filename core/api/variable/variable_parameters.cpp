// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "core/api/trace/cell.h"
#include "weft/variable.h"

namespace weft {

Parameters::Parameters(std::initializer_list<std::pair<std::string, Variable>> named) {
  for (const auto& [name, variable] : named) add(name, variable);
}

void Parameters::add(std::string name, const Variable& variable) {
  detail::Cell& cell = detail::cell_of(variable, "parameters");
  if (contains(variable)) return;
  if (cell.path.empty()) cell.path = name;
  names_.push_back(std::move(name));
  variables_.push_back(variable);
}

std::int64_t Parameters::numel() const {
  return std::accumulate(begin(), end(), std::int64_t{0},
                         [](std::int64_t n, const Variable& v) { return n + v.numel(); });
}

bool Parameters::contains(const Variable& variable) const {
  return std::any_of(begin(), end(), [&](const Variable& v) { return v.same_cell(variable); });
}

Parameters Parameters::matching(std::string_view glob) const {
  Parameters out;
  for (std::size_t i = 0; i < size(); ++i)
    if (matches_glob(glob, names_[i])) out.add(names_[i], variables_[i]);
  return out;
}

Parameters operator+(Parameters a, const Parameters& b) {
  for (std::size_t i = 0; i < b.size(); ++i) a.add(b.names_[i], b.variables_[i]);
  return a;
}

Parameters operator-(const Parameters& a, const Parameters& b) {
  Parameters out;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!b.contains(a.variables_[i])) out.add(a.names_[i], a.variables_[i]);
  return out;
}

bool matches_glob(std::string_view glob, std::string_view text) {
  std::size_t g = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      mark = t;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t])) {
      ++g;
      ++t;
    } else if (star != std::string_view::npos) {  // let the last star take one character more
      g = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

}  // namespace weft
