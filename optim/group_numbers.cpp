// SPDX-License-Identifier: Apache-2.0
#include "optim/group_numbers.h"

#include <algorithm>

namespace weft::detail {

Number::Number(const std::vector<double>& per_group) : value_(Scalar(per_group.at(0))) {
  const bool same = std::equal(per_group.begin() + 1, per_group.end(), per_group.begin());
  if (!same) value_ = Tensor::of(per_group, {static_cast<std::int64_t>(per_group.size())});
}

std::size_t GroupNumbers::add(std::function<Number()> made) {
  made_.push_back(std::move(made));
  known_.emplace_back();
  return made_.size() - 1;
}

Number GroupNumbers::operator[](std::size_t index) {
  std::optional<Number>& known = known_[index];
  if (!known) known = rounded(made_[index]());
  return *known;
}

Number GroupNumbers::rounded(const Number& number) const {
  return number.tensor() ? Number(number.tensor()->to(dtype_)) : number;
}

void GroupNumbers::settle() {
  if (rows_.groups() == 1) return;
  std::vector<Tensor> per_group;
  std::vector<std::size_t> of;
  for (std::size_t i = 0; i < made_.size(); ++i) {
    const Number number = made_[i]();
    const Tensor* tensor = number.tensor();
    if (!tensor || tensor->rank() == 0) {
      known_[i] = rounded(number);
    } else {
      per_group.push_back(*tensor);
      of.push_back(i);
    }
  }
  const std::vector<Tensor> columns = rows_.columns(per_group, dtype_);
  for (std::size_t c = 0; c < columns.size(); ++c) known_[of[c]] = Number(columns[c]);
}

}  // namespace weft::detail
